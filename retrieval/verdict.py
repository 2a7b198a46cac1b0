"""What a self-test (`retrieval.check`) found, in words: the figures, what was missed, and what to do about it."""

import textwrap
from collections.abc import Iterator, Sequence

from index.embed import MODEL_SETTING
from retrieval.check import FRAGMENT, Check, Structure, Trial
from retrieval.probe import LONGEST
from retrieval.render import WIDTH

GOOD, FAIR = 0.9, 0.7
"""Shares of questions with the right passage among three, and of refusals, from which on documents suit or may do."""
FEW = 5
"""Sentences fewer than which tell nothing."""
MANY_LONG, MANY_FRAGMENTS = 0.05, 0.2
"""Shares of passages from which on their length is worth a word."""
MISSES_SHOWN = 3


def suits(check: Check) -> float:
    """The weakest of: right passage among three, answered, other things refused; 0 to 1. 0 where little was asked."""
    own, foreign = check.of("sentence"), check.of("foreign")
    if len(own) < FEW:
        return 0.0
    return min(share([t.rank > 0 for t in own]), share([t.found for t in own]), share([not t.found for t in foreign]))


def to_text(check: Check) -> str:
    """The whole of it for a terminal."""
    blocks = [
        "\n".join(_structure_lines(check.structure)),
        "\n".join(_table(check)),
        *_misses(check),
        "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in (_verdict(check), *advice(check))),
    ]
    return "\n\n".join(blocks)


def _structure_lines(found: Structure) -> Iterator[str]:
    """What was found in the documents."""
    pages = f", {found.pages:,} pages" if found.pages else ""
    part = "all of it" if found.asked_about == found.characters else f"{found.asked_about:,} of them"
    yield f"Documents  {found.documents:,}: {found.characters:,} characters{pages}; asked about {part}"
    yield (
        f"Structure  {found.sections:,} sections, {found.headings:,} headings, {found.paragraphs:,} paragraphs, "
        f"{found.sentences:,} sentences"
    )
    yield (
        f"Passages   {found.passages:,}: {len(found.long):,} too long (a sentence of over {LONGEST} characters), "
        f"{len(found.fragments):,} too short (under {FRAGMENT})"
    )


def _table(check: Check) -> Iterator[str]:
    """The figures of each kind of question."""
    yield f"{'Questions made from':<40}{'asked':>7}{'first':>8}{'in three':>10}{'sentence':>10}{'answered':>10}"
    kinds = {
        "sentence": "sentences, words left out and shuffled",
        "heading": "headings",
        "foreign": "other things (should be refused)",
    }
    for kind, name in kinds.items():
        trials = check.of(kind)
        own = kind != "foreign"
        shares = (
            percent([t.rank == 1 for t in trials] if own else []),
            percent([t.rank > 0 for t in trials] if own else []),
            percent([t.lit for t in trials] if kind == "sentence" else []),
            percent([t.found for t in trials]),
        )
        yield f"{name:<40}{len(trials):>7}{shares[0]:>8}{shares[1]:>10}{shares[2]:>10}{shares[3]:>10}"


def _misses(check: Check) -> Iterator[str]:
    """Some questions that went wrong, if any."""
    lines = [line for trial in check.trials if (line := _miss(trial))]
    if lines:
        more = f"\n  … and {len(lines) - MISSES_SHOWN} more (--json lists all)" if len(lines) > MISSES_SHOWN else ""
        yield "Missed:\n" + "\n".join(textwrap.shorten(f"  {line}", WIDTH) for line in lines[:MISSES_SHOWN]) + more


def _miss(trial: Trial) -> str:
    """What went wrong with a question; "" where nothing did."""
    if trial.kind == "foreign":
        return f"answered, though nothing here does: {trial.question}" if trial.found else ""
    if not trial.rank:
        return f"not found: {trial.question} ({trial.place})"
    return "" if trial.found else f"refused: {trial.question} ({trial.place})"


def _verdict(check: Check) -> str:
    """Whether the documents suit, in one line."""
    if len(check.of("sentence")) < FEW:
        return "Verdict: too few whole sentences to tell."
    worst = suits(check)
    if worst >= GOOD:
        return "Verdict: suits. Questions in the documents' own words find their place, others are refused."
    if worst >= FAIR:
        return "Verdict: suits with gaps. Look at what was missed before you rely on it."
    return "Verdict: does not suit as it is."


def advice(check: Check) -> Iterator[str]:
    """What to do about each thing that is not as it should be."""
    found, own, foreign = check.structure, check.of("sentence"), check.of("foreign")
    if not found.headings:
        yield "- No heading was found: citations only count paragraphs. Give headings a line of their own (# Heading)."
    if len(found.long) > MANY_LONG * found.passages:
        yield f"- In {len(found.long):,} passages sentences do not end: tables, lists, code? {found.long[0]}"
    if len(found.fragments) > MANY_FRAGMENTS * found.passages:
        yield f"- {len(found.fragments):,} passages are fragments: page headers or broken lines? {found.fragments[0]}"
    if share([t.rank > 0 for t in own]) < GOOD:
        yield "- Passages that say nearly the same, or are numbers or code, are hard to tell apart: add headings."
    if share([t.rank > 0 for t in check.of("heading")]) < GOOD:
        yield "- Some headings do not lead to what stands under them: their words are not those of the text."
    if share([t.found for t in own]) < GOOD:
        yield f"- What the documents say is refused. Not in English? Name a model for them in {MODEL_SETTING}."
    if share([not t.found for t in foreign]) < GOOD:
        yield "- Questions about other things are answered: look at the quotation before you believe an answer."


def share(outcomes: Sequence[bool]) -> float:
    """How many of them are true, 0 to 1; 1 where there are none."""
    return sum(outcomes) / len(outcomes) if outcomes else 1.0


def percent(outcomes: Sequence[bool]) -> str:
    """The share for people; "-" where there are none."""
    return f"{share(outcomes):.0%}" if outcomes else "-"
