"""Ranked hits, read: their order, the sentence that answers and the words in it. Similarity still has its say.

A passage is read whole, and of the first ones the best sentence once more by itself: one that answers does so without
its neighbours, too. Deliberately does not: read more than the first few, or decide whether that is an answer.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from index import PassageIndex
from index.passages import heading_line
from retrieval.rank import Hit
from retrieval.reader import Reader, Reading, Text

READ, READ_TWICE = 5, 3
"""Passages that are read, and how many of them have their best sentence read as well."""
ANSWERS_SHARE, WORST, BEST = 0.045, -3.0, 5.0
"""What each unit of the log-odds that a passage answers adds to its score, from WORST to BEST."""
SPAN_SHARE = 0.05
"""What a unit of log-probability that the answer is in a sentence adds to the sentence's score."""
LEAST = -8.0
"""Log-probabilities below count as this one: they tell nothing more."""
_ASKS = re.compile(
    r"(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|has|have|can|could|will|would|should)"
    r"\b(?!.*[?.!)]$)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[^\s<>()\[\]{}|\"“”«»,;]+")
_ADDRESS = re.compile(r"@|://|^www\.")


def read_hits(reader: Reader, passage_index: PassageIndex, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, best first, the first ones among them read."""
    asked = with_mark(question)
    texts = [_texts(passage_index, asked, hit) for hit in hits[:READ]]
    readings = reader.side_by_side([whole for whole, _ in texts] + [alone for _, alone in texts[:READ_TWICE]])
    each = zip_longest(hits[:READ], readings[: len(texts)], readings[len(texts) :])
    read = [_judged(passage_index, question, hit, whole, alone) for hit, whole, alone in each]
    return sorted([*read, *hits[len(read) :]], key=lambda hit: -hit.score)


def with_mark(question: str) -> str:
    """A question with its mark, which many leave out: the reader is less sure without."""
    return f"{question}?" if _ASKS.match(question) else question


def _texts(passage_index: PassageIndex, question: str, hit: Hit) -> tuple[Text, Text]:
    """What is read of a hit: its passage, and its best sentence alone."""
    passage, document = passage_index.passage(hit.passage), passage_index.document(hit.passage)
    heading = heading_line(document.title, passage.section)
    first, _ = passage_index.sentence_range(hit.passage)
    sentence = passage.sentences[hit.sentence - first]
    return (
        (question, heading, document.text[passage.start : passage.end]),
        (question, heading, document.text[sentence.start : sentence.end]),
    )


def _judged(passage_index: PassageIndex, question: str, hit: Hit, whole: Reading, alone: Reading | None) -> Hit:
    """A hit with what the reader says of it; of the log-odds of the passage and of the sentence, the greater."""
    passage, text = passage_index.passage(hit.passage), passage_index.document(hit.passage).text
    spans = [whole.best(s.start - passage.start, s.end - passage.start) for s in passage.sentences]
    likely = np.maximum([likelihood for likelihood, _ in spans], LEAST)
    best = int((hit.of_sentences + SPAN_SHARE * likely).argmax())
    idle = says_nothing(question, [text[s.start : s.end] for s in passage.sentences])
    if idle[best]:
        other = int(np.where(idle, LEAST, likely).argmax())
        best = other if likely[other] > LEAST and not idle[other] else best
    odds = max(whole.answers, alone.answers) if alone else whole.answers
    first, _ = passage_index.sentence_range(hit.passage)
    start, end = whole_words(text[passage.start : passage.end], *spans[best][1])
    return replace(
        hit,
        score=hit.score + ANSWERS_SHARE * (min(max(odds, WORST), BEST) - WORST),
        sentence=first + best,
        odds=odds,
        answer=(passage.start + start, passage.start + end) if likely[best] > LEAST else None,
    )


def says_nothing(question: str, sentences: Sequence[str]) -> list[bool]:
    """For each sentence of a passage whether it is no answer: it asks itself, has no word that the question does not
    have, as a heading may, or is the row above a table's rule."""
    asked = set(_WORD.findall(question.casefold()))
    rules = [not sentence.strip("|:- \t") for sentence in sentences]
    return [
        sentence.rstrip('*_"”’) ').endswith("?")
        or rule
        or below
        or asked.issuperset(_WORD.findall(sentence.casefold()))
        for sentence, rule, below in zip(sentences, rules, [*rules[1:], False], strict=True)
    ]


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A range widened to whole words, and to a whole address where it is in one."""
    for token in _TOKEN.finditer(text, max(0, start - 200), min(len(text), end + 200)):
        if token.start() <= start < token.end() and _ADDRESS.search(token[0]):
            start = token.start()
            end = max(end, token.end() - (len(token[0]) - len(token[0].rstrip(".:!?'’"))))
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return start, end
