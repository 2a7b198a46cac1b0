"""Scores computed by hand: with the toy embedder the same word matches 1 + SAME_PIECE, one meaning 1, others 0."""

import math

import numpy as np
import pytest

from index import Document, PassageIndex
from retrieval.match import SAME_PIECE, SENTENCE_SHARE
from retrieval.query import ALONE_SHARE, CONTEXT_SHARE, EVIDENCE_SHARE
from retrieval.rank import OTHER_WORDS, WORD_FOR_WORD, Hit, rank
from retrieval.search import candidates

from conftest import ToyEmbedder, query_of


def ranked(question: str, passage_index: PassageIndex, context: str = "") -> list[Hit]:
    """All hits for a question."""
    query = query_of(question, passage_index, context)
    return rank(passage_index, candidates(passage_index, query), query)


def test_evidence_is_mostly_of_the_own_words(fox_index: PassageIndex) -> None:
    """Words from the conversation bring a passage forward; as evidence that it answers they count less."""
    hits = {hit.passage: hit for hit in ranked("moon", fox_index, "fox")}
    full = 1 + SAME_PIECE
    context = CONTEXT_SHARE * (1 - ALONE_SHARE)
    matched = np.array([context * full, 0, (1 - context) * full])
    missing = max(0, WORD_FOR_WORD - matched.max())
    near = np.array([hits[n].closeness for n in range(3)])
    assert [hits[n].score for n in range(3)] == pytest.approx((matched + OTHER_WORDS * missing * near).tolist())
    assert [hits[n].evidence for n in range(3)] == pytest.approx(
        [EVIDENCE_SHARE * full, 0, (1 - EVIDENCE_SHARE) * full]
    )


def test_in_other_words_closeness_counts(fox_index: PassageIndex) -> None:
    """Only "moon" is there of three words: what is missing to WORD_FOR_WORD lets its sentence's closeness count."""
    first, *others = ranked("moon cat cat", fox_index)
    matched = (1 + SAME_PIECE) * query_of("moon cat cat", fox_index).weights[0]
    assert matched < WORD_FOR_WORD
    assert first.score == pytest.approx(matched + OTHER_WORDS * (WORD_FOR_WORD - matched) * first.closeness)
    assert [hit.score for hit in others] == pytest.approx([0, 0])


def test_closeness_by_hand(fox_index: PassageIndex) -> None:
    """ "moon" is one of the three words of its sentence: the cosine of both means is 1 / √3."""
    assert [hit.closeness for hit in ranked("moon", fox_index)] == pytest.approx([1 / math.sqrt(3), 0, 0])
    assert ranked("the moon sleeps", fox_index)[0].closeness > 0.9


def test_scores_by_hand(fox_index: PassageIndex) -> None:
    """A passage that holds the word asked scores 1 + SAME_PIECE, one that means it 1, the others 0."""
    assert [hit.score for hit in ranked("dog", fox_index)] == pytest.approx([1 + SAME_PIECE, 0, 0])
    assert [hit.score for hit in ranked("crimson", fox_index)] == pytest.approx([1, 0, 0])


def test_words_together_in_one_sentence_score_more(fox_index: PassageIndex) -> None:
    """Passage 0 holds both "red" and "sleeps", but its best sentence only one of them: the score says so."""
    hit = ranked("red sleeps", fox_index)[0]
    red, sleeps = query_of("red sleeps", fox_index).weights
    full = 1 + SAME_PIECE
    assert (hit.passage, hit.sentence) == (0, 0 if red > sleeps else 1)
    assert hit.score == pytest.approx((1 - SENTENCE_SHARE) * full + SENTENCE_SHARE * max(red, sleeps) * full)
    assert hit.sentence_evidence == pytest.approx(max(red, sleeps) * full)


def test_the_sentence_that_answers_is_found(fox_index: PassageIndex) -> None:
    """The best sentence is the one the words are in, counted over the whole index."""
    found = {question: ranked(question, fox_index)[0] for question in ("red fox", "blue fox", "paris", "moon")}
    assert {question: (hit.passage, hit.sentence) for question, hit in found.items()} == {
        "red fox": (0, 0),
        "blue fox": (0, 1),
        "paris": (1, 2),
        "moon": (2, 3),
    }


def test_equal_passages_stay_in_reading_order(toy: ToyEmbedder) -> None:
    """Ties are broken by the place in the documents, in passages and in sentences."""
    document = Document("d", "T", "# S\n\nThe fox runs. The fox runs.\n\n# S\n\nThe dog.\n\n" * 15)
    hits = ranked("fox", PassageIndex.build([document], embedder=toy))
    assert [(hit.passage, hit.sentence) for hit in hits] == [
        *((2 * n, 3 * n) for n in range(15)),
        *((2 * n + 1, 3 * n + 2) for n in range(15)),
    ]
    assert len({hit.score for hit in hits}) == 2


def test_no_candidates_no_hits(fox_index: PassageIndex) -> None:
    """Nothing to rank gives nothing."""
    assert rank(fox_index, np.zeros(0, np.int64), query_of("fox", fox_index)) == []
