"""The seed page, asked as people ask: the right sentence for what it says, a refusal for what it does not.

The shares are those the project promises for questions nobody has tuned it on; here they hold for a handful.
"""

import pytest

from index import PassageIndex
from retrieval import ask

pytestmark = pytest.mark.model

# questions, each with words of the passage that answers it
DIRECT = {
    "What is the drug trade worth?": "EUR 3.3 billion",
    "Who leads the Paris bureau?": "whose director is also the head of the NCB",
    "From which cities do criminal organizations operate?": "Lille, Paris, Lyon",
    "Which unit handles Red Notices?": "Extraditions Office",
    "Who runs the NCB day to day?": "International Relations Department (DRI)",
    "What do gangs do with their profits?": "camouflage profits",
    "What technology do the networks use?": "darknet",
    "Which ministry are both forces part of?": "Ministry of Interior and receive",
    "Which organization does the Extraditions Office work with directly?": "Ministry of Justice",
}
KEYWORDS = {
    "drug market turnover": "EUR 3.3 billion",
    "extraditions office": "Extraditions Office",
    "darknet": "darknet",
    "terrorism alert level": "highest level of alert",
    "police training schools": "combine theory and practice",
    "works of art": "works of art",
    "ministry of justice": "Ministry of Justice",
}
PARAPHRASED = {
    "How much money do drugs bring in per year?": "EUR 3.3 billion",
    "How do gangs hide from the police?": "darknet",
    "Where are the biggest gangs based?": "Marseille",
    "Who is in charge of the French bureau of INTERPOL?": "head of the NCB",
    "How do criminals launder what they earn?": "camouflage profits",
    "Which team sends wanted people back to other countries?": "Extraditions Office",
    "What do the specialists at national units work on?": "economic crime, cybercrime",
    "Who keeps people and their belongings safe?": "protecting people and property",
    "Which ministry do the two police forces belong to?": "Both forces are part",
    "How seriously does the government take terror attacks?": "highest level of alert",
    "What are police taught at school?": "combine theory and practice",
    "Which kinds of agencies send staff to the DRI?": "gendarmerie and customs",
    "Are the gangs becoming more brutal?": "hierarchical and violent",
}
TYPED_BADLY = {
    "waht is teh drug trafiking market wroth": "EUR 3.3 billion",
    "wich citys do crimnal organisations opperate from": "Lille, Paris, Lyon",
    "who is teh hed of the NCB": "head of the NCB",
    "extradittions ofice": "Extraditions Office",
    "encripted comunications": "encrypted communications",
    "terorism alrt levl": "highest level of alert",
    "ministy of intrior recieve trainig": "Ministry of Interior and receive",
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
    passages = [seed_index.passage(n) for n in range(len(seed_index))]
    assert sum(passage.end - passage.start for passage in passages) / len(passages) < 450
    assert [*dict.fromkeys(passage.section[-1] for passage in passages)] == [
        "Organized crime in France",
        "INTERPOL in France",
        "Law enforcement in France",
    ]


@pytest.mark.parametrize(("question", "said"), (DIRECT | KEYWORDS).items())
def test_what_the_page_says_is_found(question: str, said: str, seed_index: PassageIndex) -> None:
    """Asked directly or by keywords, the first citation holds the answer, and nothing is refused."""
    answer = ask(question, passage_index=seed_index)
    assert said in answer.citations[0].text
    assert answer.found


@pytest.mark.parametrize(
    ("asked", "share"), [(PARAPHRASED, 0.85), (TYPED_BADLY, 0.8)], ids=["paraphrased", "typed badly"]
)
def test_other_words_find_the_same(asked: dict[str, str], share: float, seed_index: PassageIndex) -> None:
    """Asked in other words or with many typing errors, the first citation holds the answer nearly always."""
    missed = [q for q, said in asked.items() if said not in ask(q, passage_index=seed_index).citations[0].text]
    assert len(missed) <= (1 - share) * len(asked), missed


def test_other_words_are_seldom_refused(seed_index: PassageIndex) -> None:
    """Of paraphrased questions at most a quarter is refused."""
    refused = [question for question in PARAPHRASED if not ask(question, passage_index=seed_index).found]
    assert len(refused) <= 0.25 * len(PARAPHRASED), refused


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
