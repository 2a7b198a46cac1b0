"""Ranked hits to the probability that the documents answer the question.

A logistic regression on how well the first hit matches the question's own words. Fitted on questions about 100 documents
of 1,500 to 90,000 characters (SQuAD 1.1's training articles, whole and cut short), on as many questions about other
documents and, at a twentieth of their weight, on questions written to look answerable (SQuAD 2.0's). Deliberately does
not: tell a question that looks answerable from one that is; similarity hardly can.
"""

import math
from collections.abc import Sequence

from retrieval.rank import Hit

EVIDENCE, SENTENCE_EVIDENCE, SIZE, CONSTANT = 28.65, 0.0, -0.47, -12.27
"""Log-odds for each unit of evidence and for each factor e of passages: by chance, more of them match better."""
THRESHOLD = 0.5
"""Below this confidence the answer is that the documents do not say."""


def confidence(hits: Sequence[Hit], passages: int) -> float:
    """The estimated probability, 0 to 1, that the best hit of so many passages answers."""
    if not hits:
        return 0.0
    first = hits[0]
    odds = EVIDENCE * first.evidence + SENTENCE_EVIDENCE * first.sentence_evidence + SIZE * math.log(passages) + CONSTANT
    return 1 / (1 + math.exp(-odds))
