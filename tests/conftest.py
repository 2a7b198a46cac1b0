"""What tests share: an embedder a person can compute in the head, and the real model over the seed page.

The toy embedder: a token is a run of letters or digits; a known word has its number as id and an axis of its own, only
"crimson" has that of "red", for it means the same; all other words have id 0 and axis 0.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from index import Document, Encoding, PassageIndex, SentenceTransformerEmbedder, read_documents
from index.sentences import split_sentences
from index.tables import Tables
from retrieval.query import Query, make_query

settings.register_profile("default", deadline=None, max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parent.parent
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder for files where fsync costs nothing, if the system has one."""
WORDS = ("", "red", "blue", "fox", "dog", "moon", "runs", "sleeps", "paris", "in", "the", "crimson", "cat")
DIM = 13


class ToyEmbedder:
    """See above."""

    def __init__(self, name: str = "toy") -> None:
        self.name = name

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """One-hot vectors."""
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> Encoding:
        words = list(re.finditer(r"[^\W_]+", text))
        ids = [WORDS.index(word) if (word := match[0].lower()) in WORDS else 0 for match in words]
        axes = [1 if WORDS[number] == "crimson" else number for number in ids]
        starts = [match.start() for match in words]
        return Encoding(np.eye(DIM, dtype=np.float32)[axes], np.array(ids, np.int32), np.array(starts, np.int32))


class CuttingEmbedder(ToyEmbedder):
    """Cuts a word it does not know in two pieces, as a real model does; both have id 0."""

    def _encode(self, text: str) -> Encoding:
        whole = super()._encode(text)
        tokens = zip(whole.ids.tolist(), whole.starts.tolist(), strict=True)
        pieces = [2 if number == 0 and text[start + 1 : start + 2].isalnum() else 1 for number, start in tokens]
        at = np.repeat(np.arange(len(pieces)), pieces)
        second = np.diff(at, prepend=-1) == 0
        return Encoding(whole.vectors[at], whole.ids[at], (whole.starts[at] + second).astype(np.int32))


def query_of(question: str, passage_index: PassageIndex, context: str = "") -> Query:
    """The query of a question and of words from the conversation."""
    [encoding] = passage_index.embedder.encode([question])
    return make_query(passage_index, question, encoding, context)


def sentences(text: str) -> list[str]:
    """The sentences of a text taken as one stretch."""
    return [text[span.start : span.end] for span in split_sentences(text, 0, len(text))]


def same(one: PassageIndex, other: PassageIndex) -> bool:
    """Whether two indexes are equal in all that can be seen."""
    tables = all(np.array_equal(getattr(one.tables, name), getattr(other.tables, name)) for name in Tables.__slots__)
    return tables and (one.documents, one.sections, one.words) == (other.documents, other.sections, other.words)


@pytest.fixture(scope="session")
def toy() -> ToyEmbedder:
    """The toy embedder."""
    return ToyEmbedder()


@pytest.fixture(scope="session")
def other_toy() -> ToyEmbedder:
    """The toy embedder under another name, as if its weights were others."""
    return ToyEmbedder("other toy")


@pytest.fixture(scope="session")
def foxes() -> Document:
    """A document of three sections, each one passage; the first holds two sentences."""
    text = (
        "# Colours\n\nThe red fox runs. The blue fox sleeps.\n\n"
        "# Places\n\nThe dog runs in Paris.\n\n"
        "# Sky\n\nThe moon sleeps.\n"
    )
    return Document("foxes.md", "Foxes", text)


@pytest.fixture(scope="session")
def fox_index(foxes: Document, toy: ToyEmbedder) -> PassageIndex:
    """The toy index over that document."""
    return PassageIndex.build([foxes], embedder=toy)


@pytest.fixture(scope="session")
def cut_index(foxes: Document) -> PassageIndex:
    """The same with an embedder that cuts unknown words, so that slips are mended."""
    return PassageIndex.build([foxes], embedder=CuttingEmbedder())


@pytest.fixture(scope="session")
def model() -> SentenceTransformerEmbedder:
    """The packaged model, loaded."""
    embedder = SentenceTransformerEmbedder.locate()
    embedder.load()
    return embedder


@pytest.fixture(scope="session")
def seed_index(model: SentenceTransformerEmbedder) -> PassageIndex:
    """The index over the seed page, with the packaged model."""
    return PassageIndex.build(read_documents(ROOT / "seeds"), embedder=model)
