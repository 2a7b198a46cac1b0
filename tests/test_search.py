"""Candidates: what means the same and what holds the same rare words, together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, PassageIndex
from retrieval import search
from retrieval.query import idf
from retrieval.search import K1, B, by_bm25, candidates

from conftest import DIM, WORDS, ToyEmbedder, query_of


def asked(question: str, passage_index: PassageIndex) -> list[int]:
    """The candidates for a question."""
    return candidates(passage_index, query_of(question, passage_index)).tolist()


def test_bm25_by_hand(fox_index: PassageIndex) -> None:
    """ "fox moon": passage 0 holds fox twice in 8 tokens, passage 2 moon once in 3; the mean length is 16 / 3."""
    scores = [
        idf(3, 1) * 2 * (K1 + 1) / (2 + K1 * (1 - B + B * 8 / (16 / 3))),
        idf(3, 1) * 1 * (K1 + 1) / (1 + K1 * (1 - B + B * 3 / (16 / 3))),
    ]
    assert scores[0] > scores[1]
    [encoding] = fox_index.embedder.encode(["fox moon"])
    passages, found = by_bm25(fox_index, encoding.ids, 9)
    assert (passages.tolist(), found.tolist()) == ([0, 2], pytest.approx(scores))


@given(st.lists(st.lists(st.sampled_from(WORDS[1:]), min_size=1, max_size=9), min_size=1, max_size=30), st.data())
def test_the_shortened_list_is_the_whole_ones_top(texts: list[list[str]], data: st.DataObject) -> None:
    """Passages that are never looked at would not have been among the best."""
    text = "".join(f"# S\n\n{' '.join(words)}.\n\n" for words in texts)
    index = PassageIndex.build([Document("d", "T", text)], embedder=ToyEmbedder())
    pieces = np.array(data.draw(st.lists(st.integers(1, DIM - 1), min_size=1, max_size=6)), np.int32)
    every, scores = by_bm25(index, pieces, len(index))
    expected = [
        sum(
            idf(len(index), len(holders)) * n * (K1 + 1) / (n + K1 * (1 - B + B * length / index.lengths.mean()))
            for holders, counts in map(index.holding, {*pieces.tolist()})
            for n in counts[holders == passage].tolist()
        )
        for passage, length in enumerate(index.lengths.tolist())
    ]
    assert scores == pytest.approx([expected[passage] for passage in every], rel=1e-4)
    assert {*every.tolist()} == {passage for passage, score in enumerate(expected) if score}
    k = data.draw(st.integers(1, len(index)))
    best, top = by_bm25(index, pieces, k)
    assert (best.tolist(), top.tolist()) == (every[:k].tolist(), scores[:k].tolist())


def test_both_searches_bring_their_best(fox_index: PassageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only meaning finds red for crimson, only words find moon: with one candidate of each, both are there."""
    monkeypatch.setattr(search, "NEAREST", 1)
    assert asked("crimson", fox_index) == [0]
    assert asked("crimson crimson moon", fox_index) == [0, 2]


def test_candidates_are_in_reading_order_and_once(fox_index: PassageIndex) -> None:
    """However many are asked for, each passage comes once, ascending."""
    assert asked("the dog sleeps", fox_index) == [0, 1, 2]


def test_a_question_without_tokens_has_no_candidates(fox_index: PassageIndex) -> None:
    """What the model cannot read matches nothing."""
    assert asked("?!", fox_index) == []


def test_passages_without_tokens_are_no_candidates(toy: ToyEmbedder) -> None:
    """Nor does a passage that the model cannot read, even if it is all there is."""
    text = "# A\n\n🦊 🦊\n\n# B\n\nThe fox.\n"
    assert asked("fox", PassageIndex.build([Document("d", "T", text)], embedder=toy)) == [1]
    assert asked("fox", PassageIndex.build([Document("d", "T", "🦊 🦊")], embedder=toy)) == []


def test_of_equal_passages_the_first_ones_are_candidates(toy: ToyEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties between equal passages are broken by reading order."""
    text = "".join("# S\n\nThe fox runs.\n\n" for _ in range(5))
    monkeypatch.setattr(search, "NEAREST", 2)
    assert asked("fox", PassageIndex.build([Document("d", "T", text)], embedder=toy))[:2] == [0, 1]
