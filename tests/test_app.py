"""The page without a browser: rendering as plain values, the event handlers, and the API over HTTP."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from hypothesis import given
from hypothesis import strategies as st

import app
from app import Desk
from index import AskError, Document, Encoding, Part, PassageIndex
from retrieval import Answer, Citation
from retrieval.page import answers, conversation, copied, examples, markup, pane
from retrieval.page.conversation import Turn
from retrieval.page.room import Opening
from tests.serving import serve

from conftest import ToyEmbedder

TEXT = "Snow\n\nSnow is <cold> & white. It melts in spring.\n\nRain is wet."
COLD = Citation(1, "a.txt", "Snow", ("Snow",), 1, 6, 49, TEXT[6:49], ((6, 29),), 0.9)
RAIN = Citation(2, "a.txt", "Snow", ("Snow", "Rain"), 2, 51, 63, TEXT[51:63], ((51, 63),), 0.8)
FOUND = Answer("What is *snow*?", "What is *snow*?", "Snow is <cold> & white.", True, 0.97, (COLD, RAIN))
REFUSED = Answer("Who sings?", "Who sings?", "The document does not say.", False, 0.03, (RAIN,))


class Shown(HTMLParser):
    """What a browser would show of some HTML: the text, the tags, the attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes = "", list[str](), list[dict[str, str | None]]()
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))


# --- rendering -------------------------------------------------------------------------------------------------------


@given(st.text())
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    """Any text comes back from HTML unchanged, whole, and as nothing but text."""
    shown = Shown(f'<p title="{markup.escape(text)}">{markup.escape(text)}</p>')
    expected = re.sub("[\0\ud800-\udfff]", "\ufffd", text)
    assert (shown.text, shown.tags, shown.attributes) == (expected, ["p"], [{"title": expected}])


def test_an_answer_quotes_first_and_marks_the_lit_sentence() -> None:
    """The quotation stands before the citations; the passage is whole, its answering sentence marked."""
    markup = conversation.render_turn(Turn(FOUND.question, FOUND), last=True)
    assert markup.index("blockquote") < markup.index("citations")
    assert "<mark>Snow is &lt;cold&gt; &amp; white.</mark><span> It melts in spring.</span>" in markup
    assert "Snow › Rain › paragraph 2" in Shown(markup).text
    assert "very likely (97%)" in markup


def test_a_passage_that_adds_nothing_is_not_shown() -> None:
    """A far weaker passage stays out of a found answer, and among the closest passages of a refusal."""
    weak = replace(RAIN, score=0.3)
    assert "Rain is wet." not in answers.render_answer(replace(FOUND, citations=(COLD, weak)))
    assert "Rain is wet." in answers.render_refusal(replace(REFUSED, citations=(COLD, weak)))


def test_a_citation_carries_its_offsets() -> None:
    """The browser gets document, start, end and highlights as numbers of code points."""
    link = Shown(answers.render_citation(COLD)).attributes[1]
    wanted = {"data-document": "a.txt", "data-start": "6", "data-end": "49", "data-lit": "6-29", "data-number": "1"}
    assert wanted.items() <= link.items()


def test_a_refusal_quotes_nothing_and_folds_the_closest_passages() -> None:
    """It says that the document does not say; what is near is folded away."""
    markup = conversation.render_turn(Turn(REFUSED.question, REFUSED), last=True)
    assert "The document does not say." in markup
    assert "blockquote" not in markup
    assert re.search(r"<details><summary>Closest passage</summary>.*class=\"citations\"", markup)


def test_small_talk_is_only_a_line() -> None:
    """Nothing to unfold, to explain or to vote on where nothing was searched."""
    shown = conversation.render_turn(Turn("Hi", Answer("Hi", "Hi", "I quote.", False, 0.0, ())), last=False)
    assert shown == '<li class="turn talk"><h2 class="question" dir="auto">Hi</h2><p>I quote.</p></li>'
    last = conversation.render_turn(Turn("Hi", Answer("Hi", "Hi", "I quote.", False, 0.0, ())), last=True)
    assert "Search as typed" in last


def test_the_searched_question_is_shown_only_where_it_differs() -> None:
    """A follow-up says what was searched, and its last turn offers the way back."""
    followed = Answer("And rain?", "What is rain?", "Rain is wet.", True, 0.8, (RAIN,))
    shown = Shown(conversation.render_turn(Turn("And rain?", followed), last=True)).text
    assert "Searched for: What is rain?" in shown
    assert "Search as typed" in shown
    assert "Search as typed" not in conversation.render_turn(Turn("And rain?", followed), last=False)
    assert "Searched for" not in conversation.render_searched(Turn(FOUND.question, FOUND), last=True)


