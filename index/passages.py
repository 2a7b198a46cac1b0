"""Structure to passages and to the windows in which they are encoded.

A passage is what a citation shows: whole sentences of one section, short enough to read at a glance. A window is what
the encoder reads at once: neighbouring passages of one section under their headings, so that each token's vector knows
its surroundings (late chunking: Guenther et al. 2024, arXiv:2409.04701). Deliberately does not: embed or know about
files.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.documents import Document
from index.scripts import columns
from index.structure import Section, Span

MAX_PASSAGE = 720
"""Columns in a passage at most, where no single sentence is longer; see index.scripts.columns."""
SHORT_PARAGRAPH = 120
"""A paragraph of fewer columns shares its passage with the next one."""
MAX_WINDOW = 1000
"""Characters in a window at most, without its headings: under 256 tokens of English."""
MAX_HEADING = 200
"""Characters of a window's title and headings at most: its own text is what its vectors are for."""

Group = list[tuple[int, Span]]


@dataclass(frozen=True, slots=True)
class Passage:
    """`text[start:end]` of one document: whole sentences, in order.

    paragraph: the number of its first paragraph, counted from 1 within the section.
    """

    section: tuple[str, ...]
    paragraph: int
    sentences: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Offset of the first character in the document's text."""
        return self.sentences[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character in the document's text."""
        return self.sentences[-1].end


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring passages of one section. heading: what the encoder reads before them."""

    heading: str
    passages: tuple[Passage, ...]

    @property
    def start(self) -> int:
        """Offset of the first character in the document's text."""
        return self.passages[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character in the document's text."""
        return self.passages[-1].end


def cut_windows(document: Document) -> list[Window]:
    """The document's passages in order, in the windows they are encoded in."""
    windows: list[Window] = []
    for section in document.sections():
        heading = heading_line(document.title, section.headings)
        windows.extend(Window(heading, group) for group in _pack(cut_passages(document.text, section)))
    return windows


def cut_passages(text: str, section: Section) -> list[Passage]:
    """The passages of one section of a text, in order; every sentence is in exactly one."""
    groups: list[Group] = []
    room = _Room(text, section)
    for number, paragraph in enumerate(section.paragraphs, start=1):
        for group in room.cut(paragraph.sentences):
            numbered = [(number, sentence) for sentence in group]
            announced = bool(groups) and text[groups[-1][-1][1].end - 1] in ":：?？"
            if groups and room.joins(groups[-1], numbered, announced):
                groups[-1].extend(numbered)
                continue
            lead = _lead(groups[-1]) if announced else []
            if lead and room.fits(lead, numbered):
                del groups[-1][-len(lead) :]
                numbered = [*lead, *numbered]
            groups.append(numbered)
    return [Passage(section.headings, group[0][0], tuple(s for _, s in group)) for group in groups]


def _lead(group: Group) -> Group:
    """What announces a list or asks what comes next, at the end of a group: its last paragraph, or sentence if it has
    only one; nothing where that is all of it."""
    last = [item for item in group if item[0] == group[-1][0]]
    return last if len(last) < len(group) else group[-1:] if len(group) > 1 else []


class _Room:
    """How many characters of a section make a passage: fewer where they are wide and say more."""

    def __init__(self, text: str, section: Section) -> None:
        lengths = [(p.end - p.start, columns(text[p.start : p.end])) for p in section.paragraphs]
        share = sum(length for length, _ in lengths) / (sum(taken for _, taken in lengths) or 1)
        self._most = MAX_PASSAGE * share
        self._short = SHORT_PARAGRAPH * share

    def joins(self, before: Group, group: Group, announced: bool) -> bool:
        """Whether two neighbours of different paragraphs share a passage: one is short or announced by the one before
        it, both together are not long."""
        short = min(_length([s for _, s in before]), _length([s for _, s in group])) < self._short
        return (short or announced) and before[-1][0] != group[0][0] and self.fits(before, group)

    def fits(self, before: Group, group: Group) -> bool:
        """Whether two neighbours fit into one passage."""
        return group[-1][1].end - before[0][1].start <= self._most

    def cut(self, sentences: Sequence[Span]) -> Iterator[list[Span]]:
        """Groups of sentences of about equal length, as few as there is room for."""
        if not sentences:
            return
        length = _length(sentences)
        goal = length / math.ceil(length / self._most)
        group: list[Span] = []
        for sentence in sentences:
            if group and self._is_full(group, sentence, goal):
                yield group
                group = []
            group.append(sentence)
        yield group

    def _is_full(self, group: Sequence[Span], sentence: Span, goal: float) -> bool:
        """Whether the group comes nearer to its goal, or stays within the limit, only without the next sentence."""
        longer = sentence.end - group[0].start
        return longer > self._most or longer - goal > goal - _length(group)


def _pack(passages: Sequence[Passage]) -> Iterator[tuple[Passage, ...]]:
    """Neighbouring passages, as many as MAX_WINDOW allows."""
    group: list[Passage] = []
    for passage in passages:
        if group and passage.end - group[0].start > MAX_WINDOW:
            yield tuple(group)
            group = []
        group.append(passage)
    if group:
        yield tuple(group)


def _length(sentences: Sequence[Span]) -> int:
    """Characters from the first sentence's start to the last one's end."""
    return sentences[-1].end - sentences[0].start


def heading_line(title: str, headings: Sequence[str]) -> str:
    """Title and headings in one line, each once, outermost first."""
    return ", ".join(dict.fromkeys((title, *headings)))[:MAX_HEADING] + ": "
