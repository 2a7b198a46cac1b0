"""Candidates to ranked hits, each with the sentence that answers.

A passage's score is made of its own MaxSim and that of its best sentence, rare tokens counting more; where no passage
has the question's words, of their closeness as a whole too; in a conversation, of how well its document matches that.
Deliberately does not: decide whether that is an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex, unit_means, unit_rows
from retrieval.match import gather, match, mix
from retrieval.meant import document_matches
from retrieval.query import Query

WORD_FOR_WORD, OTHER_WORDS = 0.7, 2.0
"""A best passage that matches by less than WORD_FOR_WORD tells of a question in other words: each point that is missing
adds OTHER_WORDS times a sentence's closeness as a whole to its passage's score."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A ranked passage. score: see rank. sentence: number of its best sentence, counted over the whole index.

    evidence, sentence_evidence: how well the passage and that sentence match the question, with its own words counting
    more than in the score; 0 (not at all) to 1 + SAME_PIECE (word for word), seldom below 0. closeness: how near the
    sentence as a whole is to the question as a whole, cosine, -1 to 1. of_sentences: float32, the score of each
    sentence of the passage, -inf where it has no token. Of a passage that was read (retrieval.reading): odds, the
    log-odds that it answers, and answer, the offsets of the words that do in the document's text; else None.
    """

    passage: int
    score: float
    sentence: int
    evidence: float
    sentence_evidence: float
    closeness: float
    of_sentences: NDArray[np.float32]
    odds: float | None = None
    answer: tuple[int, int] | None = None


def rank(
    passage_index: PassageIndex, candidates: NDArray[np.int64], query: Query, conversation: Sequence[Query] = ()
) -> list[Hit]:
    """The candidates as hits, best first; equal ones in reading order. Scores compare within one query.

    conversation: as meant.conversation_of makes it.
    """
    if not len(candidates):
        return []
    found = gather(passage_index, candidates)
    best = match(found, query)
    of_sentence = query.weights @ best.sentences
    stops = [*found.firsts[1:].tolist(), len(found.sentences)]
    tops = [a + int(of_sentence[a:b].argmax()) for a, b in zip(found.firsts.tolist(), stops, strict=True)]
    scores = mix(query.weights @ best.headed, of_sentence[tops])
    by_sentence = query.judged @ best.sentences[:, tops]
    by_passage = mix(query.judged @ best.passages, by_sentence)
    near = _closeness(passage_index, found.sentences[tops], query)
    scores = scores + OTHER_WORDS * max(0.0, WORD_FOR_WORD - float(scores.max())) * near
    scores = scores + document_matches(passage_index, found, conversation)
    return [
        Hit(
            passage=int(found.passages[i]),
            score=float(scores[i]),
            sentence=int(found.sentences[tops[i]]),
            evidence=float(by_passage[i]),
            sentence_evidence=float(by_sentence[i]),
            closeness=float(near[i]),
            of_sentences=_spread(passage_index, int(found.passages[i]), found.sentences, of_sentence),
        )
        for i in np.argsort(-scores, kind="stable")
    ]


def _spread(
    passage_index: PassageIndex, passage: int, sentences: NDArray[np.int64], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The scores of a passage's sentences, given those of all sentences that have a token, ascending by passage."""
    first, stop = passage_index.sentence_range(passage)
    spread = np.full(stop - first, -np.inf, np.float32)
    inside = (sentences >= first) & (sentences < stop)
    spread[sentences[inside] - first] = scores[inside]
    return spread


def _closeness(passage_index: PassageIndex, sentences: NDArray[np.int64], query: Query) -> NDArray[np.float32]:
    """The cosine of each sentence's mean token vector and the query's weighted one."""
    means = unit_means(passage_index.tables.vectors, *passage_index.token_ranges(sentences))
    return means @ unit_rows(query.judged @ query.vectors)
