"""The self-test: questions made of the documents' own words, what is counted, and what is said about it."""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest

from index import Document, Part, PassageIndex
from retrieval.__main__ import main
from retrieval.check import Check, Structure, Trial, check, foreign_trials, sample, structure
from retrieval.probe import cloze, drawn_sentences, framed
from retrieval.verdict import advice, suits, to_text

from conftest import ROOT, ToyEmbedder

COLOURS = Document(
    "colours.md",
    "Colours",
    "# Foxes\n\nThe red fox runs in Paris and in the blue moon.\n\n12\n\n"
    "# Dogs\n\nThe dog sleeps in the moon and runs in Paris. The dog sleeps in the moon and runs in Paris.\n",
)
SOUND = Structure(1, 9000, 9000, 0, 3, 3, 20, 80, 20, (), ())
ASKED = Trial("sentence", "What is there about red fox?", "Colours › Foxes", 1, True, True)
FOREIGN = Trial("foreign", "Why is the sky blue?", "", 0, False, False)


def test_a_question_keeps_neither_the_rarest_nor_the_commonest_words() -> None:
    """Of six words, ordered by how often they stand in the documents, the middle ones are left, at least three."""
    often = Counter({"the": 9, "of": 8, "red": 4, "fox": 3, "runs": 2, "paris": 1})
    question = cloze("The red fox of Paris runs.", often, random.Random(0))
    assert question.startswith("What is there about ")
    assert sorted(question.removeprefix("What is there about ").rstrip("?").split()) == ["fox", "red", "runs"]


def test_only_sentences_of_their_own_are_asked_about() -> None:
    """One that stands twice has no one place, one without words has no question."""
    [(document, headings, sentence)] = drawn_sentences([COLOURS], random.Random(0), 10)
    assert document.text[sentence.start : sentence.end] == "The red fox runs in Paris and in the blue moon."
    assert headings == ("Foxes",)


def test_questions_in_another_script_have_no_english_frame() -> None:
    """Its words would be most of the question; words that are not parted are asked for two letters at a time."""
    fox = Document("fox.md", "狐狸", "# 狐狸\n\n敏捷的棕色狐狸跳过那只懒惰的狗，然后在月光下睡觉。")
    [(document, _, sentence)] = drawn_sentences([fox], random.Random(0), 10)
    said = document.text[sentence.start : sentence.end]
    question = cloze(said, Counter(), random.Random(0))
    assert all(len(pair) == 2 and pair in said for pair in question.split())
    assert len(question.split()) == 5
    assert framed("狐狸") == "狐狸"


def test_structure_is_counted() -> None:
    """Sections, headings, paragraphs, sentences and passages; a page number on its own is a fragment."""
    found = structure([COLOURS], [COLOURS])
    assert (found.sections, found.headings, found.paragraphs, found.sentences) == (2, 2, 3, 4)
    assert (found.long, found.fragments) == ((), ())
    long = Document("long.txt", "Long", "word " * 300)
    assert structure([long], []).long[0].startswith("Long › paragraph 1: “word word")


def test_a_sample_is_whole_documents_and_one_beginning() -> None:
    """Nothing is cut where all fits; where it does not, a document ends with a sentence or a part."""
    documents = [Document(str(n), str(n), f"Number {n} is here. It ends.") for n in range(3)]
    assert sample(documents, random.Random(0)) == documents
    part = sample(documents, random.Random(0), most=50)
    assert {document.text.partition(" is")[2] for document in part} == {" here. It ends.", " here."}
    pages = Document("p", "P", "One.\n\nTwo.", (Part("paragraph", 0, 4), Part("paragraph", 6, 10)), (0, 6))
    assert sample([pages], random.Random(0), most=8) == [Document("p", "P", "One.", (Part("paragraph", 0, 4),), (0,))]


def test_a_question_answered_in_one_place_is_not_foreign(toy: ToyEmbedder) -> None:
    """Everyday questions are left out where a passage has all their telling words; other documents add theirs."""
    sky = Document("sky.md", "Sky", "The sky is blue because air scatters light.")
    other = Document("dog.md", "Dog", "The old dog of the house sleeps in the warm garden all day.")
    passage_index = PassageIndex.build([sky], embedder=toy)
    questions = [trial.question for trial in foreign_trials(passage_index, [other], random.Random(0))]
    assert "Why is the sky blue?" not in questions
    assert "How tall is Mount Everest?" in questions
    assert questions[-1].startswith("What is there about ")
    own = [trial.question for trial in foreign_trials(passage_index, [sky], random.Random(0))]
    assert [question for question in own if question.startswith("What is there about ")] == []


def test_the_same_documents_give_the_same_result(foxes: Document, toy: ToyEmbedder) -> None:
    """Chance is seeded by the text."""
    assert check([COLOURS, foxes], [foxes], embedder=toy) == check([COLOURS, foxes], [foxes], embedder=toy)


def test_the_weakest_side_decides() -> None:
    """Places found, questions answered and others refused: the least of the three; too few questions tell nothing."""
    missed, wrong = replace(ASKED, rank=0, lit=False), replace(FOREIGN, found=True)
    assert suits(Check(SOUND, (ASKED,) * 9 + (missed,) + (FOREIGN,) * 10)) == 0.9
    assert suits(Check(SOUND, (ASKED,) * 10 + (FOREIGN,) * 3 + (wrong,))) == 0.75
    assert suits(Check(SOUND, (ASKED,) * 4)) == 0.0


def test_what_is_wrong_is_said() -> None:
    """Each fault has its line; without one there is none."""
    good = Check(SOUND, (ASKED,) * 9 + (FOREIGN,))
    assert list(advice(good)) == []
    assert "Verdict: suits." in to_text(good)
    assert "Missed" not in to_text(good)
    structure = replace(SOUND, headings=0, long=("Colours › paragraph 2: “so on…”",) * 2, fragments=("x",) * 5)
    missed = replace(ASKED, rank=0, lit=False, found=False)
    bad = Check(structure, (missed,) * 9 + (replace(missed, kind="heading"), replace(FOREIGN, found=True)))
    told = [line.split()[1:4] for line in advice(bad)]
    assert told == [
        ["No", "heading", "was"],
        ["In", "2", "passages"],
        ["5", "passages", "are"],
        ["Passages", "that", "say"],
        ["Some", "headings", "do"],
        ["What", "the", "documents"],
        ["Questions", "about", "other"],
    ]
    shown = to_text(bad)
    assert "Verdict: does not suit" in shown
    assert "not found: What is there about red fox? (Colours › Foxes)" in shown
    assert "and 8 more" in shown


@pytest.mark.model
def test_the_seed_page_suits(capsys: pytest.CaptureFixture[str]) -> None:
    """Found, lit and answered; everyday questions are refused; nothing counts as foreign that the page itself says."""
    assert main(["--check", str(ROOT / "seeds"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    own = [trial for trial in found["trials"] if trial["kind"] == "sentence"]
    assert len(own) > 10
    assert all(trial["rank"] == 1 for trial in own)
    assert {trial["question"][:13] for trial in found["trials"] if trial["kind"] == "foreign"}.isdisjoint(
        ["What is there"]
    )
    assert found["structure"]["headings"] == 3


def test_a_path_that_cannot_be_checked_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, no traceback, 2."""
    assert main(["--check", "/nowhere"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
