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
import importlib
import importlib.util
import json
import logging
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio.events import api
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index import AskError, PassageIndex
from index.library import LIMITS, READY, Intake, Limits, Upload, in_bytes, without
from retrieval import ask, default_index
from retrieval.page.assets import BUSY_SCRIPT, CONVERSATION_SCRIPT, HEADER, SHELF_SCRIPT, TITLE
from retrieval.page.conversation import VOTES, Turn, render_conversation, render_welcome
from retrieval.page.markup import escape, shorten
from retrieval.page.pane import render_document, render_opening
from retrieval.page.room import Opening, Room
from retrieval.page.shelf import counted, reading, render_shelf, sent_files, waiting

TURNS_KEPT = 20  # turns one visitor's conversation shows; older ones scroll out, so a session's memory is bounded
HISTORY_USED = 6  # turns a follow-up may lean on
QUESTION_KEPT = 20_000  # characters of a question handed back to be edited; one of more than 2,000 is not searched
AT_ONCE: dict[str, Any] = {"concurrency_id": "ask", "concurrency_limit": 2}  # page and API share two at a time
MOST_IN_LINE = 8  # visitors whose uploads are read or wait for it: one round is read at a time
ALL_VISITORS = 4_000_000  # characters of visitors' documents in memory at once; a character takes about 200 bytes
WAIT = 0.5  # seconds between two looks at what is waited for
MAX_BODY = 28_000_000  # bytes of a request: the largest round of uploads in base64
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
FAILED = "Something went wrong here, not with your question. Please ask again."
MCP_SETTING = "ASK_MCP"  # the environment variable that, "on", makes /ask a tool for agents too
VOTES_FILE = "ASK_VOTES_FILE"  # the environment variable that names the file votes go to; without it they go nowhere
log = logging.getLogger(__name__)


def take_turn(question: str, history: Sequence[Turn], passage_index: PassageIndex, as_typed: bool = False) -> Turn:
    """Ask one question after earlier turns; whatever goes wrong becomes a friendly line, never a traceback."""
    earlier = [turn.answer for turn in history if turn.answer][-HISTORY_USED:]
    turn = Turn(shorten(question, QUESTION_KEPT))
    try:
        return replace(turn, answer=ask(question, passage_index=passage_index, history=earlier, as_typed=as_typed))
    except AskError as error:
        return replace(turn, trouble=str(error))
    except Exception:  # the page is the last to catch anything: the log gets the traceback, the visitor a sentence
        log.exception("a question failed")
        return replace(turn, trouble=FAILED)


