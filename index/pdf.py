"""A PDF as printed lines: their words, and where, how large and how bold they stand on which page.

`index.layout` makes paragraphs and headings of them. Deliberately does not: recognise text in pictures, ask for
passwords, read forms, notes or attachments.
"""

import io
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from index.bidi import SIDED, as_read, has_leftward, runs_left
from index.drawing import mended
from index.errors import DocumentError
from index.layout import Line, write_lines
from index.parts import MAX_CHARACTERS, Extract, Writer, in_one_line, sensible_title

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 2_000
"""Pages in a PDF at most."""

_BOLD = re.compile(r"(?i)bold|black|heavy|demi|CMBX|-Bd\b")
_GLYPHS = str.maketrans(  # as fonts draw letters and bullets, and as people write and search them
    "⼾⺎⺒⺓⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲\uf0b7\uf0a7",
    "户兀巳幺民虎西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀•▪",
)
_FORMS = re.compile("[\u2e80-\u2fdf\ufb00-\ufdff\ufe70-\ufefc]")
"""Radicals, ligatures, and Hebrew and Arabic letters as they look in a word: Unicode knows which letters they are."""

Fragment = tuple[str, Sequence[float], Sequence[float], Any, float, float]
"""As pypdf reports it: text, current matrix, text matrix, font, size. Then where its line or text object begins."""


