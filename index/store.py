"""The index: passages, their token vectors and what finds them quickly, in memory and on disk.

Deliberately does not: score or rank (the package retrieval does).
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from index import passages as cutting
from index.documents import Document
from index.embed import Embedder, Encoding, SentenceTransformerEmbedder
from index.errors import DocumentError, StoredIndexError
from index.generations import read_generation, save_generation
from index.nearest import Nearest
from index.parts import parts_from_plain, parts_to_plain
from index.passages import Passage, Window, cut_windows
from index.rows import Joining, Rows, directions, rounded, save_rows, unit_means
from index.structure import Span
from index.tables import Key, Tables, make_tables

FORMAT = 4
"""Version of the saved folder; raised whenever its files change their meaning."""
CHUNK = 64
"""Windows encoded between two reports of progress: their token vectors are in memory as float32 together."""

Progress = Callable[[int, int], None]
"""Called with (done, total) while an index is built; the unit is one window of text."""


class PassageIndex:
    """The passages of some documents, ready to be searched. Never changes: build a new one and swap it in."""

    def __init__(
        self,
        documents: Sequence[Document],
        sections: Sequence[tuple[str, ...]],
        words: dict[str, int],
        tables: Tables,
        nearest: Nearest,
        embedder: Embedder,
    ) -> None:
        """words: how often each word stands in the documents, in lower case; numbers are left out."""
        self.documents = tuple(documents)
        self.sections = tuple(sections)
        self.words = words
        self.tables = tables
        self.embedder = embedder
        self._nearest = nearest
        self._sentence_stops = np.append(tables.passages[1:, 3], len(tables.sentences))
        self._token_stops = np.append(tables.sentences[1:, 2], len(tables.pieces))

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self.tables.passages)

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        *,
        embedder: Embedder | None = None,
        progress: Progress | None = None,
    ) -> "PassageIndex":
        """Cut, embed and index some documents.

        Raises DocumentError where two documents have the same id or there is no text at all.
        """
        steps = cls.building(documents, embedder or SentenceTransformerEmbedder.locate())
        while True:
            try:
                done, total = next(steps)
            except StopIteration as built:
                return cast(PassageIndex, built.value)
            if progress and done:
                progress(done, total)

    @classmethod
    def building(
        cls, documents: Iterable[Document], embedder: Embedder
    ) -> Generator[tuple[int, int], None, "PassageIndex"]:
        """Build in steps: yields (done, total) as Progress has it, from 0 on; returns the index. Closed, it stops."""
        documents = _checked(documents)
        windows = [(number, window) for number, d in enumerate(documents) for window in cut_windows(d)]
        if not windows:
            raise DocumentError("The documents hold no text. Expected at least one sentence; add a document with text.")
        headings, rows = yield from _encode(documents, windows, embedder)
        passages: list[tuple[int, Key, Passage]] = [
            (n, (n, window.heading), passage) for n, window in windows for passage in window.passages
        ]
        return cls._made(documents, passages, headings, rows, embedder)

    @classmethod
    def joined(cls, parts: Sequence[tuple["PassageIndex", int]]) -> "PassageIndex":
        """One index over documents that are embedded already: each part is an index and a document's number in it.

        The same as building it over these documents, but nothing is encoded again. All parts have one embedder. Raises
        DocumentError where two documents have the same id or there is no part.
        """
        documents = _checked(part.documents[number] for part, number in parts)
        if not documents:
            raise DocumentError("There is no document to join. Expected at least one.")
        taken = [part._taken_out(number) for part, number in parts]
        headings: dict[Key, Rows] = {(n, h): rows for n, (_, under, _) in enumerate(taken) for h, rows in under.items()}
        passages: list[tuple[int, Key, Passage]] = [
            (n, (n, h), passage) for n, (found, _, _) in enumerate(taken) for h, passage in found
        ]
        rows = Joining(rows for _, _, rows in taken).rows()
        return cls._made(documents, passages, headings, rows, parts[0][0].embedder)

    @classmethod
    def _made(
        cls,
        documents: Sequence[Document],
        passages: Sequence[tuple[int, Key, Passage]],
        headings: Mapping[Key, Rows],
        rows: Rows,
        embedder: Embedder,
    ) -> "PassageIndex":
        """An index of its parts; see make_tables."""
        tables, sections = make_tables(passages, headings, rows)
        starts = tables.sentences[tables.passages[:, 3], 2]
        means = unit_means(tables.vectors, starts, np.append(starts[1:], len(tables.pieces)))
        return cls(documents, sections, _words(documents), tables, Nearest.build(means), embedder)

    def _taken_out(self, number: int) -> tuple[list[tuple[int, Passage]], dict[int, Rows], Rows]:
        """A document's passages, each with the number of its heading, these headings, and the passages' tokens.

        The latter two as _encode makes them.
        """
        tables = self.tables
        first, stop = np.searchsorted(tables.passages[:, 0], [number, number + 1]).tolist()
        if first == stop:
            return [], {}, (tables.vectors[:0], tables.pieces[:0], tables.sentences[:0, 2])
        a, b = (int(edge) for edge in (tables.passages[first, 3], self._sentence_stops[stop - 1]))
        starts, stops = self.token_ranges(np.arange(a, b))
        tokens = slice(int(starts[0]), int(stops[-1]))
        rows = tables.vectors[tokens], tables.pieces[tokens], starts - starts[0]
        over = tables.passages[first:stop, 4].tolist()
        found = [(heading, self.passage(passage)) for passage, heading in zip(range(first, stop), over, strict=True)]
        return found, {heading: self._heading(heading) for heading in dict.fromkeys(over)}, rows

    def _heading(self, number: int) -> Rows:
        """The tokens of a heading, as _encode makes them."""
        tokens = slice(*self.tables.headings[number : number + 2].tolist())
        return self.tables.heading_vectors[tokens], self.tables.heading_pieces[tokens], np.zeros(1, np.int32)

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder: all of it or, where that fails, nothing (OSError)."""
        about = {
            "format": FORMAT,
            "model": self.embedder.name,
            "settings": _settings(),
            "documents": _hashes(self.documents),
            "made_by": fingerprint((), self.embedder),
            "fingerprint": fingerprint(self.documents, self.embedder),
        }
        save_generation(Path(folder), self._write, about)

    def _write(self, folder: Path) -> None:
        """Write the arrays, texts and FAISS index as files."""
        for name in Tables.__slots__:
            save_rows(folder / f"{name}.npy", getattr(self.tables, name))
        texts = [_plain(document) for document in self.documents]
        for name, value in (("documents", texts), ("sections", self.sections), ("words", self.words)):
            (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8", newline="")
        self._nearest.write(folder / "nearest.faiss")

    @classmethod
    def load(cls, folder: str | Path, *, embedder: Embedder | None = None) -> "PassageIndex":
        """Open a saved index; its arrays stay on disk and are read as they are needed.

        Raises StoredIndexError where it is damaged, of another format, or was built with another model.
        """
        embedder = embedder or SentenceTransformerEmbedder.locate()

        def read(generation: Path, manifest: dict[str, Any]) -> "PassageIndex":
            for what, expected in (("format", FORMAT), ("model", embedder.name)):
                if manifest.get(what) != expected:
                    raise StoredIndexError(
                        f"The index in {str(folder)!r} was saved with {what} {manifest.get(what)!r}, "
                        f"expected {expected!r}. Build the index again."
                    )
            return cls._read(generation, embedder)

        return read_generation(Path(folder), read)

    @classmethod
    def _read(cls, folder: Path, embedder: Embedder) -> "PassageIndex":
        """Read what _write wrote."""
        mapped = {n: np.load(folder / f"{n}.npy", mmap_mode="r", allow_pickle=False) for n in Tables.__slots__}
        arrays = {n: np.asarray(array) for n, array in mapped.items()}  # slices of a np.memmap are slower to make
        texts, sections, words = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("documents", "sections", "words")
        )
        nearest = Nearest.read(folder / "nearest.faiss")
        documents = [_document(text) for text in texts]
        return cls(documents, [tuple(s) for s in sections], words, Tables(**arrays), nearest, embedder)

    def document(self, passage: int) -> Document:
        """The document that a passage is in."""
        return self.documents[int(self.tables.passages[passage, 0])]

    def passage(self, passage: int) -> Passage:
        """The passage of this number."""
        _, section, paragraph, _, _ = self.tables.passages[passage].tolist()
        first, stop = self.sentence_range(passage)
        spans = tuple(Span(start, end) for start, end, _ in self.tables.sentences[first:stop].tolist())
        return Passage(self.sections[section], paragraph, spans)

    def sentence_range(self, passage: int) -> tuple[int, int]:
        """The passage's sentences, as first and one behind last."""
        return int(self.tables.passages[passage, 3]), int(self._sentence_stops[passage])

    def token_ranges(self, sentences: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """For each sentence its first token and one behind its last."""
        return self.tables.sentences[sentences, 2], self._token_stops[sentences]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens in each passage."""
        starts = self.tables.sentences[self.tables.passages[:, 3], 2]
        return np.asarray(np.diff(starts, append=len(self.tables.pieces)))

    @cached_property
    def letters(self) -> str:
        """The letters of all words, each once, in a fixed order."""
        return "".join(sorted(set().union(*self.words)))

    def token_vectors(self, starts: NDArray[np.int32], stops: NDArray[np.int32]) -> NDArray[np.float32]:
        """The unit vectors of some ranges of tokens, one range after the other."""
        return directions(self.tables.vectors, starts, stops)

    def heading_ranges(self, headings: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """For each heading its first token and one behind its last, in heading_vectors and heading_pieces."""
        return self.tables.headings[headings], self.tables.headings[headings + 1]

    def heading_vectors(self, starts: NDArray[np.int32], stops: NDArray[np.int32]) -> NDArray[np.float32]:
        """The unit vectors of some ranges of the headings' tokens, one range after the other."""
        return directions(self.tables.heading_vectors, starts, stops)

    def nearest(self, vector: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """At most k passages whose mean token vector has the highest inner product with a vector (dim,)."""
        return self._nearest.search(vector, k)

    def holding(self, piece: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The passages that hold a word piece, ascending, and how often each does."""
        starts = self.tables.posting_starts
        if not 0 <= piece < len(starts) - 1:
            return self.tables.postings[:0], self.tables.counts[:0]
        span = slice(int(starts[piece]), int(starts[piece + 1]))
        return self.tables.postings[span], self.tables.counts[span]


def fingerprint(documents: Sequence[Document], embedder: Embedder) -> str:
    """Changes whenever an index over these documents would: other text, other model, other settings, other code."""
    digest = hashlib.sha256()
    for value in (FORMAT, _code(), embedder.name, _settings(), list(_hashes(documents).items())):
        digest.update(json.dumps(value).encode() + b"\n")
    return digest.hexdigest()


def _settings() -> dict[str, int]:
    """What decides where documents are cut."""
    names = ("MAX_PASSAGE", "SHORT_PARAGRAPH", "MAX_WINDOW", "MAX_HEADING")
    return {name: getattr(cutting, name) for name in names}


def _hashes(documents: Sequence[Document]) -> dict[str, str]:
    """The SHA-256 of each document, all of it, under its id."""
    return {document.id: hashlib.sha256(json.dumps(_plain(document)).encode()).hexdigest() for document in documents}


@lru_cache(maxsize=1)
def _code() -> str:
    """Changes with any file of this package: a new rule cuts the same text in other places."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _words(documents: Iterable[Document]) -> dict[str, int]:
    """See PassageIndex."""
    return dict(Counter(w for d in documents for w in re.findall(r"[^\W\d_]+", d.text.casefold())))


def _plain(document: Document) -> dict[str, Any]:
    """A document as plain values for JSON."""
    parts = parts_to_plain(document.parts)
    about = {"id": document.id, "title": document.title, "text": document.text}
    return {**about, "parts": parts, "pages": list(document.pages)}


def _document(plain: dict[str, Any]) -> Document:
    """The same again."""
    return Document(**{**plain, "parts": parts_from_plain(plain["parts"]), "pages": tuple(plain["pages"])})


def _checked(documents: Iterable[Document]) -> list[Document]:
    """The documents, each with an id of its own."""
    documents = list(documents)
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise DocumentError(f"Two documents have the id {document.id!r}, expected each id once. Rename one.")
        seen.add(document.id)
    return documents


def _encode(
    documents: Sequence[Document], windows: Sequence[tuple[int, Window]], embedder: Embedder
) -> Generator[tuple[int, int], None, tuple[dict[Key, Rows], Rows]]:
    """Unit token vectors, word pieces and each sentence's first token, of each heading and of all the windows.

    Yields how many windows of all are done.
    """
    headings: dict[Key, Rows] = {}
    joining = Joining()
    yield 0, len(windows)
    for start in range(0, len(windows), CHUNK):
        chunk = windows[start : start + CHUNK]
        encodings = embedder.encode([w.heading + documents[number].text[w.start : w.end] for number, w in chunk])
        for (number, window), encoding in zip(chunk, encodings, strict=True):
            heading, inside = _parted(window, encoding)
            headings.setdefault((number, window.heading), heading)
            joining.add(inside)
        yield start + len(chunk), len(windows)
    return headings, joining.rows()


def _parted(window: Window, encoding: Encoding) -> tuple[Rows, Rows]:
    """The tokens of a window's heading and those behind it."""
    offsets = encoding.starts - len(window.heading)
    heading = int(np.searchsorted(offsets, 0))
    starts = [sentence.start - window.start for passage in window.passages for sentence in passage.sentences]
    firsts = np.searchsorted(offsets[heading:], starts)
    firsts[0] = 0
    vectors = rounded(encoding.vectors)
    before = vectors[:heading], encoding.ids[:heading], np.zeros(1, np.int32)
    return before, (vectors[heading:], encoding.ids[heading:], firsts.astype(np.int32))
