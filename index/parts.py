"""What a file's format says about its text: headings, paragraphs, lists, tables and code as spans, and its pages.

The readers of web pages, Word documents and PDFs write into a `Writer`, which makes the text and the spans together, so
that both always fit. Deliberately does not: guess at structure (`index.lines` does, for text without any), or know
about files.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from index.errors import DocumentError

MAX_CHARACTERS = 5_000_000
"""Characters of text in one web page, Word document or PDF at most."""
KINDS = ("heading", "paragraph", "list", "table", "code")

_UNSEEN: dict[int, str | None] = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), " ")
_UNSEEN |= {9: " " * 4, 0xAD: None} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SPACES = re.compile("[ \n]+")
_BREAKS = re.compile("\n+")
_NO_TITLE = re.compile(
    r"(?i)^(?:untitled|no title|document ?\d*|microsoft word - .*)$|\.(?:docx?|dotx?|dvi|indd|tex|pdf|qxd|p65)$"
)


@dataclass(frozen=True, slots=True)
class Part:
    """`text[start:end]`, stripped: one heading, paragraph, list, table or piece of code.

    kind: one of KINDS. level: of a heading, lower is further out; else 0. stops: offsets inside it, ascending, at the
    ends of lines that mean something: a list's items, a table's rows, lines of verse or code.
    """

    kind: str
    start: int
    end: int
    level: int = 0
    stops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Extract:
    """What a reader found in a file: `title` is "" where it names none; `parts` and `pages` as in Document."""

    title: str
    text: str
    parts: tuple[Part, ...] = ()
    pages: tuple[int, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        parts = parts_to_plain(self.parts)
        return {"title": self.title, "text": self.text, "parts": parts, "pages": list(self.pages)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Extract":
        """The same again."""
        return cls(plain["title"], plain["text"], parts_from_plain(plain["parts"]), tuple(plain["pages"]))


class Writer:
    """Puts a text together from parts, a blank line between them, and remembers their spans. name: for messages."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[Part] = []
        self._pieces: list[str] = []
        self._length = 0

    def add(self, kind: str, lines: Sequence[str], level: int = 0) -> None:
        """One part of these lines, each as `in_one_line` or `kept_lines` gives it; nothing where none has a word.

        In a paragraph, a line that goes on in lower case does not end a sentence. Raises DocumentError where the text
        grows longer than MAX_CHARACTERS.
        """
        words = "\n".join(line for line in lines if line.strip() or kind == "code")
        if not words.strip():
            return
        words = words.rstrip() if kind == "code" else words.strip()
        if self.parts:
            self._put("\n\n")
        start = self._length
        self._put(words)
        stops = [match.start() for match in _BREAKS.finditer(words) if kind != "paragraph" or not _goes_on(match)]
        first = start + len(words) - len(words.lstrip())
        self.parts.append(Part(kind, first, self._length, level, tuple(start + s for s in stops if start + s > first)))

    def _put(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > MAX_CHARACTERS:
            raise DocumentError(
                f"{self.name} holds more than {MAX_CHARACTERS:,} characters of text; split it into smaller files"
            )

    def extract(self, title: str = "", pages: Sequence[int] = ()) -> Extract:
        """All that was written."""
        return Extract(in_one_line(title), "".join(self._pieces), tuple(self.parts), tuple(pages))


def kept_lines(text: str) -> list[str]:
    """The lines of a text, with what no reader sees taken out: control characters, soft hyphens, halves of characters.

    The spaces at their ends go, those at their starts stay.
    """
    return [line.rstrip() for line in _LINE_ENDS.sub("\n", text).translate(_UNSEEN).split("\n")]


def in_one_line(text: str) -> str:
    """A text in one line, runs of spaces and line breaks as one space, no-break spaces kept."""
    return _SPACES.sub(" ", " ".join(kept_lines(text))).strip(" ")


def sensible_title(title: str) -> str:
    """A title from a file's properties, "" for one that programs put there: a file's name, "untitled"."""
    title = in_one_line(title)
    return "" if len(title) > 200 or sum(map(str.isalpha, title)) < 3 or _NO_TITLE.search(title) else title


def check_parts(text: str, parts: Sequence[Part], pages: Sequence[int]) -> None:
    """Raise DocumentError unless the parts are in order, apart, hold all words of the text, and the pages ascend."""
    at = 0
    for part in parts:
        stops = (part.start, *part.stops, part.end)
        inside = at <= part.start and part.end <= len(text) and all(a < b for a, b in pairwise(stops))
        words = text[part.start : part.end]
        if not inside or part.kind not in KINDS or text[at : part.start].strip() or words != words.strip():
            raise DocumentError(f"{part} does not fit its document's text; parts are of {KINDS}, stripped and in order")
        at = part.end
    if parts and text[at:].strip():
        raise DocumentError(f"the text behind offset {at} is in no part of the document; name all parts, or none")
    if any(a > b for a, b in pairwise((0, *pages, len(text)))):
        raise DocumentError("a document's pages start at offsets into its text, in order")


def parts_to_plain(parts: Sequence[Part]) -> list[list[Any]]:
    """Plain values for JSON: [kind, start, end, level, stops] of each part."""
    return [[part.kind, part.start, part.end, part.level, list(part.stops)] for part in parts]


def parts_from_plain(plain: Sequence[Sequence[Any]]) -> tuple[Part, ...]:
    """The same again."""
    return tuple(Part(kind, start, end, level, tuple(stops)) for kind, start, end, level, stops in plain)


def _goes_on(match: re.Match[str]) -> bool:
    """Whether the line below a line break goes on in lower case."""
    return match.string[match.end() : match.end() + 1].islower()
