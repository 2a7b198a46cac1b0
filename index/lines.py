"""What the lines of a text are: headings, lists, tables, code, wrapped prose. Lines in, headings and blocks out.

A line counts as a heading by its markup, its number, or (plain titles, capitals) by its shape and by the text that
follows it. Deliberately does not: look inside a line (see `index.glued` and `index.sentences`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile, zip_longest

from index.scripts import columns, is_unparted
from index.sentences import trim

_LONGEST_TITLE = 80  # characters of a plain heading; marked ones may have _LONGEST_MARKED
_LONGEST_MARKED = 200
_NARROW = 60  # columns: text of narrower lines is verse, a form, an address: its line breaks mean something
_WIDE = 130  # a longer line was not wrapped by hand: lines of such text are paragraphs

# Levels of headings: a heading closes those of its level and below. Markup has 1 to 99, numbers 200 + depth.
_CHAPTERS = {"part": 100, "book": 100, "teil": 100}
_BOLD_LINE, _CHAPTER, _CAPITALS, _NUMBERED, _PLAIN = 90, 110, 150, 200, 300
RUN_IN = 400

_BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_ATX = re.compile(r"(#{1,6})[ \t]+(\S.*?)(?:[ \t]+#+)?")
_WIKI = re.compile(r"(=(?: ?=)*)\s*([^=\s](?:[^;]*[^=\s;])?)\s*(=(?: ?=)*)")
_BOLD = re.compile(r"(\*\*|__)([^*_]+)\1:?")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4}|[IVXLC]{1,6}(?=\.)|[A-Z](?=\.))(\.?)\s+(\S.*)")
_NAMED = re.compile(
    r"(part|book|teil|chapter|section|article|appendix|annex|schedule|lesson|unit|module|kapitel|artikel|chapitre"
    r"|capítulo|глава|статья)\s+(\d+[a-z]?|[ivxlc]+|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten)(?![^\W_])\s*"
    r"([.:—–-]?)\s*(.*)",
    re.IGNORECASE,
)
ITEM = re.compile(
    r"(?:[-*+•‣◦▪·–—]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})\)|\d{1,3}(?:\.\d{1,3}){1,4}|\d{1,3}\.|\[[ xX]\])\s+\S"
)
_SPEAKER = re.compile(r"[^\W\d_][\w .'’-]{0,30}:\s")
_VERBS = re.compile(
    r"\b(?:is|was|were|are|has|had|have|will|would|can|could|did|does|been|said|says|may|might|must|should)\b"
)
_STAMP = re.compile(
    r"(?:page|seite|p\.)\s+\d+(?:\s+(?:of|von|/)\s+\d+)?|(?:last )?(?:updated|published|posted|reviewed)\b.*\d.*",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_PRONOUN = re.compile(r"(?:I|He|She|It|We|They|There)\b|.*['’]s$")
_ENDERS = ".!?:;,…。！？、，；：।؟۔-–—\"”’'»|=*_/\\"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its whole span, its words without markup, and its level (a lower one is further out)."""

    start: int
    end: int
    title: str
    level: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of one or more lines. stops: offsets inside it where a line break ends a sentence."""

    start: int
    end: int
    stops: tuple[int, ...]
    prose: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank, stripped; indent in characters; apart: behind a blank line or at the start."""

    start: int
    end: int
    indent: int
    apart: bool
    words: str


def read_blocks(text: str) -> list[Heading | Block]:
    """The headings and blocks of a text in order; together they hold every character that is not white space."""
    lines = list(_lines(text))
    fenced = _fenced(lines)
    headings = _headings(lines, fenced)
    found: list[Heading | Block] = []
    group: list[_Line] = []
    for number, line in enumerate(lines):
        heading = headings.get(number)
        code_edge = number > 0 and (number in fenced) != (number - 1 in fenced)
        if group and (heading or code_edge or (line.apart and number not in fenced)):
            found.extend(_blocks(group, number - 1 in fenced))
            group = []
        if heading:
            found.append(heading)
        elif not (number - 1 in headings and headings[number - 1].end == line.end):
            group.append(line)
    found.extend(_blocks(group, len(lines) - 1 in fenced))
    if not any(isinstance(piece, Block) for piece in found):
        return [Block(piece.start, piece.end, (), prose=False) for piece in found]
    return found


def opening_title(text: str) -> str:
    """The first line, where it has the shape of a title and stands apart; else ""."""
    lines = [*islice(_lines(text), 2)]
    return lines[0].words if len(lines) == 2 and lines[1].apart and _is_plain_title(lines[0].words) else ""


