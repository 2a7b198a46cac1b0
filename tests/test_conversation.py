"""A conversation over several documents: earlier questions tell which one is meant, unless the question does."""

from collections.abc import Sequence

import numpy as np
import pytest

from index import Document, Encoding, PassageIndex
from retrieval import ask
from retrieval.meant import conversation_of
from retrieval.query import tell

from conftest import ToyEmbedder


@pytest.fixture(scope="module")
def two(toy: ToyEmbedder) -> PassageIndex:
    """Two documents that say the same of two animals."""
    return PassageIndex.build(
        [
            Document("fox", "Fox", "The red fox sleeps in Paris.\n\nThe moon runs."),
            Document("dog", "Dog", "The blue dog sleeps in Paris.\n\nThe moon runs."),
        ],
        embedder=toy,
    )


def test_the_document_spoken_of_comes_first(two: PassageIndex) -> None:
    """Both documents have the words asked for; the one the conversation is about wins, whichever it is."""
    for before, document in (("Which fox is red?", "fox"), ("Which dog is blue?", "dog")):
        first = ask("Who sleeps in Paris?", passage_index=two, history=[before]).citations[0]
        assert first.document_id == document


def test_a_question_that_names_its_document_wins(two: PassageIndex) -> None:
    """The conversation does not drag a new topic back."""
    answer = ask("Where does the blue dog sleep?", passage_index=two, history=["Which fox is red?"])
    assert answer.citations[0].document_id == "dog"


def test_as_typed_leaves_the_conversation_out(two: PassageIndex) -> None:
    """Nor do earlier questions count where the question alone is to be searched."""
    alone = ask("Who sleeps in Paris?", passage_index=two)
    assert ask("Who sleeps in Paris?", passage_index=two, history=["Which dog is blue?"], as_typed=True) == alone


def asked_of(passage_index: PassageIndex, question: str, earlier: Sequence[str]) -> list[float]:
    """The weights of all questions of a conversation, the question's own last."""
    [plain] = passage_index.embedder.encode([question])
    return [float(query.weights.sum()) for query in conversation_of(passage_index, question, plain, earlier)]


def test_nothing_to_tell(fox_index: PassageIndex, two: PassageIndex) -> None:
    """There is one document, nothing was asked before or nothing that has words, or the question has none."""
    assert asked_of(fox_index, "dog", ["Which fox is red?"]) == []
    assert asked_of(two, "dog", []) == []
    assert asked_of(two, "dog", ["?", " "]) == []
    assert asked_of(two, "?", ["Which fox is red?"]) == []


def test_questions_weigh_by_the_cube_of_what_they_tell(two: PassageIndex) -> None:
    """In units of what the question asked tells; one without words is left out."""
    [plain] = two.embedder.encode(["dog"])
    told = float(tell(two, "dog", plain).sum())
    assert asked_of(two, "dog", ["?", "dog"]) == pytest.approx([told**2, told**2])


class Letters(ToyEmbedder):
    """Each letter is a piece, and all of them the same one."""

    def _encode(self, text: str) -> Encoding:
        starts = np.array([n for n, letter in enumerate(text) if letter.isalnum()], np.int32)
        return Encoding(np.ones((len(starts), 1), np.float32), np.zeros(len(starts), np.int32), starts)


@pytest.mark.parametrize(("text", "words"), [("a", 1), ("Alder", 1), ("Alder, Birch", 2), ("狐", 1), ("狐狸", 2)])
def test_a_name_of_several_pieces_tells_no_more(text: str, words: int) -> None:
    """Rare names are cut in pieces where common ones are whole; where words are not parted each letter is one."""
    two = PassageIndex.build([Document("a", "A", "Fox."), Document("b", "B", "Dog.")], embedder=Letters())
    several, one = asked_of(two, "x", [text])
    assert several == pytest.approx(words * one)
