"""The page: ask on the left, read on the right. ``build_app(passage_index)`` makes it, ``python app.py`` serves it.

Every answer is a quotation with numbered citations; a click opens the cited place in the document. The document is
sent once per visit and marked in the browser, so a click costs no request. Everything that came from a document or a
visitor passes through ``escape`` on its way into HTML, and nothing a browser sends back is trusted: the conversation
lives in the server's session, and ``retrieval.ask`` checks the question itself.

A visitor's own documents replace the shared ones while there are any, for that visitor only, until the visit ends: they
come as bytes in an event, are never a file the server would hand out, and live in the session. The browser names a
document together with the key of its room, which nobody else knows.

It does not find or rank anything (that is ``retrieval``), load models or read files (that is ``index``), and asks
nothing of the internet.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import importlib
import importlib.util
import json
import logging
import os
import re
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from html import escape as escape_html
from itertools import islice
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio.events import api
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index import Document, PassageIndex
from index.documents import ENDINGS
from index.errors import AskError
from index.library import EMBEDDING, LIMITS, READY, REFUSED, FileState, Intake, Limits, Upload, in_bytes, without
from index.structure import Section
from retrieval import Answer, Citation, ask, default_index
from retrieval.render import Piece, in_words, pieces

TITLE = "Ask the document"
TURNS_KEPT = 20  # turns one visitor's conversation shows; older ones scroll out, so a session's memory is bounded
HISTORY_USED = 6  # turns a follow-up may lean on
QUESTION_SHOWN = 400  # characters of a question repeated on the page; what is searched is never cut
EXAMPLES_SHOWN = 4
ADDS = 0.7  # a passage whose score is below this share of the first one's adds nothing to a found answer
PART = 50  # paragraphs the browser lays out together: those of a long document only when they come into view
OUTLINE_UNFOLDED = 8  # headings an outline may have and still start open
AT_ONCE: dict[str, Any] = {"concurrency_id": "ask", "concurrency_limit": 2}  # page and API share two at a time
ONE_READER: dict[str, Any] = {"concurrency_id": "read", "concurrency_limit": 1}  # uploads are embedded one by one
ALL_VISITORS = 4_000_000  # characters of visitors' documents in memory at once; a character takes about 200 bytes
MAX_BODY = 28_000_000  # bytes of a request: the largest round of uploads in base64
REASON_NAMES = 3  # files named for one reason; the rest are counted
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
ADD = "Add your documents"
VOTES = ("Helpful", "Not helpful")
VOTES_FILE = "ASK_VOTES_FILE"  # the environment variable that names the file votes go to; without it they go nowhere
QUESTION_WORDS = frozenset("what which when where whose whom does have that this with from about said stand".split())
log = logging.getLogger(__name__)


# --- what the page knows --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: an answer, a friendly line of ``trouble``, or neither while it is searched."""

    question: str
    answer: Answer | None = None
    trouble: str = ""
    vote: str = ""  # "Helpful", "Not helpful" or nothing yet
    room: str = ""  # the key of the room it was asked in; in another one it is neither shown nor leant on

    @property
    def settled(self) -> bool:
        return self.answer is not None or bool(self.trouble)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Room:
    """Documents to ask: their index, questions they are known to answer, the pane that shows them.

    key: "" for the documents every visitor shares; for a visitor's own a secret that only their page knows.
    """

    passage_index: PassageIndex
    examples: tuple[str, ...]
    pane: str
    key: str = ""

    @classmethod
    def over(cls, passage_index: PassageIndex, key: str = "") -> Room:
        documents = passage_index.documents
        examples = answered(example_questions(documents), passage_index)
        return cls(passage_index, examples, render_pane(documents, key), key)

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.passage_index.documents)


class Opening:
    """A room being opened in a thread of its own, so that the page is up before index and model are."""

    def __init__(self, load: Callable[[Callable[[int, int], None]], PassageIndex]) -> None:
        self.room: Future[Room] = Future()
        self.done, self.total = 0, 0
        threading.Thread(target=self._open, args=(load,), daemon=True).start()

    def _open(self, load: Callable[[Callable[[int, int], None]], PassageIndex]) -> None:
        try:
            self.room.set_result(Room.over(load(self._report)))
        except AskError as error:  # handed to whoever waits for the room
            self.room.set_exception(error)
        except Exception:
            log.exception("the documents could not be opened")
            self.room.set_exception(AskError("The documents could not be opened. The server's log says why."))

    def _report(self, done: int, total: int) -> None:
        self.done, self.total = done, total


# --- questions drawn from the documents -----------------------------------------------------------------------------


