"""Is it English? Told by the commonest words of the question or of the documents."""

import pytest

from index import Document, PassageIndex
from retrieval.confidence import in_other_language
from retrieval.language import is_foreign

from conftest import ToyEmbedder

ENGLISH = "The fox and the dog live in the red house."
GERMAN = "Der Fuchs und der Hund wohnen im roten Haus an der Hauptstraße."


@pytest.mark.parametrize(
    ("question", "text", "foreign"),
    [
        ("Wo wohnt der Fuchs?", GERMAN, True),
        ("Fuchs Hund", GERMAN, True),
        ("Where does the fox live?", GERMAN, False),
        ("Wo wohnt der Fuchs?", ENGLISH, False),
        ("fox house", ENGLISH, False),
        ("How much is a fox?", "Fox 12\nDog 13", False),
    ],
)
def test_neither_question_nor_documents_are_english(question: str, text: str, foreign: bool) -> None:
    """One of them is enough: a list of prices has no "the", keywords have none either."""
    assert is_foreign(question, PassageIndex.build([Document("d", "T", text)], embedder=ToyEmbedder())) == foreign


def test_confidence_is_lower_and_in_the_same_order() -> None:
    """It stays a probability."""
    sure = [in_other_language(n / 10) for n in range(11)]
    assert sure == sorted(sure)
    assert (sure[0], sure[10]) == (0, 1)
    assert 0.25 < sure[5] < 0.3
