"""Which sentence is quoted, and which words of it, where the reader and the likeness of words disagree."""

import pytest

from index import Document, PassageIndex, SentenceTransformerEmbedder
from retrieval import ask
from retrieval.reading import says_nothing, whole_words, with_mark


def test_a_question_a_heading_and_a_table_s_first_row_say_nothing() -> None:
    """What only repeats what was asked is no answer to it; a row with a value is."""
    assert says_nothing("Can I deposit cash?", ["**Can I deposit cash?**", "No.", "Cash? I can."]) == [
        True,
        False,
        True,
    ]
    assert says_nothing("skills", ["SKILLS", "Welding."]) == [True, False]
    rows = ["| Code | Meaning |", "|---|:---|", "| E-42 | The pump is blocked |"]
    assert says_nothing("what does the code mean", rows) == [True, True, False]


def test_a_question_is_read_with_its_mark() -> None:
    """Whether it was typed or not; keywords, orders and words from the conversation are left as they are."""
    assert with_mark("who runs it") == "who runs it?"
    assert with_mark("Is it open\non Sunday") == "Is it open\non Sunday?"
    for as_it_is in ("Who runs it?", "who runs it (NCB)", "Whose.", "opening hours", "Howard", "tell me who runs it"):
        assert with_mark(as_it_is) == as_it_is


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ("okonjo-lets", "billing@okonjo-lets.example"),
        ("ay the 3", "Friday the 3rd"),
        ("Mill", "Mill"),
        ("example.com/a", "https://example.com/a?b=1"),
    ],
)
def test_words_and_addresses_are_quoted_whole(found: str, whole: str) -> None:
    """Word pieces may end inside either; a name with a hyphen is left as it is."""
    text = "Mill-owners write to (billing@okonjo-lets.example), see https://example.com/a?b=1. Friday the 3rd."
    start = text.index(found)
    start, end = whole_words(text, start, start + len(found))
    assert text[start:end] == whole


@pytest.mark.model
def test_the_line_below_a_question_of_a_faq_answers(model: SentenceTransformerEmbedder) -> None:
    """The reader asked is not shown their own question."""
    faq = "# Bank\n\n**Can I deposit cash?**\nNo. We take no cash.\n\n**How do I get a card?**\nAsk us."
    answer = ask("can I deposit cash", passage_index=PassageIndex.build([Document("f", "Bank", faq)], embedder=model))
    assert answer.found
    assert "?" not in answer.text