def example_questions(documents: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """Questions the documents' own words suggest, each with words that a right answer or its headings must hold."""
    for document in documents:
        sections = document.sections()
        headings = dict.fromkeys(section.headings[-1] for section in sections if section.headings)
        yield from ((f"What is said about {heading}?", heading) for heading in headings if len(heading) <= 60)
        defined = unique(r"(?<=\w \()[A-Z]{2,7}(?=\))", document.text)
        yield from ((f"What does {name} stand for?", f"({name})") for name in defined)
        if not headings:
            names = unique(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}", document.text)
            yield from ((f"What is said about {name}?", name) for name in names)


def unique(pattern: str, text: str) -> Iterable[str]:
    """The first matches of a pattern in the first pages of a text, each once, in order."""
    return dict.fromkeys(islice((match.group() for match in re.finditer(pattern, text[:50_000])), 8))


def answered(questions: Iterable[tuple[str, str]], passage_index: PassageIndex) -> tuple[str, ...]:
    """The first questions the index answers rightly. Asking them also loads the model before a visitor waits for it."""
    candidates = islice(questions, 4 * EXAMPLES_SHOWN)
    found = (question for question, held in candidates if held in said(ask(question, passage_index=passage_index)))
    return tuple(islice(found, 2 * EXAMPLES_SHOWN))


def said(answer: Answer) -> str:
    """An answer's words and the headings above them; nothing where it was not found."""
    return " ".join((*answer.citations[0].section, answer.text)) if answer.found else ""


def fresh(examples: Sequence[str], turns: Sequence[Turn]) -> tuple[str, ...]:
    """Examples about what the conversation has neither asked nor been shown yet."""
    seen = " ".join(turn.question + " " + " ".join(sections(turn)) for turn in turns).casefold()
    return tuple(example for example in examples if subject(example).casefold() not in seen)[:3]


def subject(example: str) -> str:
    """What an example asks about: the words between its question frame."""
    return re.sub(r"^What (is said about|does) | stand for\?$|\?$", "", example)


def sections(turn: Turn) -> tuple[str, ...]:
    """The headings above the first passage a turn showed."""
    return turn.answer.citations[0].section if turn.answer and turn.answer.citations else ()


# --- rendering: values in, HTML out ---------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Text as HTML shows it, character for character; what HTML cannot hold (NUL, lone surrogates) becomes U+FFFD."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", escape_html(text)).replace("\r", "&#13;").replace("\n", "&#10;")


def shorten(text: str, limit: int = QUESTION_SHOWN) -> str:
    """Text of at most ``limit`` characters and an ellipsis."""
    return text if len(text) <= limit else text[:limit].rstrip() + "…"


def render_marked(citation: Citation) -> str:
    """The cited passage with its answering sentences marked."""
    return "".join(
        f"<mark>{render_piece(piece)}</mark>" if piece.lit else f"<span>{escape(piece.text)}</span>"
        for piece in pieces(citation)
    )


def render_piece(piece: Piece) -> str:
    """A highlighted sentence, the words that answer in bold."""
    before, words, behind = map(escape, piece.parts())
    return f"{before}<strong>{words}</strong>{behind}" if words else before


def render_target(citation: Citation) -> str:
    """The attributes the browser needs to show a citation's place; offsets count code points, as in Python."""
    lit = " ".join(f"{start}-{end}" for start, end in citation.highlights)
    where = f'data-document="{escape(citation.document_id)}" data-start="{citation.start}" data-end="{citation.end}"'
    return f'href="#document" {where} data-lit="{lit}" data-number="{citation.number}"'


def render_citation(citation: Citation) -> str:
    """One numbered citation: where it stands, then its passage; the whole of it is one link into the document."""
    return (
        f'<li><a class="cite" {render_target(citation)}><span class="number">{citation.number}</span>'
        f'<span class="place">{escape(citation.place)}</span>'
        f'<span class="passage">{render_marked(citation)}</span></a></li>'
    )


def render_citations(citations: Sequence[Citation]) -> str:
    """Citations as a list, in their order."""
    return f'<ol class="citations">{"".join(map(render_citation, citations))}</ol>'


def render_answer(answer: Answer) -> str:
    """A found answer: the quotation first, then the passages it stands in."""
    first = answer.citations[0]
    pin = f'<a class="pin" {render_target(first)} aria-label="Citation {first.number}, open in the document">'
    quote = f'<blockquote class="quote"><p>{escape(answer.text)}{pin}{first.number}</a></p></blockquote>'
    return quote + render_citations([c for c in answer.citations if c.score >= ADDS * first.score])


def render_refusal(answer: Answer) -> str:
    """A refusal says so and folds away the closest passages, so that nobody takes them for an answer."""
    line = f'<p class="refusal">{escape(answer.text)}</p>'
    count = len(answer.citations)
    closest = "Closest passage" if count == 1 else f"{count} closest passages"
    note = '<p class="note">Near the question, yet they do not answer it.</p>'
    return line + f"<details><summary>{closest}</summary>{note}{render_citations(answer.citations)}</details>"


def render_trail(answer: Answer) -> str:
    """How the answer was found: what was searched, the words it shares with each passage, the scores."""
    rows = "".join(
        f"<tr><td>{c.number}</td><td>{escape(', '.join(shared_words(answer.searched, c.text)) or '–')}</td>"
        f"<td>{c.score:.3f}</td></tr>"
        for c in answer.citations
    )
    table = "<table><thead><tr><th>Passage</th><th>Words in common</th><th>Score</th></tr></thead>"
    sure = f"Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})"
    return (
        f'<details class="trail"><summary><span class="confidence">{sure}.</span> How was this found?</summary>'
        f"<p>Searched for “{escape(answer.searched)}”, by meaning and word by word.</p>"
        f"{table}<tbody>{rows}</tbody></table></details>"
    )


def shared_words(question: str, text: str) -> list[str]:
    """Words of four letters and more in both, as the question writes them; question words say nothing."""
    present = set(re.findall(r"\w{4,}", text.casefold())) - QUESTION_WORDS
    words = {word.casefold(): word for word in re.findall(r"\w{4,}", question)}
    return [word for folded, word in words.items() if folded in present]


def render_turn(turn: Turn, last: bool) -> str:
    """One turn of the conversation; only the last one can be edited or asked again."""
    question = f'<h2 class="question">{escape(turn.question) or "(nothing)"}</h2>'
    again = button("Edit", "edit") + button("Ask again", "retry") if last else ""
    if turn.trouble:
        return f'<li class="turn trouble">{question}<p role="alert">{escape(turn.trouble)}</p>{foot(again)}</li>'
    if turn.answer is None:
        return f'<li class="turn pending">{question}<p class="note">Reading…</p></li>'
    answer = turn.answer
    if not answer.citations:  # small talk: there is nothing to copy, to vote on or to explain
        return f'<li class="turn talk">{question}<p>{escape(answer.text)}</p>{foot(again)}</li>'
    body = render_answer(answer) if answer.found else render_refusal(answer)
    buttons = foot((copies(answer, not turn.room) if answer.found else "") + again + votes(turn.vote) * last)
    kind = "found" if answer.found else "refused"
    return f'<li class="turn {kind}">{question}{render_searched(turn, last)}{body}{buttons}{render_trail(answer)}</li>'


def render_searched(turn: Turn, last: bool) -> str:
    """The stand-alone question behind a follow-up, and the way back to the question as it was typed."""
    if turn.answer is None or turn.answer.searched == turn.answer.question:
        return ""
    back = button("Search as typed", "typed") if last else ""
    return f'<p class="searched">Searched for: {escape(turn.answer.searched)} {back}</p>'


def button(label: str, action: str, pressed: bool | None = None, **data: str) -> str:
    """A button the page's script passes on to the server as ``action``, or handles itself."""
    extra = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    extra += "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    return f'<button type="button" data-action="{action}"{extra}>{escape(label)}</button>'


def foot(content: str) -> str:
    """The quiet row under a turn."""
    return f'<div class="foot">{content}</div>' if content else ""


def votes(cast: str) -> str:
    """Two buttons that say whether the answer helped; the one cast is pressed."""
    return "".join(button(vote, "vote", vote=vote, pressed=cast == vote) for vote in VOTES)


def copies(answer: Answer, shared: bool = True) -> str:
    """Buttons that put the answer with its citations, or where others have the document a link, on the clipboard."""
    return (
        button("Copy", "copy", text=as_text(answer))
        + button("Copy as Markdown", "copy", text=as_markdown(answer))
        + (button("Copy link", "link", question=answer.searched) if shared else "")
    )


def quoted(citation: Citation) -> tuple[str, str]:
    """What a copied citation says: its answering sentences, and where they stand."""
    spans = citation.highlights or ((citation.start, citation.end),)
    quote = " … ".join(citation.quotes) or citation.text
    return quote, f"{citation.place}, characters {spans[0][0]} to {spans[-1][1]}"


def as_text(answer: Answer) -> str:
    """Question, answer and citations as plain text to paste."""
    rows = ((citation.number, *quoted(citation)) for citation in answer.citations)
    lines = [f"[{number}] “{quote}”\n    {where}" for number, quote, where in rows]
    return "\n\n".join([answer.question, answer.text, *lines])


def as_markdown(answer: Answer) -> str:
    """Question, answer and citations as Markdown to paste; signs Markdown would read are escaped."""

    def plain(text: str) -> str:
        return re.sub(r"([\\`*_\[\]#|~$<>])", r"\\\1", " ".join(text.split()))

    rows = ((citation.number, *quoted(citation)) for citation in answer.citations)
    lines = [f"{number}. “{plain(quote)}”  \n   {plain(where)}" for number, quote, where in rows]
    return "\n\n".join([f"**{plain(answer.question)}**", f"> {plain(answer.text)}", "\n".join(lines)])


def render_conversation(turns: Sequence[Turn], examples: Sequence[str] = (), key: str = "") -> str:
    """The conversation, oldest turn first, then chips for what has not been asked about."""
    items = "".join(render_turn(turn, last=turn is turns[-1]) for turn in turns)
    chips = render_chips(fresh(examples, turns), "Not asked about yet") if turns and turns[-1].settled else ""
    busy = ' aria-busy="true"' if turns and not turns[-1].settled else ""
    log = f'<div role="log" aria-label="Conversation" data-room="{escape(key)}"{busy}>'
    return f'{log}<ol class="turns">{items}</ol></div>{chips}'


def render_chips(questions: Sequence[str], label: str) -> str:
    """Questions to ask with one click."""
    if not questions:
        return ""
    chips = "".join(f"<li>{button(question, 'ask', question=question)}</li>" for question in questions)
    return f'<section class="chips" aria-label="{escape(label)}"><p>{escape(label)}</p><ul>{chips}</ul></section>'


def render_welcome(room: Room | None) -> str:
    """What a visitor sees before the first question."""
    source = "your documents" if room and room.key else "the document"
    line = f"Ask in your own words. Every answer is quoted from {source}, with the place it stands in."
    chips = render_chips(room.examples[:EXAMPLES_SHOWN], "For example") if room else ""
    return f'<p class="lead">{line}</p>{chips}'


def render_opening(done: int, total: int) -> str:
    """The document pane while index or model are still on their way."""
    share = f' value="{done}" max="{total}"' if total else ""
    words = f"Reading the document: {done / total:.0%}" if total and done < total else "Opening the document"
    return f'<p class="note" role="status">{words}…</p><progress aria-label="Opening the document"{share}></progress>'


def render_pane(documents: Sequence[Document], key: str = "") -> str:
    """The first document as a readable page, a place for each of the others, a switch between several."""
    options = "".join(f'<option value="{escape(d.id)}">{escape(d.title)}</option>' for d in documents)
    switch = f'<select id="switch" aria-label="Document">{options}</select>' if len(documents) > 1 else ""
    back = button("Back to the answer", "back")
    others = "".join(f'<article data-document="{escape(d.id)}" hidden></article>' for d in documents[1:])
    articles = f'<article data-document="{escape(documents[0].id)}">{render_document(documents[0])}</article>{others}'
    sheet = f'<div class="sheet" id="sheet" tabindex="0" role="region" aria-label="Document text" data-room="{key}">'
    return f'<div class="bar">{switch}{back}</div>{sheet}{articles}</div>'


def render_document(document: Document) -> str:
    """One document: its file, an outline to jump by, its text."""
    parts = document.sections()
    body = "".join(render_section(document.text, part) for part in parts)
    return f'<p class="file">{escape(document.id)}</p>{render_outline(parts)}{body}'


def render_outline(parts: Sequence[Section]) -> str:
    """The headings as links, folded where there are many, left out where there is nothing to choose from."""
    links = [
        f'<li style="--depth:{len(part.headings) - 1}"><a href="#" data-jump="{position}">'
        f"{escape(part.headings[-1])}</a></li>"
        for position, part in enumerate(parts)
        if part.heading
    ]
    if len(links) < 2:
        return ""
    fold = f'<details class="outline"{" open" if len(links) <= OUTLINE_UNFOLDED else ""}><summary>Contents</summary>'
    return f'{fold}<nav aria-label="Contents"><ol>{"".join(links)}</ol></nav></details>'


def render_section(text: str, section: Section) -> str:
    """One section: its heading, and its paragraphs as blocks of nothing but text that know their offsets."""
    level = f"h{min(len(section.headings) + 1, 6)}"
    heading = f"<{level}>{escape(section.headings[-1])}</{level}>" if section.heading else ""
    paragraphs = [
        f'<p data-start="{p.start}" data-end="{p.end}">{escape(text[p.start : p.end])}</p>' for p in section.paragraphs
    ]
    parts = ("".join(paragraphs[start : start + PART]) for start in range(0, len(paragraphs), PART))
    return f"<section>{heading}{''.join(f'<div>{part}</div>' for part in parts)}</section>"


# --- rendering a visitor's own documents -----------------------------------------------------------------------------


def render_shelf(
    own: Room | None, limits: Limits, status: str = "", files: Sequence[FileState] = (), busy: bool = False
) -> str:
    """A visitor's own documents, those on their way, what went wrong, and the way to add more.

    Always the same elements in the same order: the page replaces only what differs, so that the focus stays where it is
    and a screen reader hears what is new. ``files`` are those of a round of uploads, ``busy`` while it lasts.
    """
    documents = own.passage_index.documents if own else ()
    rows = "".join(map(render_file, files)) if busy else "".join(render_held(d.id) for d in documents)
    back = shelf_button("Back to the shared documents", "back") if own and not busy else ""
    add = shelf_button("Stop reading", "stop") if busy else shelf_button("Add more" if own else ADD, "pick")
    allowed = f'data-file="{limits.file_bytes}" data-sent="{limits.sent_bytes}" data-files="{limits.files}"'
    return (
        f'<div class="shelf"><p class="note" role="status">{status}</p><ul class="files">{rows}</ul>'
        f'<div class="problems" role="alert">{render_problems(files)}</div><div class="foot">{add}'
        f'<input type="file" multiple hidden accept="{",".join(ENDINGS)}" {allowed}>{back}'
        f'<small title="{render_limits(limits)}">{render_limits(limits)}</small></div></div>'
    )


def render_limits(limits: Limits) -> str:
    """What may be brought, in a line."""
    return (
        f"{', '.join(ENDINGS)} · {limits.files} files, {in_bytes(limits.file_bytes)} each, "
        f"{in_bytes(limits.sent_bytes)} at once · {limits.characters:,} characters, {limits.passages:,} passages · "
        f"{limits.seconds:g} seconds to read. Only you see them; they are gone when you leave."
    )


def render_name(name: str) -> str:
    """A file's name; letters that turn the direction of writing turn nothing else."""
    return f"<bdi>{escape(name)}</bdi>"


def render_held(document_id: str) -> str:
    """One of the visitor's documents and the button that removes it."""
    label = f'aria-label="Remove {escape(document_id)}" title="Remove"'
    remove = f'<button type="button" data-shelf="remove" data-document="{escape(document_id)}" {label}>✕</button>'
    return f"<li>{render_name(document_id)}{remove}</li>"


def render_file(file: FileState) -> str:
    """A file on its way."""
    bar = f'<progress aria-label="Embedding {escape(file.name)}" value="{file.done}" max="{file.total}"></progress>'
    bar = bar if file.stage == EMBEDDING else ""
    words = f"embedding {file.done} of {file.total}" if file.stage == EMBEDDING else file.stage or "waiting"
    return f'<li class="{file.stage or "waiting"}">{render_name(file.name)}{bar}<span>{words}</span></li>'


def render_problems(files: Sequence[FileState]) -> str:
    """The files that were not taken, those with one reason together."""
    reasons = dict.fromkeys(file.reason for file in files if file.stage == REFUSED)
    return "".join(render_problem(reason, [f.name for f in files if f.reason == reason]) for reason in reasons)


def render_problem(reason: str, names: Sequence[str]) -> str:
    """What is wrong with the first of some files, and which others have the same."""
    others = ", ".join(map(render_name, names[1:REASON_NAMES]))
    more = f" and {len(names) - REASON_NAMES} more" if len(names) > REASON_NAMES else ""
    same = f" The same holds for {others}{more}." if others else ""
    return f"<p>{render_name(names[0])} <bdi>{escape(reason)}</bdi>{same}</p>"


def shelf_button(label: str, action: str) -> str:
    """A button the shelf's script handles."""
    return f'<button type="button" data-shelf="{action}">{escape(label)}</button>'


# --- answering: what the page's events do ---------------------------------------------------------------------------


def take_turn(question: str, history: Sequence[Turn], passage_index: PassageIndex, as_typed: bool = False) -> Turn:
    """Ask one question after earlier turns; whatever goes wrong becomes a friendly line, never a traceback."""
    earlier = [turn.answer for turn in history if turn.answer][-HISTORY_USED:]
    try:
        answer = ask(question, passage_index=passage_index, history=earlier, as_typed=as_typed)
        return Turn(shorten(question), answer)
    except AskError as error:
        return Turn(shorten(question), trouble=str(error))
    except Exception:  # the page is the last to catch anything: the log gets the traceback, the visitor a sentence
        log.exception("a question failed")
        return Turn(shorten(question), trouble="Something went wrong here, not with your question. Please ask again.")


def keep_vote(turn: Turn) -> Turn:
    """Write a vote on the shared documents to the file the operator asked for, if any, as a line of JSON."""
    path = os.environ.get(VOTES_FILE)
    if path and not turn.room:  # what a visitor brought is not kept
        answer = turn.answer.to_dict() if turn.answer else None
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"question": turn.question, "vote": turn.vote, "answer": answer}) + "\n")
    return turn


