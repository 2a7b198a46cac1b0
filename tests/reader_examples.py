"""What the reader learns from: the questions of an article, each with a passage as the index cuts it.

The passage answers, only seems to (SQuAD 2.0's unanswerable questions, and questions in which a name or a number is
swapped for another one of the article), or is another one that the search finds for the question. Half of the passages
are excerpts of a few sentences: quicker to learn from, and short texts are read as surely as long ones. Questions in
other words than the text (tests/other_words.jsonl) join, about SQuAD's paragraphs and those of invented documents of
many kinds (tests/own_documents.jsonl). Deliberately does not: know the network (tests/train_reader.py).
"""

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from index import PassageIndex
from index.passages import cut_windows
from retrieval import ask
from tests.quality import Article, Question, Range

OWN_QUESTIONS = Path(__file__).with_name("other_words.jsonl")
OWN_DOCUMENTS = Path(__file__).with_name("own_documents.jsonl")
OWN_HELD_OUT = 12
"""The first so many of them are measured on, not trained on."""


@dataclass(frozen=True)
class Shares:
    """How often a question is read with its passage, if that answers and if it only seems to; and how often each one
    that is answered is also read with other passages of its article that the search finds, with one of another
    article, and with a name swapped."""

    answers: float
    seems: float
    other: float
    foreign: float
    swapped: float


SQUAD = Shares(1, 1, 2, 0.1, 0.2)
OTHER_WORDS = Shares(1, 1, 2, 0.2, 0.1)
NEAREST = 4
"""The other passage is one of so many that the search finds first."""
BESIDE = 0.5
"""How often a name is swapped for one of the same passage, where there is one."""
EXCERPTS, LONGEST_EXCERPT = 0.5, 320
"""Share of the passages that are cut to a few sentences, and characters of these at most."""
TYPO, KEYWORDS, CONTEXT, UNMARKED = 0.08, 0.05, 0.06, 0.25
"""Shares of the questions that are mistyped, cut to their keywords, followed by words in brackets as a follow-up's are,
and left without a question mark: people do all of these."""
FUNCTION_WORDS = frozenset(
    "what which who whom whose when where why how did does do is are was were has have had the a an of in to for by on "
    "at and that it its as with from".split()
)
NAME = re.compile(r"(?<=\s)[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*|\b\d[\d,.]*\b")
"""What may be swapped: capitalised words, the first of a sentence left out, and numbers."""


@dataclass(frozen=True)
class Example:
    """A question with a passage. answer: (start, end) in the passage, None where it does not answer."""

    question: str
    heading: str
    passage: str
    answer: Range | None


@dataclass(frozen=True)
class Text:
    """A passage under its heading. start: its offset in the article. sentences: (start, end) in the passage."""

    heading: str
    passage: str
    start: int
    sentences: tuple[Range, ...]


def examples(
    article: Article, asked: Sequence[tuple[Question, Shares]], foreign: Article, rng: random.Random
) -> list[Example]:
    """What questions about an article teach, each as often as it is said there, those of a question one after another;
    foreign: another article."""
    texts, others = _texts(article), _texts(foreign)
    search, names = _Search(article, texts), list(dict.fromkeys(NAME.findall(article.text)))
    found: list[Example] = []
    for question, shares in asked:
        place = _place(question, texts)
        if place is None:
            continue
        text, span = place
        typed = _as_typed(question.text, rng.choice(asked)[0].text, rng)
        if not _times(shares.answers if question.answers else shares.seems, rng):
            continue
        found.append(_example(typed, text, span, bool(question.answers), rng))
        if not question.answers:
            continue
        wrong = search.others(typed, text, span, rng, _times(shares.other, rng))
        wrong += [rng.choice(others)] * _times(shares.foreign, rng)
        found += [_example(typed, other, rng.choice(other.sentences), False, rng) for other in wrong]
        swapped = _swapped(question.text, text.passage, names, rng) if rng.random() < shares.swapped else None
        if swapped:
            found.append(_example(swapped, text, span, False, rng))
    return found


OtherWords = Mapping[str, Sequence[tuple[str, str | None]]]
"""For the start of a paragraph's SHA-256, questions about it with the words that answer, None where none do."""


def read_other_words() -> OtherWords:
    """Questions about paragraphs that are known by their hash: the file holds no text but our own."""
    rows = map(json.loads, OWN_QUESTIONS.read_text(encoding="utf-8").splitlines())
    return {row["paragraph"]: [(question, answer) for question, answer in row["asked"]] for row in rows}


def own_documents() -> list[Article]:
    """Invented documents of many kinds and the questions in other words about them: SQuAD is all encyclopedia."""
    rows = map(json.loads, OWN_DOCUMENTS.read_text(encoding="utf-8").splitlines())
    asked = read_other_words()
    return [Article(row["title"], row["text"], tuple(in_other_words(row["text"], asked))) for row in rows]


def in_other_words(text: str, asked: OtherWords) -> list[Question]:
    """The questions in other words about a text's paragraphs."""
    found, start = [], 0
    for paragraph in text.split("\n\n"):
        rows = asked.get(paragraph_key(paragraph), ())
        answers = cycle([answer for _, answer in rows if answer])
        for question, answer in rows:
            seeming = answer or next(answers)
            at = start + paragraph.index(seeming)
            spans = ((at, at + len(seeming)),)
            found.append(Question(question, spans, (), (answer,)) if answer else Question(question, (), spans))
        start += len(paragraph) + 2
    return found


