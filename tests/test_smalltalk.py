"""Small talk gets a line that says what can be asked; whatever might be a question is searched."""

import pytest

from index import Document, PassageIndex
from retrieval import Answer, ask
from retrieval.smalltalk import MAX_SECTIONS, small_talk

from conftest import ToyEmbedder

CONTENTS = "“Foxes”. Sections: Colours; Places; Sky."


@pytest.mark.parametrize(
    "said",
    [
        "Hi",
        "hello!",
        "Hello there",
        "HEY :-)",
        "Good morning.",
        "Bonjour !",
        "Привет!",
        "नमस्ते",
        "你好！",
        "help",
        "What is this about?",
        "What's this about?",
        "what’s it about",
        "What is this document about?",
        "What can I ask?",
        "What can you do?",
        "Who are you?",
        "Summarize the page",
        "give me a summary",
        "hello everyone, how are you?",
        "Can you help me?",
        "can you summarize this file please",
        "What is this manual about?",
        "what does this document contain",
        "Are you a robot?",
    ],
)
def test_a_greeting_is_told_what_can_be_asked(said: str, fox_index: PassageIndex) -> None:
    """Greetings and questions about the chat get titles and sections."""
    assert small_talk(said, fox_index) == f"I answer with word-for-word quotes from {CONTENTS}"


@pytest.mark.parametrize(
    "said", ["Thanks!", "thank you very much", "Thank you so much.", "merci", "شكرا", "ok thanks, bye"]
)
def test_thanks_are_answered(said: str, fox_index: PassageIndex) -> None:
    """Thanks too, with an invitation to go on."""
    assert small_talk(said, fox_index) == f"You are welcome. Ask on about {CONTENTS}"


@pytest.mark.parametrize("said", ["Bye", "ok", "I see", "nice one"])
def test_a_nod_is_answered(said: str, fox_index: PassageIndex) -> None:
    """Nobody is thanked for it."""
    assert small_talk(said, fox_index) == f"Ask on about {CONTENTS}"


def test_endless_small_talk_takes_no_time(fox_index: PassageIndex) -> None:
    """A pattern that could read a phrase in two ways would take forever to give up."""
    for phrase in ("bye ", "good bye ", "thank you ", "ok so ", "help me ", "can you "):
        assert small_talk(phrase * 200 + "fox", fox_index) is None


def test_a_heading_is_a_question(toy: ToyEmbedder) -> None:
    """Where the documents have a "Summary", that word asks for it."""
    documents = [Document("a", "A", "# Paper\n\n## Summary\n\nThe fox won.")]
    assert small_talk("summary", PassageIndex.build(documents, embedder=toy)) is None


@pytest.mark.parametrize(
    "question",
    [
        "hello kitty price?",
        "help desk opening hours",
        "Hello, where is the fox?",
        "thanksgiving dinner",
        "thank you letters, when to send them",
        "good morning routine",
        "okay corral",
        "bye-laws of the club",
        "Who are you allowed to bring?",
        "What can I ask the tax office for?",
        "What is this regulation about?",
        "What is the document retention period?",
        "How does the bureau work?",
        "summary of charges",
        "hi-fi systems",
        "Can you help me with the fox?",
        "What does this contract say?",
        "no smoking",
        "fox",
        "?",
    ],
)
def test_a_question_is_no_small_talk(question: str, fox_index: PassageIndex) -> None:
    """What only begins like a greeting is searched."""
    assert small_talk(question, fox_index) is None


def test_small_talk_has_no_citations(fox_index: PassageIndex) -> None:
    """It is no answer from the documents, and does not pretend to be one."""
    line = f"I answer with word-for-word quotes from {CONTENTS}"
    assert ask("hello", passage_index=fox_index) == Answer("hello", "hello", line, found=False, confidence=0.0)
    assert ask("hello", passage_index=fox_index, history=["red fox"]).searched == "hello"


def test_many_documents_and_sections_are_not_all_named(toy: ToyEmbedder) -> None:
    """The line names MAX_SECTIONS of each, every section once."""
    text = "".join(f"# Part {n}\n\nThe fox runs.\n\n# Again\n\nThe dog.\n\n" for n in range(10))
    documents = [Document(f"{n}.md", f"Title {n}", text) for n in range(MAX_SECTIONS + 1)]
    line = small_talk("hello", PassageIndex.build(documents, embedder=toy))
    assert line
    assert [line.count(f"“Title {n}”") for n in range(MAX_SECTIONS + 1)] == [1] * MAX_SECTIONS + [0]
    assert line.endswith("Sections: Part 0; Again; " + "; ".join(f"Part {n}" for n in range(1, 10)) + ".")
