"""Word documents: the words a reader sees, with the structure that their styles name."""

import io
import sys
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml

from index.documents import read_documents
from index.docx import MAX_UNPACKED, read_docx
from index.errors import DocumentError
from index.parts import Extract

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: "docx.document.Document") -> bytes:
    """The bytes of a document's file."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def read(document: "docx.document.Document") -> Extract:
    """What is read of a document."""
    return read_docx(saved(document), "a.docx")


def holding(body: str) -> "docx.document.Document":
    """A document whose body holds these elements."""
    document = docx.Document()
    wrapped = parse_xml(f"<w:body {W}>{body}</w:body>")
    for element in reversed(list(wrapped)):
        document.element.body.insert(0, element)
    return document


def outline(extract: Extract) -> list[tuple[str, int, str]]:
    """Kind, level and words of each part."""
    return [(part.kind, part.level, extract.text[part.start : part.end]) for part in extract.parts]


def test_styles_make_the_structure() -> None:
    """Title and headings, paragraphs, items of lists and rows of tables come as parts."""
    document = docx.Document()
    document.add_heading("Tea", 0)
    document.add_heading("Green", 2)
    document.add_paragraph("# Hot, not boiling.")
    document.add_paragraph("Sencha", "List Bullet")
    document.add_paragraph("Matcha", "List Number 2")
    table = document.add_table(2, 2)
    for cell, words in zip((c for row in table.rows for c in row.cells), ("Name", "Age", "Roy.", "3\n1"), strict=True):
        cell.text = words
    extract = read(document)
    assert extract.title == "Tea"
    assert outline(extract) == [
        ("heading", 0, "Tea"),
        ("heading", 2, "Green"),
        ("paragraph", 0, "# Hot, not boiling."),
        ("list", 0, "Sencha\nMatcha"),
        ("table", 0, "Name | Age\nRoy. | 3 1"),
    ]


def test_the_title_of_the_properties_serves_where_no_heading_does() -> None:
    """A heading is better, a title that a program made up is worse than none."""
    document = docx.Document()
    document.add_paragraph("Hot.")
    document.core_properties.title = "About tea"
    assert read(document).title == "About tea"
    document.core_properties.title = "Microsoft Word - tea.doc"
    assert read(document).title == ""


def test_a_style_inherits() -> None:
    """A style of one's own, based on a heading, makes headings, and one based on itself ends nothing."""
    document = docx.Document()
    style = document.styles.add_style("Mine", 1)
    style.base_style = document.styles["Heading 3"]
    loop = document.styles.add_style("Loop", 1)
    loop.base_style = loop
    document.add_paragraph("Tea", style)
    document.add_paragraph("Hot.", loop)
    assert outline(read(document)) == [("heading", 3, "Tea"), ("paragraph", 0, "Hot.")]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a b\nc"),
        ("<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:t>old</w:t></w:r></w:del></w:p>", "new"),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>", "seen"),
        ("<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>", "link"),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>", "7"),
        ("<w:sdt><w:sdtContent><w:p><w:r><w:t>field</w:t></w:r></w:p></w:sdtContent></w:sdt>", "field"),
        (
            "<w:p><w:r><w:txbxContent><w:p><w:r><w:t>b</w:t></w:r></w:p></w:txbxContent><w:t>a</w:t></w:r></w:p>",
            "a\n\nb",
        ),
        ("<w:p><w:r><w:t>non</w:t><w:noBreakHyphen/><w:t>stop</w:t></w:r></w:p>", "non-stop"),
        ("<w:p><w:r><w:t>שלום &lt;b&gt;</w:t></w:r></w:p>", "שלום <b>"),
        ("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>box</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", "box"),
    ],
)
def test_the_words_are_those_a_reader_sees(body: str, text: str) -> None:
    """Insertions, links, fields and text boxes are read; what is deleted or hidden is not."""
    assert read(holding(body)).text == text


def test_numbering_makes_items() -> None:
    """A paragraph numbered by its own settings is an item; number 0 takes the number away."""
    numbered = '<w:p><w:pPr><w:numPr><w:numId w:val="{}"/></w:numPr></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    document = holding(numbered.format(1, "one") + numbered.format(1, "two") + numbered.format(0, "three"))
    assert outline(read(document)) == [("list", 0, "one\ntwo"), ("paragraph", 0, "three")]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-docx is optional: without it, the message is the command that installs it."""
    data = saved(docx.Document())
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(DocumentError, match=r"a.docx is a Word document; to read these, pip install 'python-docx"):
        read_docx(data, "a.docx")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "damaged or no Word document"),
        (b"Hello.", "damaged or no Word document"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"rest", "old format or has a password"),
    ],
)
def test_what_is_no_word_document_is_refused(data: bytes, message: str) -> None:
    """The message says what was found."""
    with pytest.raises(DocumentError, match=f"a.docx is .*{message}"):
        read_docx(data, "a.docx")


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    """A small file that unpacks to more than is read is refused before anything is unpacked."""
    bomb = tmp_path / "bomb.docx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(3):
            archive.writestr(f"word/{number}.xml", bytes(MAX_UNPACKED // 2))
    assert bomb.stat().st_size < 2_000_000
    with pytest.raises(DocumentError, match=r"bomb\.docx unpacks to 300,000,000 bytes; at most 200,000,000 are read"):
        read_documents(bomb)


def test_entities_are_not_followed(tmp_path: Path) -> None:
    """A document cannot read files of the machine, nor grow by entities in entities."""
    secret = tmp_path / "secret.txt"
    secret.write_text("password", encoding="utf-8")
    bodies = {
        "file": f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>',
        "laughs": '<!DOCTYPE x [<!ENTITY b "ha"><!ENTITY a "&b;&b;">]>',
    }
    plain = zipfile.ZipFile(io.BytesIO(saved(docx.Document())))
    for doctype in bodies.values():
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for name in plain.namelist():
                text = f"{doctype}<w:document {W}><w:body><w:p><w:r><w:t>x&a;</w:t></w:r></w:p></w:body></w:document>"
                archive.writestr(name, text if name == "word/document.xml" else plain.read(name))
        assert read_docx(data.getvalue(), "a.docx").text == "x"