def sent_files(data: object) -> list[Upload]:
    """The files in what a browser sent; anything that is none is left out, bytes that are no base64 become None."""
    files = data.get("files") if isinstance(data, dict) else None
    return [sent_file(file) for file in files if isinstance(file, dict)] if isinstance(files, list) else []


def sent_file(sent: dict[Any, Any]) -> Upload:
    """One file as the browser sent it; nothing in it is a path, whatever it says."""
    name, size, data = sent.get("name"), sent.get("size"), sent.get("data")
    try:
        content = base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        content = None
    return Upload(name if isinstance(name, str) else "", content, size if isinstance(size, int) and size > 0 else 0)


def reading(files: Sequence[FileState]) -> str:
    """What a screen reader is told while files are read: once for each, not at every step."""
    number = sum(file.stage in (READY, REFUSED) for file in files) + 1
    name = next((file.name for file in files if file.stage not in (READY, REFUSED)), "")
    return f"Reading {render_name(name)}, {number} of {len(files)}." if name else "Looking for questions to suggest."


def counted(added: int) -> str:
    """What came of a round of uploads."""
    return f"{added or 'No'} document{'' if added == 1 else 's'} added. Your questions go to your documents only."


Shown = tuple[str, str, tuple[Turn, ...]]  # what stays in the question box, the conversation, the session's turns
Shelf = tuple[str, Any]  # the shelf, the visitor's own room or gr.skip()


