"""Files read in a process of their own: what comes back, and that nothing a file does harms this process."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from index import sandbox
from index.documents import SMALL_PAGE, Document, read_documents, read_each
from index.errors import DocumentError
from index.parts import Extract, Part

from conftest import ROOT
from papers import write_docx, write_pdf

BLOCKS = [("title", "Tea"), ("paragraph", "Hot, not boiling."), ("item", "Sencha")]


@pytest.mark.parametrize("ending", ["pdf", "docx"])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, ending: str) -> None:
    """Bytes changed or cut off at random: a sound document or a DocumentError that names the file."""
    path = tmp_path / f"tea.{ending}"
    whole = (write_pdf if ending == "pdf" else write_docx)(path, BLOCKS).read_bytes()
    rng = random.Random(0)
    for number in range(8):
        data = bytearray(whole)
        for _ in range(20):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data if number % 2 else data[: rng.randrange(len(data))])
        [(_, found)] = read_each([path])
        assert isinstance(found, Document) or str(found).startswith(f"tea.{ending} ")


def test_a_large_page_is_read_the_same(tmp_path: Path) -> None:
    """A web page too large to be read in this process gives what a small one does."""
    page = "<title>Tea</title><h1>Tea</h1><p>שלום &amp; more</p>"
    (tmp_path / "small.html").write_text(page, encoding="utf-8")
    (tmp_path / "large.html").write_text(page + " " * SMALL_PAGE, encoding="utf-8")
    large, small = read_documents(tmp_path)
    assert (large.title, large.text, large.parts) == (small.title, small.text, small.parts)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_memory_is_limited() -> None:
    """A child that asks for all the memory ends, and the message says so."""
    code = "from index.child import limit; limit(); bytearray(2_000_000_000)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert "needs more than 1,500,000,000 bytes of memory" in sandbox._reason(done.returncode, done.stderr)


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes too long is given up."""
    path = tmp_path / "slow.html"
    path.write_text("<div>" * 400_000, encoding="utf-8")
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 2)
    with pytest.raises(DocumentError, match=r"slow\.html took more than 2 seconds to read"):
        read_documents(path)


def test_size_is_limited(tmp_path: Path) -> None:
    """A file of too many bytes is not even opened."""
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(sandbox.MAX_BYTES + 1)
    with pytest.raises(DocumentError, match=r"large\.pdf has 50,000,001 bytes; at most 50,000,000 are read"):
        read_documents(path)


def test_it_works_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child finds this package wherever the program runs; a name like an option is a name."""
    monkeypatch.chdir(tmp_path)
    write_docx(tmp_path / "-c.docx", BLOCKS)
    (tmp_path / "index.py").write_text("raise SystemExit(3)", encoding="utf-8")
    [document] = read_documents("-c.docx")
    assert (document.id, document.title) == ("-c.docx", "Tea")


def test_an_extract_survives_json() -> None:
    """What the child sends is what it read."""
    extract = Extract("t", "a\nb", (Part("list", 0, 3, 0, (1,)),), (0, 2))
    assert Extract.from_plain(extract.to_plain()) == extract
