"""Is it English, told by the commonest words of the question or of the documents, and is it in Latin letters?"""

import pytest

from index import Document, PassageIndex
from index.embed import PACKAGED
from retrieval.confidence import BY_LETTERS, FOREIGN, shifted
from retrieval.language import in_other_script, is_foreign

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


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Где живёт лиса?", True),
        ("狐狸在哪里？", True),
        ("Где живёт iPhone 15?", True),
        ("iPhone 卖多少钱？", True),
        ("Who was Пётр the Great?", False),
        ("Wo wohnt der Füchs?", False),
        ("2019?", False),
    ],
)
def test_a_question_in_another_script(question: str, other: bool) -> None:
    """Most of its letters tell; a model that somebody names has read what it has read."""
    foxes = Document("d", "T", ENGLISH)
    assert in_other_script(question, PassageIndex.build([foxes], embedder=ToyEmbedder(PACKAGED))) == other
    assert not in_other_script(question, PassageIndex.build([foxes], embedder=ToyEmbedder("another")))


@pytest.mark.parametrize(("by", "even"), [(FOREIGN, 0.27), (BY_LETTERS, 0.85)])
def test_a_shifted_confidence_keeps_the_order(by: float, even: float) -> None:
    """It stays a probability."""
    sure = [shifted(n / 10, by) for n in range(11)]
    assert sure == sorted(sure)
    assert (sure[0], sure[10]) == (0, 1)
    assert sure[5] == pytest.approx(even, abs=0.01)