class BodyLimit:
    """Refuses a request larger than any honest one while it comes in, before it is in memory as a whole."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise HTTPException(413, f"A request may have {in_bytes(MAX_BODY)}.")
            return message

        await self.app(scope, counting, send)


class Desk:
    """The page's event handlers over one room, which may still be opening, and over the rooms visitors bring.

    A visitor's own room lives in the session's state and nowhere else: when that goes, ``own`` forgets it too.
    """

    def __init__(self, opening: Opening, limits: Limits = LIMITS) -> None:
        self.opening = opening
        self.limits = limits
        self.own: WeakValueDictionary[str, Room] = WeakValueDictionary()

    def room(self, own: Room | None = None) -> Room:
        """The visitor's own room, else the shared one, waited for. Raises what went wrong while it opened."""
        return own or self.opening.room.result()

    def show(self, turns: Sequence[Turn], own: Room | None = None, box: str = "") -> Shown:
        """The conversation in the visitor's room; what was said in another one is left there."""
        key = own.key if own else ""
        turns = tuple(turn for turn in turns if turn.room == key)
        opened = own or (self.opening.room.done() and not self.opening.room.exception())
        return box, render_conversation(turns, self.room(own).examples if opened else (), key), turns

    def converse(
        self, question: str, turns: tuple[Turn, ...], own: Room | None = None, alone: bool = False
    ) -> Iterator[Shown]:
        """Show the question at once, then its answer. ``alone`` searches it as typed, without the turns before."""
        key = own.key if own else ""
        turns = tuple(turn for turn in turns if turn.settled and turn.room == key)[1 - TURNS_KEPT :]
        yield self.show((*turns, Turn(shorten(question), room=key)), own)
        try:
            turn = take_turn(question, turns, self.room(own).passage_index, as_typed=alone)
        except AskError as error:
            turn = Turn(shorten(question), trouble=str(error))
        yield self.show((*turns, replace(turn, room=key)), own)

    def request(self, event: gr.EventData, turns: tuple[Turn, ...], own: Room | None = None) -> Iterator[Shown]:
        """A button in the conversation. What it says comes from a browser: an unknown action changes nothing."""
        sent = event._data if isinstance(event._data, dict) else {}
        action, question = sent.get("action"), sent.get("question")
        if action == "ask" and isinstance(question, str):
            yield from self.converse(question, turns, own)
        elif action in ("retry", "typed") and turns:
            yield from self.converse(turns[-1].question, turns[:-1], own, alone=action == "typed")
        elif action == "edit" and turns:
            yield self.show(turns[:-1], own, turns[-1].question)
        elif action == "vote" and turns and sent.get("vote") in VOTES:
            yield self.show((*turns[:-1], keep_vote(replace(turns[-1], vote=sent["vote"]))), own)
        else:
            yield self.show(turns, own)

    def stop(self, turns: tuple[Turn, ...], own: Room | None = None) -> Shown:
        """Give up the question being searched and hand it back to be edited."""
        waiting = turns and not turns[-1].settled
        return self.show(turns[:-1], own, turns[-1].question) if waiting else self.show(turns, own)

    def shared(self, request: gr.Request, turns: tuple[Turn, ...]) -> Iterator[Shown | dict[str, Any]]:
        """Ask the question a shared address carries as ``?q=``; without one, leave alone what a quick visitor typed."""
        question = request.query_params.get("q")
        if question:
            yield from self.converse(question, turns)
        else:
            yield gr.skip()

    def clear(self, own: Room | None = None) -> Shown:
        return self.show((), own)

    def add(self, event: gr.EventData, own: Room | None = None) -> Iterator[Shelf]:
        """Read what a visitor sends, file by file; a room over it and what they hold opens when all are read."""
        try:
            yield from self.taken(sent_files(event._data), own)
        except AskError as error:
            yield render_shelf(own, self.limits, escape(str(error))), gr.skip()
        except Exception:  # as for a question: the log gets the traceback, the visitor a sentence
            log.exception("uploads failed")
            yield render_shelf(own, self.limits, "Something went wrong here, not with your files."), gr.skip()

    def taken(self, uploads: Sequence[Upload], own: Room | None) -> Iterator[Shelf]:
        """The shelf after each step of reading ``uploads``; in the end the room over these and what is held."""
        held = own.passage_index if own else None
        free = ALL_VISITORS - sum(room.characters for room in self.own.values() if room is not own)
        intake = Intake(uploads, held, self.room().passage_index.embedder, self.limits, free)
        for _ in intake.steps():
            yield render_shelf(own, self.limits, reading(intake.files), intake.files, busy=True), gr.skip()
        added = sum(file.stage == READY for file in intake.files)
        if added and intake.passage_index:
            own = self.open_own(intake.passage_index, own.key if own else secrets.token_urlsafe(16))
        yield render_shelf(own, self.limits, counted(added) if own else "", intake.files), own if added else gr.skip()

    def open_own(self, passage_index: PassageIndex, key: str) -> Room:
        """A visitor's own room; who knows the key may read its documents."""
        room = self.own[key] = Room.over(passage_index, key)
        return room

    def remove(self, event: gr.EventData, own: Room | None) -> Shelf:
        """Remove one of the visitor's documents, or all (None); after the last one the shared ones are back."""
        data = event._data if isinstance(event._data, dict) else {}
        names = [None, *(document.id for document in own.passage_index.documents)] if own else []
        document_id = data.get("document", "")
        if own is None or document_id not in names:  # forged, or removed before
            return render_shelf(own, self.limits), gr.skip()
        left = without(own.passage_index, document_id) if document_id is not None else None
        room = self.open_own(left, secrets.token_urlsafe(16)) if left else None
        status = "Removed. The conversation starts anew." if room else "These are the shared documents again."
        return render_shelf(room, self.limits, status), room

    def stop_reading(self, own: Room | None) -> str:
        """What is held stays; of the files being read none is added."""
        return render_shelf(own, self.limits, "Stopped. Nothing was added.")

    def enter(self, turns: tuple[Turn, ...], own: Room | None) -> tuple[str, str, str, tuple[Turn, ...]]:
        """Welcome, pane and conversation of the room a visitor is now in."""
        room = self.room(own)
        return render_welcome(room), room.pane, *self.show(turns, own)[1:]

    def refresh(self, event: gr.EventData, turns: tuple[Turn, ...], own: Room | None) -> tuple[Any, ...]:
        """The page shows another room than the session is in: bring it there, and say so where documents are gone."""
        lost = "Your documents went when the connection was lost. Please add them again." if not own else ""
        return render_shelf(own, self.limits, lost), *self.enter(turns, own)

    async def open(self) -> AsyncIterator[tuple[str, str]]:
        """Welcome and document pane: progress while the room opens, then the documents or why there are none."""
        while not self.opening.room.done():
            yield render_welcome(None), render_opening(self.opening.done, self.opening.total)
            await asyncio.sleep(0.2)
        try:
            room = self.room()
        except AskError as error:
            yield render_welcome(None), f'<p class="note" role="alert">{escape(str(error))}</p>'
        else:
            yield render_welcome(room), room.pane

    def document(self, sent: object) -> str:
        """One more document for the pane, when a visitor first opens it: [the room's key, the document's id]."""
        match sent:
            case [str(key), str(document_id)]:
                room = self.own.get(key) if key else self.room()
                found = (d for d in room.passage_index.documents if d.id == document_id) if room else iter(())
                return next(map(render_document, found), "")
        return ""

    def ask(self, question: str, history: list[str] = [], k: int = 3) -> str:  # noqa: B006 (a default programs can read)
        """Ask the documents. Returns JSON text: question, searched, text, found, confidence, citations."""
        earlier = history[-HISTORY_USED:] if isinstance(history, list) else history  # what is no list, ask refuses
        try:
            answer = ask(question, passage_index=self.room().passage_index, history=earlier, k=k)
        except AskError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return json.dumps(answer.to_dict(), ensure_ascii=False)


