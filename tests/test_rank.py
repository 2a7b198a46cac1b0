"""Scores computed by hand: with the toy embedder the same word matches 1 + SAME_PIECE, one meaning 1, others 0."""

import numpy as np
import pytest

from index import Document, PassageIndex
from retrieval.rank import COMMON_WEIGHT, SAME_PIECE, SENTENCE_SHARE, UNKNOWN_WEIGHT, Hit, rank, weigh
from retrieval.search import candidates, idf

from conftest import ToyEmbedder


def ranked(question: str, passage_index: PassageIndex) -> list[Hit]:
    """All hits for a question."""
    [encoding] = passage_index.embedder.encode([question])
    weights = weigh(passage_index, question, encoding)
    return rank(passage_index, candidates(passage_index, encoding), encoding, weights)


def test_weights_by_hand(fox_index: PassageIndex) -> None:
    """A word of one passage in three weighs more than a word of all, a word of none UNKNOWN_WEIGHT; together 1."""
    question = "the fox crimson"
    [encoding] = fox_index.embedder.encode([question])
    raw = [
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * idf(3, 3) / idf(3, 0),
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * idf(3, 1) / idf(3, 0),
        UNKNOWN_WEIGHT,
    ]
    assert weigh(fox_index, question, encoding) == pytest.approx([weight / sum(raw) for weight in raw])


def test_scores_by_hand(fox_index: PassageIndex) -> None:
    """A passage that holds the word asked scores 1 + SAME_PIECE, one that means it 1, the others 0."""
    assert [hit.score for hit in ranked("dog", fox_index)] == pytest.approx([1 + SAME_PIECE, 0, 0])
    assert [hit.score for hit in ranked("crimson", fox_index)] == pytest.approx([1, 0, 0])


def test_words_together_in_one_sentence_score_more(fox_index: PassageIndex) -> None:
    """ "red" and "sleeps" are both in passage 0, in different sentences: its best sentence holds only one of the two."""
    hit = ranked("red sleeps", fox_index)[0]
    [encoding] = fox_index.embedder.encode(["red sleeps"])
    red, sleeps = weigh(fox_index, "red sleeps", encoding)
    full = 1 + SAME_PIECE
    assert (hit.passage, hit.sentence) == (0, 0 if red > sleeps else 1)
    assert hit.score == pytest.approx((1 - SENTENCE_SHARE) * full + SENTENCE_SHARE * max(red, sleeps) * full)
    assert hit.matches == pytest.approx([full, full])


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
    document = Document("d", "T", "".join("# S\n\nThe fox runs. The fox runs.\n\n" for _ in range(6)))
    hits = ranked("fox", PassageIndex.build([document], embedder=toy))
    assert [(hit.passage, hit.sentence) for hit in hits] == [(n, 2 * n) for n in range(6)]
    assert len({hit.score for hit in hits}) == 1


def test_no_candidates_no_hits(fox_index: PassageIndex) -> None:
    """Nothing to rank gives nothing."""
    [encoding] = fox_index.embedder.encode(["fox"])
    assert rank(fox_index, np.zeros(0, np.int64), encoding, np.ones(1, np.float32)) == []
