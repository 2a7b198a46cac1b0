"""The arrays of an index: where its passages, sentences and tokens are, and which passages hold a word.

Deliberately does not: read or write files (store.py does), or know how vectors are kept (rows.py does).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.passages import Passage
from index.rows import Joining, Rows

Key = tuple[int, Hashable]
"""Tells a heading over passages: the number of its document, and what tells it from others there."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The arrays of an index. Passages, sentences and tokens are each numbered from 0 in reading order.

    passages: int32 (passages, 5): document, section, paragraph (from 1), first sentence, heading.
    sentences: int32 (sentences, 3): start, end (offsets into the document's text), first token.
    vectors: int8 (tokens, dim), directions (see index.rows). pieces: int32 (tokens,), word pieces.
    headings: int32 (headings + 1,): where the tokens of each, the titles over a passage, start in heading_vectors and
    heading_pieces, which are like vectors and pieces.
    posting_starts, postings, counts: for word piece w, the passages that hold it, ascending, and how often, are at
    posting_starts[w] to posting_starts[w + 1].
    """

    passages: NDArray[np.int32]
    sentences: NDArray[np.int32]
    vectors: NDArray[np.int8]
    pieces: NDArray[np.int32]
    headings: NDArray[np.int32]
    heading_vectors: NDArray[np.int8]
    heading_pieces: NDArray[np.int32]
    posting_starts: NDArray[np.int64]
    postings: NDArray[np.int32]
    counts: NDArray[np.int32]


def make_tables(
    passages: Sequence[tuple[int, Key, Passage]], headings: Mapping[Key, Rows], rows: Rows
) -> tuple[Tables, list[tuple[str, ...]]]:
    """The arrays of an index, and its sections; each passage comes with its document's number and its heading's key."""
    vectors, pieces, firsts = rows
    heading_vectors, heading_pieces, heading_firsts = Joining(headings.values()).rows()
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
