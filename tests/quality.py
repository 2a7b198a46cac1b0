"""Answers scored on questions in the format of SQuAD, next to two usual ways to build this with the same model.

An article's paragraphs, a blank line between them, are one document with an index of its own. Besides the article's own
questions, some of which may be unanswerable ("near"), it is asked questions about other articles ("off").
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import faiss
import numpy as np
from sentence_transformers import SentenceTransformer

from index import Document, PassageIndex, SentenceTransformerEmbedder
from retrieval import ask

K = 3
OFF = 20
"""Questions about other articles that each article is asked."""

ARTICLES = frozenset(("a", "an", "the"))

Range = tuple[int, int]


@dataclass(frozen=True)
class Question:
    """A question and where its answers stand in the article's text; none if the article does not answer it.

    plausible: what only looks like an answer. said: the words of each answer.
    """

    text: str
    answers: tuple[Range, ...]
    plausible: tuple[Range, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Article:
    """A document and what is asked about it."""

    title: str
    text: str
    questions: tuple[Question, ...]

    def document(self) -> Document:
        """What is indexed of it."""
        return Document(self.title, self.title.replace("_", " "), self.text)


@dataclass(frozen=True)
class Reply:
    """What a system shows: ranges of the text, best first, what it highlights in the first, and how sure it is.

    words: those that answer, None from a system that does not name them.
    """

    shown: tuple[Range, ...]
    lit: tuple[Range, ...]
    confidence: float
    found: bool = True
    words: str | None = None


@dataclass
class Score:
    """What is counted for one system, one entry for each question."""

    first: list[bool] = field(default_factory=list)
    any: list[bool] = field(default_factory=list)
    lit: list[bool] = field(default_factory=list)
    words: list[float] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    confidence: dict[str, list[float]] = field(default_factory=lambda: {"answerable": [], "near": [], "off": []})
    found: dict[str, list[bool]] = field(default_factory=lambda: {"answerable": [], "near": [], "off": []})

    def add(self, kind: str, question: Question, reply: Reply) -> None:
        """Count a reply; kind: answerable, near or off."""
        self.confidence[kind].append(reply.confidence)
        self.found[kind].append(reply.found)
        if kind != "answerable":
            return
        ends = [self._end(shown, question) for shown in reply.shown]
        self.first.append(any(end is not None for end in ends[:1]))
        self.any.append(any(end is not None for end in ends))
        self.lit.append(any(self._end(lit, question) is not None for lit in reply.lit))
        if reply.words is not None:
            self.words.append(max(overlap(reply.words, gold) for gold in question.said))
        self.length.extend(stop - start for start, stop in reply.shown[:1])
        before = 0
        for (start, stop), end in zip(reply.shown, ends, strict=True):
            before += (stop if end is None else end) - start
            if end is not None:
                break
        self.read.append(before)

    @staticmethod
    def _end(shown: Range, question: Question) -> int | None:
        """Where the first answer that lies whole in a range ends."""
        return min((end for start, end in question.answers if shown[0] <= start and end <= shown[1]), default=None)

    def figures(self) -> list[str]:
        """The figures, in the order of FIGURES."""
        sure = self.confidence
        shares = [self.first, self.any, self.lit, self.words, *self.found.values()]
        at_1, at_3, lit, words, *found = (f"{fmean(share):.3f}" if share else "-" for share in shares)
        counts = [f"{fmean(count):.0f}" if count else "-" for count in (self.read, self.length)]
        areas = [f"{auroc(sure['answerable'], sure[kind]):.3f}" if sure[kind] else "-" for kind in ("near", "off")]
        honest = f"{calibration_error(sure['answerable'], sure['off']):.3f}"
        return [at_1, at_3, lit, words, *counts, *areas, honest, *found]


FIGURES = (
    "answer@1",
    "answer@3",
    "highlight@1",
    "F1 of the words that answer",
    "characters read until the answer",
    "characters of the first citation",
    "AUROC against near",
    "AUROC against off",
    "calibration error, answerable and off",
    "found: answerable",
    "found: near",
    "found: off",
)

System = Callable[[str], Reply]


def measure(articles: Iterable[Article], docs: int, per_doc: int, seed: int) -> list[list[str]]:
    """The table of figures: ours and both baselines. docs, per_doc: how many articles and questions, 0 for all."""
    rng = random.Random(seed)
    articles = sorted(articles, key=lambda article: article.title)
    rng.shuffle(articles)
    articles = articles[: docs or None]
    model = SentenceTransformer(SentenceTransformerEmbedder.locate().folder, device="cpu")
    scores = {"ours": Score(), "500 characters": Score(), "1,000, whole sentences": Score()}
    own = [rng.sample(a.questions, min(per_doc or len(a.questions), len(a.questions))) for a in articles]
    for article, questions in zip(articles, own, strict=True):
        asked = [("answerable" if question.answers else "near", question) for question in questions]
        asked += [("off", question) for question in foreign(article, articles, rng)]
        systems = (
            ours(article),
            bare(article, fixed(article.text), model),
            bare(article, aligned(article.text), model),
        )
        for score, system in zip(scores.values(), systems, strict=True):
            for kind, question in asked:
                score.add(kind, question, system(question.text))
    columns = [FIGURES, *(score.figures() for score in scores.values())]
    return [["", *scores], *(list(cells) for cells in zip(*columns, strict=True))]


def read_squad(path: Path) -> list[Article]:
    """The articles of a file in SQuAD's format, version 1 or 2."""
    return [_article(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["data"]]


def _article(entry: dict[str, Any]) -> Article:
    """One article: its paragraphs joined, the answers moved along."""
    text, questions = "", []
    for paragraph in entry["paragraphs"]:
        text += "\n\n" if text else ""
        for item in paragraph["qas"]:
            impossible = item.get("is_impossible", False)
            answers, plausible = [] if impossible else item["answers"], item.get("plausible_answers", [])
            spans, seeming = _spans(answers, len(text)), _spans(plausible, len(text))
            questions.append(Question(item["question"], spans, seeming, tuple(answer["text"] for answer in answers)))
        text += paragraph["context"]
    return Article(entry["title"], text, tuple(questions))


def _spans(answers: Iterable[dict[str, Any]], shift: int) -> tuple[Range, ...]:
    """Where answers stand, moved along by so many characters."""
    starts = [(shift + answer["answer_start"], len(answer["text"])) for answer in answers]
    return tuple((start, start + size) for start, size in starts)


def foreign(article: Article, articles: Iterable[Article], rng: random.Random) -> list[Question]:
    """Some questions that other articles answer."""
    others = [q for other in articles if other is not article for q in other.questions if q.answers]
    return rng.sample(others, min(OFF, len(others)))


def ours(article: Article) -> System:
    """This project."""
    passage_index = PassageIndex.build([article.document()])

    def system(question: str) -> Reply:
        answer = ask(question, passage_index=passage_index, k=K)
        lit = tuple(span for citation in answer.citations[:1] for span in citation.highlights)
        words = " ".join(article.text[slice(*c.answer)] for c in answer.citations[:1] if c.answer)
        return Reply(tuple((c.start, c.end) for c in answer.citations), lit, answer.confidence, answer.found, words)

    return system


def bare(article: Article, ranges: Sequence[Range], model: SentenceTransformer) -> System:
    """sentence-transformers and FAISS over ranges of the text: the nearest ones are shown whole, nothing is refused."""
    vectors = model.encode(
        [article.text[start:end] for start, end in ranges], normalize_embeddings=True, show_progress_bar=False
    )
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def system(question: str) -> Reply:
        vector = model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        scores, numbers = index.search(vector, min(K, len(ranges)))
        shown = tuple(ranges[number] for number in numbers[0])
        return Reply(shown, shown[:1], float(scores[0][0]))

    return system


def fixed(text: str, size: int = 500) -> list[Range]:
    """Windows of just so many characters."""
    return [(start, min(start + size, len(text))) for start in range(0, len(text), size)]


def aligned(text: str, size: int = 1000) -> list[Range]:
    """Whole sentences, as many as fit into so many characters."""
    ranges: list[Range] = []
    for sentence in re.finditer(r"\S.*?(?:[.!?](?=\s)|$)", text, re.DOTALL):
        if ranges and sentence.end() - ranges[-1][0] <= size:
            ranges[-1] = ranges[-1][0], sentence.end()
        else:
            ranges.append(sentence.span())
    return ranges


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The probability that a positive scores above a negative, ties counted half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(ordered)))


def overlap(said: str, gold: str) -> float:
    """F1 of the words that two texts share, 0 to 1, as SQuAD counts it: without case, signs and articles."""
    one, other = (Counter(w for w in re.findall(r"\w+", t.lower()) if w not in ARTICLES) for t in (said, gold))
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def calibration_error(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How far confidence is from the share that is answerable, 0 to 1, in the mean over all questions.

    The expected calibration error with ten bins of equal width (Guo et al. 2017, arXiv:1706.04599).
    """
    sure = np.array([*positive, *negative])
    true = np.arange(len(sure)) < len(positive)
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [abs(sure[bins == b].sum() - true[bins == b].sum()) for b in range(10)]
    return float(sum(gaps)) / max(1, len(sure))
