"""The page in a real browser: what a visitor sees, clicks and types. Debian's chromium, driven by playwright.

One browser for all tests; servers run in this process. After every test the visitor's browser must have logged no error
and asked nothing of any other address.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from index import Document, PassageIndex, read_documents
from index.errors import AskError

if not shutil.which("chromium") and not os.environ.get("REQUIRE_BROWSER"):
    pytest.skip("needs Debian's chromium: apt-get install chromium", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from retrieval.page.room import Opening
from tests.serving import serve

PATIENCE = 20_000  # milliseconds: a busy machine is no failure
expect.set_options(timeout=PATIENCE)
pytestmark = [pytest.mark.browser, pytest.mark.model]

TRADE = "What is the drug trade worth?"
BROAD = "What does NCB Paris do with INTERPOL Notices and requests for police cooperation?"  # several passages answer
FOREIGN = "Which team won the football world cup?"
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<b>bold</b>", "</p></div>",
    "<style>*{display:none}</style>", "<iframe src=//example.org></iframe>", "<form action=//example.org><input>",
    '<a href="javascript:alert(1)">x</a>', '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)", "<!-- gone",
    "<mark class=active>fake</mark>", '<a class="cite" data-start="0">fake</a>', "<details open>fold</details>",
    "&lt;b&gt; &amp;amp; &#60;", "&nbsp;&shy;&notit;", "<![CDATA[x]]>", "<?php echo 1 ?>", "\\<b\\>", "${alert(1)}",
    "{{value}} {{{value}}}", "`tick` ``two``", "**bold** _em_ ~~gone~~", "# not a heading here",
    "![pic](//example.org/a.png)",
    "[link](https://example.org)", "https://example.org/?a=1&b=2", "www.example.org", "| a | b |", "$x^2$ and $$y$$",
    "\\(x\\) \\[y\\]", "\\begin{align}x\\end{align}", "mermaid graph TD; A-->B", "\u202eright to left\u202c",
    "\u2066isolate\u2069 \u200f", "e\u0301 combining", "👩‍👩‍👧 family 🇫🇷", "no\u00a0break  two  spaces", "tab\tinside",
    "a\u2028line separator",
]  # fmt: skip


@dataclass
class Visitor:
    """A browser page on the chat, and what went wrong in it."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "request",
            lambda r: None if r.url.startswith((self.url, "data:", "blob:")) else self.complaints.append(r.url),
        )

    def come(self, query: str = "") -> "Visitor":
        self.page.goto(self.url + query)
        self.page.wait_for_selector("#sheet", state="attached")
        return self

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, wait for its turn to settle."""
        count = self.page.locator(".turn").count()
        box = self.page.locator("#box textarea")
        box.fill(question)
        box.press("Enter")
        expect(self.page.locator(".turn:not(.pending)")).to_have_count(count + 1)
        return self.turn

    def settle(self) -> None:
        """Wait until whatever a button asked for has come."""
        expect(self.page.get_by_role("log")).not_to_have_attribute("aria-busy", "true")

    @property
    def turn(self) -> Locator:
        return self.page.locator(".turn").last

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def marked(self, kind: str) -> str:
        """The text the document pane marks as cited, active or lit."""
        return "".join(self.page.locator(f"#sheet mark.{kind}").all_text_contents())

    def blocks(self, article: str) -> Locator:
        """A document's blocks in the pane, all laid out: the innerText of one that is not rendered yet is empty."""
        self.page.add_style_tag(content="#sheet * { content-visibility: visible !important }")
        return self.page.locator(f"#sheet {article} [data-start]")

    def violations(self) -> list[str]:
        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {node['html'][:150]}" for v in found for node in v["nodes"]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def seed_url(seed_index: PassageIndex) -> Iterator[str]:
    yield from serve(seed_index)


@pytest.fixture(scope="module")
def hostile_documents() -> tuple[Document, ...]:
    """Documents whose text, titles and names are made of hostile strings: one of all of them, and one named by each."""
    paragraphs = [f"The sign number {n} reads {sign} and nothing else." for n, sign in enumerate(HOSTILE)]
    whole = "\n\n".join(paragraphs)
    return (
        Document('<img src=x onerror="alert(1)">.txt', "<b>All</b> &amp; **signs**", whole),
        Document(
            "second.txt",
            "\u202eSecond",
            "A second page. It tells of 😀😀 two smiles, and of 🇫🇷 one flag.\r\n\r\nThe end.",
        ),
        *(Document(sign, sign, f"Note number {n} has nothing to tell.") for n, sign in enumerate(HOSTILE)),
    )


