"""The document pane as HTML: whole documents to read, an outline to jump by, a switch between several.

A document is sent once; the browser marks the passages of an answer in it by their offsets.
"""

from collections.abc import Sequence

from index import Document
from index.structure import Section
from retrieval.page.markup import button, escape

PART = 50  # paragraphs the browser lays out together: those of a long document only when they come into view
OUTLINE_UNFOLDED = 8  # headings an outline may have and still start open


def render_opening(done: int, total: int) -> str:
    """The document pane while index or model are still on their way."""
    share = f' value="{done}" max="{total}"' if total else ""
    words = f"Reading the document: {done / total:.0%}" if total and done < total else "Opening the document"
    return f'<p class="note" role="status">{words}…</p><progress aria-label="Opening the document"{share}></progress>'


def render_pane(documents: Sequence[Document], key: str = "") -> str:
    """The first document as a readable page, a place for each of the others, a switch between several."""
    options = "".join(f'<option value="{escape(d.id)}">{escape(d.title)}</option>' for d in documents)
    switch = f'<select id="switch" aria-label="Document">{options}</select>' if len(documents) > 1 else ""
    back = button("Back to the answer", "back")
    others = "".join(f'<article data-document="{escape(d.id)}" hidden></article>' for d in documents[1:])
    articles = f'<article data-document="{escape(documents[0].id)}">{render_document(documents[0])}</article>{others}'
    sheet = f'<div class="sheet" id="sheet" tabindex="0" role="region" aria-label="Document text" data-room="{key}">'
    return f'<div class="bar">{switch}{back}</div>{sheet}{articles}</div>'


def render_document(document: Document) -> str:
    """One document: its file, an outline to jump by, its text."""
    parts = document.sections()
    body = "".join(render_section(document.text, part) for part in parts)
    return f'<p class="file">{escape(document.id)}</p>{render_outline(parts)}{body}'


def render_outline(parts: Sequence[Section]) -> str:
    """The headings as links, folded where there are many, left out where there is nothing to choose from."""
    links = [
        f'<li style="--depth:{len(part.headings) - 1}"><a href="#" data-jump="{position}">'
        f"{escape(part.headings[-1])}</a></li>"
        for position, part in enumerate(parts)
        if part.heading
    ]
    if len(links) < 2:
        return ""
    fold = f'<details class="outline"{" open" if len(links) <= OUTLINE_UNFOLDED else ""}><summary>Contents</summary>'
    return f'{fold}<nav aria-label="Contents"><ol>{"".join(links)}</ol></nav></details>'


def render_section(text: str, section: Section) -> str:
    """One section: its heading, and its paragraphs as blocks of nothing but text that know their offsets."""
    level = f"h{min(len(section.headings) + 1, 6)}"
    heading = f"<{level}>{escape(section.headings[-1])}</{level}>" if section.heading else ""
    paragraphs = [
        f'<p data-start="{p.start}" data-end="{p.end}">{escape(text[p.start : p.end])}</p>' for p in section.paragraphs
    ]
    parts = ("".join(paragraphs[start : start + PART]) for start in range(0, len(paragraphs), PART))
    return f"<section>{heading}{''.join(f'<div>{part}</div>' for part in parts)}</section>"
