"""Candidates to ranked hits, each with the sentence that answers, by late interaction.

Each token of the question is compared with each token of a passage and keeps its best match (MaxSim: Khattab and Zaharia
2020, arXiv:2004.12832), over frozen vectors, rare tokens counting more. A passage's score is made of its own MaxSim and
that of its best sentence. Deliberately does not: decide whether that is an answer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Encoding, PassageIndex, unit_rows
from retrieval.search import idf

SAME_PIECE = 0.1
"""Added to the similarity of two tokens that are the same word piece: what counts in names, numbers and codes."""
COMMON_WEIGHT = 0.1
"""Weight of a word piece that every passage holds; one that a single passage holds weighs 1."""
UNKNOWN_WEIGHT = 0.7
"""Weight of a word piece that no passage holds: a synonym must do, so it may not decide alone."""
SENTENCE_SHARE = 1 / 3
"""Share of its best sentence in a passage's score."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A ranked passage. score: see rank. sentence: number of its best sentence, counted over the whole index.

    matches: float32 (tokens of the question,), how well each is matched in the passage, -1 to 1 + SAME_PIECE.
    """

    passage: int
    score: float
    sentence: int
    matches: NDArray[np.float32]


def weigh(passage_index: PassageIndex, text: str, question: Encoding) -> NDArray[np.float32]:
    """A weight for each token of the question, all together 1; 0 for punctuation.

    text: the question that was encoded. All weights are 0 where nothing but punctuation was asked.
    """
    count = len(passage_index)
    holders = np.array([len(passage_index.holding(int(piece))[0]) for piece in question.ids], int)
    share = np.array([idf(count, n) for n in holders]) / idf(count, 0)
    weights = np.where(holders > 0, COMMON_WEIGHT + (1 - COMMON_WEIGHT) * share, UNKNOWN_WEIGHT)
    weights *= [text[start].isalnum() for start in question.starts.tolist()]
    return np.asarray(weights / (weights.sum() or 1), np.float32)


def rank(
    passage_index: PassageIndex, candidates: NDArray[np.int64], question: Encoding, weights: NDArray[np.float32]
) -> list[Hit]:
    """The candidates as hits, best first; equal ones in reading order. Scores lie between -1 and 1 + SAME_PIECE."""
    if not len(candidates):
        return []
    sentences, owners, best = _sentence_matches(passage_index, candidates, question)
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    in_passage = np.maximum.reduceat(best, firsts, axis=1)
    of_sentence = weights @ best
    scores = (1 - SENTENCE_SHARE) * (weights @ in_passage) + SENTENCE_SHARE * np.maximum.reduceat(of_sentence, firsts)
    hits = []
    for column in np.argsort(-scores, kind="stable"):
        own = np.flatnonzero(owners == owners[firsts[column]])
        top = sentences[own[of_sentence[own].argmax()]]
        passage = int(candidates[owners[firsts[column]]])
        hits.append(Hit(passage, float(scores[column]), int(top), in_passage[:, column]))
    return hits


def _sentence_matches(
    passage_index: PassageIndex, candidates: NDArray[np.int64], question: Encoding
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The candidates' sentences, the candidate each is in, and each question token's best match in each sentence.

    Sentences without a token (nothing but signs the model does not read) are left out.
    """
    tables = passage_index.tables
    ranges = [passage_index.sentence_range(int(passage)) for passage in candidates]
    sentences = np.concatenate([np.arange(first, stop) for first, stop in ranges])
    owners = np.repeat(np.arange(len(candidates)), [stop - first for first, stop in ranges])
    starts, stops = passage_index.token_ranges(sentences)
    some = stops > starts
    sentences, owners, starts, stops = sentences[some], owners[some], starts[some], stops[some]
    tokens = np.concatenate([np.arange(a, b) for a, b in zip(starts, stops, strict=True)])
    similarity = unit_rows(question.vectors) @ tables.vectors[tokens].astype(np.float32).T
    similarity += SAME_PIECE * (question.ids[:, None] == tables.pieces[tokens][None])
    lengths = stops - starts
    return sentences, owners, np.maximum.reduceat(similarity, np.cumsum(lengths) - lengths, axis=1)
