"""Ranked hits to the probability that the documents answer the question.

A logistic regression on how well the first hit matches the question's own words, one by one and as a whole. Fitted on
SQuAD 1.1's training articles, 16 whole and 60 cut to about 1,500 characters: 971 of their questions, 1,200 about other
articles and, at a twentieth of their weight, 412 that were written to look answerable (SQuAD 2.0's). Deliberately does
not: tell a question that looks answerable from one that is; similarity hardly can.
"""

import math
from collections.abc import Sequence

from retrieval.rank import Hit

EVIDENCE, SENTENCE_EVIDENCE, CLOSENESS, SIZE, CONSTANT = 7.88, 8.10, 7.60, -0.43, -9.49
"""Log-odds for each unit of what a Hit says, and for each factor e of passages: of many, some match well by chance."""
MANY = 64
"""Passages from which on more of them make no difference."""
THRESHOLD = 0.3
"""Below this confidence the documents do not say: a wrong refusal hurts more than a passage too many."""


def confidence(hits: Sequence[Hit], passages: int) -> float:
    """The estimated probability, 0 to 1, that the best hit of so many passages answers."""
    if not hits:
        return 0.0
    first = hits[0]
    matched = EVIDENCE * first.evidence + SENTENCE_EVIDENCE * first.sentence_evidence + CLOSENESS * first.closeness
    return 1 / (1 + math.exp(-(matched + SIZE * math.log(min(passages, MANY)) + CONSTANT)))
