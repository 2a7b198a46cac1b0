"""Web pages: the words a reader sees, as text, with the structure that the tags name."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import Document
from index.errors import DocumentError
from index.html import read_html
from index.parts import Extract

PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<ul>", "<li>", "</ul>", "<h2>"),
        *("<pre>", "</pre>", "<br>", "<!--", "-->", "<script>", "</script>", "<main>", "</main>", "<nav>", "</nav>"),
        *("<aside>", "</aside>", "<title>", "</title>", "<template>", "<svg>", "<select>", "<p hidden>", "<dl><dt>"),
        *("words ", "more words.\n", "&amp;", "&#0;", "&#xd800;", "\x00", "\x85", "\u2028", "# x\n", "<", ">", '"'),
        *("שלום ", "&nbsp;", "<article>", "<footer>", "<plaintext>", "<frameset>", "</", "<q>", "</h2>"),
    ]
)


def read(page: str) -> Extract:
    """A page written as UTF-8."""
    return read_html(f"<!doctype html><meta charset=utf-8>{page}".encode(), "page.html")


def parts(page: str) -> list[tuple[str, list[str]]]:
    """The parts of a page: kind and level, and the lines, parted where a sentence ends at a line's end."""
    extract = read(page)
    found = []
    for part in extract.parts:
        stops = [part.start, *part.stops, part.end]
        lines = [extract.text[a:b].strip("\n") for a, b in pairwise(stops)]
        found.append((f"{part.kind}{part.level or ''}", lines))
    return found


def test_headings_paragraphs_and_lists_are_parts() -> None:
    """Tags make the structure; items of nested lists are lines of one list."""
    items = "<ul><li>Green<ul><li>Sencha<li>Matcha</ul><li>Black</ul>"
    assert parts(f"<h1>Tea</h1><p>Hot.</p>{items}<h3>How</h3>Boil.") == [
        ("heading1", ["Tea"]),
        ("paragraph", ["Hot."]),
        ("list", ["Green", "Sencha", "Matcha", "Black"]),
        ("heading3", ["How"]),
        ("paragraph", ["Boil."]),
    ]


def test_a_row_of_a_table_is_a_line() -> None:
    """Cells are parted by bars, empty ones kept; the caption is a paragraph of its own."""
    page = "<table><caption>Ages</caption><tr><th>Name<th>Age<tr><td>Dr. Roy. <br>Jr.<td>31<tr><td><td>2</table>"
    assert parts(page) == [("paragraph", ["Ages"]), ("table", ["Name | Age", "Dr. Roy. Jr. | 31", "| 2"])]


def test_a_row_is_one_sentence() -> None:
    """Full stops in cells do not cut a row."""
    extract = read("<h1>Ages</h1><table><tr><td>Anna Roy. Boston.<td>She left. Then.<tr><td>a<td>b</table>")
    (section,) = Document("a", "a", extract.text, extract.parts).sections()
    sentences = [extract.text[s.start : s.end] for s in section.paragraphs[0].sentences]
    assert sentences == ["Anna Roy. Boston. | She left. Then.", "a | b"]


def test_a_table_with_headings_may_have_lists_in_its_cells() -> None:
    """As the boxes of an encyclopedia have; a cell's lines are parts of its row."""
    page = "<table><tr><th>Height<td>120 m<tr><th>Built<td><ul><li>1870<li>1901</ul><tr><th>By<td><p>Roy<p>Ito</table>"
    assert parts(page) == [("table", ["Height | 120 m", "Built | 1870 1901", "By | Roy Ito"])]
    assert parts(page.replace("<th>", "<td>"))[0] == ("paragraph", ["Height"])


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td><h2>Left</h2><p>Text.</p></td><td>Right.</td></tr></table>",
        "<table><tr><td><h2>Left</h2><p>Text.</p><tr><td>Right.</table>",
        "<table><tr><td><table><tr><td><h2>Left</h2></td></tr></table><p>Text.<td>Right.</table>",
    ],
)
def test_a_table_that_places_things_is_no_table(page: str) -> None:
    """With headings, tables or lists in its cells, or of one column, a table is read as its contents."""
    assert parts(page) == [("heading2", ["Left"]), ("paragraph", ["Text."]), ("paragraph", ["Right."])]


def test_a_table_in_a_table_that_places_things_is_read() -> None:
    """The inner table keeps its rows, the cells around it are paragraphs."""
    page = "<table><tr><td>Left<td><table><tr><td>a<td>b</table><td>Right</table>"
    assert parts(page) == [("paragraph", ["Left"]), ("table", ["a | b"]), ("paragraph", ["Right"])]


def test_line_breaks_and_code_are_kept() -> None:
    """<br> breaks a line, two make a paragraph; white space counts in <pre> and nowhere else."""
    assert parts("<p>Main   St. 5<br>Bern\n\n<br><br>Next &amp; last\nline<pre>\n  a\n    b\n</pre>") == [
        ("paragraph", ["Main St. 5", "Bern"]),
        ("paragraph", ["Next & last line"]),
        ("code", ["a", "    b"]),
    ]