def keep_vote(turn: Turn) -> Turn:
    """Write a vote on the shared documents to the file the operator asked for, if any, as a line of JSON."""
    path = os.environ.get(VOTES_FILE)
    if path and not turn.room:  # what a visitor brought is not kept
        answer = turn.answer.to_dict() if turn.answer else None
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"question": turn.question, "vote": turn.vote, "answer": answer}) + "\n")
    return turn


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
        self.visits: WeakValueDictionary[str, Room] = WeakValueDictionary()  # the same rooms by session
        self.line: list[object] = []  # rounds of uploads, the first one being read

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
        turn = Turn(shorten(question, QUESTION_KEPT), room=key)
        pending = self.show((*turns, turn), own)
        yield pending
        while not (own or self.opening.opened(WAIT)):
            yield pending  # a question that is stopped ends only where it yields, and until then Gradio takes no other
        try:
            turn = take_turn(question, turns, self.room(own).passage_index, as_typed=alone)
        except AskError as error:
            turn = replace(turn, trouble=str(error))
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

    def add(self, event: gr.EventData, own: Room | None = None, request: gr.Request | None = None) -> Iterator[Shelf]:
        """Read what a visitor sends, file by file; a room over it and what they hold opens when all are read."""
        try:
            yield from self.taken(sent_files(event._data), own, visit(request))
        except AskError as error:
            yield render_shelf(own, self.limits, escape(str(error))), gr.skip()
        except Exception:  # as for a question: the log gets the traceback, the visitor a sentence
            log.exception("uploads failed")
            yield render_shelf(own, self.limits, "Something went wrong here, not with your files."), gr.skip()

    def taken(self, uploads: Sequence[Upload], own: Room | None, session: str) -> Iterator[Shelf]:
        """The shelf while others are read first, in the order in which they came, then while ``uploads`` are read.

        It waits here, not in Gradio's queue: there a few large uploads would keep questions out. What the visitor sent
        before may be read meanwhile: then they hold another room than when this round began.
        """
        place = object()
        if len(self.line) >= MOST_IN_LINE:
            raise AskError("Many visitors are adding documents just now. Please try again in a few minutes.")
        self.line.append(place)
        try:
            while ahead := self.line.index(place):
                yield render_shelf(own, self.limits, waiting(ahead), busy=True), gr.skip()
                time.sleep(WAIT)
            yield from self.read(uploads, self.visits.get(session, own), session)
        finally:
            self.line.remove(place)

    def read(self, uploads: Sequence[Upload], own: Room | None, session: str) -> Iterator[Shelf]:
        """The shelf after each step of reading ``uploads``; in the end the room over these and what is held."""
        held = own.passage_index if own else None
        free = ALL_VISITORS - sum(room.characters for room in self.own.values() if room is not own)
        intake = Intake(uploads, held, self.room().passage_index.embedder, self.limits, free)
        for _ in intake.steps():
            yield render_shelf(own, self.limits, reading(intake.files), intake.files, busy=True), gr.skip()
        added = sum(file.stage == READY for file in intake.files)
        if added and intake.passage_index:
            own = self.open_own(intake.passage_index, own.key if own else secrets.token_urlsafe(16), session)
        yield render_shelf(own, self.limits, counted(added) if own else "", intake.files), own if added else gr.skip()

    def open_own(self, passage_index: PassageIndex, key: str, session: str) -> Room:
        """A visitor's own room; who knows the key may read its documents."""
        room = self.own[key] = Room.over(passage_index, key)
        if session:
            self.visits[session] = room
        return room

    def remove(self, event: gr.EventData, own: Room | None, request: gr.Request | None = None) -> Shelf:
        """Remove one of the visitor's documents, or all (None); after the last one the shared ones are back."""
        data = event._data if isinstance(event._data, dict) else {}
        names = [None, *(document.id for document in own.passage_index.documents)] if own else []
        document_id = data.get("document", "")
        if own is None or document_id not in names:  # forged, or removed before
            return render_shelf(own, self.limits), gr.skip()
        left = without(own.passage_index, document_id) if document_id is not None else None
        self.visits.pop(visit(request), None)
        room = self.open_own(left, secrets.token_urlsafe(16), visit(request)) if left else None
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
        """Ask the documents a question: get the sentences that answer it, word for word, or a plain no.

        The answer is a JSON object: text (the quotation), found (false where the documents do not say; the citations
        then are only the closest passages), confidence (0 to 1), searched (the question with the words it took from
        the history) and citations, each with text, title, section, page, document_id, start and end.

        Args:
            question: one question in plain words, at most 2,000 characters
            history: earlier questions of the conversation, oldest first, for one that leans on them
            k: citations at most, 1 to 20
        """
        earlier = history[-HISTORY_USED:] if isinstance(history, list) else history  # what is no list, ask refuses
        try:
            answer = ask(question, passage_index=self.room().passage_index, history=earlier, k=k)
        except AskError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except Exception:
            log.exception("a question failed")
            raise gr.Error(FAILED, print_exception=False) from None
        return json.dumps(answer.to_dict(), ensure_ascii=False)


def visit(request: gr.Request | None) -> str:
    """The session a request belongs to, "" where there is none."""
    return str(request.session_hash) if request else ""


LAUNCH: dict[str, Any] = {
    "ssr_mode": False,
    "run_history": False,
    "enable_monitoring": False,
    "max_file_size": "1kb",  # documents come as events, never as files that have an address
    "app_kwargs": {"middleware": [Middleware(BodyLimit)]},
    "state_session_capacity": 1000,
    "footer_links": [],
}


