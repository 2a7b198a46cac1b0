"""The index over a file or folder, kept on disk between runs and built again when anything it depends on changes.

Only documents that changed are embedded again, and what was embedded before an interruption is not lost.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from index.documents import Document, read_documents
from index.embed import Embedder, SentenceTransformerEmbedder
from index.errors import StoredIndexError
from index.generations import read_manifest
from index.passages import cut_windows
from index.store import PassageIndex, Progress, fingerprint

GROUP = 1000
"""Windows of text, about a million characters, after which what was embedded is saved; fewer are soon done again."""
UNFINISHED = "unfinished"
"""Folder inside that of the index: what is embedded of one that is not complete yet."""

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
    kept = []
    for candidate in folders:
        saved = _kept(candidate, embedder)
        if saved and saved.documents == tuple(documents):
            return saved
        kept += [saved, *(_kept(part, embedder) for part in sorted((candidate / UNFINISHED).glob("*")))]
    built = _built(documents, [some for some in kept if some], folders, embedder, progress)
    _save(built, folders)
    for candidate in folders:
        shutil.rmtree(candidate / UNFINISHED, ignore_errors=True)
    return built


def _kept(folder: Path, embedder: Embedder) -> PassageIndex | None:
    """The index saved in a folder, if it is sound and was made by this model with these settings."""
    try:
        if not folder.exists():
            return None
        _, manifest = read_manifest(folder)
        if manifest.get("settings") == fingerprint((), embedder):
            return PassageIndex.load(folder, embedder=embedder)
    except (StoredIndexError, OSError) as error:
        log.warning("The saved index is built again: %s", error)
    return None


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
    held = {document: (index, n) for index in kept for n, document in enumerate(index.documents)}
    windows = {document: len(cut_windows(document)) for document in documents if document not in held}
    groups = [*_groups(windows)]
    total, done = sum(windows.values()), 0
    for group in groups:
        part = PassageIndex.build(group, embedder=embedder, progress=_shifted(progress, done, total))
        done += sum(windows[document] for document in group)
        if len(groups) > 1:
            name = fingerprint(group, embedder)[:16]
            saved = _save(part, [folder / UNFINISHED / name for folder in folders])
            part = (_kept(saved, embedder) if saved else None) or part  # from disk, it needs less memory
        held |= {document: (part, n) for n, document in enumerate(group)}
    return PassageIndex.joined([held[document] for document in documents])


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