def test_what_nobody_sees_is_left_out() -> None:
    """Scripts, styles, templates, forms, hidden elements and soft hyphens are not text."""
    page = (
        "<body><style>p{}</style><script>var a</script><noscript>n</noscript><template>t</template><p hidden>h</p>"
        '<p style="color: red; DISPLAY:none">d</p><select><option>o</select><button>b</button><!-- c --><svg>'
        "<title>s</title></svg><dialog>q</dialog><b class='mw-editsection'>edit</b><p>Seen&shy;able <b>te</b>xt.</p>"
    )
    assert read(page).text == "Seenable text."


def test_the_frame_goes_where_the_main_part_is_named() -> None:
    """Around <main> or <article>, menus, headers, asides and footers are left out; elsewhere they stay."""
    frame = "<header>Site</header><nav>Menu</nav>{}<aside>Ad</aside><footer>Imprint</footer>"
    page = frame.format("<main><header>Tea</header><p>Hot.</p><aside>Note</aside></main>")
    assert read(page).text == "Tea\n\nHot.\n\nNote"
    assert read(frame.format("<p>Hot.</p>")).text == "Site\n\nMenu\n\nHot.\n\nAd\n\nImprint"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Tea &amp; time</title><p>x", "Tea & time"),
        ("<title>Tea – The Kitchen</title><h1>Tea</h1>x", "Tea"),
        ("<title>Kitchen</title><h1>Tea</h1>x", "Kitchen"),
        ("<h1>x</h1><svg><title>no</title></svg>", "x"),
        ("<p>x", ""),
    ],
)
def test_the_title(page: str, title: str) -> None:
    """<title>, without the name of the site where the first heading is in it; else the first heading."""
    assert read(page).title == title


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset=iso-8859-1>", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "cp1251"),
        ("<?xml version='1.0' encoding='ISO-8859-2'?>", "iso-8859-2"),
        ("<meta charset=no-such-thing>", "utf-8"),
        ("<meta charset=latin2>", "utf-8-sig"),
        ("<meta charset=utf-8>", "cp1252"),
        ("", "utf-16"),
        ("", "utf-8"),
    ],
)
def test_encodings(head: str, encoding: str) -> None:
    """A mark comes first, then what the head says, then what the bytes say; the head may be wrong."""
    words = "Это чай. " if encoding == "cp1251" else "Der Käse ist für Fußgänger schön."
    assert read_html(f"{head}<p>{words}</p>".encode(encoding), "a").text == words.strip()


@pytest.mark.parametrize(
    "words",
    [
        "# No heading",
        "- no item\n",
        "=====",
        "```",
        "<script>alert(1)</script>",
        "&lt;b&gt; &amp;amp;",
        "مرحبا بالعالم. שלום",
        "\u202eevil\u202c",
        "| a | b |",
        "1. Methods",
    ],
)
def test_text_stays_text(words: str) -> None:
    """What looks like markup of another kind is a paragraph, to the letter."""
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    extract = read(f"<p>{escaped}</p><p>{escaped}</p>")
    assert extract.text == f"{words.strip()}\n\n{words.strip()}"
    assert [part.kind for part in extract.parts] == ["paragraph", "paragraph"]
    (section,) = Document("a", "a", extract.text, extract.parts).sections()
    assert (section.headings, len(section.paragraphs)) == ((), 1 if not any(map(str.isalnum, words)) else 2)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one<p>two<div>three</p>four", "one\n\ntwo\n\nthree\n\nfour"),
        ("<b><i>a</b>b</i>", "ab"),
        ("<li>alone", "alone"),
        ("<tr><td>cell", "cell"),
        ("<h1>a<h2>b</h1>c", "a\n\nb\n\nc"),
        ("just words < 3 > 2", "just words < 3 > 2"),
        ("<p title='a>b'>c", "c"),
        ("", ""),
    ],
)
def test_malformed_pages_are_read_as_browsers_do(page: str, text: str) -> None:
    """Tags that are not closed, or closed in the wrong order, lose no words."""
    assert read(page).text == text


def test_a_picture_is_no_page() -> None:
    """Bytes that are no text are refused, whatever the file's name."""
    with pytest.raises(DocumentError, match="page is not text"):
        read_html(b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)), "page")


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(lambda ps: "".join(ps).encode("utf-8"))))
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever a page holds: a sound document or a DocumentError, nothing else."""
    try:
        extract = read_html(data, "any.html")
    except DocumentError:
        return
    Document("any.html", extract.title, extract.text, extract.parts).sections()


def test_readings_above_the_letters_are_left_out() -> None:
    """Ruby says how letters sound; read out among them it would cut their words."""
    assert parts("<p><ruby>漢<rp>(</rp><rt>かん</rt>字<rtc>kanji</rtc></ruby>です。") == [("paragraph", ["漢字です。"])]
