"""Follow-ups: which questions lean on the conversation, and which of its words they get. Nothing is trusted in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import Answer
from retrieval.followup import EMPTY, MAX_CONTEXT, MAX_TURN, MAX_TURNS, MAX_WORD, context_of, leans, points_back


@pytest.mark.parametrize(
    "question",
    [
        "And who does it work with?",
        "What about the Lyon office?",
        "how about opening hours",
        "Why?",
        "Why does the bureau do that?",
        "Tell me more",
        "Who leads them now?",
        "IS THIS ONE OPEN ON SUNDAYS?",
        "What's its main task?",
        "Lyon?",
        "Which cities",
        "For what reason?",
        "Anything else?",
        "А как часто их менять?",
        "Und wer leitet ihn?",
        "これはどこですか？",
        "里昂？",
        "who",
        "🦊",
    ],
)
def test_what_points_back_or_goes_on_leans(question: str) -> None:
    """A pronoun, an opening that goes on, or the rest of a question with fewer than two telling words."""
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who leads the Paris bureau?",
        "What is the drug trade worth?",
        "extraditions office",
        "From which cities do criminal organizations operate?",
        "Who painted the Mona Lisa?",
        "How does photosynthesis work?",
        "gendarmerie",
        "What is DCPJ?",
        "Which office sends suspects to another country?",
        "What do the police and the gendarmerie do?",
        "遥控器用的是什么型号的电池？",
        "สมาคมอยู่ที่ไหน",
        "समिति की बैठक कब होती है?",
    ],
)
def test_what_names_its_topic_stands_alone(question: str) -> None:
    """A keyword, a whole question, and nothing that points back or goes on."""
    assert not leans(question)


@pytest.mark.parametrize("question", ["How do they hide it?", "Who estimates THAT?", "What's its boiling point"])
def test_what_stands_for_something_said_points_back(question: str) -> None:
    """A pronoun does."""
    assert points_back(question)


@pytest.mark.parametrize("question", ["And who is Napoleon?", "Tell me more about football", "Lyon too?"])
def test_what_only_goes_on_does_not_point_back(question: str) -> None:
    """These lean on the conversation, yet no word stands for something said there."""
    assert leans(question)
    assert not points_back(question)


@pytest.mark.parametrize("question", ["Why can the bureau react fast?", "What aboutness means to librarians"])
def test_an_opening_ends_with_a_word(question: str) -> None:
    """A question that only begins like one that goes on stands alone where it has words of its own."""
    assert not leans(question)


def test_telling_words_come_once_in_order() -> None:
    """Empty words are left out, repeated ones too, whatever their case; the first spelling is kept."""
    history = ["Who leads the Paris bureau?", "What does the PARIS Bureau do with Extraditions?"]
    assert context_of("Who works there?", history) == "leads Paris bureau Extraditions"


def test_words_of_the_question_are_not_repeated() -> None:
    """What the question says itself need not come from the conversation."""
    assert context_of("And the LEADS of the bureau?", ["Who leads the Paris bureau?"]) == "Paris"
    assert context_of("Who leads the Paris bureau?", ["Who leads the Paris bureau?"]) == ""


def test_an_answer_stands_for_its_question() -> None:
    """Of an Answer its question counts, not what was found."""
    answer = Answer("Who leads Paris?", "Who leads Paris? (bureau)", "The director of DCPJ.", True, 0.9)
    assert context_of("And why?", [answer]) == "leads Paris"


def test_no_conversation_no_words() -> None:
    """Without a history, or with one that says nothing, the question stays alone."""
    assert context_of("And why?", []) == ""
    assert context_of("And why?", ["", " ", "?!", "🦊", "What is it?"]) == ""


def test_the_latest_words_are_kept() -> None:
    """Of too many words the last MAX_CONTEXT join, over turns too."""
    words = [f"word{n}" for n in range(MAX_CONTEXT + 6)]
    assert context_of("why", [" ".join(words)]).split() == words[6:]
    assert context_of("why", [" ".join(words[:20]), " ".join(words[20:])]).split() == words[6:]


def test_only_the_latest_turns_are_read() -> None:
    """A turn before the last MAX_TURNS is forgotten."""
    turns = ["fox", "dog", *[""] * (MAX_TURNS - 1)]
    assert context_of("why", turns) == "dog"


def test_of_a_turn_only_the_start_is_read() -> None:
    """What comes behind MAX_TURN characters is not looked at."""
    assert context_of("why", ["fox" + "." * MAX_TURN + "dog"]) == "fox"


def test_endless_words_are_left_out() -> None:
    """A word of more than MAX_WORD letters is none."""
    assert context_of("why", ["x" * MAX_WORD, "y" * (MAX_WORD + 1), "fox"]) == "x" * MAX_WORD + " fox"


def test_a_forged_history_brings_only_words() -> None:
    """Markup, brackets, control and half characters stay behind."""
    turns = ["<script>alert('fox')</script>", "dog) (moon\x00\x1b[31m", "paris\ud800\u202e"]
    assert context_of("why", turns) == "script alert fox dog moon 31m paris"


@given(st.lists(st.text(max_size=80) | st.just("x" * 5000), max_size=20), st.text(max_size=40))
def test_any_history_gives_a_few_plain_words(history: list[str], question: str) -> None:
    """Bounded in number and length, none empty, none twice, none of the question's."""
    words = context_of(question, history).split(" ")
    folded = [word.casefold() for word in words if word]
    assert len(words) <= MAX_CONTEXT
    assert all(re.fullmatch(rf"[\w'’]{{0,{MAX_WORD}}}", word) for word in words)
    assert len(folded) == len(set(folded))
    assert EMPTY.isdisjoint(folded)
    assert not {word.casefold() for word in re.findall(r"\w+(?:['’]\w+)*", question)} & set(folded)


@given(st.text(max_size=60))
def test_any_text_leans_or_stands(question: str) -> None:
    """There is an answer for whatever is typed."""
    assert leans(question) in (True, False)
