"""The seed page, asked as people ask: the right sentence for what it says, a refusal for what it does not.

The paraphrases are far from the page's words on purpose; three in four is what similarity alone finds of such.
"""

import pytest

from index import PassageIndex
from retrieval import ask
from retrieval.followup import leans

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
# follow-ups, each with the question before it and words of the passage that answers it
FOLLOW_UPS = {
    "And who does it work with?": ("What does the Extraditions Office do?", "Ministry of Justice"),
    "And who manages its day-to-day running?": ("Who leads the Paris bureau?", "International Relations Department"),
    "Who works there?": ("What is the DRI?", "gendarmerie and customs"),
    "What training do they receive?": ("Which ministry are both forces part of?", "theory and practice"),
    "What do they do with their profits?": ("How do criminal networks hide?", "camouflage profits"),
    "And what about their technology?": ("Where do criminal organizations operate from?", "darknet"),
    "Who is its head?": ("What is the NCB part of?", "head of the NCB"),
    "Who estimates that?": ("What is the drug trade worth?", "EUR 3.3 billion"),
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
    ("asked", "share"), [(PARAPHRASED, 0.75), (TYPED_BADLY, 0.8)], ids=["paraphrased", "typed badly"]
)
def test_other_words_find_the_same(asked: dict[str, str], share: float, seed_index: PassageIndex) -> None:
    """Asked in other words or with many typing errors, the first citation still holds the answer mostly."""
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


def test_follow_ups_find_what_they_point_at(seed_index: PassageIndex) -> None:
    """A pronoun is enough after a question that names the topic, nearly always, and the page can say what it meant."""
    answers = {q: ask(q, passage_index=seed_index, history=[before]) for q, (before, _) in FOLLOW_UPS.items()}
    assert all(answer.searched.startswith(f"{question} (") for question, answer in answers.items())
    missed = [q for q, answer in answers.items() if FOLLOW_UPS[q][1] not in answer.citations[0].text]
    assert len(missed) <= 1, missed


def test_the_office_and_its_ministry(seed_index: PassageIndex) -> None:
    """The conversation README shows, with the question as text and as the Answer it got."""
    first = ask("What does the Extraditions Office do?", passage_index=seed_index)
    for turn in (first, first.question):
        second = ask("And who does it work with?", passage_index=seed_index, history=[turn])
        assert second.searched == "And who does it work with? (Extraditions Office)"
        assert second.found
        assert "Ministry of Justice" in second.text
    alone = ask("And who does it work with?", passage_index=seed_index, history=[first], as_typed=True)
    assert alone.searched == alone.question


@pytest.mark.parametrize("before", DIRECT | KEYWORDS)
def test_another_topic_is_refused_after_any_question(before: str, seed_index: PassageIndex) -> None:
    """A conversation about the page does not lend its words to what the page does not say."""
    answer = ask("Who painted the Mona Lisa?", passage_index=seed_index, history=[before])
    assert not answer.found
    assert answer.searched == "Who painted the Mona Lisa?"


def test_another_topic_is_refused_after_a_long_conversation(seed_index: PassageIndex) -> None:
    """Nor do all the questions together."""
    for question in ("Who painted the Mona Lisa?", *NOT_SAID):
        assert not ask(question, passage_index=seed_index, history=[*DIRECT, *KEYWORDS]).found


@pytest.mark.parametrize("question", ["Who is Napoleon?", "What is bitcoin?", "Tell me more about football"])
def test_a_foreign_question_borrows_nothing(question: str, seed_index: PassageIndex) -> None:
    """It leans on the conversation, yet its own words have nothing to do with the page: refused after any question."""
    for before in DIRECT:
        assert not ask(question, passage_index=seed_index, history=[before]).found, before


def test_questions_that_stand_alone_stay_alone(seed_index: PassageIndex) -> None:
    """What points back at nothing and is answered without the conversation is answered the same in it."""
    for question in (question for question in DIRECT if not leans(question)):
        assert ask(question, passage_index=seed_index, history=["drug market turnover"]) == ask(
            question, passage_index=seed_index
        )
