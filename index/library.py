"""Uploaded files as documents: read within limits, embedded one by one, joined with those already held.

A file's bytes touch the disk only while they are read, in a folder of their own that is removed at once; documents and
index are in memory. Deliberately does not: know formats (documents.py does) or whose documents these are.
"""

import re
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.documents import ENDINGS, Document, read_documents
from index.embed import Embedder
from index.errors import DocumentError
from index.passages import cut_windows
from index.store import PassageIndex

MAX_NAME = 200
"""Bytes in a file's name at most; a longer one is cut, its ending kept."""
READING, EMBEDDING, READY, REFUSED = "reading", "embedding", "ready", "refused"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor may bring.

    files, pages, characters, passages: of all documents held together; only PDFs have pages. file_bytes: of one file.
    sent_bytes: of the files sent at once. seconds: to read and embed these.
    """

    files: int = 20
    file_bytes: int = 10_000_000
    sent_bytes: int = 20_000_000
    pages: int = 1_000
    characters: int = 1_000_000
    passages: int = 10_000
    seconds: float = 300


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. data: None where only its name and its size in bytes were."""

    name: str
    data: bytes | None
    size: int


@dataclass(frozen=True, slots=True)
class FileState:
    """How far a file is. stage: READING, EMBEDDING (done of total windows), READY, REFUSED with a reason, or ""."""

    name: str
    stage: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""


class Intake:
    """One round of uploads. Take all steps; `passage_index` is then over the documents held and those now ready.

    held: what the visitor has so far. free: characters the server has room for. Nothing changes until the last step,
    so a round that is left halfway leaves no trace.
    """

    def __init__(
        self,
        uploads: Sequence[Upload],
        held: PassageIndex | None,
        embedder: Embedder,
        limits: Limits,
        free: int,
    ) -> None:
        self.files = [FileState(_plain_name(upload.name)) for upload in uploads]
        self.passage_index = held
        self._uploads = uploads
        self._embedder = embedder
        self._limits = limits
        self._free = free
        self._parts = _parts(held)
        self._sent = 0
        self._deadline = time.monotonic() + limits.seconds

    def steps(self) -> Iterator[None]:
        """Read and embed the files in turn; `files` says how far each is. A bad file stops no other."""
        before = len(self._parts)
        for position, upload in enumerate(self._uploads):
            try:
                for state in self._take(upload, self.files[position].name):
                    self.files[position] = state
                    yield
            except DocumentError as error:
                name = self.files[position].name
                reason = str(error).removeprefix(name).strip()
                self.files[position] = FileState(name, REFUSED, reason=reason)
                yield
        if len(self._parts) > before:
            self.passage_index = PassageIndex.joined(self._parts)

    def _take(self, upload: Upload, name: str) -> Iterator[FileState]:
        """One file's way, stage by stage. Raises DocumentError where it cannot be taken."""
        yield FileState(name, READING)
        self._check_in_time()
        data = self._checked(upload, name)
        document = self._named(_read(data, name))
        self._check_text(document)
        built = yield from self._embed(document)
        self._parts.append((built, 0))
        yield FileState(document.id, READY)

    def _checked(self, upload: Upload, name: str) -> bytes:
        """The file's bytes, if it may be sent at all."""
        limits, size = self._limits, len(upload.data or b"") or upload.size
        if len(self._parts) >= limits.files:
            raise DocumentError(f"was left out: {limits.files} files are allowed. Remove one first.")
        if Path(name).suffix.lower() not in ENDINGS:
            raise DocumentError(f"is no file that can be read here. These can: {', '.join(ENDINGS)}.")
        if size > limits.file_bytes:
            raise DocumentError(f"has {in_bytes(size)}; a file may have {in_bytes(limits.file_bytes)}. Split it.")
        if self._sent + size > limits.sent_bytes:
            raise DocumentError(f"was left out: {in_bytes(limits.sent_bytes)} may be sent at once. Send it by itself.")
        if upload.data is None:
            raise DocumentError("could not be read by the browser. Is it a folder, or was it moved?")
        self._sent += size
        return upload.data

    def _named(self, document: Document) -> Document:
        """The document under a name of its own. Raises DocumentError where its text is here already."""
        held = {part.documents[number].id: part.documents[number].text for part, number in self._parts}
        for name, text in held.items():
            if text == document.text:
                raise DocumentError("is here already." if name == document.id else f"is here already, as {name}.")
        stem, ending = Path(document.id).stem, Path(document.id).suffix
        numbered = (f"{stem} ({n}){ending}" for n in range(2, len(held) + 2))
        name = document.id if document.id not in held else next(name for name in numbered if name not in held)
        return replace(document, id=name, title=Path(name).stem if document.title == stem else document.title)

    def _check_text(self, document: Document) -> None:
        """Refuse more text than a visitor may bring or the server has room for."""
        limits, count = self._limits, len(document.text)
        documents = [part.documents[number] for part, number in self._parts]
        if sum(len(other.pages) for other in (*documents, document)) > limits.pages:
            raise DocumentError(f"has {len(document.pages):,} pages; {limits.pages:,} are allowed in all.")
        held = sum(len(other.text) for other in documents)
        if held + count > limits.characters:
            left = limits.characters - held
            most = f"{limits.characters:,} are allowed" + (f" in all, {left:,} are left" if held else "")
            raise DocumentError(f"has {count:,} characters; {most}.")
        if held + count > self._free:
            raise DocumentError("does not fit: visitors' documents fill this server. Try again later.")
        passages = sum(len(window.passages) for window in cut_windows(document))
        passages_held = sum(_count(part, number) for part, number in self._parts)
        if passages_held + passages > limits.passages:
            raise DocumentError(f"makes {passages:,} passages; {limits.passages:,} are allowed in all.")

    def _embed(self, document: Document) -> Generator[FileState, None, PassageIndex]:
        """The document's index, embedded in steps."""
        steps = PassageIndex.building([document], self._embedder)
        while True:
            try:
                done, total = next(steps)
            except StopIteration as built:
                index: PassageIndex = built.value
                return index
            yield FileState(document.id, EMBEDDING, done, total)
            if done < total:
                self._check_in_time()

    def _check_in_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise DocumentError(f"took too long: {self._limits.seconds:g} seconds are allowed. Send less at once.")


