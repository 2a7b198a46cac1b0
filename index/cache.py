"""The index over a file or folder, kept on disk between runs and built again when anything it depends on changes.

Only documents that changed are embedded again, and what was embedded before an interruption is not lost.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from index.documents import Document, read_documents
from index.embed import Embedder, SentenceTransformerEmbedder
from index.errors import StoredIndexError
from index.generations import POINTER, held, read_manifest
from index.passages import cut_windows
from index.store import PassageIndex, Progress, fingerprint

BUILDING = "BUILDING"
"""The lock of a folder whose index is being built."""
UNFINISHED = "unfinished"
"""Folder inside that of the index: what is embedded of one that is not complete yet."""
GROUP = 1000
"""Windows of text, about a million characters, after which what was embedded is saved; fewer are soon done again."""

log = logging.getLogger(__name__)


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
    saved = _find(folders, documents, embedder)
    if saved:
        return saved
    with _alone(folders):
        saved = _find(folders, documents, embedder)
        return saved or _build(documents, folders, embedder, progress)


@contextmanager
def _alone(folders: Sequence[Path]) -> Iterator[None]:
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


def _find(folders: Sequence[Path], documents: Sequence[Document], embedder: Embedder) -> PassageIndex | None:
    """The first index that is saved in one of the folders and up to date."""
    kept = (_kept(folder, embedder, logging.DEBUG) for folder in folders)
    return next((saved for saved in kept if saved and saved.documents == tuple(documents)), None)


def _kept(folder: Path, embedder: Embedder, level: int) -> PassageIndex | None:
    """The index saved in a folder, if it is sound and was made by this model with these settings, whatever it holds.

    level: of the line in the log that says what is wrong with it.
    """
    try:
        if not (folder / POINTER).exists():
            return None
        _, manifest = read_manifest(folder)
        if manifest.get("made_by") == fingerprint((), embedder):
            return PassageIndex.load(folder, embedder=embedder)
    except (StoredIndexError, OSError) as error:
        log.log(level, "The saved index is built again: %s", error)
    return None


def _build(
    documents: Sequence[Document], folders: Sequence[Path], embedder: Embedder, progress: Progress | None
) -> PassageIndex:
    """Build an index of what is kept and what is new, save it, and tidy up what an interrupted one left."""
    places = [place for f in folders for place in (f, *sorted((f / UNFINISHED).glob("*")))]
    kept = [saved for place in places if (saved := _kept(place, embedder, logging.WARNING))]
    built = _built(documents, kept, folders, embedder, progress)
    _save(built, folders)
    for folder in folders:
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return built


def _built(
    documents: Sequence[Document],
    kept: Sequence[PassageIndex],
    folders: Sequence[Path],
    embedder: Embedder,
    progress: Progress | None,
) -> PassageIndex:
    """An index over the documents; those that a kept one holds are not embedded again.

    What takes long is saved in groups, for whoever has to go on after an interruption.
    """
    places = {document: (index, n) for index in kept for n, document in enumerate(index.documents)}
    windows = {document: len(cut_windows(document)) for document in documents if document not in places}
    groups = [*_groups(windows)]
    total, done = sum(windows.values()), 0
    for group in groups:
        part = PassageIndex.build(group, embedder=embedder, progress=_shifted(progress, done, total))
        done += sum(windows[document] for document in group)
        if len(groups) > 1:
            name = fingerprint(group, embedder)[:16]
            saved = _save(part, [folder / UNFINISHED / name for folder in folders])
            if saved:  # from disk it needs less memory
                part = _kept(saved, embedder, logging.WARNING) or part
        places |= {document: (part, n) for n, document in enumerate(group)}
    return PassageIndex.joined([places[document] for document in documents])


def _groups(windows: Mapping[Document, int]) -> Iterator[list[Document]]:
    """Documents in groups of GROUP windows or some more."""
    group: list[Document] = []
    size = 0
    for document, count in windows.items():
        group.append(document)
        size += count
        if size >= GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


def _shifted(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Progress in a group as progress in all of them."""
    return (lambda done, _: progress(before + done, total)) if progress else None


def _save(built: PassageIndex, folders: Sequence[Path]) -> Path | None:
    """Save an index in the first of the folders that can be written, and say which; None where none can."""
    for folder in folders:
        try:
            built.save(folder)
            return folder
        except OSError as error:
            log.warning("The index could not be saved in %s: %s", folder, error)
    return None


def _cache_folder(folder: Path) -> Iterator[Path]:
    """A place of this user's own for an index whose folder is read-only, another one for each such folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(base):  # a user without a home has none
        key = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
        yield Path(base) / "ask-my-document" / key