def _lines(text: str) -> Iterator[_Line]:
    """The lines that are not blank."""
    begin, apart = 0, True
    for stop, following in [(match.start(), match.end()) for match in _BREAK.finditer(text)] + [(len(text), len(text))]:
        start, end = trim(text, begin, stop)
        if start < end:
            yield _Line(start, end, start - begin, apart, text[start:end])
        apart = start >= end or text[stop : stop + 1] in ("\x0c", "\u2029")
        begin = following


def _fenced(lines: Sequence[_Line]) -> set[int]:
    """The numbers of the lines of fenced code, fences included; a fence that never closes is no fence."""
    fenced: set[int] = set()
    opened, mark = -1, ""
    for number, line in enumerate(lines):
        fence = _FENCE.match(line.words)
        if opened < 0 and fence and "`" not in line.words[fence.end() :]:
            opened, mark = number, fence[1]
        elif opened >= 0 and line.words.startswith(mark) and not line.words.strip(mark[0]):
            fenced.update(range(opened, number + 1))
            opened = -1
    return fenced


def _headings(lines: Sequence[_Line], fenced: set[int]) -> dict[int, Heading]:
    """The headings by the number of their (first) line."""
    marked = {number: heading for number, heading in _marked(lines) if number not in fenced}
    numbered = _without_lists(lines, {n: h for n, h in _numbered(lines) if n not in fenced and n not in marked})
    chapters = {n: h for n, h in _chapters(lines, numbered) if n not in fenced and n not in marked}
    found = marked | numbered | chapters
    return found | _plain(lines, found, fenced)


def _marked(lines: Sequence[_Line]) -> Iterator[tuple[int, Heading]]:
    """Headings by markup: Markdown's "## Title" and "**Title**", underlined titles, WikiText's "= = Title = ="."""
    for number, line in enumerate(lines):
        if len(line.words) > _LONGEST_MARKED:
            continue
        atx, wiki = _ATX.fullmatch(line.words), _WIKI.fullmatch(line.words)
        if atx and line.indent < 4 and any(map(str.isalnum, atx[2])):
            yield number, Heading(line.start, line.end, atx[2], len(atx[1]))
        elif wiki and wiki[1].count("=") == wiki[3].count("="):
            yield number, Heading(line.start, line.end, wiki[2], wiki[1].count("="))
        elif line.apart and number + 1 < len(lines) and (bold := _bold_title(line.words)):
            yield number, Heading(line.start, line.end, bold, _BOLD_LINE)
        elif line.apart and number + 1 < len(lines) and _is_underlined(line, lines[number + 1]):
            below = lines[number + 1]
            yield number, Heading(line.start, below.end, line.words, 1 if below.words[0] == "=" else 2)


def _bold_title(words: str) -> str:
    """The title or question that a line in bold is; "" where it is none, a warning for instance."""
    bold = _BOLD.fullmatch(words)
    title = bold[2].strip().rstrip(":") if bold else ""
    return title if _is_title(title.rstrip("?")) and (title[-1] == "?" or not _VERBS.search(title)) else ""


def _is_underlined(line: _Line, below: _Line) -> bool:
    """Whether the line below is a rule that makes this line a title."""
    return (
        not below.apart
        and _UNDERLINE.fullmatch(below.words) is not None
        and len(line.words) <= _LONGEST_TITLE
        and any(map(str.isalnum, line.words))
        and (below.words[0] == "=" or line.words[-1] not in _ENDERS)
    )


def _numbered(lines: Sequence[_Line]) -> Iterator[tuple[int, Heading]]:
    """Lines that may be numbered headings: "2.3 Methods", "Chapter 4", "Article 5: Scope"."""
    previous = -1
    for number, line in enumerate(lines):
        if len(line.words) > _LONGEST_TITLE or number + 1 == len(lines):
            continue
        named = _NAMED.fullmatch(line.words)
        if named and line.words[0].isupper() and line.apart and _is_rest(named[3], named[4]):
            yield number, Heading(line.start, line.end, line.words, _CHAPTERS.get(named[1].lower(), _CHAPTER))
            continue
        match = _NUMBER.fullmatch(line.words)
        if match and _is_title(match[3]) and (match[2] or "." in match[1]) and not _is_listed(lines, number):
            depth = match[1].count(".") + 1
            if line.apart or (depth > 1 and (previous == number - 1 or lines[number - 1].words[-1] in ".!?:")):
                previous = number
                yield number, Heading(line.start, line.end, line.words, _NUMBERED + depth)