def read_pdf(data: bytes, name: str) -> Extract:
    """The PDF in these bytes; `name` is for messages.

    Raises DocumentError for what is no PDF, is locked, has no text, or is beyond a limit; a damaged one may raise
    whatever its reader does.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import LimitReachedError, PyPdfError
    except ImportError as error:
        raise DocumentError(f"{name} is a PDF; to read these, pip install 'pypdf>=7.1,<8'") from error

    if b"%PDF-" not in data[:1024]:
        raise DocumentError(f"{name} is no PDF, whatever its name says; give the file its right ending or remove it")
    try:
        reader = PdfReader(io.BytesIO(data))
        _unlock(reader, name)
        lines = list(_lines(reader, name))
        title = reader.metadata.title if reader.metadata else None
    except LimitReachedError as error:
        raise DocumentError(
            f"{name} unpacks to more than is read ({error}); it may be made to do harm, else print it to a new PDF"
        ) from error
    except PyPdfError as error:
        raise DocumentError(f"{name} is damaged and cannot be read ({error}); print it to a new PDF") from error
    if not lines:
        raise DocumentError(
            f"{name} holds no text (pages: {len(reader.pages):,}), so it is likely scanned; run a text recognition "
            "such as ocrmypdf over it, or remove it"
        )
    writer = Writer(name)
    pages = write_lines(lines, len(reader.pages), writer)
    extract = writer.extract(pages=pages)
    return replace(extract, title=sensible_title(title or "") or _heading(extract))


def _unlock(reader: "PdfReader", name: str) -> None:
    """Open a PDF that is encrypted without a password. Raises DocumentError for one that has a password."""
    from pypdf.errors import DependencyError

    if not reader.is_encrypted:
        return
    try:
        if reader.decrypt(""):
            return
        found = "has a password"
    except (DependencyError, NotImplementedError):
        found = "is encrypted"
    raise DocumentError(f"{name} {found}; save it without one, for example by printing it to a new PDF")


def _lines(reader: "PdfReader", name: str) -> Iterator[Line]:
    """The lines of all pages that have words, in order."""
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise DocumentError(f"{name} has {count:,} pages; at most {MAX_PAGES:,} are read: split it")
    length = 0
    for number, page in enumerate(reader.pages, start=1):
        for line in _page_lines(page, number):
            length += len(line.words)
            yield line
        if length > MAX_CHARACTERS:
            raise DocumentError(f"{name} holds more than {MAX_CHARACTERS:,} characters of text; split it")


def _page_lines(page: "PageObject", number: int) -> Iterator[Line]:
    """The lines of one page in the order in which they are drawn."""
    rows = list(_rows(_fragments(page)))
    leftward = runs_left("".join(fragment[0] for row in rows for fragment in row))
    for row in rows:
        yield from _line(row, number, leftward)


def _fragments(page: "PageObject") -> list[Fragment]:
    """What pypdf reads on a page."""
    from pypdf.generic import NameObject

    fragments: list[Fragment] = []
    begun: list[float] = []

    def read(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        if text.strip("\n") and not begun:
            begun.append(_place(tm, cm)[0])
        fragments.append((text, cm, tm, font, size, begun[0] if begun else 0.0))
        if "\n" in text:
            begun.clear()

    def follow(operator: bytes, *_: object) -> None:
        if operator == b"BT":
            begun.clear()

    drawing = page.get_contents()
    if drawing is not None:
        contents, kept = NameObject("/Contents"), page.raw_get("/Contents")
        drawing.forced_encoding = "bytes"
        drawing.operations = mended(drawing.operations)
        page[contents] = drawing
        page.extract_text(visitor_operand_after=follow, visitor_text=read)
        page[contents] = kept
    return fragments


def _rows(fragments: Sequence[Fragment]) -> Iterator[list[Fragment]]:
    """The fragments by line, each from left to right as on the page: pypdf turns those of right-to-left letters."""
    row: list[Fragment] = []
    turned = False
    for text, *rest in fragments:
        for count, words in enumerate(text.split("\n")):
            if count:
                yield row
                row = []
            sided = SIDED.search(words)
            turned = bool(sided[1]) if sided else turned
            row.append((words[::-1] if turned else words, *rest))
    yield row


def _line(row: Sequence[Fragment], page: int, leftward: bool) -> Iterator[Line]:
    """One line of fragments; none where they hold no word. leftward: whether lines of the page run to the left."""
    drawn = "".join(fragment[0] for fragment in row)
    leftward = has_leftward(drawn) and (leftward or runs_left(drawn))
    if has_leftward(drawn):
        row = sorted(row, key=lambda fragment: fragment[-1])  # some programs draw it from the right
        drawn = as_read("".join(fragment[0] for fragment in row), leftward)
    words = in_one_line(_as_typed(drawn))
    if not words:
        return
    sizes, bold = dict[float, int](), 0
    for text, cm, tm, font, size, _ in row:
        weight = len(text.strip())
        height = round(2 * size * _scale(tm, cm)) / 2
        sizes[height] = sizes.get(height, 0) + weight
        bold += weight if font and _BOLD.search(str(font.get("/BaseFont", ""))) else -weight
    _, cm, tm, *_ = next(fragment for fragment in row if fragment[0].strip())
    x, y = _place(tm, cm)
    x = 0.0 if leftward else x  # it begins where its first word ends: no one knows
    yield Line(page, x, y, max(sizes, key=lambda size: sizes[size]) or 1.0, bold > 0, words)


def _as_typed(text: str) -> str:
    """A text in the letters that people type."""
    return _FORMS.sub(lambda form: unicodedata.normalize("NFKC", form[0]).strip(), text.translate(_GLYPHS))


def _scale(tm: Sequence[float], cm: Sequence[float]) -> float:
    """How much the matrices enlarge heights."""
    return math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])


def _place(tm: Sequence[float], cm: Sequence[float]) -> tuple[float, float]:
    """Where text begins: along its line, and up across the lines, whichever way the text is turned."""
    x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    right, up = tm[0] * cm[0] + tm[1] * cm[2], tm[0] * cm[1] + tm[1] * cm[3]
    if abs(right) >= abs(up):
        return (x, y) if right >= 0 else (-x, -y)
    return (y, -x) if up > 0 else (-y, x)


def _heading(extract: Extract) -> str:
    """The outermost heading of the first two pages, else the first one; "" without any."""
    headings = [part for part in extract.parts if part.kind == "heading"]
    early = [part for part in headings if len(extract.pages) < 3 or part.start < extract.pages[2]]
    best = min(early or headings[:1], key=lambda part: part.level, default=None)
    return extract.text[best.start : best.end] if best else ""
