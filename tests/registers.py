"""Documents of other registers than an encyclopedia's, and what people ask of them by kind: `--registers`.

tests/registers.jsonl holds 30 of them, written with their questions for the project by a language model, to measure on
and never to train on: papers, a guide, an agency's page, a contract, a manual; chats, minutes, mails, an interview;
texts in German, Spanish, French, Italian, Polish, Portuguese, Vietnamese and Turkish; and in other scripts: Russian,
Ukrainian, Greek, Arabic, Hebrew, Hindi, Chinese, Japanese, Korean and Thai.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from index import PassageIndex, read_documents
from retrieval import ask

TEXTS = Path(__file__).with_name("registers.jsonl")


def replies(folder: Path) -> Iterator[tuple[str, bool | None, bool]]:
    """For each question its register and kind, whether the first citation holds an answer, None where there is none,
    and whether one was found. folder: an empty one, for the documents as files of their own names."""
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = folder / row["name"]
        path.write_text(row["text"], encoding="utf-8")
        passage_index = PassageIndex.build(read_documents(path))
        for kind, question, answers, before in row["asked"]:
            answer = ask(question, passage_index=passage_index, history=before)
            first = any(c.start <= start and end <= c.end for c in answer.citations[:1] for start, end in answers)
            yield f"{row['register']}, {kind}", first if answers else None, answer.found