def build_app(passage_index: PassageIndex | Opening, limits: Limits = LIMITS) -> gr.Blocks:
    """The page over an index, or over one that is still to be opened. limits: of what a visitor may bring."""
    opening = passage_index if isinstance(passage_index, Opening) else Opening(lambda _: passage_index).start()
    desk = Desk(opening, limits)

    def document(sent: object) -> str:  # Gradio marks what it may serve, which a bound method cannot be
        return desk.document(sent)

    def forget(request: gr.Request) -> None:  # Gradio alone keeps a visit for an hour, and a thousand sessions longer
        page.state_holder.session_data.pop(str(request.session_hash), None)
        page.state_holder.time_last_used.pop(str(request.session_hash), None)

    def ask(question: str, history: list[str] = [], k: int = 3, request: gr.Request | None = None) -> str:  # noqa: B006
        if request:  # or a thousand programs' questions would drop a visitor who is reading
            forget(request)
        return desk.ask(question, history, k)

    ask.__doc__ = desk.ask.__doc__

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
                        js_on_load=CONVERSATION_SCRIPT,
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
        added = shelf.add_files(desk.add, own, [shelf, own], trigger_mode="multiple", concurrency_limit=None, **QUIET)
        added.failure(None, js=BUSY_SCRIPT)
        shelf.remove_file(desk.remove, own, [shelf, own], cancels=[added], **QUIET)
        shelf.stop_reading(desk.stop_reading, own, shelf, cancels=[added], **QUIET)
        entered = [welcome, pane, conversation, turns]
        own.change(desk.enter, inside, entered, **QUIET)
        conversation.refresh(desk.refresh, inside, [shelf, *entered], **QUIET)
        opened = page.load(desk.open, None, [welcome, pane], concurrency_limit=None, **QUIET)
        opened.then(desk.shared, turns, shown, **QUIET, **AT_ONCE)
        page.unload(forget)
        api(ask, api_name="ask", **AT_ONCE)
    page.queue(max_size=32, api_open=False)  # /ask too goes through the queue, or AT_ONCE would be no limit
    return page


def launch_settings() -> dict[str, Any]:
    """How the page is served. Raises AskError where ASK_MCP is on and the package for it is missing."""
    mcp = os.environ.get(MCP_SETTING, "").lower() == "on"
    if mcp and not importlib.util.find_spec("mcp"):
        raise AskError(f"{MCP_SETTING} is on, but its package is missing. Run: pip install 'gradio[mcp]'")
    # Gradio would go on to the next port where one is taken, but an MCP server starts only once: what starts it, Gradio
    # writes into app_kwargs, which is therefore a new one each time.
    port = int(os.environ.get("GRADIO_SERVER_PORT", "7860")) if mcp else None
    return {**LAUNCH, "app_kwargs": {**LAUNCH["app_kwargs"]}, "mcp_server": mcp, "server_port": port}


def register_on_zero_gpu() -> None:
    """A ZeroGPU Space must own one GPU function. Ours does nothing: questions stay on the CPU and cost no quota."""

    def nothing() -> None:
        return None

    if importlib.util.find_spec("spaces"):
        importlib.import_module("spaces").GPU(nothing)


def main() -> None:
    """Serve the page over seeds/, on this machine only unless a Space asks for more."""
    try:
        settings = launch_settings()
    except AskError as error:
        raise SystemExit(f"error: {error}") from None
    register_on_zero_gpu()  # before anything imports torch
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")  # of 10,000 it makes a table again and again, for nobody
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    opening = Opening(lambda progress: default_index(progress=progress))
    page = build_app(opening)
    everywhere = "0.0.0.0" if "SPACE_ID" in os.environ else None
    page.launch(**settings, server_name=everywhere, prevent_thread_lock=True)
    opening.start()  # side by side, the page would be up a second later and the documents no sooner
    page.block_thread()


if __name__ == "__main__":
    main()
