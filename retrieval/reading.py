"""Ranked hits, read: their order, the sentence that answers and the words in it. Similarity still has its say.

The sentence that comes first is then read once more by itself: one that answers does so without its neighbours, too.

Deliberately does not: read more than the first few, or decide whether that is an answer.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index import PassageIndex
from index.passages import heading_line
from retrieval.rank import Hit
from retrieval.reader import Reader, Reading

READ = 2
"""Passages that are read, side by side: four took half as long again and put as many right ones first."""
ANSWERS_SHARE, WORST, BEST = 0.043, -4.0, 5.0
"""What each unit of the log-odds that a passage answers adds to its score, from WORST to BEST."""
SPAN_SHARE = 0.05
"""What a unit of log-probability that the answer is in a sentence adds to the sentence's score."""
LEAST = -8.0
"""Log-probabilities below count as this one: they tell nothing more."""


def read_hits(reader: Reader, passage_index: PassageIndex, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, best first, the first ones among them read."""
    readings = reader.read_each(question, [_text(passage_index, hit) for hit in hits[:READ]])
    read = [_read(passage_index, hit, reading) for hit, reading in zip(hits, readings, strict=False)]
    ordered = sorted([*read, *hits[len(read) :]], key=lambda hit: -hit.score)
    return [*(_read_again(reader, passage_index, question, hit) for hit in ordered[:1]), *ordered[1:]]


def _text(passage_index: PassageIndex, hit: Hit) -> tuple[str, str]:
    """What is read of a hit: the heading over its passage, and the passage."""
    passage, document = passage_index.passage(hit.passage), passage_index.document(hit.passage)
    return heading_line(document.title, passage.section), document.text[passage.start : passage.end]


def _read(passage_index: PassageIndex, hit: Hit, reading: Reading) -> Hit:
    """A hit with what the reader says of it."""
    passage = passage_index.passage(hit.passage)
    spans = [reading.best(s.start - passage.start, s.end - passage.start) for s in passage.sentences]
    likely = np.maximum([likelihood for likelihood, _ in spans], LEAST)
    best = int((hit.of_sentences + SPAN_SHARE * likely).argmax())
    first, _ = passage_index.sentence_range(hit.passage)
    start, end = spans[best][1]
    return replace(
        hit,
        score=hit.score + ANSWERS_SHARE * (min(max(reading.answers, WORST), BEST) - WORST),
        sentence=first + best,
        odds=reading.answers,
        answer=(passage.start + start, passage.start + end) if likely[best] > LEAST else None,
    )


def _read_again(reader: Reader, passage_index: PassageIndex, question: str, hit: Hit) -> Hit:
    """A hit that was read, with the mean of its log-odds and those of its sentence alone."""
    passage = passage_index.passage(hit.passage)
    if hit.odds is None or len(passage.sentences) == 1:
        return hit
    heading, text = _text(passage_index, hit)
    first, _ = passage_index.sentence_range(hit.passage)
    sentence = passage.sentences[hit.sentence - first]
    alone = reader.read(question, heading, text[sentence.start - passage.start : sentence.end - passage.start])
    return replace(hit, odds=(hit.odds + alone.answers) / 2)