# --- what the browser gets: one style sheet, one header, one script -------------------------------------------------

LAUNCH: dict[str, Any] = {
    "ssr_mode": False,
    "run_history": False,
    "enable_monitoring": False,
    "max_file_size": "1kb",  # documents come as events, never as files that have an address
    "app_kwargs": {"middleware": [Middleware(BodyLimit)]},
    "state_session_capacity": 1000,
    "footer_links": [],
}

STYLE = """
:root {
  --paper: #fbfaf7; --sheet: #ffffff; --ink: #1f1d1a; --soft: #625d55; --line: #e4dfd5; --shade: #f3f0e9;
  --accent: #1d5c7a; --on-accent: #ffffff; --warn: #8a3a1c; --cited: #f7f1de; --active: #fcebb6; --lit: #ffd75e;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  --serif: Charter, "Iowan Old Style", Georgia, "Liberation Serif", serif;
}
.dark {
  --paper: #17181a; --sheet: #1d1f22; --ink: #e9e6df; --soft: #aaa59b; --line: #34363a; --shade: #24262a;
  --accent: #8cc7e3; --on-accent: #10222c; --warn: #f0a27f; --cited: #2b2a22; --active: #423a1f; --lit: #74601f;
}
body, gradio-app, .gradio-container { background: var(--paper) !important; }
body { overflow: hidden; }
footer, #top .wrap { display: none !important; }

/* Rules are nested so that they outweigh Gradio's resets. */
.gradio-container {
  color: var(--ink); font-family: var(--sans);
  .app { padding: 0 !important; }
  .html-container { padding: 0; }
  .column:has(> #room) { height: 100dvh; gap: 0; }
  p, h1, h2, ol, ul, blockquote { margin: 0; padding: 0; list-style: none; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .2rem; }
  [data-action] { font: .82rem var(--sans); color: var(--accent); background: none; border: 0; padding: .25rem 0;
    cursor: pointer; text-align: left; }
  [data-action]:hover { text-decoration: underline; }
  summary { font-size: .82rem; color: var(--soft); cursor: pointer; padding: .25rem 0; }
  summary:hover { color: var(--accent); }

  /* the frame: header, conversation left, document right */
  #top { flex: none; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; background: none; }
  #top header { display: flex; align-items: center; gap: 1.2rem; padding: .55rem 1.25rem; }
  #top h1 { font: 600 1rem/1.5 var(--sans); flex: 1; white-space: nowrap; }
  &:not(:has(.pending)) [data-action=stop], &:not(:has(.turn)) [data-action=clear] { display: none; }
  #room { flex: 1; min-height: 0; gap: 0; flex-wrap: nowrap; align-items: stretch; }
  #talk, #document { flex: 1 1 0; min-width: 0; height: 100%; gap: 0; padding: 0; }
  #scroll { flex: 1; min-height: 0; overflow-y: auto; gap: 0; flex-wrap: nowrap;
    padding: 1.5rem 1.25rem; scroll-padding: 1.5rem; }
  #scroll > * { flex: none; width: 100%; max-width: 42rem; margin: 0 auto; background: none; border: 0;
    overflow: visible; }
  #composer { flex: none; flex-wrap: nowrap; align-items: flex-end; gap: .6rem; width: 100%; max-width: 44.5rem;
    margin: 0 auto; padding: .5rem 1.25rem 1.25rem; }
  .form, #box { background: none; border: 0; padding: 0; min-width: 0; box-shadow: none; overflow: visible; }
  #box label > span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  #box textarea { background: var(--sheet); color: var(--ink); border: 1px solid var(--line); border-radius: .6rem;
    padding: .65rem .85rem; font: 1rem/1.4 var(--sans); box-shadow: none; }
  #box textarea::placeholder { color: var(--soft); }
  #send { flex: none; width: auto; min-width: 0; padding: .65rem 1.2rem; border: 0; border-radius: .6rem;
    box-shadow: none; background: var(--accent); color: var(--on-accent); font: 600 1rem/1.5 var(--sans); }

  /* a visitor's own documents */
  #shelf { flex: none; width: 100%; max-width: 44.5rem; margin: 0 auto; padding: .4rem 1.25rem 0; border: 0;
    background: none; overflow: visible; }
  .shelf > :empty { display: none; }
  .shelf .note { margin-bottom: .35rem; }
  .files { display: flex; flex-wrap: wrap; gap: .4rem; max-height: 7.5rem; overflow-y: auto; }
  .files li { display: flex; align-items: center; gap: .6rem; max-width: 100%; padding: .2rem .3rem .2rem .7rem;
    border: 1px solid var(--line); border-radius: .5rem; background: var(--sheet); font-size: .82rem; }
  .files li:has(span) { width: 100%; padding-right: .7rem; }
  .files bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .files span { margin-left: auto; color: var(--soft); white-space: nowrap; }
  .files .refused span { color: var(--warn); }
  .files progress { flex: 0 1 8rem; min-width: 3rem; }
  .problems { max-height: 7.5rem; overflow-y: auto; margin-top: .35rem; font-size: .85rem; color: var(--warn);
    p { margin-bottom: .2rem; } }
  .problems bdi, .shelf .note bdi { white-space: pre-wrap; overflow-wrap: anywhere; }
  [data-shelf] { font: .82rem var(--sans); color: var(--accent); background: none; border: 0; padding: .25rem 0;
    cursor: pointer; text-align: left; }
  [data-shelf]:hover { text-decoration: underline; }
  [data-shelf=remove] { padding: .25rem .45rem; }
  [data-shelf=pick]::before { content: "+ "; }
  .shelf .foot { margin-top: .2rem; }
  .shelf small { flex: 1 1 14rem; min-width: 0; font-size: .72rem; line-height: 1.4; color: var(--soft); }
  &:has(.turn) { /* while talking, documents and limits take a line each */
    #shelf { border-top: 1px solid var(--line); border-radius: 0; }
    .files:not(:has(span)) { flex-wrap: nowrap; overflow-x: auto; li { flex: none; } }
    .shelf small { flex-basis: 8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  }

  /* before the first question */
  #welcome:has(~ #conversation .turn) { display: none; }
  .lead { font: 1.4rem/1.45 var(--serif); max-width: 30rem; margin: 12vh 0 2rem; }
  .chips p { font-size: .82rem; color: var(--soft); margin-bottom: .6rem; }
  .chips ul { display: flex; flex-wrap: wrap; gap: .5rem; }
  .chips [data-action] { border: 1px solid var(--line); border-radius: 1.1rem; background: var(--sheet);
    color: var(--ink); padding: .4rem .9rem; font-size: .88rem; overflow-wrap: anywhere; }
  .chips [data-action]:hover { border-color: var(--accent); text-decoration: none; }

  /* the conversation */
  .turn { padding-bottom: 1.5rem; margin-bottom: 1.75rem; border-bottom: 1px solid var(--line); }
  .question { font: 600 1rem/1.45 var(--sans); margin-bottom: .9rem; }
  .question, .quote p, .passage, .refusal, .searched, .place, .trail, [role=alert] {
    white-space: pre-wrap; overflow-wrap: anywhere; }
  .quote { font: 1.22rem/1.55 var(--serif); padding-left: 1rem; border-left: 3px solid var(--accent);
    margin-bottom: 1.2rem; }
  .refusal { font: italic 1.22rem/1.5 var(--serif); color: var(--soft); margin-bottom: .5rem; }
  .trouble [role=alert] { color: var(--warn); margin-bottom: .4rem; }
  .note, .searched { font-size: .85rem; color: var(--soft); margin-bottom: .6rem; }
  .searched [data-action] { margin-left: .5rem; }
  .pin { font: 600 .72rem var(--sans); vertical-align: super; color: var(--accent); text-decoration: none;
    padding: 0 .3rem; }
  .cite { display: grid; grid-template-columns: 1.5rem 1fr; padding: .6rem .5rem; border-top: 1px solid var(--line);
    color: inherit; text-decoration: none; }
  .cite:hover { background: var(--shade); }
  .cite[aria-current] { background: var(--shade); box-shadow: inset 3px 0 var(--lit); }
  .number { font: 600 .8rem/1.55 var(--sans); color: var(--accent); grid-row: span 2; padding-left: .3rem; }
  .place { font: .8rem/1.55 var(--sans); color: var(--accent); }
  .passage { font: .98rem/1.5 var(--serif); color: var(--soft); }
  .cite mark { background: none; color: var(--ink); box-shadow: inset 0 -.42em var(--active); }
  .refused .cite mark { color: var(--soft); box-shadow: none; }
  /* after the first citation only the answering sentence; the preview and the document have the rest */
  .citations li + li .passage:has(mark) > span { display: none; }
  .citations li + li mark ~ mark::before { content: "… "; }
  .foot { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.1rem; margin-top: .7rem; }
  .foot [aria-pressed=true] { font-weight: 600; text-decoration: underline; }
  .trail { margin-top: .2rem; }
  .trail { font-size: .82rem; color: var(--soft); }
  .trail p { margin: .4rem 0 .6rem; }
  .trail table { border-collapse: collapse; }
  .trail :is(th, td) { text-align: left; vertical-align: top; font-weight: 400; padding: .15rem 1.2rem .15rem 0; }
  .trail th { color: var(--ink); }

  /* the document */
  #document { border: 0; border-left: 1px solid var(--line); border-radius: 0; background: var(--sheet);
    overflow: hidden; }
  #document > *, #document .html-container > * { height: 100%; }
  #document .html-container > div { display: flex; flex-direction: column; }
  #document .html-container > div > .note { margin: 2rem 2.5rem .5rem; }
  progress { appearance: none; height: .4rem; border: 0; border-radius: .2rem; overflow: hidden;
    background: var(--line); }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); }
  progress::-moz-progress-bar { background: var(--accent); }
  #document progress { flex: none; margin: 0 2.5rem; max-width: 20rem; }
  .bar { display: flex; align-items: center; gap: 1rem; padding: .5rem 1.25rem; border-bottom: 1px solid var(--line); }
  .bar:not(:has(select)), .bar [data-action] { display: none; }
  .bar select { appearance: auto; flex: 1; min-width: 0; font: .88rem var(--sans); background: var(--sheet);
    color: var(--ink); border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .5rem; }
  .sheet { flex: 1; min-height: 0; overflow-y: auto; padding: 1.75rem 2.5rem 50vh; }
  .sheet:focus-visible { outline-offset: -2px; }
  .sheet article { max-width: 36rem; margin: 0 auto; font: 1.08rem/1.65 var(--serif); }
  .sheet article[hidden] { display: none; }
  .sheet :is(section, section > div) { content-visibility: auto; contain-intrinsic-size: auto 30rem; }
  .sheet :is(p, h2, h3, h4, h5, h6) { white-space: pre-wrap; overflow-wrap: anywhere; }
  .sheet [data-start] { margin-bottom: 1em; }
  .sheet :is(h2, h3, h4, h5, h6) { font: 600 1.35rem/1.3 var(--serif); margin: 1.5em 0 .6em; color: inherit; }
  .sheet :is(h3, h4, h5, h6) { font-size: 1.12rem; }
  .file { font: .8rem var(--sans); color: var(--soft); overflow-wrap: anywhere; margin-bottom: .6rem; }
  .outline { font-family: var(--sans); margin: .3rem 0 0; }
  .outline ol { max-height: 40vh; overflow-y: auto; }
  .outline a { display: block; padding: .2rem 0 .2rem calc(1rem + var(--depth) * 1rem); color: var(--accent);
    font-size: .88rem; line-height: 1.4; text-decoration: none; overflow-wrap: anywhere; }
  .outline a:hover { text-decoration: underline; }
  .sheet mark { background: var(--cited); color: inherit; padding: .12em 0; scroll-margin: 25vh; }
  .sheet mark.active { background: var(--active); }
  .sheet mark.lit { background: var(--lit); }
  .sheet mark:focus { outline: none; }

  @media (max-width: 50rem) { /* a phone: the document is a sheet over the conversation */
    #document { position: fixed; inset: 0; z-index: 40; height: 100dvh; border: 0; display: none; }
    .bar, .bar:not(:has(select)) { display: flex; }
    .bar [data-action] { display: block; flex: none; }
    .sheet { padding: 1rem 1.25rem 50vh; }
    .lead { font-size: 1.25rem; margin-top: 6vh; }
    #scroll { padding: 1.25rem 1rem; }
    #composer { padding: .5rem 1rem 1rem; }
    #shelf { padding: .4rem 1rem 0; }
    #top header { padding: .5rem 1rem; }
    .tools { gap: .1rem 1rem; }
  }
  @media (min-width: 50.01rem) { #top [data-action=read] { display: none; } }
}
body.reading .gradio-container #document { display: block; }
body.dropping::after { content: "Drop your documents to ask about them"; position: fixed; inset: .75rem; z-index: 60;
  display: grid; place-items: center; border: 2px dashed var(--accent); border-radius: 1rem; pointer-events: none;
  background: color-mix(in srgb, var(--paper) 88%, transparent); color: var(--ink); font: 600 1.2rem var(--sans); }

#preview { position: fixed; z-index: 50; width: min(26rem, 90vw); max-height: 45vh; overflow: hidden;
  padding: .8rem 1rem; background: var(--sheet); color: var(--ink); border: 1px solid var(--line); border-radius: .5rem;
  box-shadow: 0 6px 24px rgb(0 0 0 / .18); font: .95rem/1.5 var(--serif);
  white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; animation: appear .15s .2s both; }
@keyframes appear { from { opacity: 0; } }
#preview .place { display: block; font: .78rem/1.6 var(--sans); color: var(--soft); }
#preview mark { background: var(--active); color: inherit; }
"""

