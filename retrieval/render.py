"""An Answer as text for a terminal and as HTML for a notebook. Text of documents and users is always shown as text."""

import textwrap
from html import escape

from retrieval.confidence import THRESHOLD
from retrieval.results import Answer, Citation

WIDTH = 100
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def in_words(confidence: float) -> str:
    """A confidence for people."""
    steps = ((0.9, "very likely"), (0.7, "likely"), (THRESHOLD, "perhaps"), (THRESHOLD / 4, "unlikely"))
    return next((words for least, words in steps if confidence >= least), "very unlikely")


def pieces(citation: Citation) -> list[tuple[str, bool]]:
    """The citation's text in order, each piece with whether it is highlighted."""
    found: list[tuple[str, bool]] = []
    at = citation.start
    for start, end in citation.highlights:
        found += [(citation.text[at - citation.start : start - citation.start], False)]
        found += [(citation.text[start - citation.start : end - citation.start], True)]
        at = end
    return [piece for piece in (*found, (citation.text[at - citation.start :], False)) if piece[0]]


def to_terminal(answer: Answer, *, color: bool = False) -> str:
    """The answer first, then the passages, wrapped. color: highlights in bold rather than between brackets."""
    lines = [_visible(f"“{answer.text}”" if answer.found else answer.text)]
    if not answer.citations:
        return textwrap.fill(lines[0], WIDTH)
    if answer.searched != answer.question:
        lines.append(_visible(f"Searched for: {answer.searched}"))
    lines.append(f"Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})")
    if not answer.found:
        lines.append("Closest passages:")
    blocks = ["\n".join(textwrap.fill(line, WIDTH) for line in lines)]
    blocks += [_cited(citation, color) for citation in answer.citations]
    return "\n\n".join(blocks)


def _cited(citation: Citation, color: bool) -> str:
    """One passage under its place. The highlights' marks are one character wide while lines are broken."""
    marked = "".join(f"\x01{_visible(t)}\x02" if lit else _visible(t) for t, lit in pieces(citation))
    body = textwrap.fill(marked, WIDTH, initial_indent="    ", subsequent_indent="    ")
    opening, closing = (BOLD, RESET) if color else ("[", "]")
    body = body.replace("\x01", opening).replace("\x02", closing)
    place = f"{_visible(citation.place)} (characters {citation.start}-{citation.end})"
    return f"[{citation.number}] {DIM + place + RESET if color else place}\n{body}"


def to_html(answer: Answer) -> str:
    """The same as HTML for a notebook: no scripts, no links, colours that suit light and dark."""
    said = (
        f"<blockquote>{escape(answer.text)}</blockquote>" if answer.found else f"<p><em>{escape(answer.text)}</em></p>"
    )
    if not answer.citations:
        return f"<div>{said}</div>"
    searched = f"<p>Searched for: {escape(answer.searched)}</p>" if answer.searched != answer.question else ""
    sure = f"<p><small>Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})</small></p>"
    items = "".join(_item(citation) for citation in answer.citations)
    closest = "" if answer.found else "<p>Closest passages:</p>"
    return f"<div>{said}{searched}{sure}{closest}<ol>{items}</ol></div>"


def _item(citation: Citation) -> str:
    """One passage as an item of a list."""
    marked = "".join(f"<mark>{escape(text)}</mark>" if lit else escape(text) for text, lit in pieces(citation))
    place = f"{escape(citation.place)} ({citation.start}–{citation.end})"
    return f'<li value="{citation.number}"><small>{place}</small><div style="white-space: pre-line">{marked}</div></li>'


def _visible(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)
