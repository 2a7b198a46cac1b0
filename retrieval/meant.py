"""A conversation over several documents to how well each of them matches it: names tell which one is meant.

Deliberately does not: find passages of its own; it moves those forward whose document is meant.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index import Encoding, PassageIndex, unit_rows
from index.scripts import is_unparted
from retrieval.match import Gathered, match, mix
from retrieval.query import Query, tell

SHARE, MOST = 1.0, 3
"""Weight of how well a passage's document matches a question of a conversation, compared with how well the passage
itself matches the one asked, and of how many such questions together at most: a long conversation must not outweigh a
question that names another document."""
SAME_NAME = 1.0
"""match.SAME_PIECE for that: a document is meant by its names, not by what is like them."""
NAMES = 3
"""Power to which what a token tells is raised: rare names tell which document is meant, hardly what is asked about
them."""


def conversation_of(passage_index: PassageIndex, question: str, plain: Encoding, earlier: Sequence[str]) -> list[Query]:
    """The earlier questions and the one asked, whose encoding is `plain`, each as it tells which document is meant.

    Weights are in units of what the question asked tells. Empty where that tells nothing, nothing was asked before, or
    there is one document.
    """
    if not earlier or len(passage_index.documents) < 2:
        return []
    texts, encodings = [*earlier, question], [*passage_index.embedder.encode(earlier), plain]
    told = [tell(passage_index, text, encoding) for text, encoding in zip(texts, encodings, strict=True)]
    unit = float(told[-1].sum())
    if not unit or not any(telling.any() for telling in told[:-1]):
        return []
    asked = zip(texts, encodings, told, strict=True)
    return [_by_names(text, encoding, telling, unit) for text, encoding, telling in asked if telling.any()]


def document_matches(
    passage_index: PassageIndex, found: Gathered, conversation: Sequence[Query]
) -> NDArray[np.float32]:
    """What each passage's document adds to its score: how well the best of its passages here matches each question of
    a conversation."""
    documents, places = np.unique(passage_index.tables.passages[found.passages, 0], return_inverse=True)
    matches = np.zeros(len(documents), np.float32)
    for query in conversation:
        best = match(found, query, SAME_NAME)
        scores = mix(query.weights @ best.headed, np.maximum.reduceat(query.weights @ best.sentences, found.firsts))
        of_document = np.full(len(documents), -np.inf, np.float32)
        np.maximum.at(of_document, places, scores)
        matches += of_document
    return SHARE * MOST / max(MOST, len(conversation)) * matches[places]


def _by_names(text: str, encoding: Encoding, told: NDArray[np.float64], unit: float) -> Query:
    """A question as it tells which document is meant; told: what each of its tokens tells, unit: what weighs 1.

    A name tells no more for being a word of several pieces.
    """
    starts = encoding.starts.tolist()
    first = [at == 0 or not text[at - 1].isalnum() or is_unparted(text[at]) for at in starts]
    word = np.cumsum(first, dtype=np.int64)
    weights = np.asarray(told**NAMES / np.bincount(word)[word] / unit, np.float32)
    return Query(unit_rows(encoding.vectors), encoding.ids, weights, weights)
