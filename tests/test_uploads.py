"""A visitor's own documents without a browser: the shelf as plain values, the handlers, and what HTTP gives away."""

import base64
import gc
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

import app
from app import Desk
from index import AskError, PassageIndex
from index.documents import ENDINGS
from index.library import EMBEDDING, LIMITS, READY, REFUSED, FileState, Limits, Upload
from retrieval import Answer, Citation
from retrieval.page import conversation, shelf
from retrieval.page.conversation import Turn
from retrieval.page.markup import escape
from retrieval.page.room import Opening, Room
from tests.serving import serve
from tests.test_app import Shown, call

HOSTILE = '<img src=x onerror="alert(1)">\u202e**b**.txt'
DOG = {"name": "dog.txt", "size": 15, "data": base64.b64encode(b"The dog sleeps.").decode()}
FOX = {"name": "fox.md", "size": 9, "data": base64.b64encode(b"# Fox\n\nThe red fox runs in Paris.").decode()}


@pytest.fixture
def desk(fox_index: PassageIndex) -> Desk:
    """A desk over the toy index."""
    return Desk(Opening(lambda report: fox_index).start())


def sent(*files: object) -> gr.EventData:
    """An event as the shelf's script sends it."""
    return gr.EventData(None, {"files": list(files)})


def bring(desk: Desk, *files: object, own: Room | None = None) -> Room:
    """The room a visitor has after a round of uploads."""
    *_, (_, room) = desk.add(sent(*files), own)
    assert isinstance(room, Room)
    return room


def ids(room: Room) -> list[str]:
    return [document.id for document in room.passage_index.documents]


# --- rendering -------------------------------------------------------------------------------------------------------


def test_the_limits_stand_beside_the_button() -> None:
    """Every limit, before a file is chosen; the dialogue offers only what can be read."""
    shown = Shown(shelf.render_shelf(None, LIMITS))
    assert shown.text == (
        f"Add your documents{', '.join(ENDINGS)}. Only you see them; they are gone when you leave.LimitsFiles20"
        "A file10 MBSent at once20 MBPages of PDFs1,000Characters1,000,000Passages10,000Time to read300 seconds"
    )
    (field,) = (a for a in shown.attributes if a.get("type") == "file")
    assert field["accept"] == ",".join(ENDINGS)
    assert (field["data-files"], field["data-file"], field["data-sent"]) == ("20", "10000000", "20000000")


def test_the_shelf_keeps_its_skeleton(desk: Desk) -> None:
    """Empty, reading, failed or full: the same elements in the same order, so that focus and announcements hold."""
    files = (FileState("a.txt", EMBEDDING, 1, 2), FileState("b.txt", REFUSED, reason="is empty"))
    room = bring(desk, DOG)
    for markup in (
        shelf.render_shelf(None, LIMITS),
        shelf.render_shelf(None, LIMITS, "Reading", files, busy=True),
        shelf.render_shelf(room, LIMITS, "1 document added", files),
    ):
        roles = [a.get("role") or a.get("class") or a.get("type") for a in Shown(markup).attributes]
        outer = [role for role in roles if role in ("status", "files", "alert", "foot", "file")]
        assert outer == ["status", "files", "alert", "foot", "file"]


def test_progress_is_shown_for_each_file() -> None:
    """Waiting, reading, embedding with a bar, ready."""
    files = [FileState("a.txt", READY), FileState("b.txt", EMBEDDING, 64, 640), FileState("c.txt")]
    shown = Shown(shelf.render_shelf(None, LIMITS, shelf.reading(files), files, busy=True))
    assert shown.text.startswith("Reading b.txt, 2 of 3.a.txtreadyb.txtembedding 64 of 640c.txtwaitingStop reading")
    (bar,) = (a for a in shown.attributes if "max" in a)
    assert bar == {"aria-label": "Embedding b.txt", "value": "64", "max": "640"}


