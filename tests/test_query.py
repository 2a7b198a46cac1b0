"""Weights computed by hand: rare words tell more than common ones, the question more than the conversation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, Encoding, PassageIndex
from index.embed import PACKAGED
from retrieval.query import (
    ALONE_SHARE,
    COMMON_WEIGHT,
    CONTEXT_SHARE,
    EVIDENCE_SHARE,
    SEAM_WEIGHT,
    UNKNOWN_WEIGHT,
    idf,
    in_context,
    make_query,
)

from conftest import WORDS, ToyEmbedder, query_of

phrases = st.lists(st.sampled_from([*WORDS[1:], "unheard", "of"]), min_size=1, max_size=8).map(" ".join)


def test_idf_by_hand() -> None:
    """A word that one of three passages holds tells ln(1 + 2.5 / 1.5); one that all hold, more than nothing."""
    assert idf(3, 1) == pytest.approx(math.log(8 / 3))
    assert idf(3, 3) == pytest.approx(math.log(8 / 7))


def test_weights_by_hand(fox_index: PassageIndex) -> None:
    """All three passages hold "the", one "fox", none "crimson": together these weigh 1."""
    raw = [
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * math.log(8 / 7) / math.log(8),
        COMMON_WEIGHT + (1 - COMMON_WEIGHT) * math.log(8 / 3) / math.log(8),
        UNKNOWN_WEIGHT,
    ]
    query = query_of("the fox crimson", fox_index)
    assert query.weights == pytest.approx([weight / sum(raw) for weight in raw])
    assert query.judged.tolist() == query.weights.tolist()


def test_letters_that_never_meet_weigh_little(foxes: Document) -> None:
    """Where a letter and the next one stand for a word; for a model that reads the script it is a word like others."""
    unheard = Encoding(np.eye(2, dtype=np.float32), np.array([11, 3], np.int32), np.array([0, 1], np.int32))
    fox = COMMON_WEIGHT + (1 - COMMON_WEIGHT) * math.log(8 / 3) / math.log(8)
    for name, weight in ((PACKAGED, SEAM_WEIGHT), ("toy", UNKNOWN_WEIGHT)):
        passage_index = PassageIndex.build([foxes], embedder=ToyEmbedder(name))
        weights = make_query(passage_index, "狐fox", unheard).weights
        assert weights == pytest.approx([weight / (weight + fox), fox / (weight + fox)])


def test_vectors_have_length_one(fox_index: PassageIndex) -> None:
    """Whatever the embedder gives, one row for each token, scaled."""
    long = Encoding(np.array([[3, 4], [0, 0.5]], np.float32), np.array([3, 4], np.int32), np.array([0, 4], np.int32))
    query = make_query(fox_index, "fox dog", long)
    assert query.vectors == pytest.approx(np.array([[0.6, 0.8], [0, 1]]))
    assert query.vectors.dtype == query.weights.dtype == query.judged.dtype == np.float32
    assert query.ids.tolist() == [3, 4]


def test_punctuation_weighs_nothing(fox_index: PassageIndex) -> None:
    """A token that starts with a sign has weight 0, and where there is nothing else all are 0."""
    pair = Encoding(np.eye(2, dtype=np.float32), np.array([3, 9], np.int32), np.array([0, 3], np.int32))
    assert make_query(fox_index, "fox?", pair).weights.tolist() == [1, 0]
    assert make_query(fox_index, "?  !", pair).weights.tolist() == [0, 0]


def test_no_tokens_no_query(fox_index: PassageIndex) -> None:
    """What the model cannot read has no rows."""
    query = query_of("?!", fox_index)
    assert (len(query.vectors), len(query.ids), len(query.weights), len(query.judged)) == (0, 0, 0, 0)


def test_a_context_is_added_in_brackets() -> None:
    """The question comes first, as typed."""
    assert in_context("And the moon?", "red fox") == "And the moon? (red fox)"


def test_words_from_the_conversation_weigh_their_share(fox_index: PassageIndex) -> None:
    """The question counts ALONE_SHARE alone, else beside words from the conversation; these have CONTEXT_SHARE."""
    query = query_of("moon", fox_index, "fox")
    assert query.ids.tolist() == query_of("moon moon fox", fox_index).ids.tolist()
    assert query.vectors.tolist() == query_of("moon moon fox", fox_index).vectors.tolist()
    beside = 1 - ALONE_SHARE
    assert query.weights == pytest.approx([ALONE_SHARE, (1 - CONTEXT_SHARE) * beside, CONTEXT_SHARE * beside])


def test_whether_a_hit_answers_is_judged_in_context(fox_index: PassageIndex) -> None:
    """There only the tokens that were encoded beside the conversation count, and its words have EVIDENCE_SHARE."""
    query = query_of("moon", fox_index, "fox dog")
    assert query.judged == pytest.approx([0, 1 - EVIDENCE_SHARE, EVIDENCE_SHARE / 2, EVIDENCE_SHARE / 2])
    assert EVIDENCE_SHARE < CONTEXT_SHARE


def test_inside_their_share_words_keep_their_proportion(fox_index: PassageIndex) -> None:
    """Beside a context "the" still weighs less than "moon", and less than "the" would say is "fox" there."""
    the, moon = query_of("the moon", fox_index).weights.tolist()
    query = query_of("the moon", fox_index, "the fox")
    beside, context = (1 - CONTEXT_SHARE) * (1 - ALONE_SHARE), CONTEXT_SHARE * (1 - ALONE_SHARE)
    alone = ALONE_SHARE
    assert query.weights == pytest.approx(
        # fox is as rare as moon
        [the * alone, moon * alone, the * beside, moon * beside, the * context, moon * context]
    )


@given(phrases, st.just("") | phrases)
def test_weights_are_one_in_all(fox_index: PassageIndex, question: str, context: str) -> None:
    """With a context and without, both sets of weights are shares of 1, one for each token."""
    query = query_of(question, fox_index, context)
    for weights in (query.weights, query.judged):
        assert len(weights) == len(query.ids) == len(query.vectors)
        assert weights.sum() == pytest.approx(1)
        assert weights.min() >= 0
