"""Ranked hits, read: their order, the sentence that answers and the words in it. Similarity still has its say.

A passage is read whole, and its likeliest sentence once more by itself: one that answers does so without its
neighbours, too. Deliberately does not: read more than the first few, or decide whether that is an answer.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index import PassageIndex
from index.passages import heading_line
from retrieval.rank import Hit
from retrieval.reader import Reader

READ = 3
"""Passages that are read, side by side: more put as many right ones first."""
ANSWERS_SHARE, WORST, BEST = 0.07, -5.0, 5.0
"""What each unit of the log-odds that a passage answers adds to its score, from WORST to BEST."""
SPAN_SHARE = 0.05
"""What a unit of log-probability that the answer is in a sentence adds to the sentence's score."""
LEAST = -8.0
"""Log-probabilities below count as this one: they tell nothing more."""


def read_hits(reader: Reader, passage_index: PassageIndex, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, best first, the first ones among them read."""
    read = reader.side_by_side(lambda hit: _read(reader, passage_index, question, hit), hits[:READ])
    return sorted([*read, *hits[len(read) :]], key=lambda hit: -hit.score)


def _read(reader: Reader, passage_index: PassageIndex, question: str, hit: Hit) -> Hit:
    """A hit with what the reader says of it: the log-odds are the mean of those of the passage and of the sentence."""
    passage, document = passage_index.passage(hit.passage), passage_index.document(hit.passage)
    heading = heading_line(document.title, passage.section)
    whole = reader.read(question, heading, document.text[passage.start : passage.end])
    spans = [whole.best(s.start - passage.start, s.end - passage.start) for s in passage.sentences]
    likely = np.maximum([likelihood for likelihood, _ in spans], LEAST)
    best = int((hit.of_sentences + SPAN_SHARE * likely).argmax())
    sentence = passage.sentences[best]
    alone = reader.read(question, heading, document.text[sentence.start : sentence.end]) if len(spans) > 1 else whole
    odds = (whole.answers + alone.answers) / 2
    first, _ = passage_index.sentence_range(hit.passage)
    start, end = spans[best][1]
    return replace(
        hit,
        score=hit.score + ANSWERS_SHARE * (min(max(odds, WORST), BEST) - WORST),
        sentence=first + best,
        odds=odds,
        answer=(passage.start + start, passage.start + end) if likely[best] > LEAST else None,
    )