def test_files_with_one_problem_are_named_together() -> None:
    """Three names and a count are enough for fifty files."""
    files = [FileState(f"{n}.txt", REFUSED, reason="is empty") for n in range(5)]
    files.append(FileState("x.png", REFUSED, reason="is no file"))
    assert Shown(shelf.render_problems(files)).text == (
        "0.txt is empty The same holds for 1.txt, 2.txt and 2 more.x.png is no file"
    )


@pytest.mark.parametrize("stage", ["", EMBEDDING, REFUSED, "held"])
def test_a_hostile_name_is_text_in_every_stage(stage: str) -> None:
    """Nothing but our own elements; the name is there as it is, and turns no other text."""
    state = FileState(HOSTILE, stage, reason=f"{HOSTILE} is bad")
    coming = shelf.render_file(state) + shelf.render_problems([state])
    shown_as = shelf.render_held(HOSTILE) if stage == "held" else coming
    shown = Shown(shown_as)
    assert HOSTILE in shown.text
    assert set(shown.tags) <= {"li", "bdi", "button", "progress", "span", "p"}
    assert f"<bdi>{escape(HOSTILE)}" in shown_as


# --- what a browser sends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [None, 7, [], {}, {"files": None}, {"files": {}}, {"files": "a"}, {"files": [None, 7, "a", []]}]
)
def test_what_is_no_file_is_left_out(desk: Desk, data: object) -> None:
    """A forged message reads nothing and changes nothing."""
    assert shelf.sent_files(data) == []
    *_, (markup, room) = desk.add(gr.EventData(None, data), None)
    assert (markup, room) == (shelf.render_shelf(None, LIMITS), gr.skip())


@pytest.mark.parametrize(
    ("forged", "upload"),
    [
        ({"path": "/etc/passwd"}, Upload("", None, 0)),
        ({"name": "/etc/passwd", "path": "/etc/passwd", "data": None}, Upload("/etc/passwd", None, 0)),
        ({"name": "a.txt", "data": "not base64!", "size": -4}, Upload("a.txt", None, 0)),
        ({"name": 7, "data": 7, "size": "7"}, Upload("", None, 0)),
        ({"name": "a.txt", "data": "Zm94", "size": 10**12}, Upload("a.txt", b"fox", 10**12)),
    ],
)
def test_a_file_is_a_name_and_bytes_and_never_a_path(forged: dict[str, object], upload: Upload) -> None:
    """No message makes the server open a file: what is not base64 is not there."""
    assert shelf.sent_file(forged) == upload


# --- rooms -----------------------------------------------------------------------------------------------------------


def test_own_documents_replace_the_shared_ones(desk: Desk) -> None:
    """Questions, pane and welcome are over them alone."""
    own = bring(desk, DOG, FOX)
    assert ids(own) == ["dog.txt", "fox.md"]
    welcome, pane, _, _ = desk.enter((), own)
    assert "quoted from your documents" in welcome
    assert 'data-document="dog.txt"' in pane
    assert "foxes.md" not in pane
    *_, (_, _, turns) = desk.converse("Who sleeps?", (), own)
    assert {c.document_id for turn in turns if turn.answer for c in turn.answer.citations} <= {"dog.txt", "fox.md"}


def test_adding_keeps_the_conversation_and_removing_starts_anew(desk: Desk) -> None:
    """What was said stays where its citations can still be opened."""
    own = bring(desk, DOG)
    *_, (_, _, turns) = desk.converse("Who sleeps?", (), own)
    more = bring(desk, FOX, own=own)
    assert desk.enter(turns, more)[3] == turns
    markup, fewer = desk.remove(gr.EventData(None, {"document": "dog.txt"}), more)
    assert ids(fewer) == ["fox.md"]
    assert desk.enter(turns, fewer)[3] == ()
    assert "Removed." in markup