def without(passage_index: PassageIndex, document_id: str) -> PassageIndex | None:
    """The index without a document; None where nothing is left."""
    parts = [(part, n) for part, n in _parts(passage_index) if part.documents[n].id != document_id]
    return PassageIndex.joined(parts) if parts else None


def in_bytes(size: int) -> str:
    """A size for people, rounded up: 10 MB, 60.2 MB, 0.4 MB, 812 bytes."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    return f"{-(-size // 100_000) / 10:,.1f}".removesuffix(".0") + " MB"


def _parts(held: PassageIndex | None) -> list[tuple[PassageIndex, int]]:
    """The documents of an index as parts to join."""
    return [(held, number) for number in range(len(held.documents))] if held else []


def _count(part: PassageIndex, number: int) -> int:
    """Passages of one document."""
    return int((part.tables.passages[:, 0] == number).sum())


def _plain_name(sent: str) -> str:
    """A file name without folders and control characters, not longer than MAX_NAME bytes."""
    name = re.split(r"[/\\]", sent.encode("utf-8", "replace").decode())[-1]
    name = re.sub(r"[\0-\x1f\x7f-\x9f]", "\ufffd", name).strip()
    name = name if name.strip(".") else "unnamed"
    ending = Path(name).suffix if len(Path(name).suffix) <= 20 else ""
    stem = name.removesuffix(ending).encode()[: MAX_NAME - len(ending.encode())]
    return stem.decode("utf-8", "ignore") + ending


def _read(data: bytes, name: str) -> Document:
    """The document in a file's bytes, which are on disk just for as long as that takes."""
    with tempfile.TemporaryDirectory(prefix="ask-") as folder:
        path = Path(folder, name)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise DocumentError(f"cannot be kept under its name ({error.strerror}). Rename it.") from error
        return read_documents(path)[0]
