"""Passages to how well each token of a question matches in them, by late interaction.

Each token of the question is compared with each token of a passage and keeps its best match (MaxSim: Khattab and
Zaharia 2020, arXiv:2004.12832), over frozen vectors. Deliberately does not: know which passages are worth it, or order
them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex
from index.rows import inner_products
from retrieval.query import Query

SAME_PIECE = 0.1
"""Added to the similarity of two tokens that are the same word piece: what counts in names, numbers and codes."""
SENTENCE_SHARE = 1 / 3
"""Share of its best sentence in a passage's score."""
IN_HEADING = 0.9
"""What a match in the title or the headings over a passage counts, compared with one in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Ranges of tokens, none of them empty, as they are compared with those of any number of questions.

    vectors: float32 (tokens, dim), one range after the other. pieces: int32 (tokens,). starts: the first of each range.
    """

    vectors: NDArray[np.float32]
    pieces: NDArray[np.int32]
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Passages with their tokens. passages: those that have any, ascending.

    sentences: those that have any, counted over the whole index; tokens: theirs; firsts: the first of each passage.
    headings: tokens of the headings over the passages, each heading once; under: the one over each passage, the number
    behind the last where it has no token.
    """

    passages: NDArray[np.int64]
    sentences: NDArray[np.int64]
    firsts: NDArray[np.int64]
    tokens: Tokens
    headings: Tokens
    under: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Each question token's best match, float32, 0 (none) to 1 + what the same piece adds, seldom below 0.

    sentences: (tokens, sentences). passages: (tokens, passages). headed: the same, in the passage or over it.
    """

    sentences: NDArray[np.float32]
    passages: NDArray[np.float32]
    headed: NDArray[np.float32]


def gather(passage_index: PassageIndex, passages: NDArray[np.int64]) -> Gathered:
    """The tokens of some passages, ascending, each once."""
    ranges = [passage_index.sentence_range(passage) for passage in passages.tolist()]
    sentences = np.concatenate([passages[:0], *(np.arange(first, stop) for first, stop in ranges)])
    owners = np.repeat(np.arange(len(passages)), [stop - first for first, stop in ranges])
    starts, stops = passage_index.token_ranges(sentences)
    some = stops > starts
    sentences, owners, starts, stops = sentences[some], owners[some], starts[some], stops[some]
    tokens = _ranges(passage_index.token_vectors(starts, stops), passage_index.tables.pieces, starts, stops)
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    passages = passages[owners[firsts]]

    numbers, under = np.unique(passage_index.tables.passages[passages, 4], return_inverse=True)
    starts, stops = passage_index.heading_ranges(numbers)
    some = stops > starts
    under = np.where(some, np.cumsum(some) - 1, some.sum())[under]
    starts, stops = starts[some], stops[some]
    over = _ranges(passage_index.heading_vectors(starts, stops), passage_index.tables.heading_pieces, starts, stops)
    return Gathered(passages, sentences, firsts, tokens, over, under)


def match(found: Gathered, query: Query, same: float = SAME_PIECE) -> Matches:
    """What a question's tokens match in passages; same: added to the similarity of two that are the same piece."""
    in_sentence = _best(found.tokens, query, same)
    in_passage = np.maximum.reduceat(in_sentence, found.firsts, axis=1)
    nothing = np.zeros((len(query.ids), 1), np.float32)
    over = np.concatenate([_best(found.headings, query, same), nothing], axis=1)[:, found.under]
    return Matches(in_sentence, in_passage, np.maximum(in_passage, IN_HEADING * over))


def mix(passage: NDArray[np.float32], sentence: NDArray[np.float32]) -> NDArray[np.float32]:
    """A passage's score of its own and its best sentence's."""
    return (1 - SENTENCE_SHARE) * passage + SENTENCE_SHARE * sentence


def _ranges(
    vectors: NDArray[np.float32], pieces: NDArray[np.int32], starts: NDArray[np.int32], stops: NDArray[np.int32]
) -> Tokens:
    """Ranges of the index's tokens. vectors: those in them, pieces: of all there are."""
    inside = [pieces[:0], *(pieces[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True))]
    lengths = stops - starts
    return Tokens(vectors, np.concatenate(inside), np.cumsum(lengths, dtype=np.int64) - lengths)


def _best(tokens: Tokens, query: Query, same: float) -> NDArray[np.float32]:
    """Each question token's best match in each range of tokens."""
    similarity = inner_products(query.vectors, tokens.vectors)
    similarity += same * (query.ids[:, None] == tokens.pieces[None])
    return np.maximum.reduceat(similarity, tokens.starts, axis=1)
