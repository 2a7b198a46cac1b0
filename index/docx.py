"""A Word document as a reader sees it: its words, with headings, paragraphs, list items and table rows as parts.

Needs python-docx, which is optional. Deliberately does not: read headers, footers, footnotes, comments, deleted or
hidden text, or number the items of lists.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import DocumentError
from index.parts import Extract, Writer, in_one_line, kept_lines, sensible_title

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_UNPACKED = 200_000_000
"""Bytes that all files in a Word document may unpack to."""
INSTALL = "pip install 'python-docx>=1.2,<2'"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OLD = bytes.fromhex("d0cf11e0a1b11ae1")  # Word before 2007; also any Word document with a password
_SKIPPED = {f"{_W}{tag}" for tag in ("del", "moveFrom", "rPr", "pPr")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same again for old programs
}
_SIGNS = {f"{_W}{tag}": sign for tag, sign in (("tab", " "), ("br", "\n"), ("cr", "\n"), ("noBreakHyphen", "-"))}
_HEADING = re.compile(r"heading (\d)")
_TITLE = "title"
_LIST = re.compile(r"list(?! paragraph)\b")


def read_docx(data: bytes, name: str) -> Extract:
    """The document in these bytes; `name` is for messages.

    Raises DocumentError for what is no Word document, unpacks to too much, or where python-docx is missing; a damaged
    one raises whatever its reader does.
    """
    _check_archive(data, name)
    try:
        import docx
    except ImportError as error:
        raise DocumentError(f"{name} is a Word document; to read these, {INSTALL}") from error

    document = docx.Document(io.BytesIO(data))
    reader = _Reader(Styles(document.styles.element), Writer(name))
    reader.read(document.element.body)
    extract = reader.writer.extract()
    heading = next((extract.text[part.start : part.end] for part in extract.parts if part.kind == "heading"), "")
    return replace(extract, title=in_one_line(heading) or sensible_title(document.core_properties.title))


def _check_archive(data: bytes, name: str) -> None:
    """Raise DocumentError for what is no archive, or one that unpacks to too much."""
    if data.startswith(_OLD):
        raise DocumentError(
            f"{name} is in Word's old format or has a password; save it as a .docx file without a password"
        )
    try:
        unpacked = sum(file.file_size for file in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise DocumentError(f"{name} is damaged or no Word document ({error}); save it again as .docx") from error
    if unpacked > MAX_UNPACKED:
        raise DocumentError(
            f"{name} unpacks to {unpacked:,} bytes; at most {MAX_UNPACKED:,} are read: it may be made to do harm, "
            "else take its pictures out"
        )


class Styles:
    """What the styles of a document make of a paragraph; what a style does not say, the one it is based on does."""

    def __init__(self, element: "_Element") -> None:
        self._styles = {style.get(f"{_W}styleId"): style for style in element.iter(f"{_W}style")}
        self._known: dict[str | None, tuple[int | None, bool]] = {}

    def of(self, paragraph: "_Element") -> tuple[int | None, bool]:
        """The level of a heading (0 for the title of the whole, None for no heading), and whether it is an item."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        level, item = self._of_style(None if style is None else style.get(f"{_W}val"))
        own_level, own_item = _said(paragraph)
        return own_level if own_level is not None else level, item if own_item is None else own_item

    def _of_style(self, key: str | None) -> tuple[int | None, bool]:
        """The same for a style of this id."""
        if key not in self._known:
            level, item = None, None
            seen: set[str | None] = set()
            following = key
            while following in self._styles and following not in seen:
                seen.add(following)
                style = self._styles[following]
                said_level, said_item = _said_by_style(style)
                level = said_level if level is None else level
                item = said_item if item is None else item
                based = style.find(f"{_W}basedOn")
                following = None if based is None else based.get(f"{_W}val")
            self._known[key] = (level, bool(item))
        return self._known[key]


def _said_by_style(style: "_Element") -> tuple[int | None, bool | None]:
    """What one style says: by its name, which is English in every language of Word, or by its settings."""
    named = style.find(f"{_W}name")
    name = (named.get(f"{_W}val") or "").lower() if named is not None else ""
    heading = _HEADING.fullmatch(name)
    level, item = _said(style)
    if heading or name == _TITLE:
        level = int(heading[1]) if heading else 0
    return level, True if item is None and _LIST.match(name) else item


def _said(element: "_Element") -> tuple[int | None, bool | None]:
    """The outline level and the numbering in the settings of a paragraph or style; None for what they do not say."""
    outline, number = element.find(f"{_W}pPr/{_W}outlineLvl"), element.find(f"{_W}pPr/{_W}numPr/{_W}numId")
    depth = (outline.get(f"{_W}val") or "") if outline is not None else ""
    level = int(depth) + 1 if depth in set("012345678") else None
    return level, None if number is None else number.get(f"{_W}val") != "0"


class _Reader:
    """Writes the blocks of a document as parts."""

    def __init__(self, styles: Styles, writer: Writer) -> None:
        self.writer = writer
        self._styles = styles
        self._items: list[str] = []

    def read(self, element: "_Element") -> None:
        """Write all that is in an element."""
        self._blocks(element)
        self._end_list()

    def _blocks(self, element: "_Element") -> None:
        for child in element.iterchildren("{*}*"):
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl" and self._is_data(child):
                self._end_list()
                self.writer.add("table", [*filter(None, map(_row, child.iter(f"{_W}tr")))])
            elif child.tag not in _SKIPPED:
                self._blocks(child)

    def _paragraph(self, paragraph: "_Element") -> None:
        level, item = self._styles.of(paragraph)
        words = _words(paragraph)
        lines = [in_one_line(line) for line in kept_lines(words)]
        if level is not None:
            self._end_list()
            self.writer.add("heading", [in_one_line(words)], level)
        elif item:
            self._items += filter(None, lines)
        elif words.strip():
            self._end_list()
            self.writer.add("paragraph", lines)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if _is_outermost(box):
                self._blocks(box)

    def _end_list(self) -> None:
        self.writer.add("list", self._items)
        self._items = []

    def _is_data(self, table: "_Element") -> bool:
        """Whether a table is rows of cells; one of one column, or with headings or tables in it, places paragraphs."""
        wide = any(sum(1 for _ in row.iter(f"{_W}tc")) > 1 for row in table.iter(f"{_W}tr"))
        nested = any(inner is not table for inner in table.iter(f"{_W}tbl"))
        return wide and not nested and all(self._styles.of(p)[0] is None for p in table.iter(f"{_W}p"))


def _row(row: "_Element") -> str:
    """A row of a table in one line."""
    cells = [" ".join(in_one_line(_words(p)) for p in cell.iter(f"{_W}p")).strip() for cell in row.iter(f"{_W}tc")]
    return " | ".join(cells).strip() if any(cells) else ""


def _words(paragraph: "_Element") -> str:
    """The words of a paragraph, without those of text boxes anchored in it."""
    return "".join(_runs(paragraph))


def _runs(element: "_Element") -> Iterator[str]:
    for child in element.iterchildren("{*}*"):
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[str(child.tag)]
        elif child.tag not in _SKIPPED and child.tag != f"{_W}txbxContent" and not _is_hidden(child):
            yield from _runs(child)


def _is_hidden(run: "_Element") -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val") not in ("0", "false", "off")


def _is_outermost(box: "_Element") -> bool:
    """Whether a text box is in no other one, and is not the copy for old programs."""
    within = [str(above.tag) for above in box.iterancestors()]
    return not _SKIPPED.intersection(within) and f"{_W}txbxContent" not in within
