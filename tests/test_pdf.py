"""PDFs: paragraphs and headings from printed lines, each with its page; what cannot be read is said."""

import io
import time
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from index.documents import Document, read_documents
from index.errors import DocumentError
from index.layout import Line, write_lines
from index.parts import Writer
from index.pdf import MAX_PAGES, read_pdf

from papers import write_pdf

SENTENCE = "The keeper of the lamp climbs the stairs of the tower each evening before the sun is down."


def drawn(stream: bytes, pages: int = 1, filters: bytes = b"/FlateDecode", letters: str = "") -> bytes:
    """A PDF, written by hand, whose pages all draw the same stream; "a" in it is the first of these letters."""
    glyphs = "".join(f"/uni{ord(letter):04X}" for letter in letters).encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" 3 0 R" * pages),
        page,
        b"<</Length %d/Filter%s>>stream\n%s\nendstream" % (len(stream), filters, stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[97%s]>>>>" % glyphs,
    ]
    data, starts = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def text_of(operators: str, letters: str = "") -> str:
    """The text of a page on which these operators draw; "a" in them is the first of these letters."""
    return read_pdf(drawn(zlib.compress(f"/F 12 Tf {operators}".encode()), letters=letters), "a.pdf").text


def laid_out(*rows: tuple[float, float, str] | tuple[float, float, str, float], page: int = 1) -> list[Line]:
    """Lines at (x, y) of one page; 10 points where no size is given."""
    return [Line(page, row[0], row[1], row[3] if len(row) > 3 else 10.0, False, row[2]) for row in rows]


def parts(lines: list[Line], pages: int = 1) -> list[tuple[str, str]]:
    """Kind and words of the parts that lines make."""
    writer = Writer("a.pdf")
    write_lines(lines, pages, writer)
    extract = writer.extract()
    return [(part.kind, extract.text[part.start : part.end]) for part in extract.parts]


def test_paragraphs_headings_lists_and_pages(tmp_path: Path) -> None:
    """Wrapped lines are one paragraph, large and bold ones headings; each part knows its page."""
    blocks = [
        ("title", "The Lamp"),
        ("paragraph", SENTENCE * 3),
        ("heading", "The keepers"),
        ("item", SENTENCE),
        ("item", SENTENCE),
        ("heading", "The tower"),
        ("paragraph", SENTENCE),
    ]
    [document] = read_documents(write_pdf(tmp_path / "lamp.pdf", blocks, header="A book", pages=True))
    found = [(p.kind, p.level, document.text[p.start : p.end], document.page_at(p.start)) for p in document.parts]
    assert document.title == "The Lamp"
    assert found == [
        ("heading", 1, "The Lamp", 1),
        ("paragraph", 0, SENTENCE * 3, 1),
        ("heading", 2, "The keepers", 2),
        ("list", 0, f"- {SENTENCE}\n- {SENTENCE}", 2),
        ("heading", 2, "The tower", 3),
        ("paragraph", 0, SENTENCE, 3),
    ]


def test_three_hundred_pages(tmp_path: Path) -> None:
    """A long PDF is read in bounded time, and every sentence is on its page."""
    chapters = ((("heading", f"Chapter {n}"), ("paragraph", f"Lamp {n} burns.")) for n in range(1, 301))
    blocks = [block for chapter in chapters for block in chapter]
    path = write_pdf(tmp_path / "long.pdf", blocks, header="A book", pages=True)
    begin = time.perf_counter()
    [document] = read_documents(path)
    assert time.perf_counter() - begin < 60
    assert len(document.pages) == 300
    pages = [document.page_at(document.text.index(f"Lamp {n} burns.")) for n in range(1, 301)]
    assert pages == list(range(1, 301))


def test_a_paragraph_runs_on_over_a_page() -> None:
    """The sentence is whole, and the second page begins inside it."""
    first = "The water of the river was measured at ten places for a year and the"
    lines = laid_out((50, 100, first), (50, 88, first)) + laid_out((50, 700, "results were kept."), page=2)
    writer = Writer("a.pdf")
    pages = write_lines(lines, 3, writer)
    text = writer.extract().text
    assert text == f"{first} {first} results were kept."
    assert pages == [0, text.index("results"), len(text)]
    assert [Document("a", "a", text, pages=tuple(pages)).page_at(at) for at in (0, len(text) - 1)] == [1, 2]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["the man-", "agement"], "the management"),
        (["the well-", "known one is well-known"], "the well-known one is well-known"),
        (["the North-", "South line"], "the North- South line"),
        (["ranges 3-", "by and by"], "ranges 3- by and by"),
        (["每天最", "多可"], "每天最多可"),
        (["ตัว", "เกาะ"], "ตัวเกาะ"),
        (["使用。", "CL 320"], "使用。CL 320"),
        (["the", "「灯」"], "the「灯」"),
        (["使用", "CL 320"], "使用 CL 320"),
        (["대전", "본사"], "대전 본사"),
    ],
)
def test_words_at_a_line_end_are_joined(lines: list[str], text: str) -> None:
    """A hyphen goes where a small letter follows, and stays where the document has the word with it.

    In scripts without blanks none comes between the lines.
    """
    wide = "a line that is as wide as the page it is printed on, which it fills from one side to the other"
    rows = [(50.0, 700.0, wide), (50.0, 640.0, " ".join(["so"] * 25) + " " + lines[0]), (50.0, 628.0, lines[1])]
    assert parts(laid_out(*rows))[1][1].endswith(text)