@pytest.fixture(scope="module")
def hostile_url(hostile_documents: tuple[Document, ...]) -> Iterator[str]:
    yield from serve(PassageIndex.build(hostile_documents))


def arrive(browser: Browser, url: str, width: int, scheme: str) -> Visitor:
    """A visitor with a browser profile of their own, the page not yet open."""
    context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Visitor(context.new_page(), url)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Send visitors to a page; at the end nothing may have gone wrong for any of them."""
    visitors: list[Visitor] = []

    def come(url: str, width: int = 1280, scheme: str = "light") -> Visitor:
        visitors.append(arrive(browser, url, width, scheme))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.page.context.close()
    assert [visitor.complaints for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture(scope="module")
def regular(browser: Browser, seed_url: str) -> Iterator[Visitor]:
    """A visitor with a wide page, whom most tests share: loading a page takes longer than a test."""
    visitor = arrive(browser, seed_url, 1280, "light").come()
    yield visitor
    visitor.page.context.close()


@pytest.fixture
def visitor(regular: Visitor) -> Iterator[Visitor]:
    """The shared page at its start; nothing may have gone wrong at the end."""
    if regular.page.locator(".turn").count():
        regular.press("Clear")
        expect(regular.page.locator(".turn")).to_have_count(0)
    regular.page.locator("#box textarea").fill("")
    regular.page.locator("#sheet").evaluate("sheet => sheet.scrollTo(0, 0)")
    yield regular
    assert regular.complaints == []


# --- the main job ---------------------------------------------------------------------------------------------------


def test_an_answer_is_quoted_cited_and_marked_in_the_document(visitor: Visitor) -> None:
    """The quotation comes first, its citation names the place, and the document pane shows it lit and in view."""
    turn = visitor.ask(TRADE)
    expect(turn.locator(".quote")).to_contain_text("EUR 3.3 billion")
    expect(visitor.page.locator("#sheet mark.active.lit")).to_be_in_viewport()
    expect(turn.locator(".cite .place").first).to_have_text("Organized crime in France › paragraph 3")
    assert visitor.marked("lit") == turn.locator(".citations li:first-child mark").inner_text()
    words = [turn.locator(".quote strong").inner_text(), visitor.page.locator("#sheet mark strong").inner_text()]
    assert words == ["EUR 3.3 billion"] * 2


def test_a_click_on_a_citation_moves_the_mark_without_asking_the_server(visitor: Visitor) -> None:
    """The document was sent once: a click marks another passage in the browser, with no request at all."""
    turn = visitor.ask(BROAD)
    second = turn.locator(".cite").nth(1)
    requests: list[str] = []
    visitor.page.on("request", lambda request: requests.append(request.url))
    second.click()
    whole = visitor.marked("active")
    assert whole == second.locator(".passage").text_content()
    expect(second).to_have_attribute("aria-current", "true")
    assert requests == []


def test_the_keyboard_goes_to_the_passage_and_back(visitor: Visitor) -> None:
    """Enter on a citation moves the focus into the document, Escape brings it back to the citation."""
    turn = visitor.ask(BROAD)
    turn.locator(".cite").nth(1).focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#sheet mark.active.lit")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(turn.locator(".cite").nth(1)).to_be_focused()


def test_a_refusal_looks_different_and_folds_the_closest_passages(visitor: Visitor) -> None:
    """No quotation, no mark; the closest passages open on request and lead into the document like any other."""
    visitor.ask(TRADE)
    turn = visitor.ask(FOREIGN)
    expect(turn.locator(".refusal")).to_contain_text("The document does not say")
    expect(turn.locator(".quote")).to_have_count(0)
    expect(turn.locator(".cite").first).to_be_hidden()
    assert visitor.marked("active") == ""
    turn.locator("summary", has_text="closest").click()
    turn.locator(".cite").first.click()
    assert visitor.marked("active") == turn.locator(".passage").first.text_content()


def test_an_empty_question_gets_a_friendly_line(visitor: Visitor) -> None:
    """A mistake is said in words, and the next question works."""
    expect(visitor.ask("   ").get_by_role("alert")).to_contain_text("question")
    expect(visitor.ask(TRADE)).to_have_class("turn found")


def test_a_question_of_a_million_characters_is_refused_kindly(visitor: Visitor) -> None:
    """The page neither hangs nor repeats the whole question."""
    turn = visitor.ask("why " * 250_000)
    expect(turn.get_by_role("alert")).to_be_visible()
    assert len(turn.locator(".question").inner_text()) < 500


# --- the conversation -----------------------------------------------------------------------------------------------


def test_a_follow_up_shows_what_was_searched_and_can_be_searched_as_typed(visitor: Visitor) -> None:
    """The stand-alone question is shown; one click searches the typed one instead, in the same turn."""
    visitor.ask("What does the Extraditions Office do?")
    turn = visitor.ask("And who does it work with?")
    expect(turn.locator(".searched")).to_contain_text("Searched for:")
    visitor.press("Search as typed")
    expect(visitor.turn.locator(".searched")).to_have_count(0)
    expect(visitor.page.locator(".turn")).to_have_count(2)
    expect(visitor.turn.locator(".question")).to_have_text("And who does it work with?")


def test_every_example_is_answered(visitor: Visitor) -> None:
    """The examples come from the document's own words, and the document answers each of them."""
    examples = visitor.page.locator("#welcome .chips button").all_inner_texts()
    assert len(examples) >= 3
    for example in examples:
        assert "found" in str(visitor.ask(example).get_attribute("class"))


