"""Codes and numbers: found however they are typed, and never taken for their neighbours."""

import pytest

from index import Document, PassageIndex
from retrieval import ask
from retrieval.codes import as_written, stands_nowhere

from conftest import ToyEmbedder

TEXT = "E-42: The fox runs. NB-104: The dog sleeps. It costs 1,900 euros, or 2.5 a day, see RFC 2616 of May 2020."


@pytest.fixture(scope="module")
def manual() -> PassageIndex:
    return PassageIndex.build([Document("m", "M", TEXT)], embedder=ToyEmbedder())


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("what is E42?", "what is E-42?"),
        ("nb104", "NB-104"),
        ("RFC2616", "RFC 2616"),
        ("what costs 1900", "what costs 1,900"),
        ("e-42 in 2020, 25 or 2.5", "e-42 in 2020, 25 or 2.5"),
        ("E43", "E43"),
    ],
)
def test_codes_are_written_as_in_the_documents(typed: str, written: str, manual: PassageIndex) -> None:
    """Without a hyphen, a space or the comma of thousands it is the same one; a decimal point tells."""
    assert as_written(typed, manual) == written


@pytest.mark.parametrize(
    ("question", "nowhere"),
    [("E-43", True), ("What does e43 mean?", True), ("e42", False), ("RFC 2617", False), ("B2B in 3D, 1998", False)],
)
def test_a_code_that_stands_nowhere_is_known(question: str, nowhere: bool, manual: PassageIndex) -> None:
    """A few letters and two digits at least; what could be a word, a year or a model is not judged."""
    assert stands_nowhere(question, manual) is nowhere


def test_the_neighbour_of_a_code_is_no_answer(manual: PassageIndex) -> None:
    """However well the rest of the question matches."""
    assert ask("E-42: The fox runs", passage_index=manual).found
    answer = ask("E-43: The fox runs", passage_index=manual)
    assert (answer.found, answer.searched) == (False, "E-43: The fox runs")
    assert ask("E42: The fox runs", passage_index=manual).searched == "E-42: The fox runs"
