"""A visitor's own documents in a real browser: bringing, asking, removing, and that nobody else sees them.

Small files go to the real model, large and slow ones to the toy; as in test_browser nothing may be logged as an error
or asked of another address.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app import build_app
from index import Document, Encoding, PassageIndex
from index.html import read_html
from retrieval.page.shelf import ADD
from tests.serving import serve
from tests.test_browser import BROAD, HOSTILE, TRADE, Visitor, browser, seed_url, visit

from conftest import ToyEmbedder
from papers import Block, write_pdf

pytestmark = [pytest.mark.browser, pytest.mark.model]

TRAM = "# Harbour Tram\n\nThe harbour tram opened in 1903.\n\n# Tickets\n\nA ticket costs two euros."
GARDEN = "# Garden\n\nThe roses bloom in June. The garden closes at eight.\n\n# Pond\n\nThe pond holds forty carp."
OPENED = "When did the harbour tram open?"
CARP = "How many carp does the pond hold?"


class PatientEmbedder(ToyEmbedder):
    """Waits for ever with a text that says so, until released."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        if any("patience" in text for text in texts):
            assert self.release.wait(30)
        return super().encode(texts)


@dataclass
class ToyServer:
    """A page over the toy index, where it is, and the embedder that can be made to wait."""

    page: gr.Blocks
    url: str
    embedder: PatientEmbedder


@pytest.fixture(scope="module")
def toy_server(foxes: Document) -> Iterator[ToyServer]:
    """One for all that is large, must wait or goes wrong."""
    embedder = PatientEmbedder()
    page = build_app(PassageIndex.build([foxes], embedder=embedder))
    for url in serve(page):
        yield ToyServer(page, url, embedder)


@pytest.fixture
def patient(toy_server: ToyServer) -> Iterator[PatientEmbedder]:
    toy_server.embedder.release.clear()
    yield toy_server.embedder
    toy_server.embedder.release.set()


@pytest.fixture
def toy_url(toy_server: ToyServer) -> str:
    return toy_server.url


@pytest.fixture
def visitor(visit: Callable[..., Visitor], seed_url: str) -> Visitor:
    return visit(seed_url).come()


def file(name: str, text: str | bytes) -> dict[str, object]:
    """A file for the browser to send."""
    return {"name": name, "mimeType": "text/plain", "buffer": text if isinstance(text, bytes) else text.encode()}


def bring(visitor: Visitor, *files: dict[str, object], held: int | None = None) -> None:
    """Choose files and wait until the shelf holds that many documents."""
    visitor.page.locator("#shelf input").set_input_files(list(files))  # type: ignore[arg-type]
    expect(remove_buttons(visitor)).to_have_count(len(files) if held is None else held)
    expect(visitor.page.locator("[data-shelf=stop]")).to_have_count(0)


def remove_buttons(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-shelf=remove]")


def status(visitor: Visitor) -> Locator:
    return visitor.page.locator("#shelf [role=status]")


def problems(visitor: Visitor) -> Locator:
    return visitor.page.locator("#shelf [role=alert]")