def test_a_long_question_is_shown_shortened() -> None:
    """The page repeats the start of it."""
    assert markup.shorten("ab" * 600, 5) == "ababa…"
    assert markup.shorten("short", 5) == "short"


def test_a_long_question_is_asked_again_and_edited_whole(desk: Desk) -> None:
    """Only what is shown is cut: what a button sends back to be searched or edited is all that was typed."""
    long = "I would like to know, " * 30 + "who runs?"
    *_, (_, shown, turns) = desk.converse(long, ())
    assert turns[-1].question == long
    assert long not in Shown(shown).text


def test_copied_text_holds_quote_title_section_and_offsets() -> None:
    """Plain text to paste keeps what a citation is worth."""
    assert copied.as_text(FOUND) == (
        "What is *snow*?\n\nSnow is <cold> & white.\n\n"
        "[1] “Snow is <cold> & white.”\n    Snow › paragraph 1, characters 6 to 29\n\n"
        "[2] “Rain is wet.”\n    Snow › Rain › paragraph 2, characters 51 to 63"
    )


def test_what_is_not_shown_is_not_copied() -> None:
    """A passage that adds nothing to the answer is neither on the page nor among what is pasted."""
    faint = replace(FOUND, citations=(COLD, replace(RAIN, score=0.1)))
    assert "Rain" not in answers.render_answer(faint) + copied.as_text(faint) + copied.as_markdown(faint)


def test_copied_markdown_shows_signs_as_signs() -> None:
    """What Markdown would read as markup is escaped."""
    assert copied.as_markdown(FOUND) == (
        "**What is \\*snow\\*?**\n\n> Snow is \\<cold\\> & white.\n\n"
        "1. “Snow is \\<cold\\> & white.”  \n   Snow › paragraph 1, characters 6 to 29\n"
        "2. “Rain is wet.”  \n   Snow › Rain › paragraph 2, characters 51 to 63"
    )


def test_the_trail_names_the_words_in_common() -> None:
    """Words of four letters and more, as the question writes them, whatever their case; question words say nothing."""
    assert answers.shared_words("What SNOW is white, what is blue?", COLD.text + " What?") == ["SNOW", "white"]


def test_the_pane_shows_each_paragraph_with_its_offsets() -> None:
    """Blocks of text between their offsets, a heading above, an outline where there are several headings."""
    document = Document("b.md", "One", "# One\n\nFirst <b>.\n\n# Two\n\nSecond.")
    shown = Shown(pane.render_pane([document]))
    blocks = [a for a in shown.attributes if "data-start" in a]
    texts = [document.text[int(a["data-start"] or 0) : int(a["data-end"] or 0)] for a in blocks]
    assert texts == ["First <b>.", "Second."]
    assert [tag for tag in shown.tags if tag in ("h2", "b", "nav", "select")] == ["nav", "h2", "h2"]
    assert "First <b>." in shown.text


def test_the_pane_draws_what_the_format_names() -> None:
    """Items, cells and code are blocks of nothing but their text; an item keeps the sign it brings; pages are named."""
    text = "Fees\n\nTea\n- milk\n\nYear | Fee\n| 9 <b>\n\na\n  b"
    parts = (
        Part("heading", 0, 4, 1),
        Part("list", 6, 16, 0, (9,)),
        Part("table", 18, 36, 0, (28,)),
        Part("code", 38, 43, 0, (39,)),
    )
    shown = Shown(pane.render_document(Document("f.html", "Fees", text, parts, (0, 18))))
    tagged = [(tag, a) for tag, a in zip(shown.tags, shown.attributes, strict=True) if "data-start" in a]
    blocks = [(tag, text[int(a["data-start"] or 0) : int(a["data-end"] or 0)]) for tag, a in tagged]
    assert blocks == [
        ("li", "Tea"), ("li", "- milk"), ("td", "Year"), ("td", "Fee"), ("td", ""), ("td", "9 <b>"), ("pre", "a\n  b"),
    ]  # fmt: skip
    assert shown.text == "f.htmlFees" + "".join(words for _, words in blocks)
    assert [a.get("class") for tag, a in tagged if tag == "li"] == [None, "signed"]
    assert [a["data-page"] for a in shown.attributes if "data-page" in a] == ["1", "2"]


def test_of_several_documents_only_the_first_is_sent_at_once() -> None:
    """One option and one place per document; the others come when they are opened."""
    shown = Shown(pane.render_pane([Document(f"{n}.txt", f"Title {n}", f"Text {n}.") for n in range(3)]))
    assert shown.tags.count("option") == shown.tags.count("article") == 3
    assert "Text 0." in shown.text
    assert "Text 1." not in shown.text


# --- examples --------------------------------------------------------------------------------------------------------


