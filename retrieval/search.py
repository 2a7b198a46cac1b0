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
    by_words, _ = by_bm25(passage_index, query.ids, NEAREST)
    found = np.union1d(by_meaning, by_words)
    return found[passage_index.lengths[found] > 0]


def by_bm25(
    passage_index: PassageIndex, pieces: NDArray[np.int32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k passages with the highest scores for some word pieces, each counted once, and these scores, best first.

    Of equal ones the first come first; passages that hold none of the pieces are left out. The rarest pieces open a
    list; once what is left cannot lift a passage that is not on it among the k best, it is closed, and the many that
    hold a common word are never looked at (MaxScore: Turtle and Flood 1995).
    """
    found = (passage_index.holding(int(piece)) for piece in np.unique(pieces))
    held = sorted((some for some in found if len(some[0])), key=lambda some: len(some[0]))
    if not held:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    most = [idf(len(passage_index), len(holders)) * (K1 + 1) for holders, _ in held]
    norms = K1 * (1 - B + B * passage_index.lengths / passage_index.lengths.mean())
    scores = np.zeros(len(passage_index), np.float32)
    on_list = np.zeros(len(passage_index), np.bool_)
    listed, kth, opened = np.zeros(0, np.int64), 0.0, 0
    while opened < len(held) and kth <= sum(most[opened:]):
        holders, counts = held[opened]
        scores[holders] += most[opened] * counts / (counts + norms[holders])
        on_list[holders] = True
        listed, opened = np.flatnonzero(on_list), opened + 1
        if len(listed) >= k:
            kth = float(np.partition(scores[listed], -k)[-k])
    listed = listed[scores[listed] >= kth - sum(most[opened:])]
    for (holders, counts), gain in zip(held[opened:], most[opened:], strict=True):
        places = np.searchsorted(holders, listed.astype(holders.dtype)).clip(max=len(holders) - 1)
        places = places[holders[places] == listed]
        scores[holders[places]] += gain * counts[places] / (counts[places] + norms[holders[places]])
    best = listed[np.argsort(-scores[listed], kind="stable")[:k]]
    return best, scores[best]