def drop(page: Page, *files: tuple[str, str]) -> None:
    """Drag files over the page and let them go."""
    script = """files => {
        const carried = new DataTransfer();
        for (const [name, text] of files) carried.items.add(new File([text], name));
        for (const type of ['dragover', 'drop'])
            document.querySelector('#talk').dispatchEvent(
                new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(script, list(files))


# --- the main job ---------------------------------------------------------------------------------------------------


def test_own_documents_are_asked_shown_and_cited(visitor: Visitor) -> None:
    """Several at once: answers, citations, examples and pane are of them; a citation in another one opens that one."""
    visitor.ask(TRADE)
    visitor.page.locator("#sheet").evaluate("sheet => { sheet.scrollTop = 400; }")
    bring(visitor, file("tram.md", TRAM), file("garden.md", GARDEN))
    expect(status(visitor)).to_have_text("2 documents added. Your questions go to your documents only.")
    expect(visitor.page.locator("#sheet .file").first).to_be_in_viewport()
    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.page.locator("#welcome .lead")).to_contain_text("your documents")
    assert visitor.page.locator("#switch option").all_text_contents() == ["Harbour Tram", "Garden"]
    expect(visitor.page.locator("#welcome .chips button").first).to_have_text("What is said about Harbour Tram?")
    expect(visitor.ask(OPENED).locator(".quote")).to_contain_text("opened in 1903")
    turn = visitor.ask(CARP)
    expect(turn.locator(".quote")).to_contain_text("forty carp")
    expect(visitor.page.locator("#switch")).to_have_value("garden.md")
    turn.locator(".cite").first.click()
    expect(visitor.page.locator("#sheet mark.active.lit")).to_be_focused()
    assert visitor.marked("lit") == "The pond holds forty carp."
    expect(visitor.ask(TRADE).locator(".refusal")).to_be_visible()


def test_the_button_opens_the_dialogue_and_dropping_does_the_same(visitor: Visitor) -> None:
    """By keyboard through the dialogue, by mouse onto the page; the second file joins the first."""
    with visitor.page.expect_file_chooser() as chosen:
        visitor.page.get_by_role("button", name=ADD).press("Enter")
    assert chosen.value.is_multiple()
    chosen.value.set_files([file("tram.md", TRAM)])  # type: ignore[list-item]
    expect(remove_buttons(visitor)).to_have_count(1)
    expect(visitor.page.get_by_role("button", name="Add more")).to_be_focused()
    visitor.ask(OPENED)
    drop(visitor.page, ("garden.md", GARDEN))
    expect(remove_buttons(visitor)).to_have_count(2)
    expect(visitor.page.locator("body.dropping")).to_have_count(0)
    expect(visitor.page.locator(".turn")).to_have_count(1)  # adding keeps the conversation
    expect(visitor.ask(CARP).locator(".quote")).to_contain_text("forty carp")


def test_documents_are_removed_one_by_one_by_keyboard(visitor: Visitor) -> None:
    """The focus stays on the shelf; after the last one the shared documents and their examples are back."""
    examples = visitor.page.locator("#welcome .chips").inner_text()
    bring(visitor, file("tram.md", TRAM), file("garden.md", GARDEN))
    visitor.ask(CARP)
    visitor.page.get_by_role("button", name="Remove tram.md").focus()
    visitor.page.keyboard.press("Enter")
    expect(remove_buttons(visitor)).to_have_count(1)
    expect(visitor.page.get_by_role("button", name="Remove garden.md")).to_be_focused()
    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.ask(OPENED).locator(".refusal")).to_be_visible()
    visitor.page.get_by_role("button", name="Remove garden.md").focus()
    visitor.page.keyboard.press("Enter")
    expect(status(visitor)).to_have_text("These are the shared documents again.")
    expect(visitor.page.get_by_role("button", name=ADD)).to_be_focused()
    expect(visitor.page.locator("#welcome .chips")).to_have_text(examples, use_inner_text=True)
    expect(visitor.ask(TRADE).locator(".quote")).to_contain_text("EUR 3.3 billion")


def test_one_button_leads_back_to_the_shared_documents(visitor: Visitor) -> None:
    """All uploads go at once; the pane shows what everybody has."""
    bring(visitor, file("tram.md", TRAM), file("garden.md", GARDEN))
    visitor.page.get_by_role("button", name="Back to the shared documents").click()
    expect(remove_buttons(visitor)).to_have_count(0)
    expect(visitor.page.locator("#sheet h2").first).to_have_text("Organized crime in France")
    expect(visitor.page.get_by_role("button", name="Back to the shared documents")).to_have_count(0)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_bad_files_are_named_and_the_others_load(visitor: Visitor, tmp_path: Path) -> None:
    """Nothing in it, 60 MB of it, a picture, a double: each with its reason, which asking clears away."""
    (tmp_path / "large.txt").write_bytes(b"dog " * 15_000_000)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    (tmp_path / "tram.md").write_text(TRAM)
    visitor.page.locator("#shelf input").set_input_files([*sorted(tmp_path.iterdir())])
    expect(remove_buttons(visitor)).to_have_count(1)
    assert problems(visitor).locator("p").all_inner_texts() == [
        "empty.txt is empty; put text into it or remove it",
        "large.txt has 60 MB; a file may have 10 MB. Split it.",
        problems(visitor).locator("p", has_text="photo.png is no file that can be read here.").inner_text(),
    ]
    bring(visitor, file("tram.md", TRAM), held=1)
    expect(problems(visitor)).to_have_text("tram.md is here already.")
    visitor.ask(OPENED)
    expect(problems(visitor)).to_be_empty()


def test_fifty_files_at_once(visitor: Visitor) -> None:
    """As many as are allowed are read; the others are counted with their reason."""
    visitor.page.locator("#shelf input").set_input_files(
        [file(f"{n:02}.txt", f"Number {n} is a fine number.") for n in range(50)]  # type: ignore[list-item]
    )
    expect(remove_buttons(visitor)).to_have_count(20, timeout=30_000)
    expect(problems(visitor)).to_have_text(
        "20.txt was left out: 20 files are allowed. Remove one first. The same holds for 21.txt, 22.txt and 27 more."
    )
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_hostile_names_and_texts_are_shown_as_they_are(visitor: Visitor) -> None:
    """Markup, Markdown and letters that turn the writing round are text in the shelf, the pane and the conversation."""
    names = ["<img src=x onerror=alert(1)>.txt", "\u202egpj.**b** `c`.txt", "&lt;b&gt; $x$ {{y}}.txt"]
    text = "\n\n".join(f"The sign number {n} reads {sign} and nothing else." for n, sign in enumerate(HOSTILE))
    bring(visitor, *(file(name, f"This is file {n}.\n\n{text}") for n, name in enumerate(names)), held=3)
    assert visitor.page.locator(".files bdi").all_text_contents() == names
    bring(visitor, *(file(f"{name[:-4]}.exe", "x") for name in names), held=3)
    expect(problems(visitor)).to_contain_text("{{y}}.exe")
    shown = problems(visitor).locator("bdi").all_text_contents()
    assert [name for name in shown if name.endswith(".exe")] == [f"{name[:-4]}.exe" for name in names]
    blocks = visitor.blocks("article:first-child").all_inner_texts()
    assert "\n\n".join(blocks) == f"This is file 0.\n\n{text}"
    items, cells = (f"<{tag}>{f'</{tag}><{tag}>'.join(map(escape, HOSTILE))}</{tag}>" for tag in ("li", "td"))
    page = f"<title>{escape(HOSTILE[1])}</title><ul>{items}</ul><table><tr>{cells}</table>".encode()
    bring(visitor, file("signs.html", page), held=4)
    visitor.page.locator("#switch").select_option("signs.html")
    blocks = visitor.blocks("[data-document='signs.html']")
    expect(blocks.last).to_have_text(HOSTILE[-1])
    text = read_html(page, "signs.html").text
    for start, end, inner in blocks.evaluate_all("all => all.map(b => [b.dataset.start, b.dataset.end, b.innerText])"):
        assert inner == text[int(start) : int(end)]
    assert visitor.page.locator("#switch option").last.text_content() == HOSTILE[1]
    visitor.ask("What does the sign number 1 read?")
    tags = "all => [...new Set(all.map(e => e.tagName))]"
    found = set(visitor.page.locator("#room .html-container *").evaluate_all(tags))
    assert not {"SCRIPT", "IMG", "SVG", "IFRAME", "FORM", "STYLE", "B", "OBJECT", "VIDEO", "CODE"} & found


def test_progress_is_shown_and_reading_can_be_stopped(
    visit: Callable[..., Visitor], toy_url: str, patient: PatientEmbedder
) -> None:
    """A bar for the file being embedded, a word for those that wait; questions are answered meanwhile; another visitor
    is told to wait; Stop leaves no trace and the next round works."""
    visitor, other = visit(toy_url).come(), visit(toy_url, 390).come()
    visitor.page.get_by_role("button", name=ADD).focus()
    visitor.page.locator("#shelf input").set_input_files(
        [file("long.txt", "This takes patience."), file("dog.txt", "The dog.")]  # type: ignore[list-item]
    )
    expect(status(visitor)).to_have_text("Reading long.txt, 1 of 2.")
    expect(visitor.page.get_by_role("progressbar", name="Embedding long.txt")).to_have_attribute("max", "1")
    expect(visitor.page.locator(".files li.waiting")).to_have_text("dog.txtwaiting")
    expect(visitor.page.get_by_role("button", name="Stop reading")).to_be_focused()
    other.page.locator("#shelf input").set_input_files([file("fox.txt", "The fox.")])  # type: ignore[list-item]
    expect(status(other)).to_have_text("Waiting until the documents of 1 other visitor are read.")
    visitor.ask("Does the moon sleep?")
    visitor.press("Clear")
    expect(visitor.page.get_by_role("button", name="Stop reading")).to_be_visible()
    assert visitor.violations() == []
    visitor.page.get_by_role("button", name="Stop reading").click()
    expect(status(visitor)).to_have_text("Stopped. Nothing was added.")
    expect(remove_buttons(visitor)).to_have_count(0)
    patient.release.set()
    bring(visitor, file("dog.txt", "The dog."))
    expect(visitor.page.locator("#sheet")).to_contain_text("The dog.")
    expect(remove_buttons(other)).to_have_count(1)


def test_an_answer_still_on_its_way_does_not_follow_into_the_new_room(
    visit: Callable[..., Visitor], toy_url: str, patient: PatientEmbedder
) -> None:
    """Asked of the shared documents, answered after the visitor's own have come: the page stays in the new room."""
    visitor = visit(toy_url).come()
    visitor.page.locator("#box textarea").fill("What takes patience?")
    visitor.page.keyboard.press("Enter")
    expect(visitor.turn).to_have_class("turn pending")
    bring(visitor, file("dog.txt", "The dog."))
    patient.release.set()
    visitor.page.wait_for_timeout(1500)
    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.page.locator("#sheet")).to_contain_text("The dog.")
    visitor.ask("Is there a dog?")
    expect(visitor.page.locator("[role=log]")).not_to_have_attribute("data-room", "")


