"""The seed page, asked as people ask: the right sentence for what it says, a refusal for what it does not.

The paraphrases are far from the page's words on purpose; the shares here are floors, the benchmark prints the figures.
"""

import numpy as np
import pytest

from index import PassageIndex
from retrieval import ask
from retrieval.followup import leans
from retrieval.reader import READER_SETTING
from tests.seed_questions import DIRECT, KEYWORDS, OFF, PARAPHRASED, groups, replies

pytestmark = pytest.mark.model


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


@pytest.mark.parametrize(
    ("kind", "first", "found"),
    [
        ("direct", 0.95, 0.95),
        ("keywords", 1, 1),
        ("paraphrased", 0.8, 0.85),
        ("typed badly", 0.95, 0.9),
        ("follow-ups", 0.9, 0.9),
    ],
)
def test_what_the_page_says_is_found(kind: str, first: float, found: float, seed_index: PassageIndex) -> None:
    """Asked directly the right passage nearly always comes first; else it mostly does. Most are answered."""
    asked = list(replies(groups()[kind], seed_index))
    assert sum(right for _, right, _ in asked) >= first * len(asked), [q for q, right, _ in asked if not right]
    assert sum(sure for _, _, sure in asked) >= found * len(asked), [q for q, _, sure in asked if not sure]


@pytest.mark.parametrize(("kind", "refused"), [("near", 0.6), ("off", 1)])
def test_what_the_page_does_not_say_is_refused(kind: str, refused: float, seed_index: PassageIndex) -> None:
    """What has nothing to do with the page is refused nearly always, what only seems to be answered often."""
    asked = list(replies(groups()[kind], seed_index))
    assert sum(not found for _, _, found in asked) >= refused * len(asked), [q for q, _, found in asked if found]


def test_eight_bits_put_the_same_passages_first(seed_index: PassageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Token vectors are kept in a quarter of float32's room, which sways no order but that of near equals."""
    monkeypatch.setenv(READER_SETTING, "off")
    monkeypatch.setattr("index.store.rounded", lambda rows: rows)
    exact = PassageIndex.build(seed_index.documents)
    assert exact.tables.vectors.dtype == np.float32 != seed_index.tables.vectors.dtype
    asked = [*DIRECT, *KEYWORDS, *PARAPHRASED]
    firsts = [[ask(q, passage_index=index).citations[0].start for q in asked] for index in (exact, seed_index)]
    assert sum(a == b for a, b in zip(*firsts, strict=True)) >= 0.97 * len(asked)


def test_the_answering_sentence_is_highlighted(seed_index: PassageIndex) -> None:
    """The sentence with the sum is lit up and is the answer; its citation names section and paragraph."""
    answer = ask("What is the drug trade worth?", passage_index=seed_index)
    citation = answer.citations[0]
    assert [quote for quote in citation.quotes if "EUR 3.3 billion" in quote]
    assert "EUR 3.3 billion" in answer.text
    assert (citation.section[-1], citation.paragraph) == ("Organized crime in France", 3)


def test_a_refusal_shows_what_is_closest(seed_index: PassageIndex) -> None:
    """A question about something else gets no pretended answer, only the closest passages."""
    answer = ask(OFF[0], passage_index=seed_index)
    assert not answer.found
    assert answer.text.startswith("The document does not say")
    assert answer.citations


def test_what_was_searched_is_told(seed_index: PassageIndex) -> None:
    """A pronoun is enough after a question that names the topic, and the answer says what was taken for it."""
    answer = ask("Who estimates that?", passage_index=seed_index, history=["What is the drug trade worth?"])
    assert answer.searched == "Who estimates that? (drug trade worth)"
    assert "EUR 3.3 billion" in answer.citations[0].text


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
    for question in OFF:
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
