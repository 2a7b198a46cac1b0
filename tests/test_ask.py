"""`ask`: promises that hold for any text, and friendly errors for whatever is no question."""

import json
import tempfile
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, DocumentError, PassageIndex, QuestionError, SentenceTransformerEmbedder
from retrieval import Answer, ask
from retrieval.answer import MAX_CITATIONS, MAX_QUESTION

from conftest import MEMORY, ToyEmbedder

TOY = ToyEmbedder()
PIECES = [
    "The red fox runs. ",
    "The red fox runs. ",
    "The blue fox sleeps in Paris! ",
    "the dog runs\r\n",
    "\r\n\r\n",
    "\n\n",
    "# Moon\n\n",
    "FoxThe dog sleeps.",
    "\u00a0\u00a0\u00a0\u00a0",
    "cafe\u0301 fox\u0323. ",
    "👩‍👩‍👧 🦊. ",
    "שלום fox, العالم. ",
    "狐狸。 ",
    "- dog\n- moon\n",
    "| red | blue |\n|---|---|\n| fox | dog |\n",
    "\u200b\ufeff",
    "\u2028",
    "fox" * 300,
    "... --- !!! ",
]
QUESTIONS = ["Who runs?", "red fox", "moon", "crimson fox in paris", "שלום", "狐狸", "café", "1"]
nasty_texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=10), min_size=1, max_size=25).map("".join)


def built(*texts: str) -> PassageIndex:
    """A toy index over documents of these texts."""
    return PassageIndex.build([Document(f"{n}.txt", f"T{n}", t) for n, t in enumerate(texts)], embedder=TOY)


@given(st.lists(nasty_texts.filter(str.strip), min_size=1, max_size=3), st.sampled_from(QUESTIONS), st.integers(1, 20))
def test_citations_are_exact(texts: list[str], question: str, k: int) -> None:
    """Each citation is the document's text at its offsets, its highlights are inside it, and there are at most k."""
    answer = ask(question, passage_index=built(*texts), k=k)
    for number, citation in enumerate(answer.citations, start=1):
        text = texts[int(citation.document_id.removesuffix(".txt"))]
        assert text[citation.start : citation.end] == citation.text
        assert citation.number == number
        assert citation.highlights
        for (start, end), quote in zip(citation.highlights, citation.quotes, strict=True):
            assert citation.start <= start < end <= citation.end
            assert text[start:end] == quote
    assert len(answer.citations) <= k
    assert [c.score for c in answer.citations] == sorted((c.score for c in answer.citations), reverse=True)
    assert len({(c.document_id, c.start) for c in answer.citations}) == len(answer.citations)


@given(nasty_texts.filter(str.strip), st.sampled_from(QUESTIONS))
def test_the_same_input_gives_the_same_answer(text: str, question: str) -> None:
    """Asked again, or of an index built again, the answer is equal in every field, ties included."""
    passage_index = built(text)
    answer = ask(question, passage_index=passage_index)
    assert ask(question, passage_index=passage_index) == answer
    assert ask(question, passage_index=built(text)) == answer


@given(
    st.lists(nasty_texts.filter(str.strip), min_size=1, max_size=3),
    st.sampled_from(QUESTIONS) | st.text(min_size=1, max_size=30).filter(str.isalnum),
    st.lists(st.sampled_from(QUESTIONS) | st.text(max_size=30), max_size=15),
)
def test_any_conversation_keeps_the_promises(texts: list[str], question: str, history: list[str]) -> None:
    """With any turns before, citations are exact and the same comes twice; a turn may be its question or its answer."""
    passage_index = built(*texts)
    answer = ask(question, passage_index=passage_index, history=history)
    for citation in answer.citations:
        text = texts[int(citation.document_id.removesuffix(".txt"))]
        assert text[citation.start : citation.end] == citation.text
        assert all(citation.start <= start < end <= citation.end for start, end in citation.highlights)
    assert not answer.found or answer.text == " ".join(answer.citations[0].quotes)
    turns = [Answer(turn, turn, turn, False, 0.0) for turn in history]
    assert ask(question, passage_index=passage_index, history=turns) == answer


