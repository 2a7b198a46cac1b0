"""Questions that only name a place get what stands there, or a refusal."""

import pytest

from index import Document, PassageIndex
from retrieval import ask
from retrieval.places import names_a_number

from conftest import ToyEmbedder

TEXT = """# Lease

## 1. Premises

1.1 The dog runs in Paris.

1.2 Compartment 7 is included, and the moon.

## 7. Ending

The fox sleeps.

7.1 The blue fox runs.

7.3 The red dog sleeps.
"""


@pytest.fixture(scope="module")
def lease() -> PassageIndex:
    return PassageIndex.build([Document("l", "Lease", TEXT)], embedder=ToyEmbedder())


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("section 7.3", "7.3 The red dog sleeps."),
        ("What does clause 1.2 say?", "1.2 Compartment 7 is included, and the moon."),
        ("7.1", "7.1 The blue fox runs."),
        ("§ 7", "The fox sleeps."),
        ("show me section 1", "1.1 The dog runs in Paris."),
    ],
)
def test_a_number_finds_its_place(question: str, text: str, lease: PassageIndex) -> None:
    """The sentence or the section that begins with it, not one that has some of its digits."""
    answer = ask(question, passage_index=lease)
    assert (answer.found, answer.text) == (True, text)


def test_a_heading_finds_its_section(lease: PassageIndex) -> None:
    """Its words need not stand in the text below it."""
    answer = ask("1. premises", passage_index=lease)
    assert answer.found
    assert answer.citations[0].section[-1] == "1. Premises"


@pytest.mark.parametrize("question", ["section 7.5", "What is in clause 9?"])
def test_a_number_that_is_nowhere_is_refused(question: str, lease: PassageIndex) -> None:
    """Its neighbours look alike, and are not it."""
    assert not ask(question, passage_index=lease).found


@pytest.mark.parametrize("question", ["7.3", "1998", "Who is in section 7?", "How many clauses are there?", ""])
def test_other_questions_name_no_number(question: str) -> None:
    """A bare number may be a year or a sum."""
    assert not names_a_number(question)
