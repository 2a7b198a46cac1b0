"""Text to structure, as spans: sections under headings, paragraphs in them, sentences in these.

Reads Markdown, WikiText, numbered and plain headings, blank lines, hard-wrapped lines, lists, tables, fenced code, and
pages that lost their markup (`index.glued`); or takes the parts that a file's format names. Deliberately does not:
alter the text, know about files, or search for a quote.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from index.glued import GluedText
from index.lines import RUN_IN, Heading, read_blocks
from index.parts import Part
from index.sentences import LONGEST, Span, split_sentences, trim

__all__ = ["Paragraph", "Section", "Span", "read_structure", "split_sentences"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`text[start:end]`, stripped, and its sentences: in order, apart, holding all of it that is not white space."""

    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the paragraphs under it, up to the next heading.

    headings: outermost first, its own last, without markup ("## ", "= =") but with their numbers ("2.3 Methods"); ()
    before any heading. heading: the whole of its own heading in the text, markup included. paragraphs may be empty.
    """

    headings: tuple[str, ...]
    heading: Span | None
    start: int
    end: int
    paragraphs: tuple[Paragraph, ...]


def read_structure(text: str, parts: Sequence[Part] = ()) -> tuple[Section, ...]:
    """The sections of a text in order. Every character that is not white space is in one heading or one sentence.

    parts: the structure that the file's format names; without any it is read from the text's own shape.
    """
    sections: list[Section] = []
    above: list[Heading] = []
    heading: Heading | None = None
    paragraphs: list[Paragraph] = []
    for piece in _with_text(text, [*(_given(text, parts) if parts else _pieces(text))]):
        if isinstance(piece, Paragraph):
            _add(text, paragraphs, piece)
            continue
        sections.extend(_section(above, heading, paragraphs))
        heading, paragraphs = piece, []
        above = [*(outer for outer in above if outer.level < piece.level), piece]
    sections.extend(_section(above, heading, paragraphs))
    return tuple(sections)


def _with_text(text: str, pieces: Sequence[Heading | Paragraph]) -> Iterator[Heading | Paragraph]:
    """The pieces, a heading that nothing stands under a paragraph: what it says is found too. The first is a title."""
    for number, (piece, below) in enumerate(zip_longest(pieces, pieces[1:])):
        empty = isinstance(piece, Heading) and (
            below is None or (isinstance(below, Heading) and below.level <= piece.level)
        )
        yield _paragraph(text, piece.start, piece.end, ()) if empty and number else piece


def _pieces(text: str) -> Iterator[Heading | Paragraph]:
    """The headings and paragraphs of a text in order, those without a line of their own too."""
    glued = GluedText(text)
    for block in read_blocks(text):
        if isinstance(block, Heading):
            yield block
        elif not block.prose:
            yield _rows(text, block.start, block.end, block.stops)
        else:
            for is_heading, span in glued.pieces(block.start, block.end):
                if is_heading:
                    yield Heading(span.start, span.end, text[span.start : span.end], RUN_IN)
                else:
                    yield _paragraph(text, span.start, span.end, block.stops)


def _given(text: str, parts: Sequence[Part]) -> Iterator[Heading | Paragraph]:
    """Parts as headings and paragraphs; where nothing but headings is there, they are paragraphs."""
    bare = all(part.kind == "heading" for part in parts)
    for part in parts:
        if part.kind == "heading" and not bare:
            yield Heading(part.start, part.end, text[part.start : part.end], part.level)
        elif part.kind == "table":
            yield _rows(text, part.start, part.end, part.stops)
        else:
            yield _paragraph(text, part.start, part.end, part.stops)


def _rows(text: str, start: int, end: int, stops: Sequence[int]) -> Paragraph:
    """Rows of a table or lines of code, each one sentence whatever is in it; a too long one is split like any text."""
    rows: list[Span] = []
    for begin, stop in pairwise((start, *stops, end)):
        first, final = trim(text, begin, stop)
        if final - first > LONGEST:
            rows.extend(split_sentences(text, first, final))
        elif first < final:
            rows.append(Span(first, final))
    return Paragraph(start, end, tuple(rows))


def _paragraph(text: str, start: int, end: int, stops: Sequence[int]) -> Paragraph:
    """A paragraph, its sentences split at these stops and where their marks say so."""
    sentences: list[Span] = []
    begin = start
    for stop in (*stops[bisect_right(stops, start) : bisect_left(stops, end)], end):
        sentences.extend(split_sentences(text, begin, stop))
        begin = stop
    return Paragraph(start, end, tuple(sentences))


def _add(text: str, paragraphs: list[Paragraph], paragraph: Paragraph) -> None:
    """Append a paragraph; one without a letter or digit (a rule, a row of stars) goes to the one before."""
    if paragraphs and not any(map(str.isalnum, text[paragraph.start : paragraph.end])):
        before = paragraphs.pop()
        paragraph = Paragraph(before.start, paragraph.end, before.sentences + paragraph.sentences)
    paragraphs.append(paragraph)


def _section(above: Sequence[Heading], heading: Heading | None, paragraphs: Sequence[Paragraph]) -> Iterator[Section]:
    """The section that ends here; none where nothing stands before the first heading."""
    if heading is None and not paragraphs:
        return
    start = heading.start if heading else paragraphs[0].start
    end = paragraphs[-1].end if paragraphs else heading.end if heading else start
    span = Span(heading.start, heading.end) if heading else None
    yield Section(tuple(" ".join(h.title.split()) for h in above), span, start, end, tuple(paragraphs))