def _chapters(lines: Sequence[_Line], found: dict[int, Heading]) -> Iterator[tuple[int, Heading]]:
    """ "3 Results": a bare number, in running order, where other headings have numbers like "2.1"."""
    last = 0 if any(heading.level > _NUMBERED + 1 for heading in found.values()) else -2
    for number, line in enumerate(lines[:-1]):
        match = _NUMBER.fullmatch(line.words)
        if match and line.apart and match[1] == str(last + 1) and not match[2] and _is_title(match[3]):
            last += 1
            yield number, Heading(line.start, line.end, line.words, _NUMBERED + 1)


def _is_listed(lines: Sequence[_Line], number: int) -> bool:
    """Whether a numbered line is one of a list or a table of contents: two more numbers below, or one like its own."""
    joined = takewhile(lambda line: not line.apart, lines[number + 1 : number + 3])
    below = [line.words for line in joined if ITEM.match(line.words) and line.words.lstrip("(")[0].isdigit()]
    return len(below) == 2 or (len(below) == 1 and "." not in below[0].split(None, 1)[0].rstrip(".)"))


def _is_rest(mark: str, rest: str) -> bool:
    """Whether what follows "Chapter 4" belongs to a heading: nothing, or a title."""
    return not rest or (rest[-1] not in ".;,?!" and not (rest[0].islower() and not mark))


def _without_lists(lines: Sequence[_Line], found: dict[int, Heading]) -> dict[int, Heading]:
    """The numbered headings that have text below them: "1. Milk", "2. Eggs" without text between them are a list."""
    kept: dict[int, Heading] = {}
    for number in sorted(found, reverse=True):
        below = found.get(number + 1)
        if below is None:
            above = found.get(number - 1)
            if above is None or above.level != found[number].level or found[number].title[:2] in ("1.", "1 "):
                kept[number] = found[number]
        elif number + 1 in kept and below.level > found[number].level:
            kept[number] = found[number]
    return kept


def _is_title(words: str) -> bool:
    """Whether a line has the shape of a title: short, no lower-case start, no mark at its end, not a sentence."""
    return (
        len(words.encode("utf-8", "replace")) > 2
        and len(words) <= _LONGEST_TITLE
        and (words[0].isalnum() or words[0] in "“\"‘'¿¡«(")
        and not words[0].islower()
        and words[-1] not in _ENDERS
        and len(words.split()) <= 10
        and any(map(str.isalpha, words))
        and words.count("(") == words.count(")")
        and not re.search(r"[.!?;]\s", re.sub(r"\b(?:[A-Z]|vs|St|Dr|Mr|Mrs|No)\.\s", "", words))
        and "\t" not in words
        and "|" not in words
    )


def _plain(lines: Sequence[_Line], found: dict[int, Heading], fenced: set[int]) -> dict[int, Heading]:
    """Titles without markup: a short line, or one in capitals, that stands apart above a longer text."""
    orderly = _orderly(lines)
    repeats = Counter(line.words for line in lines)
    kept: dict[int, Heading] = {}
    for number in range(len(lines) - 2, -1, -1):
        line = lines[number]
        if (
            number in found
            or number in fenced
            or not orderly[number]
            or repeats[line.words] > 2
            or not _is_plain_title(line.words)
        ):
            continue
        if _stands_out(lines, number, found, kept):
            level = _CAPITALS if line.words.isupper() else _PLAIN
            if number == 0 and (1 in kept or 1 in found):
                level = 0  # the title of the whole
            kept[number] = Heading(line.start, line.end, line.words, level)
    # A single short line in the middle of a text without other headings is more likely a slip than a heading.
    return kept if found or len(kept) > 1 or 0 in kept else {}


def _orderly(lines: Sequence[_Line]) -> list[bool]:
    """For each line whether the text around it is in whole sentences: only there does a title stand out.

    In notes and excerpts, half of the lines are fragments, and a short one means nothing.
    """
    broken = [0]  # how many lines so far begin or end in the middle of a sentence
    for line, below in zip_longest(lines, lines[1:]):
        last = below is None or below.apart
        broken.append(broken[-1] + ((line.apart and line.words[0].islower()) or (last and _is_cut_off(line.words))))
    apart = [0]
    for line in lines:
        apart.append(apart[-1] + line.apart)
    windows = ((max(0, number - 8), min(len(lines), number + 9)) for number in range(len(lines)))
    return [(broken[high] - broken[low]) * 6 <= apart[high] - apart[low] for low, high in windows]


def _is_cut_off(words: str) -> bool:
    """Whether a line too long for most titles ends in the middle of a sentence."""
    return len(words) > 50 and words[-1] not in _ENDERS + ")]}>"


