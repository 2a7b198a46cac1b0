"""Questions drawn from the documents' own words, for a visitor who does not know yet what to ask."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from index import Document, PassageIndex
from index.scripts import unread_words
from retrieval.answer import ask
from retrieval.results import Answer

EXAMPLES_SHOWN = 4


def example_questions(documents: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """Questions the documents' own words suggest, each with words that a right answer or its headings must hold."""
    for document in documents:
        sections = document.sections()
        headings = dict.fromkeys(section.headings[-1] for section in sections if section.headings)
        yield from ((about(heading), heading) for heading in headings if len(heading) <= 60)
        defined = unique(r"(?<=\w \()[A-Z]{2,7}(?=\))", document.text)
        yield from ((f"What does {name} stand for?", f"({name})") for name in defined)
        if not headings:
            names = unique(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}", document.text)
            yield from ((about(name), name) for name in names)


def about(topic: str) -> str:
    """A question about a topic; in another script than Latin the topic alone: English words beside it mislead."""
    return f"{topic}?" if unread_words(topic) else f"What is said about {topic}?"


def unique(pattern: str, text: str) -> Iterable[str]:
    """The first matches of a pattern in the first pages of a text, each once, in order."""
    return dict.fromkeys(islice((match.group() for match in re.finditer(pattern, text[:50_000])), 8))


def answered(questions: Iterable[tuple[str, str]], passage_index: PassageIndex) -> tuple[str, ...]:
    """The first questions the index answers rightly. Asking them also loads the model before a visitor waits for it."""
    candidates = islice(questions, 4 * EXAMPLES_SHOWN)
    found = (question for question, held in candidates if held in said(ask(question, passage_index=passage_index)))
    return tuple(islice(found, 2 * EXAMPLES_SHOWN))


def said(answer: Answer) -> str:
    """An answer's words and the headings above them; nothing where it was not found."""
    return " ".join((*answer.citations[0].section, answer.text)) if answer.found else ""


def subject(example: str) -> str:
    """What an example asks about: the words between its question frame."""
    return re.sub(r"^What (is said about|does) | stand for\?$|\?$", "", example)
