"""`ask`: the whole way of one question."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from index import PassageIndex, QuestionError, open_index
from index.sentences import split_sentences
from index.store import Progress
from retrieval.codes import as_written, stands_nowhere
from retrieval.confidence import BY_LETTERS, FOREIGN, THRESHOLD, confidence, shifted
from retrieval.followup import (
    MAX_TURN,
    MAX_TURNS,
    context_of,
    earlier_questions,
    leans,
    points_back,
    says_little,
    telling_words,
)
from retrieval.language import in_other_script, is_foreign
from retrieval.meant import conversation_of
from retrieval.places import names_a_number, place_of
from retrieval.query import Query, in_context, make_query
from retrieval.rank import Hit, rank
from retrieval.reader import reader_for
from retrieval.reading import read_hits
from retrieval.results import REFUSAL, Answer, Citation, Turn
from retrieval.search import candidates
from retrieval.smalltalk import is_small_talk, small_talk
from retrieval.spelling import mend

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
KEPT = ROOT / ".index"
MAX_QUESTION = 2000
"""Characters in a question at most."""
MAX_CITATIONS = 20
OWN_LEAST = 0.07
"""Confidence, before anything is read, below which a question's own words hardly match the documents."""
WORTH_READING = 0.003
"""The same below which nothing is read: the reader would not change it."""
ALONE_ENOUGH = 0.4
"""The same from which on a question that does not lean on the conversation is searched alone."""
PLACE, NOWHERE = 0.7, 0.1
"""Confidence at least where a question names a place and that is there, and at most where it names a code or a numbered
place that is nowhere: their neighbours look alike."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufeff]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embed, override or isolate a direction: they turn other text

_opening = Lock()
_opened: list[PassageIndex] = []


def ask(
    question: str,
    *,
    passage_index: PassageIndex | None = None,
    history: Sequence[Turn] = (),
    k: int = 3,
    as_typed: bool = False,
) -> Answer:
    """Answer a question from the documents of an index, with at most k citations.

    passage_index: None for the one over seeds/. history: earlier turns, oldest first. as_typed: search the question's
    words and no others, slips of the finger included. Raises QuestionError where the question is blank, too long or no
    text, k is below 1 or above MAX_CITATIONS, or the history is not one.
    """
    question, history = check_question(question, k), _checked_history(history)
    if passage_index is None:
        passage_index = default_index()
    if not as_typed and (line := small_talk(question, passage_index)):
        return Answer(question, question, line, found=False, confidence=0.0)
    found_as = [_read(passage_index, question, history, as_typed)]
    story, last = _last_question(question)
    if story and not as_typed:
        found_as.append(_read(passage_index, last, (*history, story), as_typed))
    searched, hits, sure = max(found_as, key=lambda found: found[2])
    if in_other_script(question, passage_index):
        sure = shifted(sure, BY_LETTERS)
    elif is_foreign(question, passage_index):
        sure = shifted(sure, FOREIGN)
    if place := place_of(question, passage_index, hits):
        hits = [place, *(hit for hit in hits if hit.passage != place.passage)]
        sure = max(sure, PLACE)
    elif names_a_number(question) or stands_nowhere(question, passage_index):
        sure = min(sure, NOWHERE)
    found = sure >= THRESHOLD and bool(hits)
    citations = tuple(_citation(passage_index, n, hit, found) for n, hit in enumerate(hits[:k], start=1))
    text = " ".join(citations[0].quotes) if found else REFUSAL
    return Answer(question, searched, text, found, sure, citations)


def _read(
    passage_index: PassageIndex, question: str, history: Sequence[Turn], as_typed: bool
) -> tuple[str, list[Hit], float]:
    """What `_search` finds, read where that could change it."""
    searched, hits, sure = _search(passage_index, question, history, as_typed)
    readable = sure >= WORTH_READING and not in_other_script(question, passage_index)
    if readable and (reader := reader_for(passage_index)):
        hits = read_hits(reader, passage_index, searched, hits)
        sure = confidence(hits, len(passage_index))
    return searched, hits, sure


def _last_question(text: str) -> tuple[str, str]:
    """What somebody tells before they ask, "" where they ask at once, and their question."""
    *_, last = split_sentences(text, 0, len(text))
    story = text[: last.start].strip()
    return (story, text[last.start : last.end]) if text[last.end - 1] == "?" else ("", text)


def _search(
    passage_index: PassageIndex, question: str, history: Sequence[Turn], as_typed: bool
) -> tuple[str, list[Hit], float]:
    """What was searched, the hits, best first, and the confidence in the first one.

    A question that stands alone and matches well is searched as it is, be it a single word. Words from the conversation
    join one that leans on it, or that finds nothing alone, if it then finds something; the evidence still is mostly the
    question's own. A question whose own words hardly match the documents is never answered by the conversation's,
    unless one of them stands for something said there.
    """
    plain = passage_index.embedder.encode([question])[0]
    mended = question if as_typed else as_written(mend(question, plain, passage_index), passage_index)
    if mended != question:
        question, plain = mended, passage_index.embedder.encode([mended])[0]
    earlier = [] if as_typed else earlier_questions(history)
    conversation = conversation_of(passage_index, question, plain, earlier)
    hits, sure = _ranked(passage_index, make_query(passage_index, question, plain), conversation)
    context = "" if as_typed else context_of(question, history)
    if not context or (sure >= ALONE_ENOUGH and not leans(question)):
        return question, hits, sure
    if sure < OWN_LEAST and telling_words(question) and not points_back(question):
        return question, hits, sure
    wider = make_query(passage_index, question, plain, context)
    wider_hits, wider_sure = _ranked(passage_index, wider, conversation)
    if wider_sure < ALONE_ENOUGH and not (leans(question) or says_little(question)):
        return question, hits, sure
    return in_context(question, context), wider_hits, wider_sure


def _ranked(passage_index: PassageIndex, query: Query, conversation: Sequence[Query]) -> tuple[list[Hit], float]:
    """The hits of a query, best first, and the confidence in the first one."""
    hits = rank(passage_index, candidates(passage_index, query), query, conversation)
    return hits, confidence(hits, len(passage_index))


def default_index(progress: Progress | None = None) -> PassageIndex:
    """The index over seeds/: built once, kept on disk, built again when documents, model or settings change.

    progress: called with (done, total) while it is built. Raises DocumentError where seeds/ cannot be read.
    """
    with _opening:
        if not _opened:
            _opened.append(open_index(SEEDS, KEPT, progress=progress))
        return _opened[0]


def check_question(question: object, k: object) -> str:
    """The question as it is searched. Raises QuestionError as `ask` does for these two."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_CITATIONS:
        raise QuestionError(f"k is {k!r}, expected a whole number from 1 to {MAX_CITATIONS}.")
    if not isinstance(question, str):
        raise QuestionError(f"The question is a {type(question).__name__}, expected text.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters, expected at most {MAX_QUESTION:,}. Shorten it."
        )
    clean = _clean(question)
    if not any(map(str.isalnum, clean)):
        raise QuestionError("The question has no words. Type a question about the documents.")
    return clean