def _is_plain_title(words: str) -> bool:
    """Whether a line without markup has the shape of a title and no verb that would make it a sentence."""
    if not _is_title(words) or ITEM.match(words) or _STAMP.fullmatch(words):
        return False
    if _SPEAKER.match(words) or _CLOCK.search(words):  # a turn of a talk
        return False
    if words.isupper():
        return sum(map(str.isalpha, words)) >= 4
    long_words = [word for word in words.split() if len(word) > 3]
    titled = all(not word[0].islower() for word in long_words)
    return not _VERBS.search(words) and not _PRONOUN.match(words) and (titled or len(words.split()) <= 6)


def _stands_out(lines: Sequence[_Line], number: int, found: dict[int, Heading], kept: dict[int, Heading]) -> bool:
    """Whether a title-like line stands above text it could be the title of."""
    line, below = lines[number], lines[number + 1]
    above = lines[number - 1] if number else None
    apart = line.apart or number - 1 in found
    if number + 1 in found:
        return apart
    if number + 1 in kept:
        return apart and number == 0
    capitals = line.words.isupper() and any(map(str.isalpha, line.words)) and line.words.lower() != line.words
    if below.words.isupper() or ITEM.match(line.words):
        return False
    if apart and (below.apart or capitals):
        return _text_length(lines, number + 1) >= max(80, 2 * len(line.words))
    ended = above is None or line.apart or above.words[-1] in '.!?”"…。'
    return ended and not below.apart and len(below.words) > max(120, 2 * len(line.words))


def _text_length(lines: Sequence[_Line], number: int) -> int:
    """The bytes of the block of lines that begins with this line, ten lines at most: a letter of Chinese says more."""
    total = 0
    for offset, line in enumerate(lines[number : number + 10]):
        if offset and line.apart:
            break
        total += len(line.words.encode("utf-8", "replace"))
    return total


def _blocks(group: Sequence[_Line], code: bool) -> Iterator[Block]:
    """The paragraphs in lines that no blank line parts."""
    if not group:
        return
    width = max([columns(line.words) + line.indent for line in group if "://" not in line.words], default=0)
    wrapped, rows = _is_wrapped(group, width), _are_rows(group)
    start, stops = group[0].start, list[int]()
    for line, below in pairwise(group):
        cut = "sentence" if code or rows else _line_break(line, below, width, wrapped)
        if cut == "paragraph":
            yield Block(start, line.end, tuple(stops), prose=True)
            start, stops = below.start, []
        elif cut == "sentence":
            stops.append(line.end)
    yield Block(start, group[-1].end, tuple(stops), prose=not (rows or code))


def _are_rows(group: Sequence[_Line]) -> bool:
    """Whether lines are the rows of a table: bars or tabs in most of them."""
    cells = sum(1 for line in group if "|" in line.words or "\t" in line.words)
    return len(group) > 1 and cells * 2 > len(group)


def _is_wrapped(group: Sequence[_Line], width: int) -> bool:
    """Whether lines were wrapped at one width: most of them had no room for the first word of the next."""
    if len(group) < 2 or not _NARROW <= width <= 2 * _WIDE:
        return False
    full = sum(1 for line, below in pairwise(group) if _is_full(line, below, width))
    ended = sum(1 for line in group[:-1] if line.words[-1] in ".!?。！？")
    return full * 10 >= (len(group) - 1) * 6 and (width <= _WIDE or ended * 3 < len(group))


def _is_full(line: _Line, below: _Line, width: int) -> bool:
    """Whether the first word of the line below had no room in a line of this width (8 columns ragged)."""
    first = below.words[:40].split(None, 1)[0]
    if is_unparted(first):
        first = first[0]
    return line.indent + columns(line.words) + 1 + columns(first) > width - 8


def _line_break(line: _Line, below: _Line, width: int, wrapped: bool) -> str:
    """What the break between two lines is: a "space", the end of a "sentence", or of a "paragraph"."""
    lower = below.words[0].islower()
    if _begins_item(line, below, wrapped):
        return "sentence"
    if wrapped and _is_full(line, below, width):
        return "space"
    if wrapped and not lower and line.words[-1] in '.!?"”。！？」':
        return "paragraph"
    if ITEM.match(line.words) and (below.indent > line.indent or lower):
        return "space"
    if width > _WIDE and not wrapped:
        return "paragraph" if len(line.words) > _NARROW or line.words[-1] in ".!?" else "sentence"
    return "space" if lower and line.words[-1] not in ".!?:;" and not _SPEAKER.match(below.words) else "sentence"


def _begins_item(line: _Line, below: _Line, wrapped: bool) -> bool:
    """Whether the line below is the next item of a list or turn of a talk, not wrapped text that happens to look so."""
    if _SPEAKER.match(line.words) and _SPEAKER.match(below.words):
        return True
    return ITEM.match(below.words) is not None and (not wrapped or line.words[-1] in ".!?:;" or below.words[0] in "*•")
