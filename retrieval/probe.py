"""Questions made for a self-test (`retrieval.check`): from a document's own sentences, and everyday ones.

Deliberately does not: generate language, or ask.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from index import Document, Span
from index.scripts import columns, unread_words, words_of

SHORTEST, LONGEST = 40, 400
"""Columns of a sentence that is asked about. One of more is too long to be read as a quotation."""
FEWEST, MOST = 6, 5
"""Words a sentence must have to be asked about, and words of it that a question keeps at most."""
FRAME = "What is there about {}?"
"""Makes a question of words in Latin letters; its own tell nothing about a topic."""
EVERYDAY = (
    "How do I bake sourdough bread?",
    "Which team won the football world cup?",
    "How long should I boil an egg?",
    "What is the best way to learn the guitar?",
    "How do I change a flat bicycle tyre?",
    "What time does the supermarket close on Sunday?",
    "How do I remove red wine from a carpet?",
    "Which vaccinations does a puppy need?",
    "Why is the sky blue?",
    "How tall is Mount Everest?",
    "When should tomatoes be planted?",
    "How do I reset the password of my router?",
    "Who painted the Mona Lisa?",
    "What should I wear to a wedding?",
    "How many strings does a violin have?",
)
Place = tuple[Document, tuple[str, ...], Span]
"""A sentence: its document, the headings above it, where it stands."""


def drawn_sentences(documents: Sequence[Document], rng: random.Random, count: int) -> list[Place]:
    """Some sentences worth asking for: neither short nor long, of several words, standing only once."""
    places = [(d, headings, sentence) for d in documents for headings, sentence in sentences_of(d)]
    times = Counter(d.text[s.start : s.end] for d, _, s in places)
    fit = [
        (d, headings, s)
        for d, headings, s in places
        if SHORTEST <= columns(d.text[s.start : s.end]) <= LONGEST
        and times[d.text[s.start : s.end]] == 1
        and len(_words(d.text[s.start : s.end])) >= FEWEST
    ]
    return rng.sample(fit, min(count, len(fit)))


def cloze(sentence: str, often: Mapping[str, int], rng: random.Random) -> str:
    """A question for a sentence: some of its words, neither the rarest nor the commonest third, out of order.

    often: how often each word stands in the documents, in lower case.
    """
    words = sorted(_words(sentence), key=lambda word: (-often.get(word.casefold(), 0), word))
    third = len(words) // 3
    kept = words[third : max(len(words) - third, third + 3)]
    return framed(" ".join(rng.sample(kept, min(MOST, len(kept)))))


def framed(words: str) -> str:
    """A question of words; in another script than Latin the words alone."""
    return words if unread_words(words) else FRAME.format(words)


def sentences_of(document: Document) -> Iterator[tuple[tuple[str, ...], Span]]:
    """The sentences of a document, each with the headings above it."""
    for section in document.sections():
        for paragraph in section.paragraphs:
            yield from ((section.headings, sentence) for sentence in paragraph.sentences)


def _words(text: str) -> list[str]:
    """The words of two letters and more, each once, in order."""
    return list(dict.fromkeys(word for word in words_of(text) if len(word) > 1))