def test_running_titles_and_page_numbers_go() -> None:
    """What stands at one place on several pages is left out; a heading there, or a line of the text, stays."""
    lines: list[Line] = []
    for page in range(1, 6):
        rows = [(50, 750, f"Chapter {page}", 16.0), (50, 735, f"The history of lamps {page}"), (50, 20, f"- {page} -")]
        body = [(50, 600 - 30 * n, f"{word * page} is a line of the text.") for n, word in enumerate("ABE")]
        lines += laid_out(*rows[:2], *body, rows[2], page=page)
    found = parts(lines, 5)
    assert [words for kind, words in found if kind == "heading"] == [f"Chapter {page}" for page in range(1, 6)]
    assert sum(kind == "paragraph" for kind, _ in found) == 15


def test_markup_is_text_on_paper() -> None:
    """A line that begins with "#" is no heading; without large letters, plain titles still are."""
    body = "The water of the river was measured at ten places for a whole year, with care and patience."
    rows = [(50, 700, "My Report"), (50, 670, body), (50, 640, "# no heading"), (50, 610, body), (50, 580, "=== x ===")]
    assert [kind for kind, _ in parts(laid_out(*rows))] == ["heading", *["paragraph"] * 4]


def locked(data: bytes, password: str) -> bytes:
    """The PDF encrypted with a user's password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_what_cannot_be_read_says_why() -> None:
    """A password, no text, no PDF, too many pages, a stream that unpacks to too much: each has its message."""
    plain = drawn(zlib.compress(b"BT /F 12 Tf 20 20 Td (Some words) Tj ET"))
    zeros = zlib.compress(bytes(90_000_000), 1)
    wrong = {
        "has a password; save it without one": locked(plain, "secret"),
        r"holds no text \(pages: 1\), so it is likely scanned": drawn(zlib.compress(b"0 0 m")),
        "is no PDF, whatever its name says": b"Hello.",
        "has 2,001 pages; at most 2,000 are read": drawn(zlib.compress(b"BT ET"), MAX_PAGES + 1),
        "unpacks to more than is read": drawn(zlib.compress(zeros), filters=b"[/FlateDecode/FlateDecode]"),
    }
    for message, data in wrong.items():
        with pytest.raises(DocumentError, match=rf"a\.pdf {message}"):
            read_pdf(data, "a.pdf")
    assert read_pdf(locked(plain, ""), "a.pdf").text == "Some words"


def test_strange_letters_are_put_right() -> None:
    """Ligatures become letters, control characters spaces; brackets and the like stay text."""
    data = drawn(zlib.compress(rb"BT /F 12 Tf 20 20 Td (<script>\001 **x** \(y\) & z) Tj ET"))
    assert read_pdf(data, "a.pdf").text == "<script> **x** (y) & z"


@pytest.mark.parametrize(
    "operators",
    [
        "BT 20 20 Td (.) Tj ET BT 23 20 Td (\\(TEA 2\\) ) Tj ET BT 90 20 Td (1,500) Tj ET BT 120 20 Td ( dc ba) Tj ET",
        "BT 120 20 Td ( dc ba) Tj ET BT 90 20 Td (1,500) Tj ET BT 20 20 Td (.\\(TEA 2\\) ) Tj ET",
    ],
)
def test_what_runs_to_the_left_is_read_from_the_right(operators: str) -> None:
    """From whichever side a line is drawn; numbers and words in Latin letters keep their order, brackets turn."""
    assert text_of(operators, "אבגד") == "אב גד 1,500 (TEA 2)."


def test_words_that_run_to_the_left_in_a_line_that_does_not() -> None:
    """They are turned, and stay where they are."""
    operators = (
        "BT 20 20 Td (A SONG, ) Tj ET BT 80 20 Td (dc) Tj ET BT 93 20 Td ( ba) Tj ET BT 112 20 Td (, IT ENDS.) Tj ET"
    )
    assert text_of(operators, "אבגד") == "A SONG, אב גד, IT ENDS."


def test_a_full_stop_drawn_apart_has_no_space_before_it() -> None:
    """Where a program moves twice, from the start of the line, the two moves are one."""
    moves = "BT 1 0 0 1 20 20 Tm 0 0 Td (LAMP) Tj ET BT 1 0 0 1 20 20 Tm 33 0 Td (.) Tj ET"
    assert text_of(moves) == "LAMP."


@pytest.mark.parametrize(
    ("drawn_letters", "typed"),
    [("⼀⻓⼿", "一长手"), ("ﻥﺎﺴﻟ", "لسان"), ("ﬃ", "ffi"), ("ﷲ", "الله"), ("\ufb2a", "\u05e9\u05c1")],
)
def test_letters_as_fonts_draw_them_become_those_that_people_type(drawn_letters: str, typed: str) -> None:
    """Radicals, joined letters and letters with their points, as Unicode has them."""
    assert text_of(f"BT 20 20 Td ({'abcd'[: len(drawn_letters)]}) Tj ET", drawn_letters) == typed


def test_what_the_page_says_its_glyphs_mean_is_read() -> None:
    """Of letters that fonts draw together; a hyphen said to mean nothing stays, as it joins a word."""
    meant = "/Span <</ActualText <FEFF0915093F>>> BDC 5 0 Td (b) Tj 6 0 Td (b) Tj EMC"
    hyphen = "/Span <</ActualText <FEFF00AD>>> BDC 7 0 Td (-) Tj EMC"
    assert text_of(f"BT 20 20 Td (a) Tj {meant} 7 0 Td (a) Tj {hyphen} ET", "नx") == "नकिन-"