def paragraph_key(paragraph: str) -> str:
    """What a paragraph is known by."""
    return hashlib.sha256(paragraph.strip().encode()).hexdigest()[:12]


def _texts(article: Article) -> list[Text]:
    """The passages of an article."""
    windows = cut_windows(article.document())
    return [
        Text(
            window.heading,
            article.text[passage.start : passage.end],
            passage.start,
            tuple((s.start - passage.start, s.end - passage.start) for s in passage.sentences),
        )
        for window in windows
        for passage in window.passages
    ]


def _place(question: Question, texts: Sequence[Text]) -> tuple[Text, Range] | None:
    """The passage that holds a whole answer, true or plausible, and where in it."""
    for start, end in question.answers or question.plausible:
        for text in texts:
            if text.start <= start and end <= text.start + len(text.passage):
                return text, (start - text.start, end - text.start)
    return None


def _example(question: str, text: Text, span: Range, answers: bool, rng: random.Random) -> Example:
    """A question with a passage, or with an excerpt of it around a span."""
    first, stop = _excerpt(text, span, rng) if rng.random() < EXCERPTS else (0, len(text.passage))
    return Example(
        question, text.heading, text.passage[first:stop], (span[0] - first, span[1] - first) if answers else None
    )


def _excerpt(text: Text, span: Range, rng: random.Random) -> Range:
    """Whole sentences around a span, grown to either side by chance while they are short enough."""
    touched = [n for n, (start, end) in enumerate(text.sentences) if start < span[1] and span[0] < end]
    first, last = touched[0], touched[-1]
    while True:
        grown = [(first - 1, last), (first, last + 1)]
        fits = [(a, b) for a, b in grown if a >= 0 and b < len(text.sentences) and _size(text, a, b) < LONGEST_EXCERPT]
        if not fits:
            return text.sentences[first][0], text.sentences[last][1]
        first, last = rng.choice(fits)


def _size(text: Text, first: int, last: int) -> int:
    """Characters from one sentence to another."""
    return text.sentences[last][1] - text.sentences[first][0]


class _Search:
    """Finds passages of an article for a question that do not hold its answer."""

    def __init__(self, article: Article, texts: Sequence[Text]) -> None:
        self._texts = {text.start: text for text in texts}
        self._passage_index = PassageIndex.build([article.document()])

    def others(self, question: str, text: Text, span: Range, rng: random.Random, count: int) -> list[Text]:
        """At most `count` of those that come first, other than `text`, whose span is the answer."""
        if not count:
            return []
        answer = text.passage[slice(*span)].lower()
        hits = ask(question, passage_index=self._passage_index, k=NEAREST + 1).citations
        wrong = [hit for hit in hits if hit.start != text.start and answer not in hit.text.lower()][:NEAREST]
        return [self._texts[hit.start] for hit in rng.sample(wrong, min(count, len(wrong)))]


def _swapped(question: str, passage: str, names: Sequence[str], rng: random.Random) -> str | None:
    """The question about another name or number of the article: one that the passage has is replaced."""
    held = [match for match in NAME.finditer(question) if match[0].lower() in passage.lower()]
    if not held:
        return None
    old = rng.choice(held)
    said = set(_words(question))
    like = [n for n in names if n[0].isdigit() == old[0][0].isdigit() and said.isdisjoint(_words(n))]
    beside = [name for name in like if name in passage]
    pool = beside if beside and rng.random() < BESIDE else like
    return question[: old.start()] + rng.choice(pool) + question[old.end() :] if pool else None


def _times(share: float, rng: random.Random) -> int:
    """share as a whole number: 0.7 is 1 in seven of ten cases."""
    return int(share) + (rng.random() < share % 1)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _as_typed(question: str, earlier: str, rng: random.Random) -> str:
    """The question as some person might type it, who has asked another one before."""
    text = question.strip()
    draw = rng.random()
    if draw < TYPO:
        text = _mistyped(text, rng)
    elif draw < TYPO + KEYWORDS:
        text = " ".join(w for w in text.split() if w.lower().strip("?,.") not in FUNCTION_WORDS) or text
    elif draw < TYPO + KEYWORDS + CONTEXT:
        telling = [w for w in _words(earlier) if w not in FUNCTION_WORDS]
        text = f"{text} ({' '.join(telling)})"
    return text.rstrip("? ") if rng.random() < UNMARKED else text


def _mistyped(text: str, rng: random.Random) -> str:
    """One letter inside one longer word dropped, doubled, replaced, or swapped with the next."""
    places = list(re.finditer(r"[^\W\d_]{4,}", text))
    if not places:
        return text
    word = rng.choice(places)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    here, after = text[at], text[at + 1]
    slips = ["", here + here, rng.choice("abcdefghijklmnopqrstuvwxyz")]
    if rng.random() < 0.4:
        return text[:at] + after + here + text[at + 2 :]
    return text[:at] + rng.choice(slips) + text[at + 1 :]