@given(nasty_texts.filter(str.strip), st.sampled_from(QUESTIONS))
def test_a_saved_index_answers_alike(text: str, question: str) -> None:
    """Whatever the text, what was saved and opened again gives the same answer in every field."""
    passage_index = built(text)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        passage_index.save(folder)
        opened = PassageIndex.load(folder, embedder=TOY)
        assert ask(question, passage_index=opened) == ask(question, passage_index=passage_index)


@given(nasty_texts.filter(str.strip), st.sampled_from(QUESTIONS))
def test_an_answer_can_be_shown_everywhere(text: str, question: str) -> None:
    """Whatever the text, the answer prints, renders and turns into JSON."""
    answer = ask(question, passage_index=built(text))
    assert str(answer)
    assert answer._repr_html_().count("<li ") == len(answer.citations)
    assert json.loads(json.dumps(answer.to_dict()))["question"] == question


@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused_as_a_question(fox_index: PassageIndex, question: str) -> None:
    """A text is a question that gets an answer, or a QuestionError; nothing else happens."""
    try:
        assert 0 <= ask(question, passage_index=fox_index).confidence <= 1
    except QuestionError:
        assert not any(map(str.isalnum, question))


def test_equal_passages_are_cited_in_reading_order() -> None:
    """Between equal passages, of one document or several, the first in reading order comes first."""
    text = "# S\n\nThe fox runs.\n\n# S\n\nThe fox runs.\n"
    answer = ask("fox", passage_index=built(text, text), k=4)
    places = [(c.document_id, c.start) for c in answer.citations]
    assert places == sorted(places)
    assert len(places) == 4


@pytest.mark.parametrize(
    "question", ["", " ", "\n\t\r\n", "\u00a0", "🦊", "🦊👩‍👩‍👧", "?!...", "\x00\x07", "\ud800", "\u200b"]
)
def test_a_question_without_words_is_refused(question: str, fox_index: PassageIndex) -> None:
    """Blank, only emoji, only signs, only control characters: a line that says what to type."""
    with pytest.raises(QuestionError, match="Type a question"):
        ask(question, passage_index=fox_index)


def test_a_huge_question_is_refused(fox_index: PassageIndex) -> None:
    """A question of 10 MB is refused before anything is computed, one of just the limit is answered."""
    with pytest.raises(QuestionError, match="has 10,000,000 characters, expected at most"):
        ask("x" * 10_000_000, passage_index=fox_index)
    assert ask("fox " * (MAX_QUESTION // 4), passage_index=fox_index).citations


@pytest.mark.parametrize("question", ["fox\ud800", "\x00fox\x1b[31m", "fox\r\n\tfox", "\ufefffox"])
def test_odd_characters_around_words_do_no_harm(question: str, fox_index: PassageIndex) -> None:
    """Half characters and control characters are no reason to refuse, and never come back."""
    answer = ask(question, passage_index=fox_index)
    assert answer.citations[0].text.startswith("The red fox")
    assert not {"Cc", "Cs"} & set(map(unicodedata.category, answer.question))
    json.dumps(answer.to_dict(), ensure_ascii=False).encode()


@pytest.mark.parametrize("question", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 fox", "fox 👩‍👩‍👧"])
def test_joiners_inside_words_are_kept(question: str, fox_index: PassageIndex) -> None:
    """Persian words and families of emoji are held together by characters that show nothing."""
    assert ask(question, passage_index=fox_index).question == question


@pytest.mark.parametrize("turner", [chr(n) for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))])
def test_what_turns_other_text_around_is_left_out(turner: str, fox_index: PassageIndex) -> None:
    """A question is shown beside other text, which it must not reorder; a word is not cut where such a sign was."""
    answer = ask(f"{turner}red f{turner}ox", passage_index=fox_index, history=[f"{turner}dog"])
    assert answer == replace(ask("red fox", passage_index=fox_index), question="red fox")
    assert turner not in ask("and", passage_index=fox_index, history=[f"d{turner}og"]).searched


@pytest.mark.parametrize("question", [None, 7, b"fox", ["fox"], 1.5])
def test_a_question_of_another_type_is_refused(question: object, fox_index: PassageIndex) -> None:
    """What is no text is a QuestionError that names its type."""
    with pytest.raises(QuestionError, match=f"is a {type(question).__name__}, expected text"):
        ask(question, passage_index=fox_index)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [0, -1, MAX_CITATIONS + 1, 10**30, True, False, "3", 3.0, None])