def test_the_last_one_removed_brings_the_shared_documents_back(desk: Desk) -> None:
    """By its own button or all at once; nothing of the visitor's conversation goes along."""
    for data in ({"document": "dog.txt"}, {"document": None}):
        own = bring(desk, DOG)
        *_, (_, _, turns) = desk.converse("Who sleeps?", (), own)
        markup, room = desk.remove(gr.EventData(None, data), own)
        assert room is None
        assert "shared documents again" in markup
        welcome, pane, _, left = desk.enter(turns, room)
        assert (welcome, pane, left) == (conversation.render_welcome(desk.room()), desk.room().pane, ())


@pytest.mark.parametrize(
    "data", [None, [], 7, {}, {"document": ""}, {"document": "foxes.md"}, {"document": ["dog.txt"]}, {"document": 0}]
)
def test_a_forged_removal_changes_nothing(desk: Desk, data: object) -> None:
    """Only what is held can be removed, and nothing of the shared documents."""
    own = bring(desk, DOG)
    assert desk.remove(gr.EventData(None, data), own) == (shelf.render_shelf(own, LIMITS), gr.skip())
    assert desk.remove(gr.EventData(None, {"document": "foxes.md"}), None)[1] == gr.skip()
    assert [document.id for document in desk.room().passage_index.documents] == ["foxes.md"]


def test_a_turn_of_another_room_is_neither_shown_nor_leant_on(desk: Desk) -> None:
    """An answer that was still on its way when the documents changed does not follow."""
    own = bring(desk, DOG)
    *_, (_, _, turns) = desk.converse("Who sleeps?", (Turn("shared", trouble="x"),), own)
    assert [turn.question for turn in turns] == ["Who sleeps?"]
    *_, (_, markup, turns) = desk.converse("Who runs?", turns)
    assert [turn.question for turn in turns] == ["Who runs?"]
    assert 'data-room=""' in markup


def test_stop_leaves_what_was_held(desk: Desk) -> None:
    """Reading is given up; nothing of the round is added."""
    own = bring(desk, DOG)
    steps = desk.add(sent(FOX), own)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    shown = Shown(desk.stop_reading(own)).text
    assert "Stopped. Nothing was added." in shown
    assert "dog.txt" in shown
    assert "fox.md" not in shown


def test_without_shared_documents_the_shelf_says_why() -> None:
    """A server that could not open says so here too."""

    def fail(report: object) -> PassageIndex:
        raise AskError("There is <nothing> to read.")

    ((markup, room),) = Desk(Opening(fail).start()).add(sent(DOG))
    assert "There is <nothing> to read." in Shown(markup).text
    assert room == gr.skip()


def test_rounds_are_read_one_by_one_in_their_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes while others are read sees how many are first; who gives up leaves the line, which is not endless."""
    monkeypatch.setattr(app, "WAIT", 0)
    first, second, third = (desk.add(sent(file), None) for file in (DOG, FOX, DOG))
    told = [Shown(next(steps)[0]).text for steps in (first, second, third)]
    assert told[0].startswith("Reading dog.txt, 1 of 1.")
    assert told[1].startswith("Waiting until the documents of 1 other visitor are read.Stop reading")
    assert told[2].startswith("Waiting until the documents of 2 other visitors are read.")
    second.close()  # type: ignore[attr-defined]
    first.close()  # type: ignore[attr-defined]
    assert [ids(room) for _, room in third if isinstance(room, Room)] == [["dog.txt"]]
    assert desk.line == []
    monkeypatch.setattr(app, "MOST_IN_LINE", 0)
    ((markup, room),) = desk.add(sent(DOG), None)
    assert "try again in a few minutes" in markup
    assert room == gr.skip()


def test_a_round_sent_while_one_is_read_joins_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one began when the visitor held nothing yet; both their documents are there in the end."""
    monkeypatch.setattr(app, "WAIT", 0)
    request = gr.Request(session_hash="visit")
    first, second = desk.add(sent(DOG), None, request), desk.add(sent(FOX), None, request)
    next(first)
    next(second)
    (held,) = (room for _, room in first if isinstance(room, Room))
    assert ids(held) == ["dog.txt"]
    (both,) = (room for _, room in second if isinstance(room, Room))
    assert sorted(ids(both)) == ["dog.txt", "fox.md"]
    assert ids(bring(desk, DOG)) == ["dog.txt"]


