"""Documents of other registers than an encyclopedia's, and what people ask of them by kind: `--registers`.

tests/registers.jsonl holds 18 of them, written with their questions for the project by a language model, to measure on
and never to train on: papers, a guide, an agency's page, a contract, a manual; chats, minutes, mails, an interview; and
texts in German, Spanish, French, Italian, Polish and Portuguese.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from index import PassageIndex, read_documents
from retrieval import ask

TEXTS = Path(__file__).with_name("registers.jsonl")


@dataclass(frozen=True)
class Outcome:
    """A question of a kind: whether it has an answer, that stands in the first citation, and one was found."""

    register: str
    kind: str
    answerable: bool
    first: bool
    found: bool


def outcomes(folder: Path) -> Iterator[Outcome]:
    """Ask everything. folder: an empty one, for the documents as files of their own names."""
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = folder / row["name"]
        path.write_text(row["text"], encoding="utf-8")
        passage_index = PassageIndex.build(read_documents(path))
        for kind, question, answers, before in row["asked"]:
            answer = ask(question, passage_index=passage_index, history=before)
            first = any(c.start <= start and end <= c.end for c in answer.citations[:1] for start, end in answers)
            yield Outcome(row["register"], kind, bool(answers), first, answer.found)


def measure(folder: Path) -> list[tuple[str, str, str, str]]:
    """For each register and kind: how many questions, the right passage first, an answer found."""
    by_kind = defaultdict[tuple[str, str], list[Outcome]](list)
    for outcome in outcomes(folder):
        by_kind[outcome.register, outcome.kind].append(outcome)
    return [
        (
            f"{register}, {kind}",
            str(len(asked)),
            f"{fmean(o.first for o in asked if o.answerable):.3f}" if any(o.answerable for o in asked) else "-",
            f"{fmean(o.found for o in asked):.3f}",
        )
        for (register, kind), asked in by_kind.items()
    ]
