"""A query to the passages worth ranking. Deliberately does not: order them; `retrieval.rank` does.

Two searches that miss different things: FAISS finds passages that mean the same, the inverted index finds those that
hold the same rare words, names and codes (BM25: Robertson and Zaragoza 2009).
"""

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex
from retrieval.query import Query, idf

NEAREST = 32
"""Candidates of each of the two searches: together they hold the right one of 2,393 passages for 99.7 %."""
K1, B = 0.9, 0.4


def candidates(passage_index: PassageIndex, query: Query) -> NDArray[np.int64]:
    """The numbers of at most 2 * NEAREST passages, ascending; those without a token can match nothing."""
    if not len(query.ids):
        return np.zeros(0, np.int64)
    by_meaning = passage_index.nearest(query.weights @ query.vectors, NEAREST)
    by_words = np.argsort(-bm25(passage_index, query.ids), kind="stable")[:NEAREST]
    found = np.union1d(by_meaning, by_words)
    return found[passage_index.lengths[found] > 0]


def bm25(passage_index: PassageIndex, pieces: NDArray[np.int32]) -> NDArray[np.float32]:
    """The score of each passage for some word pieces, each counted once; 0 where it holds none of them."""
    lengths = passage_index.lengths
    scores = np.zeros(len(passage_index), np.float32)
    for piece in np.unique(pieces):
        holders, counts = passage_index.holding(int(piece))
        norm = K1 * (1 - B + B * lengths[holders] / lengths.mean())
        scores[holders] += idf(len(scores), len(holders)) * counts * (K1 + 1) / (counts + norm)
    return scores
