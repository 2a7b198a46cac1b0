"""A question, spelled right and standing alone, to the weighted token vectors that are searched.

A token weighs more the rarer its word piece is in the documents. Words from the conversation come in beside the
question's own, which are then encoded twice, alone and beside them: the sum of both scores neither loses the topic nor
follows it where the question has left it. Deliberately does not: look at passages.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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

NAMES = 3
"""Power to which what a token tells is raised where it is to tell which document is meant: rare names do, hardly what
is asked about them."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is searched. vectors: float32 (tokens, dim), unit rows. ids: int32 (tokens,), word pieces.

    weights: float32 (tokens,), 1 in all, 0 for punctuation. judged: the same, for whether a hit answers; see rank.Hit.
    conversation: questions asked before, then this one again, which tell the document that is meant; their weights are
    as much as they tell, compared with this one. Empty where none was asked before.
    """

    vectors: NDArray[np.float32]
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    judged: NDArray[np.float32]
    conversation: "tuple[Query, ...]" = ()


def make_query(
    passage_index: PassageIndex, question: str, plain: Encoding, context: str = "", earlier: Sequence[Query] = ()
) -> Query:
    """The query of a question, whose encoding is `plain`, and of the conversation: words from it, earlier questions.

    With a context the question is encoded a second time. earlier: as earlier_queries makes them.
    """
    told = _tell(passage_index, question, plain)
    before = _weighed_against([*earlier, _by_names(question, plain, told)] if earlier else [], float(told.sum()))
    alone = _shares(told)
    if not context:
        return Query(unit_rows(plain.vectors), plain.ids, alone, alone, before)
    text = in_context(question, context)
    beside = passage_index.embedder.encode([text])[0]
    own = beside.starts < len(question)
    weights = _shares(_tell(passage_index, text, beside))
    return Query(
        unit_rows(np.concatenate([plain.vectors, beside.vectors])),
        np.concatenate([plain.ids, beside.ids]),
        np.concatenate(
            [ALONE_SHARE * alone, (1 - ALONE_SHARE) * _shared(weights, own, CONTEXT_SHARE)], dtype=np.float32
        ),
        np.concatenate([0 * alone, _shared(weights, own, EVIDENCE_SHARE)], dtype=np.float32),
        before,
    )


def earlier_queries(passage_index: PassageIndex, texts: Sequence[str]) -> list[Query]:
    """Queries of questions asked before, weighed by how much each token tells; none where there is one document."""
    if len(passage_index.documents) < 2:
        return []
    found = []
    for text, encoding in zip(texts, passage_index.embedder.encode(texts), strict=True):
        told = _tell(passage_index, text, encoding)
        if told.any():
            found.append(_by_names(text, encoding, told))
    return found


def _by_names(text: str, encoding: Encoding, told: NDArray[np.float64]) -> Query:
    """A question as it tells which document is meant; told: what each of its tokens tells.

    A name tells no more for being a word of several pieces.
    """
    starts = encoding.starts.tolist()
    first = [at == 0 or not text[at - 1].isalnum() or is_unparted(text[at]) for at in starts]
    word = np.cumsum(first, dtype=np.int64)
    weights = np.asarray(told**NAMES / np.bincount(word)[word], np.float32)
    return Query(unit_rows(encoding.vectors), encoding.ids, weights, weights)


def _weighed_against(earlier: Sequence[Query], told: float) -> tuple[Query, ...]:
    """Earlier queries, their weights in units of what a question tells; none beside one that tells nothing."""
    if not told:
        return ()
    return tuple(replace(query, weights=query.weights / np.float32(told)) for query in earlier)


def in_context(question: str, context: str) -> str:
    """The question with words from the conversation, as it is encoded and shown."""
    return f"{question} ({context})"


def idf(passages: int, holders: int) -> float:
    """How much a word piece tells that so many of the passages hold; above 0 (BM25's: Robertson and Zaragoza 2009)."""
    return math.log(1 + (passages - holders + 0.5) / (holders + 0.5))


def _shares(told: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much each token tells, as weights, 1 in all; all 0 where none tells anything."""
    return np.asarray(told / (told.sum() or 1), np.float32)


def _tell(passage_index: PassageIndex, text: str, encoding: Encoding) -> NDArray[np.float64]:
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
