"""Slips of the finger: counted by hand and against an enumeration, mended only where nothing is lost."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, PassageIndex
from retrieval.spelling import MAX_MENDED, SHORTEST, mend, nearest_word, slips

from conftest import CuttingEmbedder, ToyEmbedder

LETTERS = "abc"
short_words = st.text(LETTERS, max_size=6)


def mended(question: str, passage_index: PassageIndex) -> str:
    """The question as it is searched."""
    return mend(question, passage_index.embedder.encode([question])[0], passage_index)


@pytest.mark.parametrize(
    ("a", "b", "count"),
    [
        ("fox", "fox", 0),
        ("fox", "fx", 1),
        ("fox", "foxx", 1),
        ("fox", "fax", 1),
        ("fox", "ofx", 1),
        ("fox", "fxo", 1),
        ("fox", "xof", 2),
        ("fox", "dog", 2),
        ("waht", "what", 1),
        ("kitten", "sitting", 3),
        ("", "fox", 3),
        ("", "", 0),
    ],
)
def test_slips_by_hand(a: str, b: str, count: int) -> None:
    """A letter left out, added or changed is one, two neighbours swapped are one; the same both ways."""
    assert slips(a, b, 3) == slips(b, a, 3) == count


def test_counting_stops_at_the_limit() -> None:
    """More than the limit is the limit + 1, however much more."""
    assert [slips("kitten", "sitting", limit) for limit in (1, 2, 3)] == [2, 3, 3]
    assert slips("a" * 40, "b" * 40, 2) == 3


def one_slip_away(word: str) -> Iterator[str]:
    """Every word that one slip makes of a word, by making it."""
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        yield from (head + letter + tail for letter in LETTERS)
        if tail:
            yield from (head + letter + tail[1:] for letter in ["", *LETTERS])
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


@given(short_words, short_words)
def test_one_slip_is_what_one_slip_makes(a: str, b: str) -> None:
    """Counting agrees with making all the slips there are."""
    assert (slips(a, b, 1) <= 1) == (b in {a, *one_slip_away(a)})


@given(short_words, short_words, st.integers(1, 6))
def test_the_limit_only_cuts_off(a: str, b: str, limit: int) -> None:
    """Stopping early never changes a count within the limit."""
    assert slips(a, b, limit) == min(slips(a, b, 12), limit + 1)


def test_the_word_that_occurs_most_is_meant() -> None:
    """Among words one slip away the count decides, then the alphabet."""
    assert nearest_word("catt", {"cart": 1, "cats": 2, "cat": 2, "dog": 9}) == "cat"
    assert nearest_word("catt", {"cart": 3, "cats": 2, "cat": 2}) == "cart"
    assert nearest_word("catt", {"dog": 9}) is None
    assert nearest_word("catt", {}) is None


def test_two_slips_are_another_word() -> None:
    """However long a word is: two letters can turn it into its opposite."""
    assert nearest_word("extrodit", {"extradit": 1}) == "extradit"
    assert nearest_word("extrodot", {"extradit": 1}) is None
    assert nearest_word("hyperglycemia", {"hypoglycemia": 1}) is None


def test_only_so_many_words_are_looked_at(cut_index: PassageIndex) -> None:
    """Each costs a walk through all words, so a flood of nonsense is not worked off."""
    assert mended("slepes", cut_index) == "sleeps"
    assert mended("zzzz " * (MAX_MENDED - 1) + "slepes", cut_index).endswith("sleeps")
    assert mended("zzzz " * MAX_MENDED + "slepes", cut_index).endswith("slepes")


def test_short_words_and_numbers_are_left() -> None:
    """Two letters are one slip from too much, and no digit is ever a slip."""
    assert SHORTEST == 3
    assert nearest_word("fx", {"fox": 1}) is None
    assert nearest_word("tox", {"to": 9}) is None
    assert nearest_word("f0x", {"fox": 1}) is None
    assert nearest_word("covid19", {"covid": 9}) is None


def test_a_last_s_is_no_slip() -> None:
    """Singular and plural are both right; either is searched as typed."""
    assert nearest_word("foxs", {"fox": 1}) is None
    assert nearest_word("paper", {"papers": 3}) is None
    assert nearest_word("papre", {"papers": 3, "paper": 1}) == "paper"


def test_the_first_letter_is_right_or_swapped() -> None:
    """A word that begins otherwise is another word."""
    assert nearest_word("ofx", {"fox": 1}) == "fox"
    assert nearest_word("box", {"fox": 1}) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Where does teh fox slepe?", "Where does the fox sleep?"),
        ("slepes", "sleeps"),
        ("Teh  dgo,\t(Prais)?!", "the  dog,\t(paris)?!"),
        ("waht runs", "what runs"),
        ("WAHT RUNS", "what RUNS"),
    ],
)
def test_unknown_words_are_mended(typed: str, meant: str) -> None:
    """Words of the documents, or question words, stand for what was meant; all between them stays as it was."""
    text = "Where does the fox sleep? In Paris. The dog sleeps."
    assert mended(typed, PassageIndex.build([Document("d", "T", text)], embedder=CuttingEmbedder())) == meant


def test_question_words_come_before_words_of_the_documents() -> None:
    """However often the documents say "wart", "waht" means "what"."""
    document = Document("d", "T", "A wart, a wart, a wart.")
    assert mended("waht", PassageIndex.build([document], embedder=CuttingEmbedder())) == "what"


@pytest.mark.parametrize("question", ["Colours of Places", "green tiger", "f0x 1998 dg", "?!", "ein Fuchs", "狐狸"])
def test_other_words_are_left(question: str, cut_index: PassageIndex) -> None:
    """Words the documents hold, words like none of theirs, numbers and short words stay."""
    assert mended(question, cut_index) == question


def test_a_word_the_model_knows_whole_is_left(fox_index: PassageIndex, cut_index: PassageIndex) -> None:
    """ "foxy" may be a word: only what the model must cut in pieces counts as a slip."""
    assert mended("foxy", fox_index) == "foxy"
    assert mended("foxy", cut_index) == "fox"


@given(st.lists(st.sampled_from("The red FOX runs blue Sleeps dog, in Paris? moon! colours places sky".split())))
def test_nothing_is_mended_where_all_words_are_known(cut_index: PassageIndex, words: list[str]) -> None:
    """A question in the documents' own words is searched letter by letter as typed."""
    assert mended(" ".join(words), cut_index) == " ".join(words)


@given(st.text(max_size=60))
def test_any_text_can_be_mended(cut_index: PassageIndex, question: str) -> None:
    """Mending never fails, and mending again changes nothing."""
    once = mended(question, cut_index)
    assert mended(once, cut_index) == once


def test_a_toy_that_cuts(toy: ToyEmbedder) -> None:
    """The embedder used here cuts just the words the toy does not know."""
    [cut], [whole] = CuttingEmbedder().encode(["red foxes, a dog"]), toy.encode(["red foxes, a dog"])
    assert whole.starts.tolist() == [0, 4, 11, 13]
    assert (cut.starts.tolist(), cut.ids.tolist()) == ([0, 4, 5, 11, 13], [1, 0, 0, 0, 4])
