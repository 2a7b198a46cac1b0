"""A self-test of one's own documents: are they found, are other questions refused, was their structure understood?

Questions are made from the documents' own words: a sentence without its rarest words (what a question would ask for)
and its commonest, the rest out of order; or a heading. People use other words than the document's, so that what is
missed here is missed by them too, not the other way round. Deliberately does not: generate language, write anything, or
print (`retrieval.verdict` says it in words).
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index import Document, Embedder, Passage, PassageIndex
from index.passages import cut_windows
from index.scripts import words_of
from index.store import Progress
from retrieval.answer import ask
from retrieval.followup import telling_words
from retrieval.probe import EVERYDAY, LONGEST, cloze, drawn_sentences, framed, sentences_of

CHARACTERS = 200_000
"""Characters asked about at most: embedding these takes seconds. The structure is that of everything."""
SENTENCES, HEADINGS, FOREIGN = 40, 10, 15
"""Questions of each kind at most; FOREIGN of those made from other documents, besides the everyday ones."""
FRAGMENT = 40
"""A passage of fewer characters is one: a page number, a broken line."""
SHOWN = 60
"""Characters shown of a passage that is too long or too short."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What was found in the documents, counted.

    long: the places of passages with a sentence of more than LONGEST characters. fragments: of those under FRAGMENT.
    """

    documents: int
    characters: int
    asked_about: int
    pages: int
    sections: int
    headings: int
    paragraphs: int
    sentences: int
    passages: int
    long: tuple[str, ...]
    fragments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A question asked. kind: "sentence", "heading", or "foreign" for one that the documents do not answer.

    rank: which citation shows the right passage, from 1; 0 where none does. lit: whether the right sentence is lit in
    the first one. found: whether it was answered. place: where its answer stands; "" for a foreign one.
    """

    kind: str
    question: str
    place: str
    rank: int
    lit: bool
    found: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What `check` returns."""

    structure: Structure
    trials: tuple[Trial, ...]

    def of(self, kind: str) -> tuple[Trial, ...]:
        """The trials of one kind."""
        return tuple(trial for trial in self.trials if trial.kind == kind)


def check(
    documents: Sequence[Document],
    others: Sequence[Document] = (),
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Check:
    """Ask some documents about themselves and about other things. The same documents give the same result.

    others: documents about something else; questions made from them should be refused. progress: called with (done,
    total) while the index is built. Raises DocumentError where there is no text.
    """
    rng = random.Random("\n".join(document.text for document in documents))
    part = sample(documents, rng)
    passage_index = PassageIndex.build(part, embedder=embedder, progress=progress)
    trials = (
        *sentence_trials(passage_index, rng),
        *heading_trials(passage_index, rng),
        *foreign_trials(passage_index, others, rng),
    )
    return Check(structure(documents, part), trials)


def sample(documents: Sequence[Document], rng: random.Random, most: int = CHARACTERS) -> list[Document]:
    """Documents of at most so many characters together, drawn by chance; of the one too many only the beginning."""
    drawn: dict[int, Document] = {}
    for number in rng.sample(range(len(documents)), len(documents)):
        begun = _beginning(documents[number], most)
        if begun:
            drawn[number] = begun
        if begun != documents[number]:
            break
        most -= len(begun.text)
    return [drawn[number] for number in sorted(drawn)] or list(documents[:1])


def _beginning(document: Document, most: int) -> Document | None:
    """A document up to the last part or sentence that ends within so many characters; None where none does."""
    if len(document.text) <= most:
        return document
    stops = [part.end for part in document.parts] or [sentence.end for _, sentence in sentences_of(document)]
    stop = max((stop for stop in stops if stop <= most), default=0)
    parts = tuple(part for part in document.parts if part.end <= stop)
    pages = tuple(page for page in document.pages if page < stop)
    return Document(document.id, document.title, document.text[:stop], parts, pages) if stop else None


def structure(documents: Sequence[Document], part: Sequence[Document]) -> Structure:
    """What was found in some documents, of which a part is asked about."""
    sections = [section for document in documents for section in document.sections()]
    paragraphs = [paragraph for section in sections for paragraph in section.paragraphs]
    passages = [(d, passage) for d in documents for window in cut_windows(d) for passage in window.passages]
    return Structure(
        documents=len(documents),
        characters=sum(len(document.text) for document in documents),
        asked_about=sum(len(document.text) for document in part),
        pages=sum(len(document.pages) for document in documents),
        sections=len(sections),
        headings=sum(section.heading is not None for section in sections),
        paragraphs=len(paragraphs),
        sentences=sum(len(paragraph.sentences) for paragraph in paragraphs),
        passages=len(passages),
        long=tuple(_shown(d, p) for d, p in passages if any(s.end - s.start > LONGEST for s in p.sentences)),
        fragments=tuple(_shown(d, p) for d, p in passages if p.end - p.start < FRAGMENT),
    )


def _shown(document: Document, passage: Passage) -> str:
    """Where a passage stands and how it begins."""
    begins = " ".join(document.text[passage.start : passage.end].split())[:SHOWN]
    return f"{_place(document, passage.section)} › paragraph {passage.paragraph}: “{begins}…”"


def _place(document: Document, headings: Sequence[str]) -> str:
    """Title and headings, each once."""
    return " › ".join(dict.fromkeys((document.title, *headings)))


def sentence_trials(passage_index: PassageIndex, rng: random.Random) -> Iterator[Trial]:
    """Some sentences, each asked for with a few of its words."""
    for document, headings, sentence in drawn_sentences(passage_index.documents, rng, SENTENCES):
        question = cloze(document.text[sentence.start : sentence.end], passage_index.words, rng)
        answer = ask(question, passage_index=passage_index)
        right = [c.document_id == document.id and c.start <= sentence.start < c.end for c in answer.citations]
        first = answer.citations[0].highlights if right[:1] == [True] else ()
        lit = any(start <= sentence.start < end for start, end in first)
        yield Trial("sentence", question, _place(document, headings), _rank(right), lit, answer.found)


def heading_trials(passage_index: PassageIndex, rng: random.Random) -> Iterator[Trial]:
    """Some headings that stand only once, each asked about; right is what stands under it."""
    under = [(d, s.headings) for d in passage_index.documents for s in d.sections() if s.heading and s.paragraphs]
    times = Counter(headings[-1] for _, headings in under)
    fit = [(d, h) for d, h in under if times[h[-1]] == 1 and telling_words(h[-1]) and len(h[-1]) <= LONGEST]
    for document, headings in rng.sample(fit, min(HEADINGS, len(fit))):
        heading = headings[-1]
        question = heading if heading.endswith("?") else framed(heading)
        answer = ask(question, passage_index=passage_index)
        right = [c.document_id == document.id and c.section[: len(headings)] == headings for c in answer.citations]
        yield Trial("heading", question, _place(document, headings), _rank(right), False, answer.found)


def foreign_trials(passage_index: PassageIndex, others: Sequence[Document], rng: random.Random) -> Iterator[Trial]:
    """Questions about other things; those whose telling words stand in one place may be answered and are left out."""
    often = Counter(word.casefold() for document in others for word in words_of(document.text))
    made = [cloze(d.text[s.start : s.end], often, rng) for d, _, s in drawn_sentences(others, rng, FOREIGN)]
    held = [_folded(d.text[w.start : w.end]) for d in passage_index.documents for w in cut_windows(d)]
    for question in (*EVERYDAY, *made):
        telling = _folded(" ".join(telling_words(question)))
        if not any(telling <= words for words in held):
            yield Trial("foreign", question, "", 0, False, ask(question, passage_index=passage_index).found)


def _rank(right: Sequence[bool]) -> int:
    """The first that is right, from 1; 0 where none is."""
    return right.index(True) + 1 if True in right else 0


def _folded(text: str) -> set[str]:
    """The words of a text in lower case."""
    return {word.casefold() for word in words_of(text)}
