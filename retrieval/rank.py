"""Candidates to ranked hits, each with the sentence that answers, by late interaction.

Each token of the question is compared with each token of a passage and keeps its best match (MaxSim: Khattab and
Zaharia 2020, arXiv:2004.12832), over frozen vectors, rare tokens counting more. A passage's score is made of its own
MaxSim and that of its best sentence; where no passage has the question's words, of their closeness as a whole too.
Deliberately does not: decide whether that is an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex, unit_means, unit_rows
from index.rows import inner_products
from retrieval.query import Query

SAME_PIECE = 0.1
"""Added to the similarity of two tokens that are the same word piece: what counts in names, numbers and codes."""
SENTENCE_SHARE = 1 / 3
"""Share of its best sentence in a passage's score."""
IN_HEADING = 0.9
"""What a match in the title or the headings over a passage counts, compared with one in it."""
CONVERSATION_SHARE, CONVERSATION_MOST = 1.0, 3
"""Weight of how well a passage's document matches a question of a conversation, this one among them, compared with how
well the passage itself does, and of how many together at most."""
SAME_NAME = 1.0
"""SAME_PIECE for that: a document is meant by its names, not by what is like them."""

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


def rank(passage_index: PassageIndex, candidates: NDArray[np.int64], query: Query) -> list[Hit]:
    """The candidates as hits, best first; equal ones in reading order. Scores compare within one query."""
    if not len(candidates):
        return []
    sentences, owners, best = _sentence_matches(passage_index, candidates, query)
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    ranked = candidates[owners[firsts]]
    in_passage = np.maximum.reduceat(best, firsts, axis=1)
    under_heading = np.maximum(in_passage, IN_HEADING * _heading_matches(passage_index, ranked, query))
    of_sentence = query.weights @ best
    tops = [a + int(of_sentence[a:b].argmax()) for a, b in pairwise([*firsts.tolist(), len(owners)])]
    scores = _mix(query.weights @ under_heading, of_sentence[tops])
    by_sentence = query.judged @ best[:, tops]
    by_passage = _mix(query.judged @ in_passage, by_sentence)
    near = _closeness(passage_index, sentences[tops], query)
    scores = scores + OTHER_WORDS * max(0.0, WORD_FOR_WORD - float(scores.max())) * near
    scores = scores + CONVERSATION_SHARE * _document_matches(passage_index, ranked, query.conversation)
    return [
        Hit(
            passage=int(ranked[i]),
            score=float(scores[i]),
            sentence=int(sentences[tops[i]]),
            evidence=float(by_passage[i]),
            sentence_evidence=float(by_sentence[i]),
            closeness=float(near[i]),
            of_sentences=_spread(passage_index, int(ranked[i]), sentences, of_sentence),
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


def _heading_matches(
    passage_index: PassageIndex, passages: NDArray[np.int64], query: Query, same: float = SAME_PIECE
) -> NDArray[np.float32]:
    """Each question token's best match in the title and headings over each passage; 0 where there are none."""
    numbers, places = np.unique(passage_index.tables.passages[passages, 4], return_inverse=True)
    best = np.zeros((len(query.ids), len(numbers)), np.float32)
    starts, stops = passage_index.heading_ranges(numbers)
    some = stops > starts
    if some.any():
        vectors = passage_index.heading_vectors(starts[some], stops[some])
        best[:, some] = _best_in(vectors, passage_index.tables.heading_pieces, starts[some], stops[some], query, same)
    return best[:, places]


def _document_matches(
    passage_index: PassageIndex, passages: NDArray[np.int64], conversation: Sequence[Query]
) -> NDArray[np.float32]:
    """How well the documents of some passages match a conversation's questions: each as well as the best of those
    passages.

    A long conversation must not outweigh a question that names another one.
    """
    matches = np.zeros(len(passages), np.float32)
    documents, places = np.unique(passage_index.tables.passages[passages, 0], return_inverse=True)
    for query in conversation:
        _, owners, best = _sentence_matches(passage_index, passages, query, SAME_NAME)
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        in_passage = np.maximum.reduceat(best, firsts, axis=1)
        headed = np.maximum(in_passage, IN_HEADING * _heading_matches(passage_index, passages, query, SAME_NAME))
        scores = _mix(query.weights @ headed, np.maximum.reduceat(query.weights @ best, firsts))
        of_document = np.full(len(documents), -np.inf, np.float32)
        np.maximum.at(of_document, places, scores)
        matches += of_document[places]
    return matches * np.float32(min(1.0, CONVERSATION_MOST / max(1, len(conversation))))


def _closeness(passage_index: PassageIndex, sentences: NDArray[np.int64], query: Query) -> NDArray[np.float32]:
    """The cosine of each sentence's mean token vector and the query's weighted one."""
    means = unit_means(passage_index.tables.vectors, *passage_index.token_ranges(sentences))
    return means @ unit_rows(query.judged @ query.vectors)


def _mix(passage: NDArray[np.float32], sentence: NDArray[np.float32]) -> NDArray[np.float32]:
    """A passage's score of its own and its best sentence's."""
    return (1 - SENTENCE_SHARE) * passage + SENTENCE_SHARE * sentence


def _sentence_matches(
    passage_index: PassageIndex, candidates: NDArray[np.int64], query: Query, same: float = SAME_PIECE
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The candidates' sentences, the candidate each is in, and each question token's best match in each sentence.

    Sentences without a token (nothing but signs the model does not read) are left out.
    """
    ranges = [passage_index.sentence_range(int(passage)) for passage in candidates]
    sentences = np.concatenate([np.arange(first, stop) for first, stop in ranges])
    owners = np.repeat(np.arange(len(candidates)), [stop - first for first, stop in ranges])
    starts, stops = passage_index.token_ranges(sentences)
    some = stops > starts
    sentences, owners, starts, stops = sentences[some], owners[some], starts[some], stops[some]
    vectors = passage_index.token_vectors(starts, stops)
    return sentences, owners, _best_in(vectors, passage_index.tables.pieces, starts, stops, query, same)


def _best_in(
    vectors: NDArray[np.float32],
    pieces: NDArray[np.int32],
    starts: NDArray[np.int32],
    stops: NDArray[np.int32],
    query: Query,
    same: float,
) -> NDArray[np.float32]:
    """Each question token's best match in each of some ranges of tokens, none of them empty.

    vectors: those of the ranges' tokens, one range after the other. pieces: the word pieces of all tokens there are.
    same: what is added to the similarity of two that are the same piece.
    """
    tokens = np.concatenate([np.arange(a, b) for a, b in zip(starts, stops, strict=True)])
    similarity = inner_products(query.vectors, vectors)
    similarity += same * (query.ids[:, None] == pieces[tokens][None])
    lengths = stops - starts
    return np.maximum.reduceat(similarity, np.cumsum(lengths) - lengths, axis=1)
