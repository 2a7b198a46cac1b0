"""Read files as documents: an id, a title, the text and, where the format names it, its structure.

A text file is read as it is: every character kept, line ends and all, only a byte order mark dropped. Of a web page,
PDF or Word document the text is what a reader sees of it. Deliberately does not: clean text, guess at other formats,
skip a file silently.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.decode import read_text
from index.errors import DocumentError
from index.html import read_html
from index.lines import opening_title
from index.parts import Extract, Part, check_parts
from index.sandbox import read_apart
from index.structure import Section, read_structure

__all__ = ["Document", "read_documents", "read_each", "read_text"]

SMALL_PAGE = 100_000
"""Bytes of a web page up to which it is read in this process: the worst one takes seconds (measured: 2), not hours."""
_TITLE_REACH = 200_000  # characters: a heading behind these is no title
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(?:(?!---)[^\n]{0,200}\n){0,30}?title:[ \t]*([^\s][^\r\n]{0,199})")
_FORMATS = {".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx"}
ENDINGS = (".txt", ".md", *_FORMATS)
"""Endings of the files that are known to be documents; an upload must have one of them."""
_READ = "a text file (.txt, .md), web page (.html), PDF or Word document (.docx)"
_UNREAD = {  # formats that hold text which is not their bytes, and a way to what is read
    ".doc": ("an old Word document", ".docx"),
    ".odt": ("an OpenDocument text", ".docx or .pdf"),
    ".rtf": ("a Rich Text document", ".docx or .pdf"),
    ".epub": ("an e-book", ".html or .txt"),
    ".pptx": ("a presentation", ".pdf"),
    ".xlsx": ("a spreadsheet", ".pdf or .txt"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A text to ask about.

    id: what citations name, not empty; from a folder, the path in it with "/". title: for people. text: the whole
    text; all offsets anywhere are character offsets into it. parts: its structure where the format names it, in order,
    holding all words of the text; () where the text's own shape is all there is. pages: the offset where each page
    starts; () in a format without pages. Raises DocumentError for what is no text, cannot be written or does not fit.
    """

    id: str
    title: str
    text: str
    parts: tuple[Part, ...] = ()
    pages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("id", self.id), ("title", self.title), ("text", self.text)):
            if not isinstance(value, str):
                raise DocumentError(f"a document's {name} is {type(value).__name__}; it must be a str")
            if _lone_surrogate(value) is not None:
                raise DocumentError(
                    f"the {name} of document {self.id!r} holds half a character (a lone surrogate) at offset "
                    f"{_lone_surrogate(value)}, which cannot be stored; remove or replace it"
                )
        if not self.id.strip():
            raise DocumentError("a document's id is empty; give it a name that citations can show")
        check_parts(self.text, self.parts, self.pages)

    def sections(self) -> tuple[Section, ...]:
        """Its sections in order, read anew at each call."""
        return read_structure(self.text, self.parts)

    def page_at(self, offset: int) -> int | None:
        """The page, counted from 1, that holds the character at an offset; None in a format without pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None


def read_documents(path: str | os.PathLike[str]) -> list[Document]:
    """The documents in a file or, sorted by path, in a folder and the folders in it; hidden files are left out.

    Raises DocumentError if there is nothing to read, or if any file cannot be read: it then names every such file.
    """
    found = [document for _, document in read_each([path])]
    failures = [str(document) for document in found if isinstance(document, DocumentError)]
    if failures:
        raise DocumentError("\n".join(failures))
    return [document for document in found if isinstance(document, Document)]


def read_each(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[Path, Document | DocumentError]]:
    """Each file at these paths, those of folders too, as soon as it is read: its document, or why there is none.

    A bad file does not keep the others from being read. A document's id is as in read_documents: the name of a file,
    the path in a folder; two files of one name have the same.
    """
    for path in paths:
        try:
            root = _existing(path)
            files = list(_files(root)) if root.is_dir() else [root]
            if not files:
                raise DocumentError(f"the folder {str(root)!r} holds no file to read; put {_READ} into it")
        except DocumentError as error:
            yield Path(str(path)), error
            continue
        for file in files:
            yield file, _read_or_refuse(file, _name(file, root))


def _read_or_refuse(file: Path, name: str) -> Document | DocumentError:
    """One file as a document, or why it cannot be one."""
    try:
        return _read(file, name)
    except DocumentError as error:
        return error


def _existing(path: str | os.PathLike[str]) -> Path:
    """The path, made sure that a file or a folder is there."""
    if not isinstance(path, (str, os.PathLike)):
        raise DocumentError(f"the path to the documents is {type(path).__name__}; it must be a file or a folder")
    try:
        root = Path(path)
        if root.is_dir() or root.is_file():
            return root
        found = "is neither a file nor a folder" if root.exists() else "does not exist"
    except (OSError, ValueError) as error:
        found = f"cannot be opened ({getattr(error, 'strerror', None) or error})"
    raise DocumentError(f"{_short(path)} {found}; name a text file, or a folder of text files")


def _short(path: str | os.PathLike[str]) -> str:
    """A path as it can be shown, however long."""
    shown = repr(os.fspath(path))
    return shown if len(shown) <= 200 else f"{shown[:100]}...{shown[-60:]} ({len(shown)} characters)"


def _files(root: Path) -> Iterator[Path]:
    """The files of a folder sorted by path; hidden ones and links to other folders are left out."""

    def refuse(error: OSError) -> None:
        raise DocumentError(f"the folder {error.filename!r} cannot be listed ({error.strerror}); check its permissions")

    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(folder, name) for name in names if not name.startswith("."))
    yield from sorted(found, key=lambda file: file.relative_to(root).as_posix())


def _name(file: Path, root: Path) -> str:
    """A document's id: its path in the folder, or a single file's name; letters that no text can hold are replaced."""
    name = file.name if file == root else file.relative_to(root).as_posix()
    return os.fsencode(name).decode("utf-8", "replace")


def _read(file: Path, name: str) -> Document:
    """One file as a document."""
    ending = file.suffix.lower()
    if ending in _UNREAD:
        found, better = _UNREAD[ending]
        raise DocumentError(f"{name} is {found}, which is not read; save it as {better}, or remove it")
    if not file.is_file():
        raise DocumentError(f"{name} is not a regular file; put a text file in its place or remove it")
    try:
        extract = _extract(file, _FORMATS.get(ending, "text"), name)
    except OSError as error:
        raise DocumentError(f"{name} cannot be read ({error.strerror}); check its permissions") from error
    if not extract.text.strip():
        found = "holds nothing but white space" if extract.text else "is empty"
        raise DocumentError(f"{name} {found}; put text into it or remove it")
    title = extract.title or _title(extract) or Path(name).stem
    return Document(name, title, extract.text, extract.parts, extract.pages)


def _extract(file: Path, format_name: str, name: str) -> Extract:
    """The text and structure of a file; what could take long to read is read apart from this process."""
    if format_name == "text":
        return Extract("", read_text(file.read_bytes(), name))
    if format_name != "html" or file.stat().st_size > SMALL_PAGE:
        return read_apart(format_name, file, name)
    return read_html(file.read_bytes(), name)


def _title(extract: Extract) -> str:
    """What the text says before all else, if that is a title, else the words of the first heading; "" without one."""
    text = extract.text if extract.parts else extract.text[:_TITLE_REACH]
    if front := _FRONT_MATTER.match(text):
        return front[1].strip("\"' \t")
    sections = read_structure(text, extract.parts)
    headings = [section.headings[-1] for section in sections if section.heading]
    if headings and not sections[0].heading:
        return opening_title(text) or headings[0]
    return headings[0] if headings else ""


def _lone_surrogate(value: str) -> int | None:
    """The offset of the first half of a character that stands alone, if any."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None