def test_an_impossible_k_is_refused(k: object, fox_index: PassageIndex) -> None:
    """k is a whole number from 1 to MAX_CITATIONS; anything else is a QuestionError that shows it."""
    with pytest.raises(QuestionError, match=f"k is {k!r}, expected a whole number from 1 to {MAX_CITATIONS}"):
        ask("fox", passage_index=fox_index, k=k)  # type: ignore[arg-type]


def test_k_above_the_number_of_passages_gives_all(fox_index: PassageIndex) -> None:
    """There are never more citations than passages."""
    assert len(ask("fox", passage_index=fox_index, k=MAX_CITATIONS).citations) == len(fox_index)


@pytest.mark.parametrize("history", ["fox", None, 7, b"fox", [None], ["fox", 7], [("user", "fox")], {"fox": 1}])
def test_a_bad_history_is_refused(history: object, fox_index: PassageIndex) -> None:
    """A history is a list of questions or answers; anything else is a QuestionError that says so."""
    with pytest.raises(QuestionError, match="history"):
        ask("fox", passage_index=fox_index, history=history)  # type: ignore[arg-type]


@pytest.mark.parametrize("question", [None, 7, b"fox", ["fox"]])
def test_an_answer_to_no_text_is_no_history(question: object, fox_index: PassageIndex) -> None:
    """An Answer that somebody made up is looked at like any turn."""
    forged = Answer(question, "fox", "fox", True, 0.9)  # type: ignore[arg-type]
    with pytest.raises(QuestionError, match=f"The history holds a {type(question).__name__}, expected questions"):
        ask("And the dog?", passage_index=fox_index, history=[forged])


def test_any_text_may_be_in_the_history(fox_index: PassageIndex) -> None:
    """Earlier turns come from a client: blank, huge and broken ones do no harm, answers neither."""
    earlier = ask("red fox", passage_index=fox_index)
    turns = ["", " ", "🦊", "x" * 1_000_000, "fox\ud800\x00", earlier, replace(earlier, citations=()), "Who runs?"]
    answer = ask("And the dog?", passage_index=fox_index, history=turns)
    assert isinstance(answer, Answer)
    assert len(answer.searched) <= 2 * MAX_QUESTION
    json.dumps(answer.to_dict(), ensure_ascii=False).encode()


def test_a_follow_up_is_searched_with_the_conversation(fox_index: PassageIndex) -> None:
    """ "Runs?" alone finds the fox, which comes first; after a question about Paris the dog there, and says so.

    An Answer in the history does as well as a question.
    """
    alone = ask("runs?", passage_index=fox_index)
    assert (alone.searched, alone.text) == ("runs?", "The red fox runs.")
    for turn in ("What is in Paris?", ask("What is in Paris?", passage_index=fox_index)):
        answer = ask("runs?", passage_index=fox_index, history=[turn])
        assert answer == replace(answer, searched="runs? (Paris)", found=True, text="The dog runs in Paris.")


def test_a_question_that_stands_alone_is_searched_alone(fox_index: PassageIndex) -> None:
    """Two telling words that are found need nothing from the conversation, and the answer is the same as without."""
    asked_late = ask("blue fox", passage_index=fox_index, history=["What is in Paris?", "dog"])
    assert asked_late == ask("blue fox", passage_index=fox_index)
    assert asked_late.found


@pytest.mark.parametrize("history", [["red fox"], ["red fox", "Who runs in Paris?", "moon"], ["blue dog"] * 50])
def test_another_topic_is_refused_after_any_conversation(history: list[str], fox_index: PassageIndex) -> None:
    """What was answered before is no evidence for what the documents do not say."""
    answer = ask("Who painted green tigers?", passage_index=fox_index, history=history)
    assert answer == ask("Who painted green tigers?", passage_index=fox_index)
    assert (answer.found, answer.searched) == (False, "Who painted green tigers?")


