"""A web page as a reader sees it: its words, with headings, paragraphs, lists, table rows and code as parts.

Scripts, styles, forms and what is hidden are left out; where the page says what its main part is, so is the frame
around it. Deliberately does not: run scripts, read style sheets, fetch anything, or show pictures' descriptions.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from index.decode import read_text
from index.errors import DocumentError
from index.parts import Extract, Writer, in_one_line, kept_lines

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_UNSEEN = frozenset(
    """
    head script style noscript template svg canvas iframe object embed audio video map button select textarea datalist
    progress meter annotation annotation-xml rt rp rtc frameset
    """.split()
)
_FRAME = frozenset(("header", "footer", "aside"))  # around the main part; inside it they belong to it
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "menu", "dir", "dl"))
_CELLS = frozenset(("td", "th"))
_LAYOUT = frozenset((*_HEADINGS, "table", "pre"))  # a table with one of these in a cell places paragraphs
_BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search section
    summary table tbody td tfoot th thead tr ul
    """.split()
)
_CONTROLS = {"mw-editsection", "headerlink"}  # classes of what wikis and manuals put beside each heading
_SPACES = re.compile(r"[ \t\n\r\f]+")
_HIDING = re.compile(r"(?i)(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_META = re.compile(rb"""(?i)<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""")
_LABELS = {"iso-8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}


def read_html(data: bytes, name: str) -> Extract:
    """The page in these bytes; `name` is for messages.

    Raises DocumentError for bytes that are no text, too much text, and where selectolax is missing.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError as error:
        raise DocumentError(f"{name} is a web page; to read these, pip install 'selectolax>=1.0.2,<2'") from error

    page = LexborHTMLParser(_decoded(data, name))
    root = page.root
    if root is None:
        return Extract("", "")
    framed = page.css_first("main, article, [role=main]") is not None
    reader = _Reader(Writer(name), _layout_tables(root), framed)
    for node, enters in _walk(root):
        if enters:
            reader.enter(node)
        else:
            reader.leave(node)
    named = page.css_first("head title")
    extract = reader.writer.extract()
    return replace(extract, title=_title(in_one_line(named.text()) if named else "", extract))


def _decoded(data: bytes, name: str) -> str:
    """The characters of a page: in the encoding its mark or its head names, where that fits, else as of any text."""
    found = _META.search(data[:2048])
    if found and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            encoding = codecs.lookup(found[1].decode("ascii")).name
            if not encoding.startswith(("utf-16", "utf-32")):  # the head could be read as ASCII
                return read_text(data.decode(_LABELS.get(encoding, encoding)).encode(), name)
        except (LookupError, ValueError):
            pass  # a wrong name: found out from the bytes
    return read_text(data, name)


def _title(named: str, page: Extract) -> str:
    """A page's title; only its first heading where that is a part of it, as in "Tides – The Harbour Site"."""
    heading = next((page.text[part.start : part.end] for part in page.parts if part.kind == "heading"), "")
    return heading if not named or (heading and heading in named) else named


def _walk(root: "LexborNode") -> Iterator[tuple["LexborNode", bool]]:
    """Each node that can be seen when it is entered and when it is left; without recursion, however deep the page."""
    node: LexborNode | None = root
    while node is not None:
        yield node, True
        child = None if _is_unseen(node) else node.child
        while child is None and node is not None:
            yield node, False
            child = node.next if node.mem_id != root.mem_id else None
            node = node.parent if child is None and node.mem_id != root.mem_id else None
        node = child


def _is_unseen(node: "LexborNode") -> bool:
    """Whether a reader sees nothing of an element."""
    if not node.is_element_node:
        return False
    if node.tag in _UNSEEN:
        return True
    about = node.attributes
    if not _CONTROLS.isdisjoint((about.get("class") or "").split()):
        return True
    hidden = "hidden" in about and (about["hidden"] or "").lower() != "until-found"
    closed = node.tag == "dialog" and "open" not in about
    return hidden or closed or _HIDING.search(about.get("style") or "") is not None


def _layout_tables(root: "LexborNode") -> set[int]:
    """The tables that only place things: of one column, with a block in a cell, or more than a line and no headings."""
    layout: set[int] = set()
    tables: list[_Table] = []
    for node, enters in _walk(root):
        tag = node.tag or ""
        if tables and enters and tag in _LAYOUT:
            tables[-1].blocks = True
        if tag == "table" and enters:
            tables.append(_Table())
        elif tag == "table":
            table = tables.pop()
            if table.most < 2 or table.blocks or (table.lines and not table.headed):
                layout.add(node.mem_id)
        elif tables and enters:
            tables[-1].count(tag)
    return layout


@dataclass(slots=True)
class _Table:
    """What was seen of a table. most: cells in a row. blocks, lines: a block, more than a line of text in a cell."""

    most: int = 0
    blocks: bool = False
    lines: bool = False
    headed: bool = False
    _cells: int = 0
    _paragraphs: int = 0

    def count(self, tag: str) -> None:
        """An element begins in it."""
        if tag == "tr":
            self._cells = 0
        elif tag in _CELLS:
            self._cells, self._paragraphs = self._cells + 1, 0
            self.most = max(self.most, self._cells)
            self.headed |= tag == "th"
        elif tag == "p":
            self._paragraphs += 1
        self.lines |= tag in _LISTS or self._paragraphs > 1


class _Reader:
    """Collects words until an element begins or ends that sets them apart; see `_BLOCKS`."""

    def __init__(self, writer: Writer, layout: set[int], framed: bool) -> None:
        self.writer = writer
        self._layout = layout
        self._framed = framed
        self._words: list[str] = []
        self._lines: list[str] = []  # of the list or table that is open
        self._cells: list[str] = []
        self._cell: list[str] = []
        self._level = 0  # of the heading that is open
        self._depth = Counter[str]()  # how many of "main", "unseen", "list", "table" and "pre" are open

    def enter(self, node: "LexborNode") -> None:
        """An element begins, or here is text."""
        tag = node.tag or ""
        if node.is_text_node:
            text = node.text_content or ""
            self._words.append(text if self._depth["pre"] else _SPACES.sub(" ", text))
        elif tag in ("br", "q"):
            self._words.append("\n" if tag == "br" else "“")
        elif tag in _BLOCKS or tag in _CELLS:
            self._end_words()
            self._depth.update(self._roles(node))
            self._level = _HEADINGS.get(tag, self._level)
            if tag == "table" and self._depth["table"]:
                self._end_lines("list")

    def leave(self, node: "LexborNode") -> None:
        """An element ends."""
        tag = node.tag or ""
        if tag == "q":
            self._words.append("”")
        if tag not in _BLOCKS and tag not in _CELLS:
            return
        self._end_words()
        self._depth.subtract(self._roles(node))
        if tag in _HEADINGS:
            self._level = 0
        elif tag in _CELLS and self._depth["table"]:
            self._cells.append(" ".join(self._cell))
            self._cell = []
        elif tag == "tr" and self._depth["table"]:
            self._lines += [" | ".join(self._cells).strip()] if any(self._cells) else []
            self._cells = []
        elif tag == "table" and node.mem_id not in self._layout:
            self._end_lines("table")
        elif tag in _LISTS and not self._depth["list"] and not self._depth["table"]:
            self._end_lines("list")

    def _roles(self, node: "LexborNode") -> tuple[str, ...]:
        """What an element counts as while it is open."""
        tag = node.tag or ""
        if tag in ("main", "article") or node.attributes.get("role") == "main":
            return ("main",)
        if self._framed and (tag == "nav" or (tag in _FRAME and not self._depth["main"])):
            return ("unseen",)
        if tag == "table":
            return () if node.mem_id in self._layout else ("table",)
        return ("list",) if tag in _LISTS else (tag,) if tag in ("pre", "td", "th") else ()

    def _end_words(self) -> None:
        """The words collected so far are a block of their own."""
        text, self._words = "".join(self._words), []
        if self._depth["unseen"] or not text.strip():
            return
        lines = [in_one_line(line) for line in text.split("\n")]
        if self._depth["table"] and (self._depth["td"] or self._depth["th"]):
            self._cell.append(in_one_line(text))
        elif self._level:
            self._end_lines("list")
            self.writer.add("heading", [in_one_line(text)], self._level)
        elif self._depth["pre"]:
            self._end_lines("list")
            self.writer.add("code", kept_lines(text))
        elif self._depth["list"]:
            self._lines += lines
        else:
            for blank, group in groupby(lines, lambda line: not line):
                self.writer.add("paragraph", [] if blank else list(group))

    def _end_lines(self, kind: str) -> None:
        """The lines collected so far are a list or table of their own."""
        self.writer.add(kind, self._lines)
        self._lines = []
