"""Ranked hits to the probability that the documents answer the question.

Two logistic regressions. The first weighs how well the first hit matches the question's own words, one by one and as a
whole; fitted on SQuAD 1.1's training articles, 16 whole and 60 cut to about 1,500 characters: 971 of their questions,
1,200 about other articles and, at a twentieth of their weight, 412 that were written to look answerable. The second
weighs its log-odds and those of the reader; fitted on ten articles of SQuAD 2.0's development set: 1,509 of their
questions, 200 about other articles and, at a twenty-fifth of their weight, 1,769 that were written to look answerable.
People seldom ask such on purpose: among those that were, confidence is too high.
"""

import math
from collections.abc import Sequence

from retrieval.rank import Hit

MATCH, MATCH_CONSTANT = (7.88, 8.10, 7.60, -0.43), -9.49
"""Log-odds for each unit of `match_features`: among many passages some match well by chance."""
MANY = 64
"""Passages from which on more of them make no difference."""
READ, READ_CONSTANT = (0.396, 0.801), 1.0
"""Log-odds for each unit of `read_features`."""
LEAST, MOST = -3.0, 4.0
"""The reader's log-odds beyond these tell nothing more."""
THRESHOLD = 0.4
"""Below this confidence the documents do not say: a wrong refusal hurts more than a passage too many."""


def confidence(hits: Sequence[Hit], passages: int) -> float:
    """The estimated probability, 0 to 1, that the best hit of so many passages answers."""
    if not hits:
        return 0.0
    if all(hit.odds is None for hit in hits):
        return probability(matched(hits, passages))
    return probability(_weighed(READ, read_features(hits, passages), READ_CONSTANT))


def matched(hits: Sequence[Hit], passages: int) -> float:
    """The log-odds of how well the first hit matches the question's words alone."""
    return _weighed(MATCH, match_features(hits[0], passages), MATCH_CONSTANT)


def match_features(hit: Hit, passages: int) -> tuple[float, float, float, float]:
    """What the first regression weighs."""
    return hit.evidence, hit.sentence_evidence, hit.closeness, math.log(min(passages, MANY))


def read_features(hits: Sequence[Hit], passages: int) -> tuple[float, float]:
    """What the second one weighs, where something was read."""
    odds = max(hit.odds for hit in hits if hit.odds is not None)
    return matched(hits, passages), min(max(odds, LEAST), MOST)


def _weighed(weights: Sequence[float], features: Sequence[float], constant: float) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True)) + constant


def probability(log_odds: float) -> float:
    """The probability of which these are the natural log-odds."""
    return 1 / (1 + math.exp(-log_odds))
