"""Read files as documents: an id, a title and the exact text.

A text file is read as it is: every character kept, line ends and all, only a byte order mark dropped. Deliberately does
not: clean text, guess at binary formats, skip a file silently. A reader for another format is one entry in `_READERS`.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.errors import DocumentError
from index.structure import read_structure

_TITLE_REACH = 200_000  # characters: a heading behind these is no title
_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# The accented letters of the languages written in cp1252: French, German, Spanish, Portuguese, Italian, Swedish and
# Finnish, Danish and Norwegian, Dutch, Icelandic, Catalan.
_ACCENTS = (
    *("àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúüñ", "áâãàçéêíóôõú", "àèéìíîòóù", "åäöé", "æøåé", "éëïöüè", "áðéíóúýþæö"),
    "àçèéíïòóúü",
)
_SIGN_IN_WORD = re.compile(r"(?i)[a-zß-ÿ][¿³¹²º¾¼½×÷¤¦¬¸¨¶§±¡¢¥£©®µªˆ˜†‡‰‹›¯][a-zß-ÿ]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UNREAD = {  # formats that hold text which is not their bytes
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".doc": "a Word document",
    ".odt": "an OpenDocument text",
    ".rtf": "a Rich Text document",
    ".epub": "an e-book",
    ".html": "a web page",
    ".htm": "a web page",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A text to ask about.

    id: what citations name, not empty; from a folder, the path in it with "/". title: for people. text: the whole text;
    all offsets anywhere are character offsets into it. Raises DocumentError for what is no text or cannot be written.
    """

    id: str
    title: str
    text: str

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


def read_documents(path: str | os.PathLike[str]) -> list[Document]:
    """The documents in a file or, sorted by path, in a folder and the folders in it; hidden files are left out.

    Raises DocumentError if there is nothing to read, or if any file cannot be read: it then names every such file.
    """
    root = _existing(path)
    files = list(_files(root)) if root.is_dir() else [root]
    if not files:
        raise DocumentError(f"the folder {str(root)!r} holds no file to read; put a text file (.txt, .md) into it")
    documents: list[Document] = []
    failures: list[str] = []
    for file in files:
        try:
            documents.append(_read(file, _name(file, root)))
        except DocumentError as error:
            failures.append(str(error))
    if failures:
        raise DocumentError("\n".join(failures))
    return documents


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
    reader = _READERS.get(file.suffix.lower())
    if reader is None and file.suffix.lower() in _UNREAD:
        raise DocumentError(f"{name} is {_UNREAD[file.suffix.lower()]}; only text is read: save it as a .txt file")
    if not file.is_file():
        raise DocumentError(f"{name} is not a regular file; put a text file in its place or remove it")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(f"{name} cannot be read ({error.strerror}); check its permissions") from error
    text = (reader or read_text)(data, name)
    if not text.strip():
        found = "holds nothing but white space" if text else "is empty"
        raise DocumentError(f"{name} {found}; put text into it or remove it")
    return Document(id=name, title=_title(text) or Path(name).stem, text=text)


def _title(text: str) -> str:
    """The words of the first heading; "" without one."""
    sections = read_structure(text[:_TITLE_REACH])
    return next((section.headings[-1] for section in sections if section.heading), "")


def read_text(data: bytes, name: str) -> str:
    """The text in the bytes of a text file; `name` is for messages. Raises DocumentError for bytes that are no text."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_decoded(data[len(mark) :], encoding, name), name)
    wide = _wide_encoding(data)
    if wide:
        return _checked(_decoded(data, wide, name), name)
    try:
        return _checked(data.decode("utf-8"), name)
    except UnicodeDecodeError:
        return _checked(_legacy(data, name), name)


def _decoded(data: bytes, encoding: str, name: str) -> str:
    """Bytes in an encoding that is known for sure."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name} says it is {encoding.upper()} but is damaged at byte {error.start}; save it again as UTF-8"
        ) from error


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: half of the bytes of European text are then zero, all at odd or all at even places."""
    head = data[:4096]
    if len(data) % 2 or len(head) < 2:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd * 3 > half and even * 20 < odd:
        return "utf-16-le"
    return "utf-16-be" if even * 3 > half and odd * 20 < even else None


def _checked(text: str, name: str) -> str:
    """The text, refused when it holds what only binary files hold."""
    controls = _CONTROL.findall(text)
    if "\x00" in controls or len(controls) * 1000 > len(text):
        raise DocumentError(
            f"{name} is not text: it holds {len(controls)} control characters in {len(text)}; "
            "give a text file (.txt, .md, UTF-8 is best) or remove it"
        )
    return text


def _legacy(data: bytes, name: str) -> str:
    """Text in an older encoding: Windows Western European where its letters are those of one of its languages."""
    if _is_western(data):
        return data.decode("cp1252")
    from charset_normalizer import from_bytes  # only such files need it

    best = from_bytes(data).best()
    if best is None:
        raise DocumentError(f"{name} is not text in any known encoding; save it as UTF-8, or remove it")
    return str(best)


def _is_western(data: bytes) -> bool:
    """Whether bytes read as cp1252 make sense: no signs inside words, and accents few or all of one language.

    charset-normalizer alone takes most French, Spanish or Danish text for Central European (measured: 11 of 13 wrong).
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    if _SIGN_IN_WORD.search(text):
        return False
    accents = Counter(letter for letter in text.lower() if letter.isalpha() and not letter.isascii())
    letters = sum(map(str.isalpha, text))
    few = sum(accents.values()) * 33 <= letters
    return few or any(sum(accents[a] for a in own) * 20 >= sum(accents.values()) * 19 for own in _ACCENTS)


def _lone_surrogate(value: str) -> int | None:
    """The offset of the first half of a character that stands alone, if any."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


# What turns the bytes of a format into text, by the file name's ending in lower case; every other file is read as text.
_READERS: dict[str, Callable[[bytes, str], str]] = {".txt": read_text, ".md": read_text}
ENDINGS = tuple(_READERS)
"""Endings of the files that are known to be documents; an upload must have one of them."""
