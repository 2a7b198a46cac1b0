"""A PDF as printed lines: their words, and where, how large and how bold they stand on which page.

`index.layout` makes paragraphs and headings of them. Deliberately does not: recognise text in pictures, ask for
passwords, read forms, notes or attachments.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from index.errors import DocumentError
from index.layout import Line, write_lines
from index.parts import MAX_CHARACTERS, Extract, Writer, in_one_line, sensible_title

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 2_000
"""Pages in a PDF at most."""

_BOLD = re.compile(r"(?i)bold|black|heavy|demi|CMBX|-Bd\b")
_GLYPHS = str.maketrans(  # as fonts draw letters, and as people write and search them
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•", "\uf0a7": "▪"}
)

Fragment = tuple[str, Sequence[float], Sequence[float], Any, float]
"""As pypdf reports it: text, current matrix, text matrix, font, size."""


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
    fragments: list[Fragment] = []
    page.extract_text(visitor_text=lambda *fragment: fragments.append(fragment))
    row: list[Fragment] = []
    for text, *rest in fragments:
        first, *others = text.split("\n")
        row.append((first, *rest))
        for words in others:
            yield from _line(row, number)
            row = [(words, *rest)]
    yield from _line(row, number)


def _line(row: Sequence[Fragment], page: int) -> Iterator[Line]:
    """One line of fragments; none where they hold no word."""
    words = in_one_line("".join(fragment[0] for fragment in row).translate(_GLYPHS))
    if not words:
        return
    sizes, bold = dict[float, int](), 0
    for text, cm, tm, font, size in row:
        weight = len(text.strip())
        height = round(2 * size * _scale(tm, cm)) / 2
        sizes[height] = sizes.get(height, 0) + weight
        bold += weight if font and _BOLD.search(str(font.get("/BaseFont", ""))) else -weight
    _, cm, tm, _, _ = next(fragment for fragment in row if fragment[0].strip())
    x, y = _place(tm, cm)
    yield Line(page, x, y, max(sizes, key=lambda size: sizes[size]) or 1.0, bold > 0, words)


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
