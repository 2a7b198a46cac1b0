"""Ranked hits to the probability that the documents answer the question."""

import math
from collections.abc import Sequence

from retrieval.rank import Hit

THRESHOLD = 0.5
"""Below this confidence the answer is that the documents do not say."""


def confidence(hits: Sequence[Hit]) -> float:
    """The estimated probability, 0 to 1, that the best hit answers."""
    if not hits:
        return 0.0
    return 1 / (1 + math.exp(-30 * (hits[0].score - 0.5)))
