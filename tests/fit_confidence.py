"""Fit the constants of retrieval/confidence.py: `python -m tests.fit_confidence FILE [TRAINING FILE]`, from SQuAD 2.0.

Prints its two logistic regressions. Each article is asked its own questions and some about others ("off"); with the
training file, what the reader's training held out of it is asked the questions in other words, too. Every second
article is cut short, or none with --whole. The first regression was fitted on the training file alone; the second on
the development file and what was held out, with `--whole --per-doc 120`.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex
from retrieval.confidence import OFTEN, RARE, beside_match, match_features, matched, read_odds
from retrieval.query import make_query
from retrieval.rank import rank
from retrieval.reader import load_reader
from retrieval.reading import read_hits
from retrieval.search import candidates
from tests.quality import Article, foreign, read_squad
from tests.reader_examples import OTHER_WORDS
from tests.train_reader import HELD_OUT, held_out_and_taught

NEAR_WEIGHT = 1 / 20
"""Weight of questions that only look answerable ("near") in the first regression."""
CUT = 1500
"""Characters to which every other article is cut: short documents are asked too."""
RIDGE = 1e-3
ROUNDS = 25

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One question. kind: answerable, near or off. match: features. matched, odds: log-odds; odds None if unread."""

    kind: str
    match: tuple[float, ...]
    matched: float
    odds: float | None


def samples(article: Article, others: list[Article], per_doc: int, rng: random.Random) -> Iterator[Sample]:
    """The questions of an article and some of others, asked of it."""
    passage_index = PassageIndex.build([article.document()])
    own = rng.sample(article.questions, min(per_doc or len(article.questions), len(article.questions)))
    asked = [("answerable" if question.answers else "near", question) for question in own]
    asked += [("off", question) for question in foreign(article, others, rng)]
    for kind, question in asked:
        query = make_query(passage_index, question.text, passage_index.embedder.encode([question.text])[0])
        hits = rank(passage_index, candidates(passage_index, query), query)
        read = read_hits(load_reader(), passage_index, question.text, hits)
        count = len(passage_index)
        yield Sample(kind, match_features(hits[0], count), matched(read, count), read_odds(read))


def cut(article: Article) -> Article:
    """Its first paragraphs and the questions about them."""
    end = article.text.find("\n\n", CUT)
    end = len(article.text) if end < 0 else end
    asked = (q for q in article.questions if all(b <= end for _, b in q.answers or q.plausible or [(0, end + 1)]))
    return Article(article.title, article.text[:end], tuple(asked))


def fit(features: Rows, true: Rows, weights: Rows) -> Rows:
    """The weights of a logistic regression, the constant last, by Newton's method."""
    rows = np.column_stack([features, np.ones(len(features))])
    found = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        sure = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weights * (true - sure)) - RIDGE * found
        bend = (rows * (weights * sure * (1 - sure))[:, None]).T @ rows + RIDGE * np.eye(len(found))
        found = found + np.linalg.solve(bend, slope)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fit_confidence", description=__doc__)
    parser.add_argument("path", type=Path, help="a file in SQuAD 2.0's format")
    parser.add_argument("held_out", type=Path, nargs="?", help="the file that the reader was trained on")
    parser.add_argument("--docs", type=int, default=0, help="articles to use, 0 for all")
    parser.add_argument("--per-doc", type=int, default=0, help="questions of each, 0 for all")
    parser.add_argument("--whole", action="store_true", help="cut no article short")
    given = parser.parse_args()
    rng = random.Random(0)
    articles = sorted(read_squad(given.path), key=lambda article: article.title)
    rng.shuffle(articles)
    articles = articles[: given.docs or None]
    if given.held_out:
        held_out, _ = held_out_and_taught(given.held_out)
        articles += [
            Article(a.title, a.text, tuple(q for q, shares in taught if shares == OTHER_WORDS))
            for a, taught in held_out[:HELD_OUT]
        ]
    asked = [cut(article) if n % 2 and not given.whole else article for n, article in enumerate(articles)]
    found = [sample for article in asked for sample in samples(article, articles, given.per_doc, rng)]
    weights = {"answerable": 1.0, "near": NEAR_WEIGHT, "off": 1.0}
    show("match", [(s.match, s.kind, weights[s.kind]) for s in found])
    weights = {"answerable": 1.0, "near": 1 / RARE, "off": float(OFTEN)}
    read = [((beside_match(s.odds, s.matched),), s.kind) for s in found if s.odds is not None]
    show("read", [(features, kind, weights[kind]) for features, kind in read])


def show(name: str, rows: Sequence[tuple[tuple[float, ...], str, float]]) -> None:
    """Fit rows of (features, kind, weight), and print the constants."""
    features, kinds, weights = zip(*rows, strict=True)
    constants = fit(np.array(features), np.array([kind == "answerable" for kind in kinds], float), np.array(weights))
    print(name, *(f"{constant:.3f}" for constant in constants))


if __name__ == "__main__":
    main()