def test_a_failure_unforeseen_is_a_sentence(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """The log gets the traceback, the visitor a line."""
    desk.room().passage_index.embedder.encode = None  # type: ignore[method-assign]
    try:
        *_, (markup, room) = desk.add(sent(DOG))
    finally:
        del desk.room().passage_index.embedder.encode
    assert "Something went wrong here" in markup
    assert room == gr.skip()
    assert "Traceback" in caplog.text


# --- for that visitor alone ------------------------------------------------------------------------------------------


def test_a_document_is_given_only_with_the_key_of_its_room(desk: Desk) -> None:
    """The id alone, another visitor's key or anything forged gives nothing; shared documents need no key."""
    own, other = bring(desk, DOG), bring(desk, FOX)
    assert "The dog sleeps." in desk.document([own.key, "dog.txt"])
    assert "moon" in desk.document(["", "foxes.md"])
    for forged in (
        ["", "dog.txt"], [other.key, "dog.txt"], ["x", "dog.txt"], [own.key, "fox.md"], "dog.txt", None, {}, [own.key],
        [None, "dog.txt"], [["x"], "dog.txt"], [own.key, "dog.txt", "x"], [own.key, "../../etc/passwd"],
    ):  # fmt: skip
        assert desk.document(forged) == ""
    assert len(own.key) > 20
    assert own.key != other.key


def test_a_room_is_forgotten_with_its_session(desk: Desk) -> None:
    """The session holds the only reference: when it goes, key and documents are gone, and the memory is free again."""
    own = bring(desk, DOG)
    key = own.key
    assert sum(room.characters for room in desk.own.values()) == 15
    del own
    gc.collect()
    assert desk.document([key, "dog.txt"]) == ""
    assert not desk.own


def test_visitors_share_the_servers_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others hold counts, what the visitor holds anyway does not count twice."""
    own = bring(desk, FOX)
    monkeypatch.setattr(app, "ALL_VISITORS", 60)
    *_, (markup, _) = desk.add(sent(FOX))
    assert "fill this server" in markup
    assert ids(bring(desk, DOG, own=own)) == ["fox.md", "dog.txt"]


def test_no_vote_and_no_link_leave_a_visitors_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's file gets nothing of a visitor's documents; a link would not carry them."""
    monkeypatch.setenv(app.VOTES_FILE, str(tmp_path / "votes.jsonl"))
    citation = Citation(1, "dog.txt", "dog", (), 1, 0, 15, "The dog sleeps.", ((0, 15),), 0.9)
    answer = Answer("Who?", "Who?", "The dog sleeps.", True, 0.9, (citation,))
    turn = Turn("Who?", answer, vote="Helpful", room="key")
    app.keep_vote(turn)
    assert not (tmp_path / "votes.jsonl").exists()
    assert "Copy link" not in conversation.render_turn(turn, last=True)
    assert "Copy link" in conversation.render_turn(replace(turn, room=""), last=True)


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(fox_index: PassageIndex) -> Iterator[str]:
    yield from serve(fox_index, Limits(file_bytes=100, sent_bytes=150))


def post(url: str, path: str, body: object) -> Any:
    """The JSON a server answers."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/gradio_api/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def event(url: str, target: str, data: object, session: str) -> dict[str, Any]:
    """The last message of one of the shelf's events, sent as a browser would, with whatever data."""
    with urllib.request.urlopen(f"{url}/config", timeout=30) as response:
        config = json.load(response)
    (fn,) = (d for d in config["dependencies"] if d["backend_fn"] and target in [t[1] for t in d["targets"]])
    body = {"data": [None] * len(fn["inputs"]), "event_data": data, "fn_index": fn["id"], "session_hash": session}
    post(url, "queue/join", {**body, "trigger_id": fn["targets"][0][0]})
    messages = []
    with urllib.request.urlopen(f"{url}/gradio_api/queue/data?session_hash={session}", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data:"):
                messages.append(json.loads(line[5:]))
                if messages[-1]["msg"] == "process_completed":
                    break
    return dict(messages[-1])


def test_limits_hold_on_the_server(url: str) -> None:
    """A client that skips the browser's checks is refused with the same words."""
    big = {"name": "big.txt", "data": base64.b64encode(b"dog " * 50).decode(), "size": 1}
    said = event(url, "add_files", {"files": [big, DOG]}, "s-limits")
    shelf = Shown(said["output"]["data"][0]).text
    assert "big.txt has 200 bytes; a file may have 100 bytes." in shelf
    assert "1 document added." in shelf


def test_a_forged_path_reads_no_file(url: str) -> None:
    """Whatever names a file on the server is refused or ignored, and its text is nowhere in what comes back."""
    file = {"path": str(Path(app.__file__)), "meta": {"_type": "gradio.FileData"}, "name": "app.txt"}
    for forged in ({"files": [file]}, {"files": [{"name": "app.py", "path": file["path"]}]}, file):
        said = json.dumps(event(url, "add_files", forged, "s-forged"))
        assert "the page: ask on the left" not in said.lower()
        assert "added" not in said


def test_another_session_sees_nothing(url: str) -> None:
    """Neither /ask nor the pane's function nor another session's events know what a visitor brought."""
    assert "1 document added" in json.dumps(event(url, "add_files", {"files": [DOG]}, "s-mine"))
    with urllib.request.urlopen(f"{url}/config", timeout=30) as response:
        config = json.load(response)
    (conversation,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == "conversation")
    for key in ("", "s-mine", "guess"):
        body = {"data": [key, "dog.txt"], "fn_name": "document", "component_id": conversation, "session_hash": "s-mine"}
        assert post(url, "component_server", body) == ""
    assert "dog.txt" not in call(url, "Who sleeps, the dog?")
    assert "dog.txt" not in json.dumps(event(url, "stop_reading", None, "s-other"))
    assert "dog.txt" in json.dumps(event(url, "stop_reading", None, "s-mine"))


def test_no_upload_has_an_address(url: str) -> None:
    """Nothing is written to the folder the server hands out, and Gradio's own upload takes no document."""
    before = {*Path(get_upload_folder()).rglob("*")} if Path(get_upload_folder()).exists() else set()
    event(url, "add_files", {"files": [DOG]}, "s-disk")
    after = {*Path(get_upload_folder()).rglob("*")} if Path(get_upload_folder()).exists() else set()
    assert not [path for path in after - before if path.is_file()]
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + b"x" * 5000 + b"\r\n--x--"
    request = urllib.request.Request(
        f"{url}/gradio_api/upload", body, {"Content-Type": "multipart/form-data; boundary=x"}
    )
    with pytest.raises(urllib.error.HTTPError, match="413"):
        urllib.request.urlopen(request, timeout=30)


def test_a_request_without_end_is_cut_off(url: str) -> None:
    """More than any honest round of uploads is refused before it is in memory."""
    with pytest.raises(urllib.error.HTTPError, match="413"):
        post(url, "queue/join", {"data": ["x" * (app.MAX_BODY + 1)], "fn_index": 0, "session_hash": "s-large"})


def test_the_limits_agree_with_each_other() -> None:
    """What may be sent fits a request, what one visitor may hold fits the server."""
    assert LIMITS.file_bytes <= LIMITS.sent_bytes
    assert LIMITS.sent_bytes * 4 / 3 < app.MAX_BODY
    assert LIMITS.characters < app.ALL_VISITORS
