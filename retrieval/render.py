"""An Answer as text for a terminal and as HTML for a notebook. Text of documents and users is always shown as text."""

import textwrap
from html import escape
from typing import NamedTuple

from index.scripts import WIDE
from retrieval.confidence import THRESHOLD
from retrieval.results import Answer, Citation

WIDTH = 100
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
UNDERLINED, NOT_UNDERLINED = "\x1b[4m", "\x1b[24m"


def in_words(confidence: float) -> str:
    """A confidence for people."""
    steps = ((0.9, "very likely"), (0.7, "likely"), (THRESHOLD, "perhaps"), (THRESHOLD / 4, "unlikely"))
    return next((words for least, words in steps if confidence >= least), "very unlikely")


class Piece(NamedTuple):
    """A part of a cited text. lit: whether it is highlighted. answer: the words in it that answer, as (start, end)."""

    text: str
    lit: bool
    answer: tuple[int, int] | None = None

    def parts(self) -> tuple[str, str, str]:
        """What stands before the words that answer, these words, and what stands behind; all before, where none do."""
        first, stop = self.answer or (len(self.text), len(self.text))
        return self.text[:first], self.text[first:stop], self.text[stop:]


def pieces(citation: Citation) -> list[Piece]:
    """The citation's text in order, the highlights apart from what is between them."""
    found: list[Piece] = []
    at = citation.start
    for start, end in citation.highlights:
        answer = citation.answer if citation.answer and start <= citation.answer[0] < end else None
        found.append(Piece(citation.text[at - citation.start : start - citation.start], False))
        words = (answer[0] - start, answer[1] - start) if answer else None
        found.append(Piece(citation.text[start - citation.start : end - citation.start], True, words))
        at = end
    return [piece for piece in (*found, Piece(citation.text[at - citation.start :], False)) if piece.text]


def to_terminal(answer: Answer, *, color: bool = False) -> str:
    """The answer first, then the passages, wrapped. color: highlights in bold rather than between brackets."""
    lines = [_visible(f"“{answer.text}”" if answer.found else answer.text)]
    if not answer.citations:
        return _filled(lines[0])
    if answer.searched != answer.question:
        lines.append(_visible(f"Searched for: {answer.searched}"))
    lines.append(f"Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})")
    if not answer.found:
        lines.append("Closest passages:")
    blocks = ["\n".join(map(_filled, lines))]
    blocks += [_cited(citation, color) for citation in answer.citations]
    return "\n\n".join(blocks)


def _cited(citation: Citation, color: bool) -> str:
    """One passage under its place. The highlights' marks are one character wide while lines are broken."""
    marked = "".join(_framed(piece, "\x01", "\x02", *("\x03\x04" if color else ("", ""))) for piece in pieces(citation))
    body = _filled(marked, "    ")
    signs = (BOLD, RESET, UNDERLINED, NOT_UNDERLINED) if color else ("[", "]")
    for mark, sign in zip("\x01\x02\x03\x04", signs, strict=False):
        body = body.replace(mark, sign)
    place = f"{_visible(citation.place)} (characters {citation.start}-{citation.end})"
    return f"[{citation.number}] {DIM + place + RESET if color else place}\n{body}"


def _filled(text: str, indent: str = "") -> str:
    """A text in lines of at most WIDTH columns; a wide letter has a filler before it while they are broken."""
    filled, wide = WIDE.subn("\x05\\g<0>", text)
    width = WIDTH - bool(wide)  # a line may begin with a letter whose filler ends the one above
    lines = textwrap.fill(filled, width, initial_indent=indent, subsequent_indent=indent)
    return lines.replace("\x05", "")


def _framed(piece: Piece, lit: str, unlit: str, answers: str, ends: str) -> str:
    """A piece between marks, the words that answer between their own."""
    before, words, behind = map(_visible, piece.parts())
    text = f"{before}{answers}{words}{ends}{behind}" if words else before
    return f"{lit}{text}{unlit}" if piece.lit else text


def to_html(answer: Answer) -> str:
    """The same as HTML for a notebook: no scripts, no links, colours that suit light and dark."""
    said = (
        f'<blockquote dir="auto">{escape(answer.text)}</blockquote>'
        if answer.found
        else f"<p><em>{escape(answer.text)}</em></p>"
    )
    if not answer.citations:
        return f"<div>{said}</div>"
    searched = (
        f"<p>Searched for: <bdi>{escape(answer.searched)}</bdi></p>" if answer.searched != answer.question else ""
    )
    sure = f"<p><small>Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})</small></p>"
    items = "".join(_item(citation) for citation in answer.citations)
    closest = "" if answer.found else "<p>Closest passages:</p>"
    return f"<div>{said}{searched}{sure}{closest}<ol>{items}</ol></div>"


def _item(citation: Citation) -> str:
    """One passage as an item of a list."""
    marked = "".join(f"<mark>{_bold(piece)}</mark>" if piece.lit else escape(piece.text) for piece in pieces(citation))
    steps = " › ".join(f"<bdi>{escape(step)}</bdi>" for step in citation.steps)
    place = f"<small>{steps} ({citation.start}–{citation.end})</small>"
    return f'<li value="{citation.number}">{place}<div dir="auto" style="white-space: pre-line">{marked}</div></li>'


def _bold(piece: Piece) -> str:
    """A piece as HTML, the words that answer in bold."""
    before, words, behind = map(escape, piece.parts())
    return f"{before}<strong>{words}</strong>{behind}" if words else before


def _visible(text: str) -> str:
    """Without control characters, which a terminal would obey; joiners, which words are written with, stay."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
