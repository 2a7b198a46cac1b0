"""Scores computed by hand: with the toy embedder the same word matches 1 + SAME_PIECE, one meaning 1, others 0."""

import numpy as np
import pytest

from index import Document, PassageIndex
from retrieval.query import COMMON_WEIGHT, CONTEXT_SHARE, UNKNOWN_WEIGHT, Query, idf, in_context, make_query
from retrieval.rank import SAME_PIECE, SENTENCE_SHARE, Hit, rank
from retrieval.search import candidates

from conftest import ToyEmbedder


def asked(question: str, passage_index: PassageIndex, context: str = "") -> Query:
    """The query of a question."""
    [encoding] = passage_index.embedder.encode([question])
    return make_query(passage_index, question, encoding, context)


def ranked(question: str, passage_index: PassageIndex, context: str = "") -> list[Hit]:
    """All hits for a question."""
    query = asked(question, passage_index, context)
    return rank(passage_index, candidates(passage_index, query), query)


def test_weights_by_hand(fox_index: PassageIndex) -> None:
    """A word of one passage in three weighs more than a word of all, a word of none UNKNOWN_WEIGHT; together 1."""
    raw = [
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * idf(3, 3) / idf(3, 0),
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * idf(3, 1) / idf(3, 0),
        UNKNOWN_WEIGHT,
    ]
    assert asked("the fox crimson", fox_index).weights == pytest.approx([weight / sum(raw) for weight in raw])


def test_words_from_the_conversation_weigh_their_share(fox_index: PassageIndex) -> None:
    """The question counts half alone, half beside words from the conversation; these have CONTEXT_SHARE there."""
    query = asked("moon", fox_index, "fox")
    assert in_context("moon", "fox") == "moon (fox)"
    assert query.ids.tolist() == asked("moon moon fox", fox_index).ids.tolist()
    assert query.own.tolist() == [True, True, False]
    assert query.weights == pytest.approx([1 / 2, (1 - CONTEXT_SHARE) / 2, CONTEXT_SHARE / 2])


def test_evidence_is_of_the_own_words(fox_index: PassageIndex) -> None:
    """Words from the conversation can bring a passage forward, but are no evidence that it answers."""
    hits = {hit.passage: hit for hit in ranked("moon", fox_index, "fox")}
    assert [hits[n].evidence for n in range(3)] == pytest.approx([0, 0, 1 + SAME_PIECE])
    assert hits[0].score == pytest.approx(CONTEXT_SHARE / 2 * (1 + SAME_PIECE))


def test_scores_by_hand(fox_index: PassageIndex) -> None:
    """A passage that holds the word asked scores 1 + SAME_PIECE, one that means it 1, the others 0."""
    assert [hit.score for hit in ranked("dog", fox_index)] == pytest.approx([1 + SAME_PIECE, 0, 0])
    assert [hit.score for hit in ranked("crimson", fox_index)] == pytest.approx([1, 0, 0])


def test_words_together_in_one_sentence_score_more(fox_index: PassageIndex) -> None:
    """Passage 0 holds both "red" and "sleeps", but its best sentence only one of them: the score says so."""
    hit = ranked("red sleeps", fox_index)[0]
    red, sleeps = asked("red sleeps", fox_index).weights
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
    assert rank(fox_index, np.zeros(0, np.int64), asked("fox", fox_index)) == []
