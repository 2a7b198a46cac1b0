"""Confidence: what the match and the reader say, weighed by hand."""

import numpy as np
import pytest

from retrieval.confidence import MATCHED_MOST, beside_match, confidence
from retrieval.rank import Hit


def hit(evidence: float, odds: float | None) -> Hit:
    """A first hit."""
    return Hit(0, 1.0, 0, evidence, evidence, evidence, np.zeros(1, np.float32), odds)


def test_nothing_found_is_no_confidence() -> None:
    """An index may have no passage that a question could match."""
    assert confidence([], 10) == 0


def test_a_match_speaks_only_against() -> None:
    """Words that match well tell nothing beside the reader, words that hardly do lower what it says."""
    assert beside_match(2.0, 9.0) == beside_match(2.0, MATCHED_MOST)
    assert beside_match(2.0, MATCHED_MOST - 2) == pytest.approx(beside_match(2.0, MATCHED_MOST) - 1)


def test_confidence_rises_with_each() -> None:
    """With the match where nothing was read, with both where it was; always a probability."""
    unread = [confidence([hit(evidence, None)], 10) for evidence in (0.0, 0.4, 0.8)]
    read = [confidence([hit(0.4, odds)], 10) for odds in (-99.0, 0.0, 99.0)]
    assert unread == sorted(unread)
    assert read == sorted(read)
    assert 0 < unread[0] < 0.1 < 0.5 < read[2] < 1