def test_a_keyword_is_searched_alone(fox_index: PassageIndex) -> None:
    """One word that the documents have is no follow-up, whatever was asked before."""
    for history in (["What is in Paris?"], ["Who won the World Cup?"], ["hello", "red fox"]):
        assert ask("moon", passage_index=fox_index, history=history) == ask("moon", passage_index=fox_index)


@pytest.mark.model
def test_a_long_conversation_does_not_outweigh_the_document_named(model: SentenceTransformerEmbedder) -> None:
    """Six questions about one handbook, then one that names another: that one answers."""
    handbook = (
        "The notice period at {0} is {1} weeks for both sides.\n\nSalaries at {0} are paid on the {1}th of a month."
    )
    documents = [
        Document(name, f"{name} handbook", handbook.format(name, n)) for n, name in enumerate(("Alder", "Birch"))
    ]
    both = PassageIndex.build(documents, embedder=model)
    turns = ["What is the notice period at Alder?", "When are salaries paid at Alder?"] * 3
    answer = ask("notice period Birch", passage_index=both, history=turns)
    assert answer.citations[0].document_id == "Birch"


def test_a_story_before_the_question_does_not_drown_it(fox_index: PassageIndex) -> None:
    """What is told first is taken as an earlier turn; a question alone, or two of them, are searched as they are."""
    story = "Green tigers painted my garden. My aunt cried and sold umbrellas to seven sailors near Oslo. "
    answer = ask(story + "The dog runs in Paris?", passage_index=fox_index)
    assert (answer.found, answer.searched) == (True, "The dog runs in Paris?")
    assert answer.text == "The dog runs in Paris."


def test_a_heading_is_answered_with_its_section(fox_index: PassageIndex) -> None:
    """Its words need not stand in the text below it."""
    answer = ask("places", passage_index=fox_index)
    assert answer.found
    assert answer.citations[0].section[-1] == "Places"


def test_an_empty_history_changes_nothing(fox_index: PassageIndex) -> None:
    """A question that leans on nothing stands alone."""
    answer = ask("And why?", passage_index=fox_index)
    assert ask("And why?", passage_index=fox_index, history=["", "?", "What is it?"]) == answer
    assert answer.searched == "And why?"


def test_slips_are_mended_and_said(cut_index: PassageIndex) -> None:
    """The question stays as typed, `searched` is what was meant."""
    answer = ask("teh mooon slepes", passage_index=cut_index)
    assert (answer.question, answer.searched) == ("teh mooon slepes", "the moon sleeps")
    assert (answer.found, answer.text) == (True, "The moon sleeps.")


def test_slips_of_a_follow_up_are_mended_too(cut_index: PassageIndex) -> None:
    """First spelled right, then joined by words from the conversation."""
    assert ask("runns?", passage_index=cut_index, history=["dog"]).searched == "runs? (dog)"


def test_as_typed_neither_mends_nor_looks_back(cut_index: PassageIndex) -> None:
    """The words typed are searched, and no others."""
    for question in ("runns", "runs", "And the dgo?"):
        answer = ask(question, passage_index=cut_index, history=["What is in Paris?"], as_typed=True)
        assert answer == ask(question, passage_index=cut_index, as_typed=True)
        assert answer.searched == question
    assert ask("runs", passage_index=cut_index, history=["dog"], as_typed=True).text == "The red fox runs."
    assert not ask("slepes", passage_index=cut_index, as_typed=True).found


def test_a_document_without_a_sentence_is_refused() -> None:
    """There is nothing to ask about white space."""
    with pytest.raises(DocumentError, match="hold no text"):
        built(" \r\n\u00a0 ")


@pytest.mark.parametrize("text", ["\u200b", "🦊", "...", "\u0301"])
def test_a_document_without_words_answers_nothing(text: str) -> None:
    """A text without a word can be asked, and does not say."""
    answer = ask("fox", passage_index=built(text))
    assert (answer.found, answer.citations) == (False, ())
