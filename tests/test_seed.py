"""The seed page, asked as people ask: the right sentence for what it says, a refusal for what it does not."""

import pytest

from index import PassageIndex
from retrieval import ask

pytestmark = pytest.mark.model

ANSWERED = {
    # as a person asks
    "What is the drug trade worth?": "EUR 3.3 billion",
    "Who leads the Paris bureau?": "whose director is also the head of the NCB",
    "From which cities do criminal organizations operate?": "Lille, Paris, Lyon, Grenoble, Marseille",
    "Which unit handles Red Notices?": "Extraditions Office",
    "Who runs the NCB day to day?": "International Relations Department (DRI)",
    "What do gangs do with their profits?": "Criminal gangs camouflage profits",
    # in other words
    "How much money do drugs bring in per year?": "EUR 3.3 billion",
    "How do gangs hide from the police?": "darknet and encrypted communications",
    # keywords
    "drug market turnover": "EUR 3.3 billion",
    "extraditions office": "Extraditions Office",
    # badly typed
    "waht is teh drug trafiking market wroth": "EUR 3.3 billion",
}
NOT_SAID = [
    "How do I bake sourdough bread?",
    "What is the capital of Mongolia?",
    "Who won the football world cup in 1998?",
    "How does photosynthesis work?",
    "What is the boiling point of nitrogen?",
]


def test_the_page_is_a_handful_of_passages(seed_index: PassageIndex) -> None:
    """Three sections, ten paragraphs: between 7 and 20 passages, read at a glance."""
    assert 7 <= len(seed_index) <= 20
    lengths = [seed_index.passage(n).end - seed_index.passage(n).start for n in range(len(seed_index))]
    assert sum(lengths) / len(lengths) < 450
    sections = [seed_index.passage(n).section[-1] for n in range(len(seed_index))]
    assert [*dict.fromkeys(sections)] == [
        "Organized crime in France",
        "INTERPOL in France",
        "Law enforcement in France",
    ]


@pytest.mark.parametrize(("question", "said"), ANSWERED.items())
def test_what_the_page_says_is_found(question: str, said: str, seed_index: PassageIndex) -> None:
    """The first citation holds the answer, and the question is not refused."""
    answer = ask(question, passage_index=seed_index)
    assert said in answer.citations[0].text
    assert answer.found


def test_the_answering_sentence_is_highlighted(seed_index: PassageIndex) -> None:
    """The sentence with the sum is lit up and is the answer; its citation names section and paragraph."""
    answer = ask("What is the drug trade worth?", passage_index=seed_index)
    citation = answer.citations[0]
    assert [quote for quote in citation.quotes if "EUR 3.3 billion" in quote]
    assert "EUR 3.3 billion" in answer.text
    assert (citation.section[-1], citation.paragraph) == ("Organized crime in France", 3)


@pytest.mark.parametrize("question", NOT_SAID)
def test_what_the_page_does_not_say_is_refused(question: str, seed_index: PassageIndex) -> None:
    """A question about something else gets no pretended answer, only the closest passages."""
    answer = ask(question, passage_index=seed_index)
    assert not answer.found
    assert answer.text.startswith("The document does not say")
    assert answer.citations