def test_examples_come_from_headings_and_from_names_the_text_defines() -> None:
    """Headings are asked about, short names for what they stand for; each with words the right answer must hold."""
    document = Document(
        "b.md", "Snow", "# Snow\n\nThe World Meteorological Organization (WMO) counts it.\n\n# Rain\n\nWet."
    )
    assert list(examples.example_questions([document])) == [
        ("What is said about Snow?", "Snow"),
        ("What is said about Rain?", "Rain"),
        ("What does WMO stand for?", "(WMO)"),
    ]


def test_a_heading_in_another_script_is_an_example_alone() -> None:
    """English words around it would count as most of the question."""
    document = Document("d.md", "雪", "# 雪\n\n雪は白い。\n\n# 雨\n\n雨は降る。")
    questions = [*examples.example_questions([document])]
    assert questions == [("雪?", "雪"), ("雨?", "雨")]
    assert examples.subject("雪?") == "雪"


def test_a_text_without_headings_is_asked_about_the_names_it_uses() -> None:
    """Names of two and three words inside sentences."""
    document = Document("c.txt", "c.txt", "it was there that Ada Lovelace met Charles Babbage, and nobody else.")
    assert list(examples.example_questions([document])) == [
        ("What is said about Ada Lovelace?", "Ada Lovelace"),
        ("What is said about Charles Babbage?", "Charles Babbage"),
    ]


def test_chips_leave_out_what_was_asked_or_shown() -> None:
    """A section that was cited first needs no chip any more."""
    examples = ("What is said about Snow?", "What is said about Rain?", "What does WMO stand for?")
    assert conversation.fresh(examples, [Turn(FOUND.question, FOUND)]) == examples[1:]


# --- the event handlers ----------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> Desk:
    """A desk over a room that could not be opened: enough for whatever does not ask."""
    return Desk(Opening(fail).start())


def fail(report: object) -> PassageIndex:
    raise AskError("There is nothing to read.")


TURNS = (Turn("a", FOUND), Turn("b", trouble="No."))


@pytest.mark.parametrize(
    "sent", [None, 7, [], {}, {"action": "rm"}, {"action": "vote"}, {"action": "ask"}, {"action": "ask", "question": 7}]
)
def test_a_forged_request_changes_nothing(desk: Desk, sent: object) -> None:
    """What a browser sends is checked: anything unknown leaves the conversation as it is."""
    shown = list(desk.request(gr.EventData(None, sent), TURNS))
    assert [turns for _, _, turns in shown] == [TURNS]


def test_edit_hands_the_last_question_back(desk: Desk) -> None:
    """Its turn leaves the conversation, its text returns to the box."""
    ((box, _, turns),) = desk.request(gr.EventData(None, {"action": "edit"}), TURNS)
    assert (box, turns) == ("b", TURNS[:1])


def test_stop_gives_up_only_a_question_that_is_waiting(desk: Desk) -> None:
    """A settled conversation stays as it is."""
    assert desk.stop((*TURNS, Turn("c")))[::2] == ("c", TURNS)
    assert desk.stop(TURNS)[::2] == ("", TURNS)


