"""Answers and citations: valid or refused, the same in Python, JSON, a terminal and a notebook."""

import json
import re
from dataclasses import FrozenInstanceError, replace
from html import unescape

import pytest

from index.scripts import columns
from retrieval import Answer, Citation
from retrieval.render import WIDTH, Piece, pieces, to_html, to_terminal
from retrieval.results import REFUSAL

TEXT = "The fox runs. It is red. The dog sleeps."
CITATION = Citation(
    number=1,
    document_id="page.txt",
    title="Foxes",
    section=("Foxes", "Red ones"),
    paragraph=2,
    start=100,
    end=100 + len(TEXT),
    text=TEXT,
    highlights=((100, 113), (114, 124)),
    score=0.75,
)
ANSWER = Answer("What runs?", "What runs?", "The fox runs. It is red.", True, 0.8, (CITATION,))
NASTY = '<script>alert(1)</script> & "quoted" \x1b[31m<mark>'


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"paragraph": 0},
        {"end": 141},
        {"text": ""},
        {"highlights": ((99, 113),)},
        {"highlights": ((100, 141),)},
        {"highlights": ((113, 113),)},
        {"highlights": ((114, 124), (100, 113))},
        {"highlights": ((100, 113), (112, 124))},
    ],
)
def test_an_impossible_citation_is_refused(wrong: dict[str, object]) -> None:
    """Numbers count from 1, offsets fit the text, highlights lie inside, in order and apart."""
    with pytest.raises(ValueError, match=r"count from 1|length of the text|not in order inside"):
        replace(CITATION, **wrong)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_confidence_is_a_probability(confidence: float) -> None:
    """A confidence outside 0 to 1 is refused."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace(ANSWER, confidence=confidence)


def test_results_are_values() -> None:
    """Equal content is equal and hashes alike; nothing can be changed."""
    assert replace(ANSWER) == ANSWER
    assert hash(replace(ANSWER)) == hash(ANSWER)
    with pytest.raises(FrozenInstanceError):
        ANSWER.found = False  # type: ignore[misc]


def test_quotes_and_place() -> None:
    """quotes are the highlighted words; place names title, sections and paragraph, each once."""
    assert CITATION.quotes == ("The fox runs.", "It is red.")
    assert CITATION.place == "Foxes › Red ones › paragraph 2"


def test_pieces_are_the_text() -> None:
    """The pieces in order are the whole text, each marked or not."""
    assert [(piece.text, piece.lit) for piece in pieces(CITATION)] == [
        ("The fox runs.", True),
        (" ", False),
        ("It is red.", True),
        (" The dog sleeps.", False),
    ]
    assert pieces(replace(CITATION, highlights=())) == [Piece(TEXT, False)]


def test_the_words_that_answer_stand_out() -> None:
    """Bold in a notebook, underlined in a coloured terminal, and only inside the first highlight."""
    start = CITATION.start + TEXT.index("fox")
    citation = replace(CITATION, answer=(start, start + 3))
    assert pieces(citation)[0].parts() == ("The ", "fox", " runs.")
    answer = replace(ANSWER, citations=(citation,))
    assert "<mark>The <strong>fox</strong> runs.</mark>" in to_html(answer)
    assert "The \x1b[4mfox\x1b[24m runs." in to_terminal(answer, color=True)
    assert to_terminal(answer) == to_terminal(replace(ANSWER, citations=(CITATION,)))
    with pytest.raises(ValueError, match="not inside"):
        replace(CITATION, answer=(CITATION.end - 2, CITATION.end))


def test_json_holds_everything() -> None:
    """to_dict survives JSON, under the names of the fields, and says the same."""
    read = json.loads(json.dumps(ANSWER.to_dict()))
    assert set(read) == {"question", "searched", "text", "found", "confidence", "citations"}
    [cited] = read.pop("citations")
    cited["section"] = tuple(cited["section"])
    cited["highlights"] = tuple(map(tuple, cited["highlights"]))
    assert Answer(**read, citations=(Citation(**cited),)) == ANSWER


def test_printed() -> None:
    """print(answer) shows the answer, how sure it is, the place, and the passage with what answers in brackets."""
    lines = str(ANSWER).split("\n")
    assert lines[0] == "“The fox runs. It is red.”"
    assert lines[1].endswith("(80%)")
    assert lines[3:] == [
        "[1] Foxes › Red ones › paragraph 2 (characters 100-140)",
        "    [The fox runs.] [It is red.] The dog sleeps.",
    ]


def test_a_refusal_printed() -> None:
    """A refusal is no quotation; its passages are announced as the closest."""
    refusal = str(replace(ANSWER, found=False, text=REFUSAL))
    assert refusal.startswith(REFUSAL + "\n")
    assert "Closest passages:" in refusal
    assert "Closest" not in str(replace(ANSWER, found=False, text=REFUSAL, citations=()))


def test_joiners_stay_in_the_terminal() -> None:
    """What a terminal would obey is a blank there; what Persian and Hindi are written with is none."""
    citation = replace(CITATION, text="می\u200cشود\x1b", end=107, highlights=((100, 106),), title="T")
    assert "[می\u200cشود]" in str(Answer("q", "q", "a", True, 0.8, (citation,)))


def test_another_question_searched_is_shown() -> None:
    """Where the question searched is not the one asked, both forms say so."""
    answer = replace(ANSWER, searched="What runs in France?")
    assert "Searched for: What runs in France?" in str(answer)
    assert "Searched for: <bdi>What runs in France?</bdi>" in answer._repr_html_()
    assert "Searched for" not in str(ANSWER) + ANSWER._repr_html_()


def test_colours_do_not_change_where_lines_break() -> None:
    """With colours the same lines hold the same words."""
    text = "The quick brown fox jumps over the lazy dog. " * 8
    citation = replace(CITATION, text=text, end=100 + len(text), highlights=((100, 300),))
    answer = replace(ANSWER, citations=(citation,))
    plain, coloured = to_terminal(answer), to_terminal(answer, color=True)
    assert "\x1b[1m" in coloured
    bare = re.sub(r"\x1b\[\d*m", "", coloured)
    assert [len(line.split()) for line in bare.split("\n")] == [len(line.split()) for line in plain.split("\n")]


@pytest.mark.parametrize("letters", range(94, 104))
def test_wide_letters_fit_the_terminal(letters: int) -> None:
    """A Chinese letter takes two columns: lines are broken earlier, no letter is lost and no line is empty."""
    text = "世" * letters
    citation = replace(CITATION, text=text, end=100 + letters, highlights=((100, 110),))
    shown = str(replace(ANSWER, text=text, citations=(citation,)))
    assert shown.count("世") == 2 * letters
    assert [line for line in shown.split("\n") if columns(line) > WIDTH] == []
    assert shown.count("\n\n") == 1
    assert all(shown.replace("\n\n", "\n").split("\n"))


def test_a_terminal_obeys_no_document() -> None:
    """Control characters in a document, a title or a question never reach the terminal."""
    citation = replace(CITATION, text=NASTY, end=100 + len(NASTY), highlights=((100, 110),), title=NASTY)
    shown = str(Answer(NASTY, NASTY + "?", NASTY, True, 0.8, (citation,)))
    assert "\x1b" not in shown


def test_html_is_escaped() -> None:
    """In a notebook the document's text is text: no tag of its own, and all of its words."""
    citation = replace(CITATION, text=NASTY, end=100 + len(NASTY), highlights=((100, 110),), title=NASTY)
    for found in (True, False):
        html = Answer(NASTY, NASTY + "?", NASTY, found, 0.8, (citation,))._repr_html_()
        tags = set(re.findall(r"<\s*/?\s*(\w+)", html))
        assert tags <= {"div", "blockquote", "p", "em", "small", "ol", "li", "mark", "bdi"}
        assert html.count("<mark>") == html.count("</mark>") == 1
        assert NASTY in unescape(html)


def test_html_marks_the_highlights() -> None:
    """The sentences that answer are marked, no others."""
    assert re.findall(r"<mark>(.*?)</mark>", ANSWER._repr_html_()) == ["The fox runs.", "It is red."]
