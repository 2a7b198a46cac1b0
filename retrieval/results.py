"""What a question gets: an Answer with its Citations. Values only; nothing here computes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

REFUSAL = "The document does not say."

Highlight = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage, word for word: `document.text[start:end] == text`.

    number: from 1, best first. section: headings, outermost first. paragraph: from 1 within the section. highlights:
    the sentences that answer, as (start, end) in the document's text, inside start to end, in order, apart. score:
    higher is better; it compares the citations of one answer, as confidence compares answers. page: where the passage
    starts, from 1; None in a format without pages. answer: the few words that answer, (start, end) inside the first
    highlight; None where they were not looked for (see retrieval.reader) or nothing was found.
    """

    number: int
    document_id: str
    title: str
    section: tuple[str, ...]
    paragraph: int
    start: int
    end: int
    text: str
    highlights: tuple[Highlight, ...]
    score: float
    page: int | None = None
    answer: Highlight | None = None

    def __post_init__(self) -> None:
        if self.number < 1 or self.paragraph < 1 or (self.page is not None and self.page < 1):
            raise ValueError(f"number {self.number}, paragraph {self.paragraph} and page {self.page} count from 1")
        if self.end - self.start != len(self.text):
            raise ValueError(f"{self.start} to {self.end} is not the length of the text, {len(self.text)}")
        at = self.start
        for start, end in self.highlights:
            if not at <= start < end <= self.end:
                raise ValueError(f"highlights {self.highlights} are not in order inside {self.start} to {self.end}")
            at = end
        first = self.highlights[:1]
        if self.answer and not any(start <= self.answer[0] < self.answer[1] <= end for start, end in first):
            raise ValueError(f"the answer {self.answer} is not inside the first of the highlights {self.highlights}")

    @property
    def place(self) -> str:
        """Where it stands, for people: "title › section › paragraph 2", or "... › page 12" where there are pages."""
        return " › ".join(self.steps)

    @property
    def steps(self) -> tuple[str, ...]:
        """The parts of its place, outermost first."""
        last = f"paragraph {self.paragraph}" if self.page is None else f"page {self.page}"
        return (*dict.fromkeys((self.title, *self.section)), last)

    @property
    def quotes(self) -> tuple[str, ...]:
        """The text of each highlight."""
        return tuple(self.text[start - self.start : end - self.start] for start, end in self.highlights)


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` returns.

    searched: the stand-alone question that was searched. text: the sentences that answer, word for word, or a line that
    says there is none. found: whether the documents answer it. confidence: the estimated probability that they do, 0 to
    1. citations: best first; where found is false they are the closest passages, not answers.
    """

    question: str
    searched: str
    text: str
    found: bool
    confidence: float
    citations: tuple[Citation, ...] = field(default=())

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence {self.confidence} is not between 0 and 1")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the same names."""
        return asdict(self)

    def __str__(self) -> str:
        """As a terminal shows it."""
        from retrieval.render import to_terminal

        return to_terminal(self)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        from retrieval.render import to_html

        return to_html(self)


Turn = str | Answer
History = Sequence[Turn]
"""Earlier turns, oldest first: a question's text, or the Answer it got."""
