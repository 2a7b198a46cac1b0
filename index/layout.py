"""Printed lines to parts: paragraphs, lists and headings, from how lines stand to each other.

Running titles and page numbers go, words hyphenated at a line's end are joined, a paragraph runs on over a page break.
Deliberately does not: sort the lines (they come in the order in which they are drawn), or know any file format.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from statistics import median

from index.lines import ITEM, Heading, read_blocks
from index.parts import Part, Writer
from index.scripts import UNPARTED

_LONGEST_HEADING = 200  # characters
_EDGE = 2  # lines at the top and at the bottom of a page that may be running titles
_OFTEN = 3  # pages that a running title stands on at least
_MARKUP = 100  # levels of headings below this one are Markdown's, which means nothing on paper
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_OUTER_NUMBER = re.compile(r"^\d{1,4}\b|\b\d{1,4}$")
_LEADERS = re.compile(r"(?: ?\.){4}")  # of a table of contents
_ENDED = re.compile(r"""[.!?…:;。！？؟۔।]["”’»)\]]*$""")
_BULLET = re.compile(r"[-*•‣◦▪·–—]\s")
_HYPHENATED = re.compile(r"([^\W\d_]{2,})[-‐]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_SEAMLESS = re.compile(f"{UNPARTED.pattern}{{2}}|.?[\u3000-\u303f\uff00-\uffef]")
"""Two letters of scripts without blanks, or one that brings its own: the ends of lines that no blank parted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: x along the line and y up the page in points, the size of its letters, and its words."""

    page: int
    x: float
    y: float
    size: float
    bold: bool
    words: str


def write_lines(lines: Sequence[Line], pages: int, writer: Writer) -> list[int]:
    """Write lines as parts; the offset where each of so many pages starts."""
    layout = Layout(_without_running(lines, pages) or lines)
    starts: dict[int, int] = {}
    for block in layout.blocks():
        text, places = block.text(layout.words)
        writer.add(block.kind, [text], block.level)
        for page, place in places.items():
            starts.setdefault(page, writer.parts[-1].start + place)
    if sum(part.kind == "heading" for part in writer.parts) < 2:
        writer.parts[:] = _with_plain_headings(writer)
    found: list[int] = []
    following = writer.parts[-1].end
    for page in range(pages, 0, -1):
        following = starts.get(page, following)
        found.append(following)
    return found[::-1]


@dataclass(slots=True)
class Block:
    """The lines of one part, each with what comes before it: "" (the start), " " or a line break."""

    kind: str
    lines: list[tuple[str, Line]]
    level: int = 0

    def text(self, words: Counter[str]) -> tuple[str, dict[int, int]]:
        """The text, and the offset in it where each page begins. words: how often each stands in the document."""
        text, places = "", dict[int, int]()
        pieces: list[str] = []
        at = 0
        for gap, line in self.lines:
            if gap == " ":
                before, gap = _joined(pieces[-1], line.words, words)
                at += len(before) - len(pieces[-1])
                pieces[-1] = before
            pieces += [gap, line.words]
            at += len(gap)
            places.setdefault(line.page, at)
            at += len(line.words)
        text = "".join(pieces)
        return text, places


def _joined(before: str, after: str, words: Counter[str]) -> tuple[str, str]:
    """The line before, without a hyphen that only its end made necessary, and what stands between the two."""
    half = _HYPHENATED.search(before)
    rest = _WORD.match(after)
    if not half or not rest or not after[0].islower():
        return before, "" if _SEAMLESS.match(before[-1] + after[0]) else " "
    whole, kept = (half[1] + rest[0]).lower(), f"{half[1]}-{rest[0]}".lower()
    return (before if words[kept] > words[whole] else before[:-1]), ""


def _without_running(lines: Sequence[Line], pages: int) -> list[Line]:
    """The lines without those that stand at the same place at the edge of several pages, numbers apart."""
    if pages < _OFTEN:
        return list(lines)
    body = _body(lines)[0]
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    edges: dict[int, list[tuple[str, int]]] = {}
    for page, group in groupby(enumerate(lines), lambda pair: pair[1].page):
        ranked = sorted(group, key=lambda pair: -pair[1].y)
        for number, line in {*ranked[:_EDGE], *ranked[-_EDGE:]}:
            if line.size <= 1.1 * body:
                edges[number] = [(words, round(line.y / 4)) for words in _signs(line)]
                for edge in edges[number]:
                    places[edge].add(page)
    running = {number for number, found in edges.items() if any(_is_often(places, *edge) for edge in found)}
    return [line for number, line in enumerate(lines) if number not in running]


def _signs(line: Line) -> Iterator[str]:
    """What a running title has in common with those of other pages: its words, or that it counts the pages."""
    yield _NUMBER.sub("#", line.words.lower())
    for number in _OUTER_NUMBER.findall(line.words):
        yield f"page {int(number) - line.page}"


def _is_often(places: dict[tuple[str, int], set[int]], words: str, y: int) -> bool:
    """Whether words stand at about this height on enough pages."""
    return len(set().union(*(places.get((words, near), ()) for near in (y - 1, y, y + 1)))) >= _OFTEN


def _body(lines: Sequence[Line]) -> tuple[float, bool]:
    """The size most of the text has, and whether it is bold."""
    counts = Counter[tuple[float, bool]]()
    for line in lines:
        counts[line.size, line.bold] += len(line.words)
    return counts.most_common(1)[0][0]


class Layout:
    """What all lines together tell about one: how far apart lines stand, how long they are, what is large."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._size, self._bold = _body(lines)
        self._reaches = self._page_reaches()
        self._levels = self._heading_levels()

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word stands in the text, in lower case, hyphens kept."""
        return Counter(word for line in self._lines for word in _WORD.findall(line.words.lower().replace("‐", "-")))

    def blocks(self) -> Iterator[Block]:
        """The parts, in order."""
        block: Block | None = None
        for line in self._lines:
            level = self._level(line)
            cut = "block" if block is None else self._cut(block, line, level)
            if block is None or cut == "block":
                if block:
                    yield block
                kind = "heading" if level else "list" if self._is_item(None, line) else "paragraph"
                block = Block(kind, [("", line)], level)
            else:
                block.lines.append((cut, line))
        if block:
            yield block

    def _cut(self, block: Block, line: Line, level: int) -> str:
        """What comes before a line: " " where it goes on, "\\n" in the same part, or "block" for a new part."""
        before = block.lines[-1][1]
        gap = before.y - line.y if before.page == line.page else -1.0
        spread = gap / self._leading(line.size)
        if level or block.level:
            alike = level == block.level and before.page == line.page and 0 <= gap < 2 * line.size
            return " " if alike and len(block.lines) < 4 else "block"
        ended, lower = bool(_ENDED.search(before.words)), line.words[0].islower()
        if self._is_item(before, line):
            return "\n" if block.kind == "list" else "block"
        if block.kind == "list":
            return self._cut_in_list(block, line)
        full = self._is_full(before, line)
        if gap < 0:  # another page or column
            return " " if lower or (not ended and full) else "block"
        if spread > 1.5 or abs(line.size - before.size) > 1.0:
            return " " if lower and not ended and spread < 3 else "block"
        indented = line.x - before.x > 0.7 * line.size
        if (indented or spread > 1.18) and not lower and (ended or not full):
            return "block"
        if full or lower:
            return " "
        return "block" if ended else "\n"

    def _cut_in_list(self, block: Block, line: Line) -> str:
        """What comes before a line below an item that does not begin an item itself: the item goes on or not."""
        item = next(line for _, line in reversed(block.lines) if ITEM.match(line.words))
        before = block.lines[-1][1]
        if line.words[0].islower():
            return " "
        if line.page != before.page:
            return "block" if _ENDED.search(before.words) else " "
        return " " if line.x > item.x + 0.3 * line.size and self._is_full(before, line) else "block"

    def _is_item(self, before: Line | None, line: Line) -> bool:
        """Whether a line begins an item of a list, not wrapped text that happens to begin with a number."""
        if not ITEM.match(line.words):
            return False
        if before is None or _BULLET.match(line.words) or _ENDED.search(before.words) or ITEM.match(before.words):
            return True
        return not self._is_full(before, line)

    def _is_full(self, line: Line, below: Line) -> bool:
        """Whether the first word of the line below had no room in a line."""
        reach = self._reaches.get(line.page, 0.0) * self._size / line.size
        return len(line.words) + 1 + len(below.words.split(None, 1)[0]) > 0.85 * reach

    def _page_reaches(self) -> dict[int, float]:
        """How many letters of the body's size a line of each page holds; none is much narrower than usual."""
        lengths: dict[int, list[float]] = defaultdict(list)
        for line in self._lines:
            lengths[line.page].append(len(line.words) * line.size / self._size)
        reaches = {page: sorted(found)[len(found) * 9 // 10] for page, found in lengths.items()}
        usual = median(reaches.values())
        return {page: max(reach, 0.75 * usual) for page, reach in reaches.items()}

    @cached_property
    def _leadings(self) -> dict[float, float]:
        """How far apart lines of each size usually stand."""
        gaps: dict[float, list[float]] = defaultdict(list)
        for line, below in pairwise(self._lines):
            gap = line.y - below.y
            if line.page == below.page and line.size == below.size and 0.5 * line.size < gap < 2.5 * line.size:
                gaps[line.size].append(round(gap, 1))
        return {size: sorted(found)[len(found) // 4] for size, found in gaps.items()}

    def _leading(self, size: float) -> float:
        return self._leadings.get(size, 1.25 * size)

    def _level(self, line: Line) -> int:
        """The level of a heading, 0 for other lines."""
        shaped = len(line.words) <= _LONGEST_HEADING and line.words[-1] not in ",;" and not _LEADERS.search(line.words)
        wordy = sum(map(str.isalpha, line.words)) > 1
        return self._levels.get((line.size, line.bold), 0) if shaped and wordy else 0

    def _heading_levels(self) -> dict[tuple[float, bool], int]:
        """The levels of the styles that headings have: larger than the body, or bold where the body is not.

        A style that a fifth of the text has is none of them.
        """
        counts = Counter[tuple[float, bool]]()
        for line in self._lines:
            counts[line.size, line.bold] += len(line.words)
        most = sum(counts.values()) / 5
        large = [style for style, count in counts.items() if style[0] >= 1.12 * self._size and count < most]
        bold = [s for s, n in counts.items() if s[1] > self._bold and s[0] >= 0.95 * self._size and n < most]
        ranked = sorted({*large, *bold}, reverse=True)
        return {style: min(level, 9) for level, style in enumerate(ranked, start=1)}


def _with_plain_headings(writer: Writer) -> list[Part]:
    """The parts, those that have the shape of headings made such: on paper without large or bold letters."""
    text = writer.extract().text
    found = {(h.start, h.end): h.level for h in read_blocks(text) if isinstance(h, Heading) and h.level >= _MARKUP}
    levels = {part: found.get((part.start, part.end), 0) for part in writer.parts}
    return [replace(part, kind="heading", level=levels[part]) if levels[part] else part for part in writer.parts]
