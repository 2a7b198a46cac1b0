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

EVIDENCE, SENTENCE_EVIDENCE, CLOSENESS, SIZE, CONSTANT = 7.88, 8.10, 7.60, -0.43, -9.49
"""Log-odds for each unit of what a Hit says, and for each factor e of passages: of many, some match well by chance."""
MANY = 64
"""Passages from which on more of them make no difference."""
MATCHED, READ, READ_CONSTANT = 0.396, 0.801, 1.0
"""Log-odds for each unit of log-odds of the first regression and of the reader."""
LEAST, MOST = -3.0, 4.0
"""The reader's log-odds beyond these tell nothing more."""
THRESHOLD = 0.4
"""Below this confidence the documents do not say: a wrong refusal hurts more than a passage too many."""


def confidence(hits: Sequence[Hit], passages: int) -> float:
    """The estimated probability, 0 to 1, that the best hit of so many passages answers."""
    if not hits:
        return 0.0
    first = hits[0]
    matched = EVIDENCE * first.evidence + SENTENCE_EVIDENCE * first.sentence_evidence + CLOSENESS * first.closeness
    matched += SIZE * math.log(min(passages, MANY)) + CONSTANT
    odds = max((hit.odds for hit in hits if hit.odds is not None), default=None)
    if odds is None:
        return probability(matched)
    return probability(MATCHED * matched + READ * min(max(odds, LEAST), MOST) + READ_CONSTANT)


def probability(log_odds: float) -> float:
    """The probability of which these are the natural log-odds."""
    return 1 / (1 + math.exp(-log_odds))