HEADER = f"""<style>{STYLE}</style><header><h1>{TITLE}</h1>
<button type="button" data-action="stop">Stop</button>
<button type="button" data-action="read">Document</button>
<button type="button" data-action="clear">Clear</button></header>"""

# Gradio runs this once, when the conversation is on the page; element, trigger and watch are what it passes in.
SCRIPT = """
const one = (selector, inside = document) => inside.querySelector(selector);
const spans = text => text.split(' ').filter(Boolean).map(span => span.split('-').map(Number));
let opened = null;                       // the citation link whose passage is the active one

// Marking. Blocks hold nothing but text, so a block is repainted from its own text; offsets count code points.
const paint = (block, ranges) => {
  const points = Array.from(block.textContent), from = Number(block.dataset.start);
  const inside = n => Math.min(Math.max(n - from, 0), points.length);
  const edges = ranges.flatMap(r => [inside(r.start), inside(r.end)]);
  const cuts = [...new Set([0, points.length, ...edges])].sort((a, b) => a - b);
  block.replaceChildren(...cuts.slice(1).map((to, i) => {
    const text = points.slice(cuts[i], to).join('');
    const names = ranges.filter(r => r.start - from <= cuts[i] && r.end - from >= to).map(r => r.name);
    if (!names.length) return document.createTextNode(text);
    const mark = document.createElement('mark');
    mark.className = [...new Set(names)].join(' ');
    mark.textContent = text;
    return mark;
  }));
};
const rangesOf = link => {
  const start = Number(link.dataset.start), end = Number(link.dataset.end);
  const active = link.dataset.number === opened.dataset.number;
  const lit = active ? spans(link.dataset.lit).map(([start, end]) => ({start, end, name: 'lit'})) : [];
  return [{start, end, name: active ? 'active' : 'cited'}, ...lit];
};
const articles = () => [...document.querySelectorAll('#sheet article')];
const show = async id => {               // a document is fetched when it is first shown, and never again
  for (const article of articles()) article.hidden = article.dataset.document !== id;
  const choice = one('#switch'), article = articles().find(a => !a.hidden);
  if (choice) choice.value = id;
  if (article && !article.firstChild) article.innerHTML = await server.document([one('#sheet').dataset.room, id]);
};
const unmark = () => {
  opened = null;
  document.querySelectorAll('.cite[aria-current]').forEach(link => link.removeAttribute('aria-current'));
  for (const block of document.querySelectorAll('#sheet [data-start]')) if (block.firstElementChild) paint(block, []);
};
const mark = async link => {             // the passages of one answer, the given one stronger
  opened = link;
  const links = [...link.closest('.turn').querySelectorAll('.cite')];
  document.querySelectorAll('.cite[aria-current]').forEach(other => other.removeAttribute('aria-current'));
  links.filter(l => l.dataset.number === link.dataset.number).forEach(l => l.setAttribute('aria-current', 'true'));
  await show(link.dataset.document);
  for (const article of articles()) {
    const ranges = links.filter(l => l.dataset.document === article.dataset.document).flatMap(rangesOf);
    for (const block of article.querySelectorAll('[data-start]')) {
      const start = Number(block.dataset.start), end = Number(block.dataset.end);
      const here = ranges.filter(r => r.start < end && r.end > start);
      if (here.length || block.firstElementChild) paint(block, here);
    }
  }
};
const scrollToActive = () => {
  const target = one('#sheet mark.active.lit') || one('#sheet mark.active');
  if (!target) return null;
  const far = Math.abs(target.getBoundingClientRect().top) > 2 * innerHeight;
  const calm = far || matchMedia('(prefers-reduced-motion: reduce)').matches;
  target.scrollIntoView({block: 'nearest', behavior: calm ? 'instant' : 'smooth'});
  return target;
};
const phone = matchMedia('(max-width: 50rem)');
const read = on => {                     // on a phone the document covers the conversation
  document.body.classList.toggle('reading', on);
  one('#talk').inert = on && phone.matches;
};
const open = async link => {
  await mark(link);
  read(true);
  const target = scrollToActive();
  if (!target) return;
  target.tabIndex = -1;
  target.focus({preventScroll: true});
};
const back = () => { read(false); if (opened) opened.focus(); };

// Previews: the whole passage beside a citation that is hovered or focused.
const card = document.createElement('div');
card.id = 'preview';
card.hidden = true;
card.setAttribute('aria-hidden', 'true');    // a screen reader has the same text in the link itself
document.body.append(card);
let previewed = null;
const preview = link => {
  previewed = link;
  const passage = one(`.cite[data-number="${CSS.escape(link.dataset.number)}"]`, link.closest('.turn'));
  card.replaceChildren(...[...passage.querySelectorAll('.place, .passage')].map(part => part.cloneNode(true)));
  card.hidden = false;
  const at = link.getBoundingClientRect(), room = innerHeight - at.bottom;
  card.style.left = Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8)) + 'px';
  card.style.top = (room > card.offsetHeight + 8 ? at.bottom + 4 : Math.max(8, at.top - card.offsetHeight - 4)) + 'px';
};
const cut = link => link.matches('.pin, li + li > *');   // shows less than its passage
const hide = () => { previewed = null; card.hidden = true; };
const citation = event => event.target.closest ? event.target.closest('.cite, .pin') : null;
if (matchMedia('(hover: hover)').matches) document.addEventListener('mouseover', event => {
  const link = citation(event);
  if (link && cut(link)) preview(link); else hide();
});
const suggest = link => {
  if (link.matches(':is(.cite, .pin):focus-visible') && cut(link)) preview(link); else hide();
};
document.addEventListener('focusin', event => suggest(event.target));
document.addEventListener('scroll', () => { if (previewed) preview(previewed); }, true);

// Buttons and links. What needs the server goes through trigger; the server checks it again.
const copy = async (text, button) => {
  try { await navigator.clipboard.writeText(text); }
  catch {                                  // no permission, or not a secure page: the old way
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const label = button.dataset.label ||= button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = label; }, 1500);
};
const act = button => {
  const {action, question, text, vote} = button.dataset;
  if (action === 'back') back();
  else if (action === 'read') { read(true); one('#sheet')?.focus(); }
  else if (action === 'copy') copy(text, button);
  else if (action === 'link') copy(`${location.origin}${location.pathname}?q=${encodeURIComponent(question)}`, button);
  else if (action === 'stop') trigger('stop');
  else if (action === 'clear') trigger('clear');
  else {
    one('[role=log]').setAttribute('aria-busy', 'true');
    trigger('request', {action, question, vote});
  }
  if (['stop', 'clear', 'edit'].includes(action)) one('#box textarea').focus();
};
document.addEventListener('click', event => {
  const link = citation(event), button = event.target.closest('[data-action]');
  const jump = event.target.closest('.outline a');
  if (link || jump) event.preventDefault();
  if (link) open(link);
  else if (button) act(button);
  else if (jump) jump.closest('article').querySelectorAll('section')[jump.dataset.jump].scrollIntoView();
});
document.addEventListener('change', event => { if (event.target.id === 'switch') show(event.target.value); });
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  hide();
  if (one('#sheet')?.contains(document.activeElement) || document.body.classList.contains('reading')) back();
});

// A new turn: its question at the top, its first passage in the pane.
const settled = () => {                  // another room than the session's is shown: documents went, or came just now
  const shown = one('#sheet')?.dataset.room, spoken = one('[role=log]', element).dataset.room;
  if (shown !== undefined && shown !== spoken) trigger('refresh');
};
let room = '';
watch('value', () => {
  hide();
  setTimeout(settled, 500);
  const entered = one('[role=log]', element).dataset.room;
  if (entered !== room && one('#sheet')) one('#sheet').scrollTop = 0;
  room = entered;
  const turn = [...element.querySelectorAll('.turn')].pop();
  if (!turn) return;
  if (turn.matches('.pending') && !one('[data-shelf=stop]'))   // who asks has read what became of the uploads
    for (const news of document.querySelectorAll('.shelf > [role]')) news.replaceChildren();
  turn.scrollIntoView({block: 'start'});
  const first = one('.quote ~ .citations .cite', turn);
  if (first) mark(first).then(scrollToActive); else unmark();
});
"""


