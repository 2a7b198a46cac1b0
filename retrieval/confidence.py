"""Ranked hits to the probability that the documents answer the question.

Two logistic regressions. The first weighs how well the first hit matches the question's own words, one by one and as
a whole; fitted on SQuAD 1.1's training articles, 16 whole and 60 cut to about 1,500 characters: 971 of their questions,
1,200 about other articles and, at a twentieth of their weight, 412 that were written to look answerable. The second is
used where passages were read: it weighs the reader's log-odds and a share of the first one's. tests/fit_confidence.py
fits it on SQuAD 2.0's development set and on questions in other words about articles that the reader was not trained
on: answerable questions, those about other articles, as if these were OFTEN times as many, and, as if these were RARE
times rarer, those written to look answerable: people seldom ask such on purpose. Among those that were, confidence is
too high.
"""

import math
from collections.abc import Sequence

from retrieval.rank import Hit

MATCH, MATCH_CONSTANT = (7.88, 8.10, 7.60, -0.43), -9.08
"""Log-odds for each unit of `match_features`: among many passages some match well by chance. log(1.5) is in the
constant: questions about other things are taken to be so much rarer than they were where it was fitted."""
MANY = 64
"""Passages from which on more of them make no difference."""
MATCHED, MATCHED_MOST = 0.5, -1.0
"""What the match's log-odds count beside the reader's, and the most that they can be there: that the words hardly match
tells of another subject; that they match well is as true of what only looks answerable. Chosen."""
READ, READ_CONSTANT = 0.98, 1.71
"""Log-odds that the first hit answers, for each unit of the reader's with that share of the match's."""
OFTEN, RARE = 5, 10
"""How much oftener people ask about something else, and rarer what only looks answerable, than where it was fitted."""
LEAST, MOST = -5.0, 5.0
"""The reader's log-odds beyond these tell nothing more."""
FOREIGN = -1.0
"""Added to the log-odds where neither question nor documents are in English: their word pieces are more alike. Chosen
on tests/registers.jsonl, where every second question about something else was answered."""
BY_LETTERS = 1.75
"""Added where the question is taken by its letters, never read: words that differ are not alike there by half. Chosen
on those of the texts in tests/registers.jsonl that are in ten other scripts."""
THRESHOLD = 0.5
"""Below this confidence the documents do not say."""


def confidence(hits: Sequence[Hit], passages: int) -> float:
    """The estimated probability, 0 to 1, that the best hit of so many passages answers."""
    if not hits:
        return 0.0
    odds = read_odds(hits)
    if odds is None:
        return probability(matched(hits, passages))
    return probability(READ * beside_match(odds, matched(hits, passages)) + READ_CONSTANT)


def beside_match(odds: float, match: float) -> float:
    """What the second regression weighs: the reader's log-odds and a share of the match's."""
    return odds + MATCHED * min(match, MATCHED_MOST)


def shifted(sure: float, by: float) -> float:
    """A confidence with something added to its log-odds."""
    return probability(math.log(sure / (1 - sure)) + by) if 0 < sure < 1 else sure


def matched(hits: Sequence[Hit], passages: int) -> float:
    """The log-odds of how well the first hit matches the question's words alone."""
    features = match_features(hits[0], passages)
    return sum(weight * feature for weight, feature in zip(MATCH, features, strict=True)) + MATCH_CONSTANT


def match_features(hit: Hit, passages: int) -> tuple[float, float, float, float]:
    """What the first regression weighs."""
    return hit.evidence, hit.sentence_evidence, hit.closeness, math.log(min(passages, MANY))


def read_odds(hits: Sequence[Hit]) -> float | None:
    """The log-odds that the reader gives the first hit, LEAST to MOST; None where it was not read."""
    return None if hits[0].odds is None else min(max(hits[0].odds, LEAST), MOST)


def probability(log_odds: float) -> float:
    """The probability of which these are the natural log-odds."""
    return 1 / (1 + math.exp(-log_odds))