def test_chips_offer_what_was_not_asked_about(visitor: Visitor) -> None:
    """A click on an example asks it; it is then no longer offered."""
    example = visitor.page.locator("#welcome .chips button").first
    text = example.inner_text()
    example.click()
    expect(visitor.turn.locator(".question")).to_have_text(text)
    expect(visitor.turn).to_have_class("turn found")
    expect(visitor.page.locator("#welcome")).to_be_hidden()
    assert text not in visitor.page.locator("#conversation .chips button").all_inner_texts()


def test_edit_retry_and_clear(visitor: Visitor) -> None:
    """Edit hands the last question back, asking again keeps one turn, clear brings the start back."""
    visitor.ask(TRADE)
    visitor.press("Ask again")
    expect(visitor.page.locator(".turn.found")).to_have_count(1)
    visitor.press("Edit")
    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.page.locator("#box textarea")).to_have_value(TRADE)
    visitor.ask(TRADE)
    visitor.press("Clear")
    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.page.locator("#welcome")).to_be_visible()


def test_a_vote_can_be_cast_and_changed(visitor: Visitor) -> None:
    """The button pressed last is the one that is pressed."""
    visitor.ask(TRADE)
    for vote in ("Helpful", "Not helpful"):
        visitor.press(vote)
        expect(visitor.page.locator("[aria-pressed=true]")).to_have_text(vote)


def test_an_answer_is_copied_with_its_citations(visitor: Visitor) -> None:
    """Plain text, Markdown and a link reach the clipboard; the link asks the question again."""
    visitor.ask(TRADE)
    pasted = []
    for name in ("Copy", "Copy as Markdown", "Copy link"):
        visitor.press(name)
        expect(visitor.turn.get_by_role("button", name=name, exact=True)).to_have_count(0)  # it says "Copied"
        pasted.append(visitor.page.evaluate("navigator.clipboard.readText()"))
    plain, markdown, link = pasted
    assert "EUR 3.3 billion" in plain
    assert "Organized crime in France › paragraph 3, characters" in plain
    assert markdown.startswith(f"**{TRADE}**\n\n> ")
    visitor.page.goto(link)
    expect(visitor.turn.locator(".quote")).to_contain_text("EUR 3.3 billion")


def test_how_it_was_found_is_folded_under_the_answer(visitor: Visitor) -> None:
    """What was searched, the words in common and the scores are one click away."""
    turn = visitor.ask("What is the turnover of drug trafficking?")
    trail = turn.locator(".trail")
    expect(trail.locator("table")).to_be_hidden()
    trail.locator("summary").click()
    expect(trail.locator("tbody tr").first).to_contain_text("turnover, drug, trafficking")


def test_a_shared_address_asks_its_question(visit: Callable[..., Visitor], seed_url: str) -> None:
    """?q= opens the page with the question answered."""
    visitor = visit(seed_url).come("?q=What%20is%20the%20drug%20trade%20worth%3F")
    expect(visitor.turn.locator(".quote")).to_contain_text("EUR 3.3 billion")