def _checked_history(history: object) -> tuple[str, ...]:
    """The questions of the latest turns; small talk has no words to lend."""
    if isinstance(history, str) or not isinstance(history, Sequence):
        raise QuestionError(
            f"The history is a {type(history).__name__}, expected a list of earlier questions or answers."
        )
    asked = [turn.question if isinstance(turn, Answer) else turn for turn in history]
    for question in asked:
        if not isinstance(question, str):
            found = type(question).__name__
            raise QuestionError(f"The history holds a {found}, expected questions as text, or answers.")
    latest = (_clean(question[:MAX_TURN]) for question in asked[-MAX_TURNS:])
    return tuple(question for question in latest if not is_small_talk(question))


def _clean(question: str) -> str:
    """The question without what nobody sees and no text needs; joiners and marks that words are written with stay."""
    shown = _TURNING.sub("", question.encode("utf-8", "replace").decode())
    return _CONTROL.sub(" ", shown).strip()


def _citation(passage_index: PassageIndex, number: int, hit: Hit, found: bool) -> Citation:
    passage, document = passage_index.passage(hit.passage), passage_index.document(hit.passage)
    first, _ = passage_index.sentence_range(hit.passage)
    highlight = passage.sentences[hit.sentence - first]
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
        page=document.page_at(passage.start),
        answer=hit.answer if found else None,
    )
