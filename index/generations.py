"""A folder whose whole content changes at once, or not at all.

Each save writes a new generation beside the old one, fsyncs it and then replaces one small pointer file atomically; a
manifest holds the SHA-256 of every file. Processes that save at once take turns, and one that reads meanwhile gets the
old generation or the new one, whole. Deliberately does not: know what the files mean.
"""

import hashlib
import json
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from index.errors import StoredIndexError

log = logging.getLogger(__name__)
Read = TypeVar("Read")

POINTER = "CURRENT"
MANIFEST = "manifest.json"
LOCK = "LOCK"
POLL = 0.05
"""Seconds between two looks at whether another process has let go of a lock."""
PATIENCE = 20
"""Looks after which the log says what is waited for."""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_generation(folder: Path, write: Callable[[Path], None], about: dict[str, Any]) -> None:
    """Let `write` fill a new generation, make it the current one, and remove the others.

    about: what read_manifest gives back. Raises OSError where the folder cannot be written; what was saved then stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, LOCK):
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


def read_generation(folder: Path, read: Callable[[Path, dict[str, Any]], Read]) -> Read:
    """What `read` makes of the current generation's folder and manifest, all files verified before.

    Where another process replaces the generation meanwhile, and so removes this one, the new one is read. Raises
    StoredIndexError where it is damaged, incomplete or cannot be read.
    """
    while True:
        before = _pointer(folder)
        try:
            generation, manifest = read_manifest(folder)
            _verify(generation, manifest["files"])
            return read(generation, manifest)
        except (OSError, RuntimeError, ValueError, StoredIndexError) as error:  # FAISS raises RuntimeError
            if _pointer(folder) != before:
                continue
            if isinstance(error, StoredIndexError):
                raise
            raise StoredIndexError(
                f"The index in {str(folder)!r} cannot be read ({error}). Check its permissions, or build it again."
            ) from error


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
        if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
            raise ValueError("the manifest names no files")
    except (OSError, ValueError) as error:
        raise StoredIndexError(
            f"There is no usable saved index in {str(folder)!r} ({error}). Expected a folder written by "
            "PassageIndex.save; build the index again and save it there."
        ) from error
    return folder / name, manifest


@contextmanager
def held(folder: Path, name: str) -> Iterator[None]:
    """Hold the folder's lock of this name alone among processes and threads, waiting as long as another holds it.

    The system lets go of it when its holder ends, in whatever way: a file that is left behind locks nothing. Raises
    OSError where the folder cannot be written.
    """
    with (folder / name).open("a") as file:
        looks = 0
        while not _take(file.fileno()):
            looks += 1
            if looks == PATIENCE:
                log.warning("Another process is at work on the index in %s; waiting until it is done.", folder)
            time.sleep(POLL)
        yield


def _take(handle: int) -> bool:
    """Lock an open file, unless another process or thread has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the latter on Windows
        return False
    return True


def _verify(generation: Path, files: dict[str, Any]) -> None:
    """Raise StoredIndexError unless just these files are in the generation, each with the content that was saved."""
    for name in sorted({*files, *(path.name for path in generation.iterdir())} - {MANIFEST}):
        path = generation / name
        expected = files.get(name, "no such file")
        found = file_sha256(path) if path.is_file() else "no such file"
        if found != expected:
            raise StoredIndexError(
                f"The saved index is damaged: {str(path)!r} has SHA-256 {found}, expected {expected}. "
                "Delete the folder and build the index again."
            )


def _pointer(folder: Path) -> bytes:
    """What the pointer file holds; nothing where there is none."""
    try:
        return (folder / POINTER).read_bytes()
    except (OSError, ValueError):
        return b""


def _point(folder: Path, content: str) -> None:
    """Replace the pointer file atomically."""
    new = folder / f"{POINTER}.new"
    new.write_text(content, encoding="utf-8", newline="")
    _fsync(new)
    os.replace(new, folder / POINTER)
    _fsync(folder)


def _sweep(folder: Path) -> None:
    """Remove every generation but the current one: older ones, and what a killed or failed save left.

    What is open elsewhere stays readable there; where the system keeps it from being removed, the next save does that.
    """
    current = _pointer(folder).decode("utf-8", "replace").split()[:1]
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