# The same for the shelf: files are read in the browser and sent as one event; the server checks them again.
SHELF_SCRIPT = """
const one = selector => document.querySelector(selector);
const input = () => one('#shelf input');
const whole = file => new Promise(done => {
  const reader = new FileReader(), {name, size} = file;
  reader.onload = () => done({name, size, data: reader.result.split(',')[1] || ''});
  reader.onerror = () => done({name, size: 0});
  reader.readAsDataURL(file);
});
const send = async files => {
  if (!files.length) return;
  const most = input().dataset, endings = input().accept.split(',');
  const news = one('#shelf [role=status]'), sending = `Sending ${files.length} file${files.length > 1 ? 's' : ''}…`;
  news.textContent = sending;
  setTimeout(() => { if (news.textContent === sending) news.textContent = 'Waiting until others are read…'; }, 8000);
  let total = 0;
  const fits = (file, i) => i < most.files && file.size <= most.file && total + file.size <= most.sent
    && endings.some(ending => file.name.toLowerCase().endsWith(ending)) && ((total += file.size), true);
  trigger('add_files', {files: await Promise.all(files.map((file, i) =>
    fits(file, i) ? whole(file) : {name: file.name, size: file.size}))});
};
document.addEventListener('click', event => {
  const button = event.target.closest('[data-shelf]');
  if (!button) return;
  const {shelf, document: id} = button.dataset;
  if (shelf === 'pick') input().click();
  else if (shelf === 'stop') trigger('stop_reading');
  else trigger('remove_file', {document: id ?? null});
});
document.addEventListener('change', event => {
  if (event.target !== input()) return;
  send([...event.target.files]);
  event.target.value = '';
});
const files = event => event.dataTransfer?.types.includes('Files');
const dropping = on => document.body.classList.toggle('dropping', on);
document.addEventListener('dragover', event => { if (files(event)) { event.preventDefault(); dropping(true); } }, true);
document.addEventListener('dragleave', event => { if (!event.relatedTarget) dropping(false); }, true);
document.addEventListener('drop', event => {
  if (!files(event)) return;
  event.preventDefault();
  dropping(false);
  if (one('[data-shelf=pick]')) send([...event.dataTransfer.files]);
}, true);
let last = null;                         // the button used last; where it is gone, the focus goes to the one that stays
document.addEventListener('focusin', event => { last = event.target.closest('[data-shelf]'); });
watch('value', () => setTimeout(() => { if (last && !last.isConnected) one('#shelf .foot button').focus(); }));
"""


