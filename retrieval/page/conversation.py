"""The conversation as HTML: its turns, what can be done with each, and what to ask next. Values in, HTML out."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.page.answers import render_answer, render_refusal, render_trail
from retrieval.page.copied import as_markdown, as_text
from retrieval.page.examples import EXAMPLES_SHOWN, subject
from retrieval.page.markup import apart, button, escape, foot, shorten
from retrieval.page.room import Room
from retrieval.results import Answer

VOTES = ("Helpful", "Not helpful")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: an answer, a friendly line of ``trouble``, or neither while it is searched."""

    question: str
    answer: Answer | None = None
    trouble: str = ""
    vote: str = ""  # "Helpful", "Not helpful" or nothing yet
    room: str = ""  # the key of the room it was asked in; in another one it is neither shown nor leant on

    @property
    def settled(self) -> bool:
        return self.answer is not None or bool(self.trouble)


def render_conversation(turns: Sequence[Turn], examples: Sequence[str] = (), key: str = "") -> str:
    """The conversation, oldest turn first, then chips for what has not been asked about."""
    items = "".join(render_turn(turn, last=turn is turns[-1]) for turn in turns)
    chips = render_chips(fresh(examples, turns), "Not asked about yet") if turns and turns[-1].settled else ""
    busy = ' aria-busy="true"' if turns and not turns[-1].settled else ""
    log = f'<div role="log" aria-label="Conversation" data-room="{escape(key)}"{busy}>'
    return f'{log}<ol class="turns">{items}</ol></div>{chips}'


def render_turn(turn: Turn, last: bool) -> str:
    """One turn of the conversation; only the last one can be edited or asked again."""
    question = render_question(turn, last and turn.settled)
    if turn.trouble:
        return f'<li class="turn trouble">{question}<p role="alert">{escape(turn.trouble)}</p></li>'
    if turn.answer is None:
        return f'<li class="turn pending">{question}<p class="note">Reading…</p></li>'
    answer = turn.answer
    if not answer.citations:  # small talk: there is nothing to copy, to vote on or to explain
        typed = foot(button("Search as typed", "typed")) if last else ""
        return f'<li class="turn talk">{question}<p>{escape(answer.text)}</p>{typed}</li>'
    body = render_answer(answer) if answer.found else render_refusal(answer)
    buttons = foot((copies(answer, not turn.room) if answer.found else "") + (votes(turn.vote) if last else ""))
    kind = "found" if answer.found else "refused"
    return f'<li class="turn {kind}">{question}{render_searched(turn, last)}{body}{render_trail(answer)}{buttons}</li>'


def render_question(turn: Turn, last: bool) -> str:
    """The question as a heading; beside the last one the ways to change it."""
    question = f'<h2 class="question" dir="auto">{escape(shorten(turn.question)) or "(nothing)"}</h2>'
    again = foot(button("Edit", "edit") + button("Ask again", "retry"))
    return f'<div class="asked">{question}{again}</div>' if last else question


def render_searched(turn: Turn, last: bool) -> str:
    """The stand-alone question behind a follow-up, and the way back to the question as it was typed."""
    if turn.answer is None or turn.answer.searched == turn.answer.question:
        return ""
    back = button("Search as typed", "typed") if last else ""
    return f'<p class="searched">Searched for: {apart(turn.answer.searched)} {back}</p>'


def votes(cast: str) -> str:
    """Two buttons that say whether the answer helped; the one cast is pressed."""
    both = "".join(button(vote, "vote", vote=vote, pressed=cast == vote) for vote in VOTES)
    return f'<span class="votes">{both}</span>'


def copies(answer: Answer, shared: bool = True) -> str:
    """Buttons that put the answer with its citations, or where others have the document a link, on the clipboard."""
    return (
        button("Copy", "copy", text=as_text(answer))
        + button("Copy as Markdown", "copy", text=as_markdown(answer))
        + (button("Copy link", "link", question=answer.searched) if shared else "")
    )


def fresh(examples: Sequence[str], turns: Sequence[Turn]) -> tuple[str, ...]:
    """Examples about what the conversation has neither asked nor been shown yet."""
    seen = " ".join(turn.question + " " + " ".join(sections(turn)) for turn in turns).casefold()
    return tuple(example for example in examples if subject(example).casefold() not in seen)[:3]


def sections(turn: Turn) -> tuple[str, ...]:
    """The headings above the first passage a turn showed."""
    return turn.answer.citations[0].section if turn.answer and turn.answer.citations else ()


def render_chips(questions: Sequence[str], label: str) -> str:
    """Questions to ask with one click."""
    if not questions:
        return ""
    chips = "".join(f"<li>{button(question, 'ask', question=question)}</li>" for question in questions)
    return f'<section class="chips" aria-label="{escape(label)}"><p>{escape(label)}</p><ul>{chips}</ul></section>'


def render_welcome(room: Room | None) -> str:
    """What a visitor sees before the first question."""
    source = "your documents" if room and room.key else "the document"
    line = f"Ask in your own words. Every answer is quoted from {source}, with the place it stands in."
    chips = render_chips(room.examples[:EXAMPLES_SHOWN], "For example") if room else ""
    return f'<p class="lead">{line}</p>{chips}'
