"""A folder whose whole content changes at once, or not at all.

Each save writes a new generation beside the old ones, fsyncs it and then replaces one small pointer file atomically; a
manifest holds the SHA-256 of every file. Deliberately does not: know what the files mean.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.errors import StoredIndexError

POINTER = "CURRENT"
MANIFEST = "manifest.json"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_generation(folder: Path, write: Callable[[Path], None], about: dict[str, Any]) -> None:
    """Let `write` fill a new generation, make it the current one, and remove the others.

    about: what read_manifest gives back. Raises OSError where the folder cannot be written; what was saved then stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="generation-", dir=folder))
    try:
        write(new)
        files = {path.name: file_sha256(path) for path in sorted(new.iterdir())}
        manifest = json.dumps({**about, "files": files}, indent=1, sort_keys=True)
        (new / MANIFEST).write_text(manifest, encoding="utf-8")
        for path in (*new.iterdir(), new):
            _fsync(path)
        _point(folder, f"{new.name} {hashlib.sha256(manifest.encode()).hexdigest()}\n")
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    for old in folder.glob("generation-*"):
        if old != new:
            shutil.rmtree(old, ignore_errors=True)


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
    handle, name = tempfile.mkstemp(prefix="pointer-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, folder / POINTER)
    _fsync(folder)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
