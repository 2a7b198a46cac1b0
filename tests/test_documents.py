"""Files to documents: the exact text, whatever its encoding; for what cannot be read, a message that helps."""

import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import Document, read_documents, read_text
from index.errors import AskError, DocumentError

WORDS = "# Tide tables\r\n\r\nHigh water – 3 p.m.\r\n"


def write(path: Path, data: bytes | str) -> Path:
    """A file with these bytes, or with this text in UTF-8; folders on the way are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def test_a_file_becomes_one_document(tmp_path: Path) -> None:
    """The id is the file's name, the title the first heading, the text every character, line ends kept."""
    file = write(tmp_path / "tides.md", WORDS)
    assert read_documents(file) == [Document(id="tides.md", title="Tide tables", text=WORDS)]
    assert read_documents(str(file)) == read_documents(file)


def test_a_folder_is_read_with_its_folders_in_order(tmp_path: Path) -> None:
    """Files come sorted by their path, which is their id; hidden files and folders are left out."""
    for name in ("b.txt", "a/z.txt", "a.txt", "README", ".hidden", ".git/config"):
        write(tmp_path / name, "It rained all day.")
    assert [document.id for document in read_documents(tmp_path)] == ["README", "a.txt", "a/z.txt", "b.txt"]


def test_the_title_is_the_file_name_without_a_heading(tmp_path: Path) -> None:
    """A text without a heading is named after its file, without the ending."""
    (document,) = read_documents(write(tmp_path / "field notes.txt", "It rained all day."))
    assert document.title == "field notes"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Lakes of the North\n\nJane Doe\n\n## Aims\n\nText.", "Lakes of the North"),
        ('---\nlayout: post\ntitle: "My Post"\n---\n\nIt is short.\n\n## Why cats?\n\nText.', "My Post"),
        ("It is short, and no title.\n\n## Aims\n\nText.", "Aims"),
    ],
)
def test_the_title_is_what_stands_first(text: str, title: str, tmp_path: Path) -> None:
    """A first line with the shape of a title, or what the front matter says, goes before a heading further down."""
    assert read_documents(write(tmp_path / "a.md", text))[0].title == title


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "cp1252"),
    ],
)
def test_encodings_are_recognised(mark: bytes, encoding: str) -> None:
    """With and without a byte order mark, the same text comes out; only the mark is dropped."""
    assert read_text(mark + WORDS.encode(encoding), "tides.txt") == WORDS


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Le café est fermé l’été, à l’exception du marché."),
        ("cp1252", "Die Straße ist schön, aber für Fußgänger gesperrt."),
        ("cp1252", "El niño comió en la mañana. ¿Cómo estás?"),
        ("cp1252", "Não há informações disponíveis sobre a situação."),
        ("cp1252", "Perché la città è così bella? È più grande."),
        ("cp1252", "På øen Ærø går fåret hjem."),
        ("cp1252", "naïve"),
        ("cp1252", "It is 25 °C and costs £5 or €6."),
        ("cp1251", "Россия граничит с Украиной. Столица стоит на реке."),
        ("cp1250", "Zażółć gęślą jaźń. Książka leży na stole."),
        ("koi8_r", "Россия граничит с Украиной. Столица стоит на реке."),
        ("cp1255", "השועל רץ ביער והכלב ישן בפריז."),
        ("cp1255", "שלום עולם."),
        ("cp1253", "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας."),
        ("shift_jis", "これは日本語の文章です。東京は日本の首都です。"),
        ("gb18030", "这是一个中文句子。北京是中国的首都。"),
    ],
)
def test_older_encodings_are_told_apart(encoding: str, text: str) -> None:
    """One sentence is enough to tell the usual older encodings apart; Western European comes first."""
    assert read_text(text.encode(encoding), "old.txt") == text


@pytest.mark.parametrize(
    ("encoding", "text"), [("koi8_r", "Привет, мир!"), ("cp1251", "Привет, мир!"), ("cp1253", "Η κόκκινη αλεπού")]
)
def test_too_few_words_to_tell_their_encoding_are_refused(encoding: str, text: str) -> None:
    """Nothing is answered from a text that was only guessed; the message says how to make it sure."""
    with pytest.raises(DocumentError, match="not text in any encoding that can be told; save it as UTF-8"):
        read_text(text.encode(encoding), "short.txt")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: text[0] != "\ufeff"))
@settings(max_examples=200, deadline=None)
def test_utf8_text_is_kept_to_the_letter(text: str) -> None:
    """Any text written as UTF-8 comes back the same."""
    assert read_text(text.encode("utf-8"), "any.txt") == text


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b"", "empty.txt is empty"),
        ("blank.txt", b" \n\t\xc2\xa0\n", "blank.txt holds nothing but white space"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "picture.png is not text"),
        ("zeros.txt", b"abc\x00def\x00\x00ghi", "zeros.txt is not text"),
        ("bell.txt", b"\x07" * 20, "bell.txt is not text"),
        ("cut.txt", codecs.BOM_UTF16_LE + b"a\x00b", "cut.txt says it is UTF-16-LE but is damaged at byte 2"),
        ("letter.RTF", b"{\\rtf1}", "letter.RTF is a Rich Text document, which is not read; save it as .docx"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    """The message names the file, what was found in it and what to do."""
    with pytest.raises(DocumentError, match=message) as caught:
        read_documents(write(tmp_path / name, data))
    assert any(advice in str(caught.value) for advice in ("remove", "save it", "put text"))


def test_every_bad_file_of_a_folder_is_named(tmp_path: Path) -> None:
    """Nothing is skipped silently: one message lists all the files that cannot be read, a line each."""
    write(tmp_path / "good.txt", "It rained all day.")
    write(tmp_path / "empty.txt", b"")
    write(tmp_path / "deep" / "data.bin", bytes(range(32)))
    with pytest.raises(DocumentError) as caught:
        read_documents(tmp_path)
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == ["deep/data.bin", "empty.txt"]


@pytest.mark.parametrize("name", ["missing.txt", "x" * 5000, "nul\x00byte", ""])
def test_a_path_to_nothing_is_refused(tmp_path: Path, name: str) -> None:
    """A path that is missing, too long or impossible gives a short message of our own family of errors."""
    path = str(tmp_path / name) if name else str(tmp_path / "no" / "folder")
    with pytest.raises(AskError, match="name a text file, or a folder of text files") as caught:
        read_documents(path)
    assert len(str(caught.value)) < 400


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder without a file, or with hidden ones only, has nothing to read."""
    write(tmp_path / ".hidden", "It rained.")
    with pytest.raises(DocumentError, match="holds no file to read"):
        read_documents(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Something that is no regular file would block for ever; it is refused."""
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(DocumentError, match=r"pipe\.txt is not a regular file"):
        read_documents(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((" ", "t", "x"), "id is empty"),
        (("a", "t", b"x"), "text is bytes"),
        (("a", None, "x"), "title is NoneType"),
        ((1, "t", "x"), "id is int"),
        (("a", "t", "half \ud83d here"), "lone surrogate.* at offset 5"),
    ],
)
def test_a_document_is_checked(fields: tuple[str, str, str], message: str) -> None:
    """A document made by hand is held to the same rules as one read from a file."""
    with pytest.raises(DocumentError, match=message):
        Document(*fields)
