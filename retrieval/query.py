"""A question, spelled right and standing alone, to the weighted token vectors that are searched.

A token weighs more the rarer its word piece is in the documents. Words from the conversation come in beside the
question's own, which are then encoded twice, alone and beside them: the sum of both scores neither loses the topic nor
follows it where the question has left it. Deliberately does not: look at passages.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Encoding, PassageIndex, unit_rows

COMMON_WEIGHT = 0.1
"""Weight of a word piece that every passage holds; one that a single passage holds weighs 1."""
UNKNOWN_WEIGHT = 0.7
"""Weight of a word piece that no passage holds: a synonym must do, so it may not decide alone."""
CONTEXT_SHARE = 0.4
"""Weight of all words from the conversation together, in the encoding that has them; the question's have the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is searched. vectors: float32 (tokens, dim), unit rows. ids: int32 (tokens,), word pieces.

    weights: float32 (tokens,), 1 in all, 0 for punctuation. own: bool (tokens,), which are the question's own words.
    """

    vectors: NDArray[np.float32]
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    own: NDArray[np.bool_]


def make_query(passage_index: PassageIndex, question: str, plain: Encoding, context: str = "") -> Query:
    """The query of a question, whose encoding is `plain`, and of words from the conversation, if any.

    With a context the question is encoded a second time.
    """
    alone = _weigh(passage_index, question, plain)
    if not context:
        return Query(unit_rows(plain.vectors), plain.ids, alone, np.ones(len(plain.ids), bool))
    text = in_context(question, context)
    beside = passage_index.embedder.encode([text])[0]
    own = beside.starts < len(question)
    weights = _weigh(passage_index, text, beside)
    shared = _share(weights, own) * (1 - CONTEXT_SHARE) * own + _share(weights, ~own) * CONTEXT_SHARE * ~own
    return Query(
        unit_rows(np.concatenate([plain.vectors, beside.vectors])),
        np.concatenate([plain.ids, beside.ids]),
        np.asarray(np.concatenate([alone, shared]) / 2, np.float32),
        np.concatenate([np.ones(len(plain.ids), bool), own]),
    )


def in_context(question: str, context: str) -> str:
    """The question with words from the conversation, as it is encoded and shown."""
    return f"{question} ({context})"


def idf(passages: int, holders: int) -> float:
    """How much a word piece tells that so many of the passages hold; above 0 (BM25's: Robertson and Zaragoza 2009)."""
    return math.log(1 + (passages - holders + 0.5) / (holders + 0.5))


def _weigh(passage_index: PassageIndex, text: str, encoding: Encoding) -> NDArray[np.float32]:
    """A weight for each token, 1 in all; 0 for punctuation. All are 0 where there is nothing else."""
    count = len(passage_index)
    holders = np.array([len(passage_index.holding(int(piece))[0]) for piece in encoding.ids], int)
    told = np.array([idf(count, n) for n in holders]) / idf(count, 0)
    weights = np.where(holders > 0, COMMON_WEIGHT + (1 - COMMON_WEIGHT) * told, UNKNOWN_WEIGHT)
    weights *= [text[start].isalnum() for start in encoding.starts.tolist()]
    return np.asarray(weights / (weights.sum() or 1), np.float32)


def _share(weights: NDArray[np.float32], of: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The weights scaled to 1 over some of the tokens."""
    return np.asarray(weights / (weights[of].sum() or 1), np.float32)
