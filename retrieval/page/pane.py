"""The document pane as HTML: whole documents to read, an outline to jump by, a switch between several.

A document is sent once; the browser marks the passages of an answer in it. So what can be marked is a block: an element
of nothing but `text[data-start:data-end]`.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from index import Document, Part
from index.lines import ITEM
from index.sentences import trim
from index.structure import Paragraph, Section
from retrieval.page.markup import button, escape

PART = 50  # paragraphs the browser lays out together: those of a long document only when they come into view
ROWS = 50  # rows of a table or items of a list that are drawn as one
OUTLINE_UNFOLDED = 8  # headings an outline may have and still start open
_BAR = re.compile(r"(?:^| )\|(?: |$)")  # between the cells of a row, as index.html and index.docx write them


def render_opening(done: int, total: int) -> str:
    """The document pane while index or model are still on their way."""
    share = f' value="{done}" max="{total}"' if total else ""
    words = f"Reading the document: {done / total:.0%}" if total and done < total else "Opening the document"
    return f'<p class="note" role="status">{words}…</p><progress aria-label="Opening the document"{share}></progress>'


def render_pane(documents: Sequence[Document], key: str = "") -> str:
    """The first document as a readable page, a place for each of the others, a switch between several."""
    options = "".join(f'<option value="{escape(d.id)}" dir="auto">{escape(d.title)}</option>' for d in documents)
    switch = f'<select id="switch" aria-label="Document">{options}</select>' if len(documents) > 1 else ""
    back = button("Back to the answer", "back")
    others = "".join(f'<article data-document="{escape(d.id)}" hidden></article>' for d in documents[1:])
    articles = f'<article data-document="{escape(documents[0].id)}">{render_document(documents[0])}</article>{others}'
    sheet = f'<div class="sheet" id="sheet" tabindex="0" role="region" aria-label="Document text" data-room="{key}">'
    return f'<div class="bar">{switch}{back}</div>{sheet}{articles}</div>'


def render_document(document: Document) -> str:
    """One document: its file, an outline to jump by, its text."""
    sections = document.sections()
    starts = [paragraph.start for section in sections for paragraph in section.paragraphs]
    pages = dict(zip(starts, _new_pages(document, starts), strict=True))
    parts = {(part.start, part.end): part for part in document.parts}
    body = "".join(render_section(document.text, section, parts, pages) for section in sections)
    return f'<p class="file">{escape(document.id)}</p>{render_outline(sections)}{body}'


def _new_pages(document: Document, starts: Sequence[int]) -> Iterable[int | None]:
    """For each paragraph the page that it is the first of; None where it is not, or there are no pages."""
    pages = [document.page_at(start) for start in starts]
    return (page if page != before else None for before, page in pairwise([None, *pages]))


def render_outline(sections: Sequence[Section]) -> str:
    """The headings as links, folded where there are many, left out where there is nothing to choose from."""
    links = [
        f'<li style="--depth:{len(section.headings) - 1}"><a href="#" data-jump="{position}">'
        f"{escape(section.headings[-1])}</a></li>"
        for position, section in enumerate(sections)
        if section.heading
    ]
    if len(links) < 2:
        return ""
    fold = f'<details class="outline"{" open" if len(links) <= OUTLINE_UNFOLDED else ""}><summary>Contents</summary>'
    return f'{fold}<nav aria-label="Contents"><ol dir="auto">{"".join(links)}</ol></nav></details>'


def render_section(
    text: str, section: Section, parts: dict[tuple[int, int], Part], pages: dict[int, int | None]
) -> str:
    """One section: its heading and its paragraphs. parts: what the format says they are, by their spans."""
    level = f"h{min(len(section.headings) + 1, 6)}"
    heading = f"<{level}>{escape(section.headings[-1])}</{level}>" if section.heading else ""
    drawn = iter([_render_paragraph(text, p, parts.get((p.start, p.end)), pages[p.start]) for p in section.paragraphs])
    chunks = iter(lambda: "".join(islice(drawn, PART)), "")
    return f"<section dir='auto'>{heading}{''.join(f'<div>{chunk}</div>' for chunk in chunks)}</section>"


def _render_paragraph(text: str, paragraph: Paragraph, part: Part | None, page: int | None) -> str:
    """A paragraph as what it is. page: the page that begins with it, if one does."""
    label = f' data-page="{page}"' if page else ""
    if part and part.kind in ("list", "table"):
        spans = [*pairwise((part.start, *part.stops, part.end))]
        draw = _render_row if part.kind == "table" else _render_item
        tag = "table" if part.kind == "table" else "ul"
        lines = iter([draw(text, *trim(text, start, end)) for start, end in spans])
        chunks = iter(lambda: "".join(islice(lines, ROWS)), "")
        return f"<div{label}>{''.join(f'<{tag}>{chunk}</{tag}>' for chunk in chunks)}</div>"
    return _render_block("pre" if part and part.kind == "code" else "p", text, paragraph.start, paragraph.end, label)


def _render_block(tag: str, text: str, start: int, end: int, more: str = "") -> str:
    """An element of nothing but text that knows its offsets."""
    return f'<{tag} data-start="{start}" data-end="{end}"{more}>{escape(text[start:end])}</{tag}>'


def _render_item(text: str, start: int, end: int) -> str:
    """An item of a list; one that brings its own sign or number gets no other."""
    return _render_block("li", text, start, end, ' class="signed"' if ITEM.match(text, start, end) else "")


def _render_row(text: str, start: int, end: int) -> str:
    """A row of a table, each cell a block."""
    bars = [match.span() for match in _BAR.finditer(text[start:end])]
    edges = [0, *(edge for bar in bars for edge in bar), end - start]
    cells = zip(edges[::2], edges[1::2], strict=True)
    return f"<tr>{''.join(_render_block('td', text, start + a, start + b) for a, b in cells)}</tr>"
