"""What the reader learns from, as numbers: examples as word pieces, batches of them, and both losses by hand."""

import random

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from index import SentenceTransformerEmbedder
from retrieval.model import make_batch
from tests.reader_examples import Example
from tests.train_reader import START, STOP, Batch, Rows, batches, encode, joined, known, rate, taught

ROWS = Rows(
    np.array([7, 8, 9, 4, 5, 6, 7, 8, 3, 5], np.uint16),
    np.array([[2, 1, 3], [2, 0, 2]]),
    np.array([[6, 6], [-1, -1]]),
    np.array([0, 0]),
)


def batch_of(*answered: bool) -> Batch:
    """Rows of one question and two word pieces of text, the first of which answers where one does."""
    first = torch.tensor([0 if answer else -1 for answer in answered])
    inside = torch.ones(len(answered), 2, dtype=torch.bool)
    return {"first": first, "last": first, "asked": torch.zeros(len(answered), dtype=torch.long), "inside": inside}


def test_a_batch_is_what_is_read_later() -> None:
    """Word for word as the reader puts the same texts together."""
    [batch] = batches(ROWS, random.Random(0), "cpu")
    expected = make_batch([([7, 8], [9], [4, 5, 6]), ([7, 8], [], [3, 5])], START, STOP)
    assert batch["first"].tolist() == [6, -1]
    assert {name: batch[name].tolist() for name in expected} == {name: expected[name].tolist() for name in expected}


def test_questions_that_only_seem_answered_come_again() -> None:
    """The second lot's question has no passage that answers; lots keep their questions apart."""
    idle = Rows(ROWS.pieces[6:], ROWS.sizes[1:], ROWS.spans[1:], ROWS.asked[1:])
    [batch] = batches(joined([ROWS, idle]), random.Random(0), "cpu", 2)
    assert sorted(batch["asked"].tolist()) == [0, 0, 1, 1, 1]


@pytest.mark.model
def test_the_answer_is_found_among_the_word_pieces() -> None:
    """Behind the question, the heading and two special tokens; -1 where there is none."""
    tokenizer = AutoTokenizer.from_pretrained(SentenceTransformerEmbedder.packaged().folder)
    text = "The mill was built in 1820."
    rows = encode([Example("When?", "Town: ", text, (22, 26)), Example("Why?", "Town: ", text, None)], tokenizer)
    assert rows.sizes.tolist() == [[2, 2, 7], [2, 2, 7]]
    assert rows.spans.tolist() == [[11, 11], [-1, -1]]
    assert rows.asked.tolist() == [0, 1]


def test_what_is_known_by_hand() -> None:
    """Nothing is left to learn from two rows that are told apart and whose answer is sure."""
    sure = torch.tensor([[99.0, -99.0], [0.0, 0.0]])
    right = (sure, sure, torch.tensor([99.0, -99.0]))
    assert known(right, batch_of(True, False)).item() == pytest.approx(0, abs=1e-6)
    assert known(right, batch_of(False, True)).item() > 100


def test_what_is_taught_by_hand() -> None:
    """Who says what the teacher says is as near to it as can be, and learns nothing more."""
    odds = torch.tensor([1.0, -1.0], requires_grad=True)
    start = torch.tensor([[2.0, 0.0], [0.0, 1.0]], requires_grad=True)
    teacher = (start.detach(), start.detach(), odds.detach())
    taught((start, start, odds), teacher, batch_of(True, False)).backward()  # type: ignore[no-untyped-call]
    assert odds.grad is not None
    assert start.grad is not None
    assert torch.allclose(odds.grad, torch.zeros(2), atol=1e-6)
    assert torch.allclose(start.grad, torch.zeros(2, 2), atol=1e-6)


def test_the_rate_rises_and_falls() -> None:
    """From next to nothing to its greatest and back."""
    assert [round(rate(step, 1000), 2) for step in (0, 49, 200, 600, 999)] == [0.02, 1.0, 1.0, 0.5, 0.0]
