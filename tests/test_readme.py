"""README does what it says: its Python runs and prints what it shows, its commands are the gate's, Spaces can start."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gradio
import pytest
from gradio_client.exceptions import AppError
from packaging.specifiers import SpecifierSet

from index import PassageIndex
from retrieval.__main__ import main
from tests.serving import serve

from conftest import ROOT

HAS_MCP = bool(importlib.util.find_spec("mcp") or os.environ.get("REQUIRE_MCP"))
PAGE = "http://127.0.0.1:7860"

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def readme() -> str:
    """The file, whole."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings(readme: str) -> dict[str, str]:
    """The plain lines of the front matter: all that Spaces needs has one."""
    opening, front, _ = readme.split("---\n", 2)
    assert opening == ""
    pairs = (line.split(":", 1) for line in front.splitlines() if line[:1].isalpha())
    return {name: value.strip().strip("\"'") for name, value in pairs}


def required(package: str) -> SpecifierSet:
    """The versions of a package that requirements.txt allows."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if re.match(rf"{package}\b(?!-)", line)]
    return SpecifierSet(line.removeprefix(package))


def shown_after(text: str, language: str) -> list[tuple[str, str | None]]:
    """Each block in a language with the text block that follows it with nothing between, which shows what it prints."""
    blocks = [*FENCED.finditer(text)]
    found: list[tuple[str, str | None]] = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] == language:
            shows = after is not None and after[1] == "text" and not text[block.end() : after.start()].strip()
            found.append((block[2], after[2] if after is not None and shows else None))
    return found


def test_spaces_can_start(settings: dict[str, str]) -> None:
    """The front matter names a Gradio that requirements.txt allows, which is the one tested, and a file that exists."""
    assert settings["sdk"] == "gradio"
    assert settings["sdk_version"] in required("gradio")
    assert settings["sdk_version"] == gradio.__version__
    assert (ROOT / settings["app_file"]).is_file()
    assert settings["python_version"] in SpecifierSet(">=3.11")


def test_spaces_accepts_the_front_matter(settings: dict[str, str]) -> None:
    """Spaces refuses a short description of more than 60 characters, and colours it does not know."""
    assert len(settings["short_description"]) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {settings["colorFrom"], settings["colorTo"]} <= colours


@pytest.fixture(scope="module")
def url(seed_index: PassageIndex) -> Iterator[str]:
    """The page that README asks, with the tool for agents where its package is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASK_MCP", "on" if HAS_MCP else "off")
        yield from serve(seed_index)


def same(printed: str, shown: str) -> bool:
    """Whether this was printed; a line that README cuts short ends with "…"."""
    lines = zip(printed.strip().splitlines(), shown.strip().splitlines(), strict=True)
    return all(a.startswith(b[:-1]) if b.endswith("…") else a == b for a, b in lines)


@pytest.mark.model
def test_the_python_in_readme_runs(
    readme: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs by itself in the project's folder and prints what the block below it shows."""
    monkeypatch.chdir(ROOT)
    blocks = [
        (code, shown) for code, shown in shown_after(readme, "python") if HAS_MCP or "import ClientSession" not in code
    ]
    assert len(blocks) > 2
    for code, shown in blocks:
        capsys.readouterr()
        try:
            exec(compile(code.replace(PAGE, url), "README.md", "exec"), {"__name__": "readme"})
        except AppError as error:
            sys.stdout.write(f"AppError: {error}\n")
        printed = capsys.readouterr().out
        assert shown is None or same(printed, shown)


@pytest.mark.model
@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_http_in_readme_is_answered(readme: str, url: str) -> None:
    """The lines with curl, as they stand."""
    [(code, shown)] = [(code, shown) for code, shown in shown_after(readme, "bash") if "curl" in code]
    done = subprocess.run(["bash", "-c", code.replace(PAGE, url)], capture_output=True, text=True, check=True)
    assert shown is not None
    assert same(done.stdout, shown)


@pytest.mark.model
def test_the_self_test_in_readme_prints_that(
    readme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A console block is a command of `python -m retrieval` and what it prints."""
    monkeypatch.chdir(ROOT)
    for block in FENCED.finditer(readme):
        if block[1] == "console":
            command, _, shown = block[2].partition("\n")
            assert main(shlex.split(command.removeprefix("$ python -m retrieval "))) == 0
            assert capsys.readouterr().out == shown


def test_a_block_is_compared_with_the_next_one_only() -> None:
    """What stands in between, or is no text, is not what a block prints."""
    text = "```python\na\n```\n\n```text\n1\n```\n\n```python\nb\n```\nSo:\n```text\n2\n```\n```python\nc\n```\n"
    assert shown_after(text, "python") == [("a\n", "1\n"), ("b\n", None), ("c\n", None)]


def test_the_test_command_is_marked(readme: str) -> None:
    """One marker, right above the block that the gate reads; its environment is where the gate then looks for tools."""
    assert readme.count("<!-- test-command -->") == 1
    after = readme.split("<!-- test-command -->")[1]
    block = FENCED.match(after.lstrip("\n"))
    assert block is not None
    assert block[1] == "bash"
    for part in ("python3 -m venv .venv", "-r tests/requirements.txt", ".venv/bin/python -m pytest"):
        assert part in block[2]


def test_the_files_readme_names_exist(readme: str) -> None:
    """Whatever looks like a file or folder of this project is one."""
    named = set(re.findall(r"`((?:index|retrieval|tests|seeds|\.ci)/[\w./]*|\w+\.py)`", readme))
    folders = [ROOT, ROOT / "index", ROOT / "retrieval", ROOT / "retrieval" / "page", ROOT / "tests"]
    assert "retrieval/answer.py" in named
    assert [name for name in sorted(named) if not any(Path(folder / name).exists() for folder in folders)] == []
