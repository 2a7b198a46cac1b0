"""`ask`: the whole way of one question."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

from index import PassageIndex, QuestionError, Span, open_index
from retrieval.confidence import THRESHOLD, confidence
from retrieval.followup import stand_alone
from retrieval.rank import Hit, rank, weigh
from retrieval.results import REFUSAL, Answer, Citation, Turn
from retrieval.search import candidates

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
KEPT = ROOT / ".index"
MAX_QUESTION = 2000
"""Characters in a question at most."""
MAX_CITATIONS = 20

_opening = Lock()


def ask(
    question: str, *, passage_index: PassageIndex | None = None, history: Sequence[Turn] = (), k: int = 3
) -> Answer:
    """Answer a question from the documents of an index, with at most k citations.

    passage_index: None for the one over seeds/. history: earlier turns, oldest first. Raises QuestionError where the
    question is blank, too long or no text, k is below 1 or above MAX_CITATIONS, or the history is not one.
    """
    question, history = _checked_question(question), _checked_history(history)
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_CITATIONS:
        raise QuestionError(f"k is {k!r}, expected a whole number from 1 to {MAX_CITATIONS}.")
    if passage_index is None:
        passage_index = default_index()
    searched = stand_alone(question, history)
    hits = search(passage_index, searched)
    sure = confidence(hits)
    citations = tuple(_citation(passage_index, n, hit) for n, hit in enumerate(hits[:k], start=1))
    found = sure >= THRESHOLD and bool(citations)
    text = " ".join(citations[0].quotes) if found else REFUSAL
    return Answer(question, searched, text, found, sure, citations)


def search(passage_index: PassageIndex, question: str) -> list[Hit]:
    """All candidates for a stand-alone question as hits, best first."""
    encoding = passage_index.embedder.encode([question])[0]
    weights = weigh(passage_index, question, encoding)
    return rank(passage_index, candidates(passage_index, encoding), encoding, weights)


@lru_cache(maxsize=1)
def _open_default() -> PassageIndex:
    return open_index(SEEDS, KEPT)


def default_index() -> PassageIndex:
    """The index over seeds/: built once, kept on disk, built again when documents, model or settings change."""
    with _opening:
        return _open_default()


def _checked_question(question: object) -> str:
    if not isinstance(question, str):
        raise QuestionError(f"The question is a {type(question).__name__}, expected text.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters, expected at most {MAX_QUESTION:,}. Shorten it."
        )
    clean = "".join(c if c.isprintable() else " " for c in question.encode("utf-8", "replace").decode()).strip()
    if not any(map(str.isalnum, clean)):
        raise QuestionError("The question has no words. Type a question about the documents.")
    return clean


def _checked_history(history: object) -> tuple[Turn, ...]:
    if isinstance(history, str) or not isinstance(history, Sequence):
        raise QuestionError(
            f"The history is a {type(history).__name__}, expected a list of earlier questions or answers."
        )
    for turn in history:
        if not isinstance(turn, str | Answer):
            raise QuestionError(f"The history holds a {type(turn).__name__}, expected questions as text, or answers.")
    return tuple(history)


def _citation(passage_index: PassageIndex, number: int, hit: Hit) -> Citation:
    passage, document = passage_index.passage(hit.passage), passage_index.document(hit.passage)
    first, _ = passage_index.sentence_range(hit.passage)
    highlight: Span = passage.sentences[hit.sentence - first]
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        section=passage.section,
        paragraph=passage.paragraph,
        start=passage.start,
        end=passage.end,
        text=document.text[passage.start : passage.end],
        highlights=((highlight.start, highlight.end),),
        score=hit.score,
    )
