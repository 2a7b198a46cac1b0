"""The same blocks of text as a file of each format, for tests."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

import docx
from fpdf import FPDF

Block = tuple[str, str]
"""(kind, words): kind is "title", "heading", "paragraph", "item" or "row" (cells parted by " | ")."""


def write_all(folder: Path, name: str, blocks: Sequence[Block]) -> list[Path]:
    """The blocks as .txt, .html, .docx and .pdf."""
    writers = {"txt": write_txt, "html": write_html, "docx": write_docx, "pdf": write_pdf}
    return [write(folder / f"{name}.{ending}", blocks) for ending, write in writers.items()]


def write_txt(path: Path, blocks: Sequence[Block]) -> Path:
    """As plain text, in Markdown."""
    marks = {"title": "# ", "heading": "## ", "item": "- "}
    lines = [marks.get(kind, "") + words + ("\n" if kind not in ("item", "row") else "") for kind, words in blocks]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write_html(path: Path, blocks: Sequence[Block]) -> Path:
    """As a web page."""
    tags = {"title": "h1", "heading": "h2", "paragraph": "p", "item": "li", "row": "tr"}
    around = {"item": "ul", "row": "table"}
    lines: list[str] = []
    for kind, group in groupby(blocks, lambda block: block[0]):
        cells = [escape(words).replace(" | ", "<td>") for _, words in group]
        inner = "".join(f"<{tags[kind]}>{'<td>' if kind == 'row' else ''}{words}</{tags[kind]}>" for words in cells)
        lines.append(f"<{around[kind]}>{inner}</{around[kind]}>" if kind in around else inner)
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(lines)}", encoding="utf-8")
    return path


def write_docx(path: Path, blocks: Sequence[Block]) -> Path:
    """As a Word document."""
    document = docx.Document()
    for kind, words in blocks:
        if kind in ("title", "heading"):
            document.add_heading(words, 0 if kind == "title" else 1)
        elif kind == "row":
            cells = words.split(" | ")
            row = document.add_table(1, len(cells)).rows[0].cells
            for cell, inner in zip(row, cells, strict=True):
                cell.text = inner
        else:
            document.add_paragraph(words, "List Bullet" if kind == "item" else None)
    document.save(str(path))
    return path


def write_pdf(path: Path, blocks: Sequence[Block], *, header: str = "", pages: bool = False) -> Path:
    """As a PDF in Helvetica, 11 points. header: on each page. pages: a heading begins a new page."""
    paper = _Paper(header)
    paper.add_page()
    for number, (kind, words) in enumerate(blocks):
        if pages and kind == "heading" and number:
            paper.add_page()
        style, size = {"title": ("B", 20), "heading": ("B", 14)}.get(kind, ("", 11))
        paper.set_font("helvetica", style, size)
        bullet = "- " if kind == "item" else ""
        paper.multi_cell(0, size * 0.45, bullet + words, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(3)
    paper.output(str(path))
    return path


class _Paper(FPDF):
    """Pages with a running title and a number."""

    def __init__(self, title: str) -> None:
        super().__init__(format=(148, 210))
        self._title = title

    def header(self) -> None:
        """At the top of each page."""
        if self._title:
            self.set_font("helvetica", "I", 9)
            self.cell(0, 8, self._title, new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        """At its bottom."""
        if self._title:
            self.set_y(-12)
            self.set_font("helvetica", "", 9)
            self.cell(0, 8, f"Page {self.page_no()} of {{nb}}", align="C")
