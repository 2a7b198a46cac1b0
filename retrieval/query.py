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
from index.embed import is_packaged
from index.scripts import is_unparted

COMMON_WEIGHT = 0.1
"""Weight of a word piece that every passage holds; one that a single passage holds weighs 1."""
UNKNOWN_WEIGHT = 0.7
"""Weight of a word piece that no passage holds: a synonym must do, so it may not decide alone."""
SEAM_WEIGHT = 0.2
"""The same where a letter and the next one stand for a word (index.scripts): two that never meet are a seam mostly."""
CONTEXT_SHARE = 0.5
"""Weight of all words from the conversation together, in the encoding that has them; the question's have the rest."""
ALONE_SHARE = 0.25
"""Weight of the question encoded alone, where it is encoded beside a context too."""
EVIDENCE_SHARE = 0.25
"""CONTEXT_SHARE where it is judged whether a hit answers: matching the conversation alone is no evidence."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is searched. vectors: float32 (tokens, dim), unit rows. ids: int32 (tokens,), word pieces.

    weights: float32 (tokens,), 1 in all (but see meant.conversation_of), 0 for punctuation. judged: the same, for
    whether a hit answers; see rank.Hit.
    """

    vectors: NDArray[np.float32]
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    judged: NDArray[np.float32]


def make_query(passage_index: PassageIndex, question: str, plain: Encoding, context: str = "") -> Query:
    """The query of a question, whose encoding is `plain`, and of words from the conversation, the context.

    With a context the question is encoded a second time.
    """
    alone = _shares(tell(passage_index, question, plain))
    if not context:
        return Query(unit_rows(plain.vectors), plain.ids, alone, alone)
    text = in_context(question, context)
    beside = passage_index.embedder.encode([text])[0]
    own = beside.starts < len(question)
    weights = _shares(tell(passage_index, text, beside))
    return Query(
        unit_rows(np.concatenate([plain.vectors, beside.vectors])),
        np.concatenate([plain.ids, beside.ids]),
        np.concatenate(
            [ALONE_SHARE * alone, (1 - ALONE_SHARE) * _shared(weights, own, CONTEXT_SHARE)], dtype=np.float32
        ),
        np.concatenate([0 * alone, _shared(weights, own, EVIDENCE_SHARE)], dtype=np.float32),
    )


def in_context(question: str, context: str) -> str:
    """The question with words from the conversation, as it is encoded and shown."""
    return f"{question} ({context})"


def idf(passages: int, holders: int) -> float:
    """How much a word piece tells that so many of the passages hold; above 0 (BM25's: Robertson and Zaragoza 2009)."""
    return math.log(1 + (passages - holders + 0.5) / (holders + 0.5))


def _shares(told: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much each token tells, as weights, 1 in all; all 0 where none tells anything."""
    return np.asarray(told / (told.sum() or 1), np.float32)


def tell(passage_index: PassageIndex, text: str, encoding: Encoding) -> NDArray[np.float64]:
    """How much each token tells, 0 to 1; 0 for punctuation."""
    count = len(passage_index)
    holders = np.array([len(passage_index.holding(int(piece))[0]) for piece in encoding.ids], int)
    told = np.array([idf(count, n) for n in holders]) / idf(count, 0)
    letters = [text[start] for start in encoding.starts.tolist()]
    seams = is_packaged(passage_index.embedder) and [is_unparted(letter) for letter in letters]
    unknown = np.where(seams, SEAM_WEIGHT, UNKNOWN_WEIGHT)
    weights = np.where(holders > 0, COMMON_WEIGHT + (1 - COMMON_WEIGHT) * told, unknown)
    return np.asarray(weights * [letter.isalnum() for letter in letters], np.float64)


def _shared(weights: NDArray[np.float32], own: NDArray[np.bool_], others: float) -> NDArray[np.float32]:
    """The weights scaled so that the question's own have 1 - others in all, and those of the conversation `others`."""
    scaled = np.zeros_like(weights)
    for part, share in ((own, 1 - others), (~own, others)):
        scaled[part] = share * weights[part] / (weights[part].sum() or 1)
    return scaled