# --- the document ---------------------------------------------------------------------------------------------------


def test_the_document_is_readable_and_the_outline_jumps(visitor: Visitor) -> None:
    """Headings and paragraphs stand as in the text; an outline entry brings its section into view."""
    text = read_documents("seeds")[0].text
    blocks = visitor.page.locator("#sheet [data-start]")
    spans = blocks.evaluate_all("all => all.map(b => [Number(b.dataset.start), Number(b.dataset.end), b.textContent])")
    assert [text[start:end] for start, end, _ in spans] == [shown for _, _, shown in spans]
    assert len(spans) == 10
    headings = visitor.page.locator("#sheet h2")
    assert headings.all_inner_texts() == [
        "Organized crime in France", "INTERPOL in France", "Law enforcement in France",
    ]  # fmt: skip
    visitor.page.locator(".outline a", has_text="Law enforcement").click()
    expect(headings.last).to_be_in_viewport()


def test_a_citation_is_previewed_on_hover_and_on_focus(visitor: Visitor) -> None:
    """The pin and a citation cut short show the whole passage until the pointer leaves or Escape is pressed."""
    second = visitor.ask(BROAD).locator("li + li .cite").first
    second.hover()
    expect(visitor.page.locator("#preview .passage")).to_have_text(
        str(second.locator(".passage").text_content()), use_inner_text=True
    )
    pin = visitor.ask(TRADE).locator(".pin")
    preview = visitor.page.locator("#preview")
    pin.hover()
    expect(preview).to_contain_text("Criminal gangs camouflage profits")
    visitor.page.mouse.move(5, 5)
    expect(preview).to_be_hidden()
    visitor.page.locator("#box textarea").focus()
    visitor.page.keyboard.press("Shift+Tab")
    visitor.turn.locator(".cite").first.focus()
    visitor.page.keyboard.press("Shift+Tab")
    expect(pin).to_be_focused()
    expect(preview).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(preview).to_be_hidden()


def test_on_a_phone_a_citation_opens_the_document_over_the_page(visit: Callable[..., Visitor], seed_url: str) -> None:
    """The passage fills the screen; the way back leads to the citation. Nothing is wider than the screen."""
    visitor = visit(seed_url, width=360).come()
    cite = visitor.ask(TRADE).locator(".cite").first
    expect(visitor.page.locator("#sheet")).to_be_hidden()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360
    cite.click()
    expect(visitor.page.locator("#sheet mark.active.lit")).to_be_in_viewport()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360
    visitor.press("Back to the answer")
    expect(visitor.page.locator("#sheet")).to_be_hidden()
    expect(cite).to_be_focused()


# --- opening --------------------------------------------------------------------------------------------------------


def test_a_page_still_opening_shows_progress_and_can_be_stopped(
    visit: Callable[..., Visitor], seed_index: PassageIndex
) -> None:
    """Questions wait for the index; Stop hands the question back; once opened, the page answers."""
    release = threading.Event()

    def load(report: Callable[[int, int], None]) -> PassageIndex:
        report(3, 12)
        assert release.wait(30)
        return seed_index

    for url in serve(Opening(load).start()):
        visitor = visit(url)
        visitor.page.goto(url)
        expect(visitor.page.get_by_role("progressbar")).to_have_attribute("value", "3")
        visitor.page.locator("#box textarea").fill(TRADE)
        visitor.page.keyboard.press("Enter")
        expect(visitor.turn).to_have_class("turn pending")
        with visitor.page.expect_response("**/reset"):  # until the stopped question is gone, Gradio takes no other
            visitor.press("Stop")
        expect(visitor.page.locator(".turn")).to_have_count(0)
        expect(visitor.page.locator("#box textarea")).to_have_value(TRADE)
        release.set()
        visitor.page.wait_for_selector("#sheet")
        expect(visitor.ask(TRADE).locator(".quote")).to_contain_text("EUR 3.3 billion")


def test_a_page_that_cannot_open_says_why(visit: Callable[..., Visitor]) -> None:
    """Documents that cannot be read are said to be so, in the pane and in answer to a question."""

    def load(report: Callable[[int, int], None]) -> PassageIndex:
        raise AskError("The folder seeds/ is empty. Put a text file into it.")

    for url in serve(Opening(load).start()):
        visitor = visit(url)
        visitor.page.goto(url)
        expect(visitor.page.locator("#document").get_by_role("alert")).to_contain_text("seeds/ is empty")
        expect(visitor.ask(TRADE).get_by_role("alert")).to_contain_text("seeds/ is empty")