def test_a_vote_is_shown_and_kept_only_where_the_operator_says(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file a vote goes nowhere; with one it is a line of JSON with question, vote and answer."""
    turns = (Turn("a", FOUND),)
    sent = gr.EventData(None, {"action": "vote", "vote": "Helpful"})
    ((_, markup, voted),) = desk.request(sent, turns)
    assert voted == (Turn("a", FOUND, vote="Helpful"),)
    assert 'data-vote="Helpful" aria-pressed="true"' in markup
    monkeypatch.setenv(app.VOTES_FILE, str(tmp_path / "votes.jsonl"))
    list(desk.request(sent, turns))
    (line,) = (tmp_path / "votes.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "question": "a",
        "vote": "Helpful",
        "answer": json.loads(json.dumps(FOUND.to_dict())),
    }


def test_a_conversation_keeps_its_last_turns(desk: Desk) -> None:
    """However long a visitor talks, a session's memory is bounded."""
    assert {len(turns) for _, _, turns in desk.converse("and?", TURNS * 50)} == {app.TURNS_KEPT}


def test_a_room_that_cannot_open_is_a_friendly_line(desk: Desk) -> None:
    """The question is answered with what is wrong."""
    *_, (_, markup, turns) = desk.converse("why?", ())
    assert turns == (Turn("why?", trouble="There is nothing to read."),)
    assert '<p role="alert">There is nothing to read.</p>' in markup


def test_a_room_that_fails_unforeseen_says_so_and_tells_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A visitor gets a sentence, the operator the traceback, a program an error."""
    desk = Desk(Opening(lambda report: 1 / 0).start())  # type: ignore[arg-type, return-value]
    *_, (_, markup, _) = desk.converse("why?", ())
    assert "could not be opened" in markup
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(gr.Error, match="could not be opened"):
        desk.ask("why?")


# --- the API ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(seed_index: PassageIndex) -> Iterator[str]:
    yield from serve(seed_index)


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


@pytest.mark.model
def test_the_api_is_one_documented_endpoint(client: Client) -> None:
    """Programs see /ask with its three parameters, and nothing of the page's own events."""
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert list(endpoints) == ["/ask"]
    assert [p["parameter_name"] for p in endpoints["/ask"]["parameters"]] == ["question", "history", "k"]


@pytest.mark.model
def test_gradio_client_gets_the_answer_as_json(client: Client, seed_index: PassageIndex) -> None:
    """The same answer as in Python, key by key."""
    said = json.loads(client.predict("What is the drug trade worth?", [], 2, api_name="/ask"))
    assert list(said) == ["question", "searched", "text", "found", "confidence", "citations"]
    assert said["found"]
    assert "EUR 3.3 billion" in said["text"]
    first = said["citations"][0]
    assert seed_index.documents[0].text[first["start"] : first["end"]] == first["text"]
    assert len(said["citations"]) == 2


@pytest.mark.model
def test_plain_http_gets_the_same(url: str) -> None:
    """Two requests with nothing but the standard library: post the question, read the event."""
    assert "EUR 3.3 billion" in json.loads(json.loads(call(url, "What is the drug trade worth?"))[0])["text"]


@pytest.mark.model
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "question"),
        (("x" * 10_000_000,), "characters"),
        (("\ud83d",), "question"),
        ((7,), "question"),
        (("Who?", "me"), "history"),
        (("Who?", [7]), "history"),
        (("Who?", [], 0), "k is 0"),
        (("Who?", [], 10**9), "k is"),
    ],
)
def test_errors_come_back_as_errors(url: str, arguments: tuple[object, ...], said: str) -> None:
    """A friendly sentence about what was wrong, no traceback, and no answer."""
    message = call(url, *arguments, event="error")
    assert said in json.loads(message)["error"]
    assert "Traceback" not in message


@pytest.mark.model
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("  ",), "no words"),
        (("x" * 10_000_000,), "10,000,000 characters"),
        (("Who?", [{"text": "I said so"}]), "holds a dict"),
        (("Who?", [], 0), "k is 0"),
    ],
)
def test_the_python_client_raises(client: Client, arguments: tuple[object, ...], said: str) -> None:
    """gradio_client turns the error event into an exception with the same sentence."""
    with pytest.raises(AppError, match=said):
        client.predict(*arguments, api_name="/ask")


@pytest.mark.model
def test_nobody_passes_the_queue(url: str) -> None:
    """Gradio's address without a queue would answer any number of questions at once, and is closed."""
    request = urllib.request.Request(
        f"{url}/gradio_api/run/ask", b'{"data": ["Who?", [], 3]}', {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=30)


def test_what_nobody_foresaw_is_an_error_without_its_details(foxes: Document, caplog: pytest.LogCaptureFixture) -> None:
    """A program gets a sentence, the operator the traceback."""

    class Failing(ToyEmbedder):
        def encode(self, texts: Sequence[str]) -> list[Encoding]:
            if "fail" in texts:
                raise RuntimeError("the disk at /secret is full")
            return super().encode(texts)

    desk = Desk(Opening(lambda _: PassageIndex.build([foxes], embedder=Failing())).start())
    with pytest.raises(gr.Error, match="Something went wrong here") as caught:
        desk.ask("fail")
    assert "secret" not in str(caught.value)
    assert "/secret" in caplog.text


@pytest.mark.model
def test_the_command_serves_the_page() -> None:
    """python app.py says where it serves, on this machine only, and answers from seeds/."""
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": "7899",
        "NO_PROXY": "localhost,127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "app.py"]
    root = Path(app.__file__).parent
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = next(found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:7899", line)))
            assert "EUR 3.3 billion" in call(url, "What is the drug trade worth?")
        finally:
            process.terminate()


def call(url: str, question: object, history: object = (), k: object = 3, event: str = "complete") -> str:
    """What the named event of one plain HTTP call carries."""
    endpoint = f"{url}/gradio_api/call/ask"
    body = json.dumps({"data": [question, history, k]}).encode()
    request = urllib.request.Request(endpoint, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        event_id = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{endpoint}/{event_id}", timeout=30) as response:
        events = dict(re.findall(r"event: (\w+)\ndata: (.*)\n", response.read().decode()))
    assert event in events, events
    return events[event]


def test_launch_settings_are_known_to_gradio() -> None:
    """A misspelt setting would be an error at start."""
    assert set(app.LAUNCH) <= set(gr.Blocks.launch.__annotations__)
