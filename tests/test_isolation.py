"""What a forged request gets over HTTP: nothing of another visitor, no file of the server, no way around a limit."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import HISTORY_USED
from index import PassageIndex
from index.library import LIMITS
from retrieval import ask
from retrieval.answer import MAX_QUESTION
from tests.serving import serve
from tests.soak import Site

from conftest import ROOT

SECRET = "The wolf howls in the quarry."
OURS = str(ROOT / "app.py")
FILE = {"path": OURS, "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def site(fox_index: PassageIndex) -> Iterator[Site]:
    for url in serve(fox_index):
        yield Site(url)


def sent(name: str, text: str) -> dict[str, Any]:
    """A file as the page sends it."""
    return {"name": name, "size": len(text), "data": base64.b64encode(text.encode()).decode()}


def status(site: Site, path: str, body: object = None) -> int:
    """The HTTP status of a request."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(site.url + path, data, {"Content-Type": "application/json"}), timeout=30
        ) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def said(call: Callable[[], object]) -> str:
    """What comes back, be it an error."""
    try:
        return json.dumps(call())
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("path", ["run/ask", "api/ask", "run/predict", "api/predict"])
def test_nobody_passes_the_queue_by(site: Site, path: str) -> None:
    """Gradio's direct routes, which know no limit of how many are answered at once, are closed."""
    assert status(site, f"/gradio_api/{path}", {"data": ["fox", [], 3], "fn_index": 0, "session_hash": "s"}) == 404


@pytest.mark.parametrize("file", [OURS, str(ROOT / "seeds"), "/etc/passwd", "../app.py", "", "\0"])
@pytest.mark.parametrize("route", ["/gradio_api/file=", "/file=", "/static/", "/assets/"])
def test_no_address_leads_to_a_file_of_the_server(site: Site, route: str, file: str) -> None:
    """Neither the project's files nor the system's can be fetched."""
    assert status(site, route + urllib.request.quote(file)) in (400, 403, 404)


def test_another_visitor_sees_nothing_of_what_was_brought(site: Site) -> None:
    """Not in the answers over HTTP, not on the page, not by naming the document, the session's state or a key."""
    with site.visiting() as mine, site.visiting() as other:
        assert "1 document added" in site.act(mine, "add_files", event={"files": [sent("wolf.txt", SECRET)]})[0]
        assert SECRET in json.dumps(site.act(mine, "submit", "Where does the wolf howl?"))
        asked = "Where does the wolf howl?"
        states = (None, mine, {"session_hash": mine}, [{"question": "wolf", "room": mine}])
        seen = [
            site.ask(asked, [asked])["citations"],
            *(site.act(other, "submit", asked, rest=state) for state in states),
            site.act(other, "remove_file", event={"document": "wolf.txt"}),
            site.act(other, "refresh", event={"room": mine, "document": "wolf.txt"}),
        ]
        assert "wolf.txt" not in json.dumps(seen)
        assert SECRET not in json.dumps(seen)
        assert SECRET in json.dumps(site.act(mine, "submit", "wolf"))  # and is still there


def test_what_was_brought_goes_with_the_page(site: Site) -> None:
    """When the connection of the page ends, nobody gets at the documents, not even under the session's name."""
    with site.visiting() as session:
        site.act(session, "add_files", event={"files": [sent("wolf.txt", SECRET)]})
        assert "wolf.txt" in site.act(session, "stop_reading")[0]
    until = time.monotonic() + 30
    while "wolf.txt" in site.act(session, "stop_reading")[0] and time.monotonic() < until:
        time.sleep(0.1)
    assert "wolf.txt" not in site.act(session, "stop_reading")[0]


@pytest.mark.parametrize("state", [FILE, [FILE], {"key": "x"}, "x", [["Who runs?", "The fox."]], 7])
def test_a_forged_state_is_not_looked_at(site: Site, state: object) -> None:
    """The conversation and the documents of a session are the server's; what a client sends in their place is not."""
    shown = [
        site.act(f"state-{n}-{id(state)}", "submit", "Who runs?", rest=rest)[1] for n, rest in enumerate([None, state])
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("message", [FILE, {"files": [FILE]}, {"text": "fox", "files": [{"path": OURS}]}])
def test_a_file_in_a_message_is_not_opened(site: Site, message: object) -> None:
    """As a question, in the history or as an event's data: an error or nothing, and never the file's text."""
    for arguments in ((message,), ("Who runs?", [message]), ("Who runs?", [], message)):
        assert "no answer came" in said(lambda: site.ask(*arguments))  # type: ignore[arg-type] # noqa: B023
    for event in (message, {"files": [message]}, {"action": "ask", "question": message}, {"document": message}):
        for name in ("request", "add_files", "remove_file", "refresh"):
            found = said(lambda: site.act("file", name, event=event))  # noqa: B023
            assert "build_app" not in found
            assert "document added" not in found


def test_limits_hold_whatever_the_browser_does(site: Site) -> None:
    """A longer question and more files than allowed are refused with the limit, over the page's own events."""
    said = site.act("limits", "submit", "x" * (MAX_QUESTION + 1))[1]
    assert f"expected at most {MAX_QUESTION:,}" in said
    files = [sent(f"{n}.txt", f"Dog {n}.") for n in range(LIMITS.files + 1)]
    shelf = site.act("limits", "add_files", event={"files": files})[0]
    assert f"{LIMITS.files} files are allowed" in shelf
    assert f"{LIMITS.files} documents added" in shelf


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats(allow_nan=False) | st.text(max_size=20) | st.just(FILE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30)
@given(question=st.just("Who runs?") | JSON, history=JSON | st.lists(st.text(max_size=20), max_size=3), k=JSON)
def test_any_json_gets_an_answer_or_an_error(
    site: Site, fox_index: PassageIndex, question: Any, history: Any, k: Any
) -> None:
    """Over HTTP nothing but text is a question; what is answered is what Python answers."""
    answer = said(lambda: site.ask(question, history, k))
    if "no answer came" not in answer:
        alone = ask(question, passage_index=fox_index, history=history[-HISTORY_USED:], k=k)
        assert json.loads(answer) == json.loads(json.dumps(alone.to_dict()))
