"""The index over a file or folder, kept on disk between runs and built again when anything it depends on changes."""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from index.documents import Document, read_documents
from index.embed import Embedder, SentenceTransformerEmbedder
from index.errors import StoredIndexError
from index.generations import POINTER, held, read_manifest
from index.store import PassageIndex, Progress, fingerprint

log = logging.getLogger(__name__)

BUILDING = "BUILDING"
"""The lock of a folder whose index is being built."""


def open_index(
    path: str | Path,
    folder: str | Path,
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> PassageIndex:
    """The index over the documents at `path`: the one saved in `folder` where it is up to date, else built and saved.

    Where `folder` cannot be written, a folder in the user's cache serves, else the index stays in memory only. Raises
    DocumentError where the documents cannot be read.
    """
    documents = read_documents(path)
    embedder = embedder or SentenceTransformerEmbedder.locate()
    folders = [Path(folder), *_cache_folder(Path(folder))]
    saved = _find(folders, documents, embedder, logging.DEBUG)
    if saved:
        return saved
    with _alone(folders):
        saved = _find(folders, documents, embedder, logging.WARNING)
        if saved:
            return saved
        built = PassageIndex.build(documents, embedder=embedder, progress=progress)
        _save(built, folders)
        return built


@contextmanager
def _alone(folders: list[Path]) -> Iterator[None]:
    """Hold the first of the folders that can be written: of processes started at once one builds, the others wait."""
    with ExitStack() as stack:
        for folder in folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(folder, BUILDING))
                break
            except OSError:  # the next one then; _save says why
                continue
        yield


def _find(folders: list[Path], documents: list[Document], embedder: Embedder, level: int) -> PassageIndex | None:
    """The first index that is saved in one of the folders and up to date; what is wrong with others goes to the log."""
    found = (_saved(folder, documents, embedder, level) for folder in folders)
    return next((saved for saved in found if saved), None)


def _saved(folder: Path, documents: list[Document], embedder: Embedder, level: int) -> PassageIndex | None:
    """The saved index, if there is a sound one over just these documents, made by this model with these settings."""
    try:
        if not (folder / POINTER).exists():
            return None
        _, manifest = read_manifest(folder)
        if manifest.get("fingerprint") == fingerprint(documents, embedder):
            return PassageIndex.load(folder, embedder=embedder)
    except (StoredIndexError, OSError) as error:
        log.log(level, "The saved index is built again: %s", error)
    return None


def _save(built: PassageIndex, folders: list[Path]) -> None:
    """Save an index in the first of the folders that can be written."""
    for folder in folders:
        try:
            built.save(folder)
            return
        except OSError as error:
            log.warning("The index could not be saved in %s: %s", folder, error)


def _cache_folder(folder: Path) -> Iterator[Path]:
    """A place of this user's own for an index whose folder is read-only, another one for each such folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(base):  # a user without a home has none
        key = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
        yield Path(base) / "ask-my-document" / key
