"""A folder whose whole content changes at once, or not at all.

Each save writes a new generation beside the old one, fsyncs it and then replaces one small pointer file atomically; a
manifest holds the SHA-256 of every file. Processes that save at once take turns. Deliberately does not: know what the
files mean.
"""

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import StoredIndexError

POINTER = "CURRENT"
MANIFEST = "manifest.json"
LOCK = "LOCK"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_generation(folder: Path, write: Callable[[Path], None], about: dict[str, Any]) -> None:
    """Let `write` fill a new generation, make it the current one, and remove the others.

    about: what read_manifest gives back. Raises OSError where the folder cannot be written; what was saved then stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        try:
            new = folder / f"generation-{secrets.token_hex(8)}"
            new.mkdir()
            write(new)
            files = {path.name: file_sha256(path) for path in sorted(new.iterdir())}
            manifest = json.dumps({**about, "files": files}, indent=1, sort_keys=True)
            (new / MANIFEST).write_text(manifest, encoding="utf-8", newline="")
            for path in new.iterdir():
                _fsync(path)
            _fsync(new)
            _point(folder, f"{new.name} {hashlib.sha256(manifest.encode()).hexdigest()}\n")
        finally:
            _sweep(folder)


def read_manifest(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The current generation's folder and manifest, the manifest verified.

    Raises StoredIndexError where there is none or it was changed.
    """
    try:
        name, expected = (folder / POINTER).read_text(encoding="utf-8").split()
        content = (folder / name / MANIFEST).read_bytes()
        inside = Path(name).name == name and name.startswith("generation-")
        if not inside or hashlib.sha256(content).hexdigest() != expected:
            raise ValueError("the manifest is not the one that was saved")
        manifest = json.loads(content)
    except (OSError, ValueError) as error:
        raise StoredIndexError(
            f"There is no usable saved index in {str(folder)!r} ({error}). Expected a folder written by "
            "PassageIndex.save; build the index again and save it there."
        ) from error
    return folder / name, manifest


def verify_files(generation: Path, manifest: dict[str, Any]) -> None:
    """Raise StoredIndexError unless every file of the generation is there and has the content that was saved."""
    for name, expected in manifest["files"].items():
        path = generation / name
        found = file_sha256(path) if path.is_file() else "no such file"
        if found != expected:
            raise StoredIndexError(
                f"The saved index is damaged: {str(path)!r} has SHA-256 {found}, expected {expected}. "
                "Delete the folder and build the index again."
            )


def _point(folder: Path, content: str) -> None:
    """Replace the pointer file atomically."""
    new = folder / f"{POINTER}.new"
    new.write_text(content, encoding="utf-8", newline="")
    _fsync(new)
    os.replace(new, folder / POINTER)
    _fsync(folder)


def _sweep(folder: Path) -> None:
    """Remove every generation but the current one: older ones, and what a killed or failed save left."""
    try:
        current = (folder / POINTER).read_text(encoding="utf-8").split()[:1]
    except (OSError, ValueError):
        current = []
    for path in folder.glob("generation-*"):
        if path.name not in current:
            shutil.rmtree(path, ignore_errors=True)


def _fsync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk. Windows cannot do this for folders."""
    if sys.platform == "win32" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder alone among processes; a killed one lets go. On Windows nothing is held."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
