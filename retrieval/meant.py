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
    told = float(tell(passage_index, question, plain).sum())
    if not told or not earlier or len(passage_index.documents) < 2:
        return []
    encoded = zip([*earlier, question], [*passage_index.embedder.encode(earlier), plain], strict=True)
    asked = [_by_names(passage_index, text, encoding, told) for text, encoding in encoded]
    telling = [query for query in asked if query.weights.any()]
    return telling if len(telling) > 1 else []


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
    return SHARE * min(1.0, MOST / max(1, len(conversation))) * matches[places]


def _by_names(passage_index: PassageIndex, text: str, encoding: Encoding, told: float) -> Query:
    """A question as it tells which document is meant. A name tells no more for being a word of several pieces."""
    starts = encoding.starts.tolist()
    first = [at == 0 or not text[at - 1].isalnum() or is_unparted(text[at]) for at in starts]
    word = np.cumsum(first, dtype=np.int64)
    telling = tell(passage_index, text, encoding) ** NAMES / np.bincount(word)[word]
    weights = np.asarray(telling / told, np.float32)
    return Query(unit_rows(encoding.vectors), encoding.ids, weights, weights)