def test_a_queue_that_is_full_is_said_to_be(
    visit: Callable[..., Visitor], toy_server: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Gradio takes no more is not left saying that it is being sent; later it works."""
    visitor = visit(toy_server.url).come()
    with monkeypatch.context() as patch:
        patch.setattr(toy_server.page._queue, "max_size", 0)
        visitor.page.locator("#shelf input").set_input_files([file("dog.txt", "The dog.")])  # type: ignore[list-item]
        expect(status(visitor)).to_have_text("The server is busy. Try again.")
    visitor.complaints.clear()  # the browser reports the refused request
    bring(visitor, file("dog.txt", "The dog."))


def test_documents_lost_with_the_connection_are_said_to_be_gone(
    visit: Callable[..., Visitor], toy_server: ToyServer
) -> None:
    """The server forgets them when the connection breaks: the page says so and goes back to the shared documents."""
    visitor = visit(toy_server.url).come()
    bring(visitor, file("dog.txt", "The dog."))
    expect(visitor.page.locator("#sheet")).to_contain_text("The dog.")
    for session in [*toy_server.page.state_holder.session_data]:
        toy_server.page.state_holder.session_data.pop(session)
    visitor.ask("Is there a fox?")
    expect(status(visitor)).to_contain_text("Please add them again")
    expect(remove_buttons(visitor)).to_have_count(0)
    expect(visitor.page.locator("#sheet h2").first).to_have_text("Colours")


# --- for that visitor alone ------------------------------------------------------------------------------------------


def test_another_visitor_sees_nothing_and_leaving_ends_it(visit: Callable[..., Visitor], seed_url: str) -> None:
    """Neither on the page nor by asking the server for it; once the first visitor has left, not with the key either."""
    mine, other = visit(seed_url).come(), visit(seed_url).come()
    bring(mine, file("tram.md", TRAM))
    expect(other.page.locator("#sheet")).not_to_contain_text("tram")
    expect(other.ask(OPENED).locator(".refusal")).to_be_visible()
    key = str(mine.page.locator("#sheet").get_attribute("data-room"))
    fetch = """async ([key, id]) => {
        const config = window.gradio_config, made = config.components.find(c => c.props.elem_id === 'conversation');
        const body = {data: [key, id], fn_name: 'document', component_id: made.id, session_hash: 'guess'};
        const sent = {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)};
        return (await fetch('/gradio_api/component_server', sent)).json();
    }"""
    assert other.page.evaluate(fetch, ["", "tram.md"]) == ""
    assert other.page.evaluate(fetch, ["x" + key, "tram.md"]) == ""
    assert "opened in 1903" in other.page.evaluate(fetch, [key, "tram.md"])  # the key is what counts
    mine.page.close()
    deadline = time.monotonic() + 20
    while other.page.evaluate(fetch, [key, "tram.md"]) and time.monotonic() < deadline:
        other.page.wait_for_timeout(200)
    assert other.page.evaluate(fetch, [key, "tram.md"]) == ""


# --- for everyone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_uploads_have_no_accessibility_violation(
    visit: Callable[..., Visitor], seed_url: str, width: int, scheme: str
) -> None:
    """With documents held, with files refused, while talking: axe finds nothing, and nothing is wider than the page."""
    visitor = visit(seed_url, width, scheme).come()
    names = [f"{'long name ' * 12}{n}.md" for n in range(5)]
    signs = "<h1>Signs</h1><ul><li>Stop</ul><table><tr><td>Red<td>Stop<tr><td>Green<td>Go</table><pre>a\n b</pre>"
    files = [file("signs.html", signs), *(file(name, f"{TRAM} {name}") for name in names), file("no.png", "x")]
    bring(visitor, *files, held=6)
    visitor.page.locator(".limits summary").click()
    expect(visitor.page.locator(".limits dl")).to_be_in_viewport(ratio=1)
    expect(problems(visitor)).to_contain_text("no.png")
    assert visitor.violations() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.ask(OPENED)
    assert visitor.violations() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 360])
def test_a_document_of_a_million_characters_stays_smooth(
    visit: Callable[..., Visitor], toy_url: str, width: int
) -> None:
    """It is sent once; from then on a citation is lit in view after a click, however far, without a request."""
    paragraph = "The red fox runs in Paris, and the blue dog sleeps in the red and blue fox house, says line {}. " * 3
    lines = [paragraph.replace("{}", str(n)) for n in range(3_300)]
    for n in (20, 1_600, 3_200):
        lines[n] = f"Moon, moon, crimson moon: it is line {n} of all."
    text = "# All\n\n" + "\n\n".join(lines)
    assert 950_000 < len(text) < 1_000_000
    visitor = visit(toy_url, width).come()
    visitor.page.locator("#shelf input").set_input_files([file("large.md", text)])  # type: ignore[list-item]
    expect(remove_buttons(visitor)).to_have_count(1, timeout=120_000)
    turn = visitor.ask("Crimson moon?")
    if not turn.locator(".cite").first.is_visible():
        turn.locator("summary", has_text="closest").click()
    places = sorted(int(link.get_attribute("data-start") or 0) for link in turn.locator("li .cite").all())
    assert places[1] - places[0] > 400_000 < places[2] - places[1]
    visitor.page.route("**/component_server", lambda route: route.abort())  # whatever is fetched again is an error
    print("click to lit, ms:", [round(clicked(visitor, n)) for n in (1, 0, 2, 1, 0)])  # noqa: T201


def test_a_pdf_of_three_hundred_pages_is_read_with_progress_and_cited_by_page(
    visit: Callable[..., Visitor], toy_url: str, patient: PatientEmbedder, tmp_path: Path
) -> None:
    """The shelf says how far it is; the answer names the page, and the pane shows it there."""
    chance = random.Random(1)
    words = "red blue fox dog runs sleeps paris house garden bridge and the in under".split()
    blocks: list[Block] = [("title", "Houses")]
    for _ in range(300):
        blocks.append(("heading", f"House of {' '.join(chance.sample(words, 3))}"))
        blocks += [("paragraph", f"The {' '.join(chance.choices(words, k=40))}.") for _ in range(3)]
    blocks[4 * 216 + 2] = ("paragraph", "The crimson moon runs.")  # the title has a page of its own
    blocks[-1] = ("paragraph", "This takes patience.")
    visitor = visit(toy_url).come()
    visitor.page.locator("#shelf input").set_input_files([write_pdf(tmp_path / "houses.pdf", blocks, pages=True)])
    expect(status(visitor)).to_have_text("Reading houses.pdf, 1 of 1.")
    bar = visitor.page.get_by_role("progressbar", name="Embedding houses.pdf")
    expect(bar).to_be_visible(timeout=60_000)
    assert int(bar.get_attribute("max") or 0) >= 300
    patient.release.set()
    expect(remove_buttons(visitor)).to_have_count(1)
    turn = visitor.ask("Crimson moon?")
    if not turn.locator(".cite").first.is_visible():
        turn.locator("summary", has_text="closest").click()
    cite = turn.locator("li .cite").first
    expect(cite.locator(".place")).to_contain_text("page 218")
    cite.click()
    expect(visitor.page.locator("#sheet mark.active.lit")).to_be_in_viewport()
    assert visitor.marked("lit") == "The crimson moon runs."


def clicked(visitor: Visitor, number: int) -> float:
    """Milliseconds from a click on a citation until its sentence is lit in view, where it stays; then go back."""
    took = visitor.page.evaluate(CLICKED, number)
    visitor.page.wait_for_timeout(300)
    expect(visitor.page.locator("#sheet mark.active.lit").first).to_be_in_viewport()
    visitor.page.keyboard.press("Escape")
    return float(took)


CLICKED = """async n => {
    const link = [...document.querySelectorAll('.turn:last-child .cite')][n], began = performance.now();
    link.click();
    const at = parseInt(link.dataset.lit), inside = ({start, end}) => Number(start) <= at && at < Number(end);
    const lit = () => {
        const mark = document.querySelector('#sheet mark.active.lit'), box = mark?.getBoundingClientRect();
        return box && inside(mark.parentElement.dataset) && box.top >= 0 && box.bottom <= innerHeight && box.height;
    };
    while (!lit() && performance.now() - began < 5000) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