# --- for everyone, and against everything ---------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_no_state_of_the_page_has_an_accessibility_violation(
    visit: Callable[..., Visitor], seed_url: str, width: int, scheme: str
) -> None:
    """Start, answer, opened citation, refusal and error: axe finds nothing, wide or narrow, light or dark."""
    visitor = visit(seed_url, width, scheme).come()
    assert visitor.violations() == []
    visitor.ask(TRADE).locator(".cite").first.click()
    assert visitor.violations() == []
    visitor.page.keyboard.press("Escape")
    visitor.ask(FOREIGN).locator("summary", has_text="closest").click()
    visitor.turn.locator(".trail summary").click()
    visitor.ask("")
    assert visitor.violations() == []


def test_hostile_text_is_shown_as_text(
    visit: Callable[..., Visitor], hostile_url: str, hostile_documents: tuple[Document, ...]
) -> None:
    """Whatever stands in a document, its title, its file name or a question is shown as it is and does nothing."""
    visitor = visit(hostile_url).come()
    shown = visitor.blocks("article:first-child").all_inner_texts()
    assert "\n\n".join(shown) == hostile_documents[0].text
    assert visitor.page.locator(".file").first.inner_text() == hostile_documents[0].id
    assert visitor.page.locator("#switch option").all_text_contents() == [d.title for d in hostile_documents]
    assert visitor.page.evaluate(FILES) == [d.id for d in hostile_documents]
    for start in range(0, len(HOSTILE), 9):
        signs = " ; ".join(HOSTILE[start : start + 9])
        turn = visitor.ask(signs)
        assert turn.locator(".question").inner_text() == signs
        assert_citations_show(turn, hostile_documents)
    tags = "all => [...new Set(all.map(e => e.tagName))]"
    active = {"SCRIPT", "IMG", "SVG", "IFRAME", "FORM", "INPUT", "STYLE", "B", "OBJECT", "VIDEO"}
    assert not active & set(visitor.page.locator("#room .html-container :not([type=file])").evaluate_all(tags))


FILES = """async () => {
    const names = [], choice = document.querySelector('#switch');
    for (const {value} of choice.options) {
        choice.value = value;
        choice.dispatchEvent(new Event('change', {bubbles: true}));
        while (!document.querySelector('#sheet article:not([hidden]) .file')) await new Promise(requestAnimationFrame);
        names.push(document.querySelector('#sheet article:not([hidden]) .file').innerText);
    }
    return names;
}"""  # each document's name as the pane shows it


def assert_citations_show(turn: Locator, documents: tuple[Document, ...]) -> None:
    """Each citation shows its document's title and exactly the text its offsets name, and so does the quotation."""
    if turn.locator(".quote").count():
        assert turn.locator(".quote p").inner_text().endswith(f"{turn.locator('mark').first.inner_text()}1")
    for folded in turn.locator("details:not(.trail):not([open]) > summary").all():
        folded.click()
    for cite in turn.locator(".cite").all():
        document = next(d for d in documents if d.id == cite.get_attribute("data-document"))
        start, end = (int(cite.get_attribute(f"data-{edge}") or -1) for edge in ("start", "end"))
        assert cite.locator(".passage").text_content() == document.text[start:end]
        assert str(cite.locator(".place").text_content()).startswith(document.title)
        begin, stop = map(int, str(cite.get_attribute("data-lit")).split("-"))
        assert cite.locator("mark").all_inner_texts() == [document.text[begin:stop]]


def test_documents_are_switched_and_marked_by_code_points(visit: Callable[..., Visitor], hostile_url: str) -> None:
    """A citation in another document opens that document; emoji and line breaks do not shift the mark."""
    visitor = visit(hostile_url).come()
    turn = visitor.ask("How many smiles and flags does the second page tell of?")
    cite = turn.locator('.cite[data-document="second.txt"]').first
    if not cite.is_visible():
        turn.locator("summary", has_text="closest").click()
    cite.click()
    expect(visitor.page.locator("#switch")).to_have_value("second.txt")
    assert visitor.marked("lit") == "".join(cite.locator("mark").all_text_contents())
    visitor.page.locator("#switch").select_option(index=0)
    expect(visitor.page.locator("#sheet article").first).to_be_visible()
