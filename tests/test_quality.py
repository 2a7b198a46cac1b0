"""The scoring of answers: offsets of SQuAD files, cutting of the baselines, and figures computed by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.fit_confidence import fit
from tests.quality import Question, Reply, Score, aligned, auroc, calibration_error, fixed, read_squad


def test_squad_offsets_are_moved_along(tmp_path: Path) -> None:
    """Paragraphs become one text, and each answer stands where it stood; an impossible question has none."""
    answer = {"text": "fox", "answer_start": 4}
    questions = [
        {"question": "Who?", "answers": [answer]},
        {"question": "What?", "is_impossible": True, "answers": [answer]},
    ]
    paragraphs = [{"context": "The fox runs.", "qas": questions}, {"context": "Red fox.", "qas": questions[:1]}]
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}))
    [article] = read_squad(tmp_path / "squad.json")
    assert article.text == "The fox runs.\n\nRed fox."
    assert [question.answers for question in article.questions] == [((4, 7),), (), ((19, 22),)]
    assert article.text[19:22] == "fox"


def test_baselines_keep_the_whole_text() -> None:
    """Windows follow each other without a gap; aligned ones end with a sentence and stay within their size."""
    text = "One fox. Two dogs! Three? " * 20
    assert "".join(text[a:b] for a, b in fixed(text, 50)) == text
    ranges = aligned(text, 60)
    assert "".join(text[a:b] for a, b in ranges).replace(" ", "") == text.replace(" ", "")
    assert max(b - a for a, b in ranges) <= 60
    assert {text[b - 1] for _, b in ranges} <= set(".!?")


def test_auroc_by_hand() -> None:
    """Of the four pairs two are right, one is wrong and one is a tie."""
    assert auroc([0.9, 0.4], [0.4, 0.5]) == pytest.approx((1 + 1 + 0.5 + 0) / 4)


def test_figures_by_hand() -> None:
    """An answer in the second citation costs reading the first; one cut by a border counts for nothing."""
    score = Score()
    score.add("answerable", Question("?", ((10, 15),)), Reply(((0, 12), (5, 40)), ((0, 12),), 0.5))
    asked = Question("?", ((10, 15),), said=("the red fox", "a fox"))
    score.add("answerable", asked, Reply(((0, 40),), ((9, 15),), 0.9, words="Fox, brown"))
    score.add("near", Question("?", ()), Reply(((0, 40),), (), 0.7, found=False))
    shares, lengths = ["0.500", "1.000", "0.500", "0.667"], ["18", "26"]
    assert score.figures() == [*shares, *lengths, "0.500", "-", "0.300", "1.000", "0.000", "-"]


def test_calibration_error_by_hand() -> None:
    """Of two at 0.75 one is answerable, off by 0.25; one at 0.1 is not, off by 0.1."""
    assert calibration_error([0.75], [0.75, 0.1]) == pytest.approx((0.5 + 0.1) / 3)


def test_a_fit_by_hand() -> None:
    """Where the feature tells nothing, the constant is the log-odds of the weighted share: 3 to 1 here."""
    weight, constant = fit(np.zeros((3, 1)), np.array([1.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0]) * 1000)
    assert (weight, constant) == pytest.approx((0, np.log(3)), abs=1e-3)
