"""The texts that are measured on: their answers stand where the file says."""

import json

from tests.registers import TEXTS


def test_the_answers_stand_in_the_texts() -> None:
    """30 documents; an answer is a stretch of its text, and what should be refused has none."""
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    assert len({row["name"] for row in rows}) == len(rows) == 30
    for row in rows:
        for kind, question, answers, _ in row["asked"]:
            assert question.strip()
            assert all(row["text"][start:end].strip() for start, end in answers)
            assert not (answers and kind in ("near", "off"))