def build_app(passage_index: PassageIndex | Opening, limits: Limits = LIMITS) -> gr.Blocks:
    """The page over an index, or over one that is still being opened. limits: of what a visitor may bring."""
    desk = Desk(passage_index if isinstance(passage_index, Opening) else Opening(lambda _: passage_index), limits)

    def document(sent: object) -> str:  # Gradio marks what it may serve, which a bound method cannot be
        return desk.document(sent)

    def leave(request: gr.Request) -> None:  # Gradio alone would keep what a visitor brought for another hour
        page.state_holder.delete_state(str(request.session_hash))

    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with page:
        turns, own = gr.State(()), gr.State(None)
        gr.HTML(HEADER, elem_id="top", apply_default_css=False)
        with gr.Row(elem_id="room"):
            with gr.Column(elem_id="talk"):
                with gr.Column(elem_id="scroll"):
                    welcome = gr.HTML(render_welcome(None), elem_id="welcome", apply_default_css=False)
                    conversation = gr.HTML(
                        render_conversation(()),
                        elem_id="conversation",
                        apply_default_css=False,
                        js_on_load=SCRIPT,
                        server_functions=[document],
                    )
                shelf = gr.HTML(
                    render_shelf(None, limits), elem_id="shelf", apply_default_css=False, js_on_load=SHELF_SCRIPT
                )
                with gr.Row(elem_id="composer"):
                    box = gr.Textbox(
                        label="Your question", placeholder="Ask a question", max_lines=5, autofocus=True, elem_id="box"
                    )
                    send = gr.Button("Ask", variant="primary", elem_id="send")
            pane = gr.HTML(render_opening(0, 0), elem_id="document", apply_default_css=False)

        shown, inside = [box, conversation, turns], [turns, own]
        asked = gr.on([box.submit, send.click], desk.converse, [box, *inside], shown, **QUIET, **AT_ONCE)
        requested = conversation.request(desk.request, inside, shown, **QUIET, **AT_ONCE)
        conversation.stop(desk.stop, inside, shown, cancels=[asked, requested], **QUIET)
        conversation.clear(desk.clear, own, shown, cancels=[asked, requested], **QUIET)
        added = shelf.add_files(desk.add, own, [shelf, own], trigger_mode="multiple", **QUIET, **ONE_READER)
        shelf.remove_file(desk.remove, own, [shelf, own], cancels=[added], **QUIET)
        shelf.stop_reading(desk.stop_reading, own, shelf, cancels=[added], **QUIET)
        entered = [welcome, pane, conversation, turns]
        own.change(desk.enter, inside, entered, **QUIET)
        conversation.refresh(desk.refresh, inside, [shelf, *entered], **QUIET)
        opened = page.load(desk.open, None, [welcome, pane], concurrency_limit=None, **QUIET)
        opened.then(desk.shared, turns, shown, **QUIET, **AT_ONCE)
        page.unload(leave)
        api(desk.ask, api_name="ask", **AT_ONCE)
    page.queue(max_size=32, api_open=False)  # nobody passes the queue by
    return page


def register_on_zero_gpu() -> None:
    """A ZeroGPU Space must own one GPU function. Ours does nothing: questions stay on the CPU and cost no quota."""

    def nothing() -> None:
        return None

    if importlib.util.find_spec("spaces"):
        importlib.import_module("spaces").GPU(nothing)


def main() -> None:
    """Serve the page over seeds/, on this machine only unless a Space asks for more."""
    register_on_zero_gpu()  # before anything imports torch
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    page = build_app(Opening(lambda progress: default_index(progress=progress)))
    page.launch(**LAUNCH, server_name="0.0.0.0" if "SPACE_ID" in os.environ else None)


if __name__ == "__main__":
    main()
