"""The index: passages, their token vectors and what finds them quickly, in memory and on disk.

The only file that knows FAISS. Deliberately does not: score or rank (the package retrieval does).
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from index import passages as cutting
from index.documents import Document
from index.embed import Embedder, Encoding, SentenceTransformerEmbedder
from index.errors import DocumentError, StoredIndexError
from index.generations import read_generation, save_generation
from index.parts import parts_from_plain, parts_to_plain
from index.passages import Passage, Window, cut_windows
from index.structure import Span

if TYPE_CHECKING:
    import faiss

FORMAT = 2
"""Version of the saved folder; raised whenever its files change their meaning."""
CHUNK = 64
"""Windows encoded between two reports of progress: their token vectors are in memory as float32 together."""

Progress = Callable[[int, int], None]
"""Called with (done, total) while an index is built; the unit is one window of text."""
Rows = tuple[NDArray[np.float16], NDArray[np.int32], NDArray[np.int32]]
Key = tuple[int, Hashable]
"""Tells a heading over passages: the number of its document, and what tells it from others there."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The arrays of an index. Passages, sentences and tokens are each numbered from 0 in reading order.

    passages: int32 (passages, 5): document, section, paragraph (from 1), first sentence, heading.
    sentences: int32 (sentences, 3): start, end (offsets into the document's text), first token.
    vectors: float16 (tokens, dim), unit rows. pieces: int32 (tokens,), word pieces.
    headings: int32 (headings + 1,): where the tokens of each, the titles over a passage, start in heading_vectors and
    heading_pieces, which are like vectors and pieces.
    posting_starts, postings, counts: for word piece w, the passages that hold it, ascending, and how often, are at
    posting_starts[w] to posting_starts[w + 1].
    """

    passages: NDArray[np.int32]
    sentences: NDArray[np.int32]
    vectors: NDArray[np.float16]
    pieces: NDArray[np.int32]
    headings: NDArray[np.int32]
    heading_vectors: NDArray[np.float16]
    heading_pieces: NDArray[np.int32]
    posting_starts: NDArray[np.int64]
    postings: NDArray[np.int32]
    counts: NDArray[np.int32]


class PassageIndex:
    """The passages of some documents, ready to be searched. Never changes: build a new one and swap it in."""

    def __init__(
        self,
        documents: Sequence[Document],
        sections: Sequence[tuple[str, ...]],
        tables: Tables,
        nearest: "faiss.Index",
        embedder: Embedder,
    ) -> None:
        self.documents = tuple(documents)
        self.sections = tuple(sections)
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
        tables, sections = _tables(passages, headings, rows)
        return cls(documents, sections, tables, _flat(tables), embedder)

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
        tables, sections = _tables(passages, headings, _joined([rows for _, _, rows in taken]))
        return cls(documents, sections, tables, _flat(tables), parts[0][0].embedder)

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
        tokens = self.heading_tokens(number)
        return self.tables.heading_vectors[tokens], self.tables.heading_pieces[tokens], np.zeros(1, np.int32)

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder: all of it or, where that fails, nothing (OSError)."""
        about = {
            "format": FORMAT,
            "model": self.embedder.name,
            "settings": _settings(),
            "documents": _hashes(self.documents),
            "fingerprint": fingerprint(self.documents, self.embedder),
        }
        save_generation(Path(folder), self._write, about)

    def _write(self, folder: Path) -> None:
        """Write the arrays, texts and FAISS index as files.

        Python does the writing: on a full disk NumPy and FAISS may close a file cut short without a word.
        """
        import faiss

        for name in Tables.__slots__:
            with (folder / f"{name}.npy").open("wb") as file:
                np.save(SimpleNamespace(write=file.write), getattr(self.tables, name), allow_pickle=False)
        texts = [_plain(document) for document in self.documents]
        for name, value in (("documents", texts), ("sections", self.sections)):
            (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8", newline="")
        with (folder / "nearest.faiss").open("wb") as file:
            faiss.write_index(self._nearest, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]

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
        import faiss

        arrays = {n: np.load(folder / f"{n}.npy", mmap_mode="r", allow_pickle=False) for n in Tables.__slots__}
        texts = json.loads((folder / "documents.json").read_text(encoding="utf-8"))
        sections = json.loads((folder / "sections.json").read_text(encoding="utf-8"))
        nearest = faiss.read_index(str(folder / "nearest.faiss"))
        return cls([_document(t) for t in texts], [tuple(s) for s in sections], Tables(**arrays), nearest, embedder)

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

    def heading_tokens(self, heading: int) -> slice:
        """The tokens of a heading, in heading_vectors and heading_pieces."""
        return slice(int(self.tables.headings[heading]), int(self.tables.headings[heading + 1]))

    def token_ranges(self, sentences: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """For each sentence its first token and one behind its last."""
        return self.tables.sentences[sentences, 2], self._token_stops[sentences]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens in each passage."""
        starts = self.tables.sentences[self.tables.passages[:, 3], 2]
        return np.asarray(np.diff(starts, append=len(self.tables.pieces)))

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word stands in the documents, in lower case; numbers are left out."""
        return Counter(w for d in self.documents for w in re.findall(r"[^\W\d_]+", d.text.casefold()))

    def nearest(self, vector: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """At most k passages whose mean token vector has the highest inner product with a vector (dim,)."""
        _, found = self._nearest.search(vector[None].astype(np.float32), min(k, len(self)))
        return np.asarray(found[0][found[0] >= 0])

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


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def unit_means(
    vectors: NDArray[np.float16], starts: NDArray[np.int32], stops: NDArray[np.int32]
) -> NDArray[np.float32]:
    """The mean of each range of rows, scaled to length 1; a row of zeros for an empty range."""
    sums = [vectors[a:b].sum(axis=0, dtype=np.float32) for a, b in zip(starts, stops, strict=True)]
    return unit_rows(np.array(sums, np.float32))


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
    rows: list[Rows] = []
    yield 0, len(windows)
    for start in range(0, len(windows), CHUNK):
        chunk = windows[start : start + CHUNK]
        encodings = embedder.encode([w.heading + documents[number].text[w.start : w.end] for number, w in chunk])
        for (number, window), encoding in zip(chunk, encodings, strict=True):
            heading, inside = _parted(window, encoding)
            headings.setdefault((number, window.heading), heading)
            rows.append(inside)
        yield start + len(chunk), len(windows)
    return headings, _joined(rows)


def _parted(window: Window, encoding: Encoding) -> tuple[Rows, Rows]:
    """The tokens of a window's heading and those behind it."""
    offsets = encoding.starts - len(window.heading)
    heading = int(np.searchsorted(offsets, 0))
    starts = [sentence.start - window.start for passage in window.passages for sentence in passage.sentences]
    firsts = np.searchsorted(offsets[heading:], starts)
    firsts[0] = 0
    vectors = unit_rows(encoding.vectors).astype(np.float16)
    before = vectors[:heading], encoding.ids[:heading], np.zeros(1, np.int32)
    return before, (vectors[heading:], encoding.ids[heading:], firsts.astype(np.int32))


def _joined(rows: Sequence[Rows]) -> Rows:
    """Rows of several texts as those of one."""
    vectors, pieces, firsts = zip(*rows, strict=True)
    before = np.cumsum([0, *map(len, pieces)])
    shifted = [first + shift for first, shift in zip(firsts, before[:-1], strict=True)]
    return np.concatenate(vectors), np.concatenate(pieces), np.concatenate(shifted).astype(np.int32)


def _tables(
    passages: Sequence[tuple[int, Key, Passage]], headings: Mapping[Key, Rows], rows: Rows
) -> tuple[Tables, list[tuple[str, ...]]]:
    """The arrays of an index, and its sections; each passage comes with its document's number and its heading's key."""
    vectors, pieces, firsts = rows
    heading_vectors, heading_pieces, heading_firsts = _joined(list(headings.values()))
    sections = list(dict.fromkeys(passage.section for _, _, passage in passages))
    numbers = {section: i for i, section in enumerate(sections)}
    over = {key: i for i, key in enumerate(headings)}
    sizes = np.array([len(p.sentences) for _, _, p in passages])
    first = np.cumsum(sizes) - sizes
    table = [
        (d, numbers[p.section], p.paragraph, f, over[h]) for (d, h, p), f in zip(passages, first.tolist(), strict=True)
    ]
    spans = np.array([(s.start, s.end) for _, _, p in passages for s in p.sentences], np.int32)
    sentences = np.column_stack([spans, firsts]).astype(np.int32)
    stops = np.append(firsts[first[1:]], len(pieces))
    owners = np.repeat(np.arange(len(passages)), np.diff(stops, prepend=0))
    tables = Tables(
        np.array(table, np.int32),
        sentences,
        vectors,
        pieces,
        np.append(heading_firsts, len(heading_pieces)).astype(np.int32),
        heading_vectors,
        heading_pieces,
        *_postings(pieces, owners),
    )
    return tables, sections


def _postings(
    pieces: NDArray[np.int32], owners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """The inverted index: see Tables. owners: the passage of each token."""
    count = int(owners[-1]) + 1 if len(owners) else 1
    keys, counts = np.unique(pieces.astype(np.int64) * count + owners, return_counts=True)
    found, postings = np.divmod(keys, count)
    starts = np.searchsorted(found, np.arange(int(pieces.max(initial=0)) + 2))
    return starts, postings.astype(np.int32), counts.astype(np.int32)


def _flat(tables: Tables) -> "faiss.Index":
    """Exact inner product over the passages' mean token vectors."""
    import faiss

    starts = tables.sentences[tables.passages[:, 3], 2]
    index = faiss.IndexFlatIP(tables.vectors.shape[1])
    index.add(unit_means(tables.vectors, starts, np.append(starts[1:], len(tables.vectors))))
    return index
