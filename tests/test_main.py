"""`python -m retrieval`: the answer on standard output, what happened as the exit code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.__main__ import bar, main

from conftest import ROOT

pytestmark = pytest.mark.model


def test_a_new_process_answers_in_json() -> None:
    """`python -m retrieval --json` prints one JSON object in UTF-8, whatever the terminal speaks, and exits 0."""
    command = [sys.executable, "-W", "ignore", "-m", "retrieval", "--json", "-k", "1", "What is the drug trade worth?"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=300)
    assert done.returncode == 0
    answer = json.loads(done.stdout.decode("utf-8"))
    assert answer["found"]
    assert "EUR 3.3 billion" in answer["text"]
    assert len(answer["citations"]) == 1


def test_an_answer_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer, its citations and their places are shown; the exit code is 0."""
    assert main(["What is the drug trade worth?"]) == 0
    shown = capsys.readouterr().out
    assert "EUR 3.3 billion" in shown
    assert "[1] " in shown
    assert "[3] " in shown


def test_a_refusal_exits_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A program can tell from the exit code that the documents do not say."""
    assert main(["How do I bake sourdough bread?"]) == 1
    assert "does not say" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [[""], ["fox", "-k", "0"], ["fox", "--documents", "/nowhere"], ["x" * 1_000_000]],
)
def test_an_error_is_one_line_and_exits_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What a person can put right is said on the error stream, without a traceback."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_a_bad_question_is_refused_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody waits for an index only to be told that k is 0."""
    assert main(["fox", "-k", "0", "--documents", "/nowhere"]) == 2
    assert "k is 0" in capsys.readouterr().err


def test_other_documents_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--documents names a file or folder to ask instead."""
    (tmp_path / "moon.txt").write_text("The moon is about 384,400 kilometres away from the earth.")
    main(["How far is the moon?", "--documents", str(tmp_path)])
    assert "384,400" in capsys.readouterr().out


def test_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress, its rate and when it ends are drawn only once it takes long, and wiped at the end."""
    draw, late = bar(after=0), bar(after=1000)
    late(1, 4)
    draw(1, 4)
    drawn = r"\rBuilding the index \[#{7}\.{23}\] 1/4, \d+ a second, done at \d\d:\d\d"
    assert re.fullmatch(drawn, capsys.readouterr().err)
    draw(4, 4)
    assert capsys.readouterr().err == "\r\x1b[K"
