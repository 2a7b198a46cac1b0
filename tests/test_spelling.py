"""Slips of the finger: counted by hand and against an enumeration, mended only where nothing is lost."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, PassageIndex
from retrieval import spelling
from retrieval.spelling import LONGEST, MAX_MENDED, SHORTEST, mend, one_slip_away

from conftest import CuttingEmbedder, ToyEmbedder

LETTERS = "abc"
short_words = st.text(LETTERS, max_size=6)


def nearest_word(typed: str, words: Mapping[str, int]) -> str | None:
    """The word that is meant, among words of small letters."""
    return spelling.nearest_word(typed, words, spelling.LETTERS)


def mended(question: str, passage_index: PassageIndex) -> str:
    """The question as it is searched."""
    return mend(question, passage_index.embedder.encode([question])[0], passage_index)


def slips(a: str, b: str) -> int:
    """How many slips turn a into b, counted in a table; no letter takes part in two (optimal string alignment)."""
    rows = [[*range(len(b) + 1)]]
    for i, letter in enumerate(a, start=1):
        row = [i]
        for j, other in enumerate(b, start=1):
            row.append(min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


def test_one_slip_by_hand() -> None:
    """A letter added, left out or changed, or two neighbours swapped."""
    added = {"aab", "bab", "abb", "aba"}
    assert {*one_slip_away("ab", "ab")} == added | {"a", "b", "bb", "aa", "ba"}
    assert {*one_slip_away("", "ab")} == {"a", "b"}


@given(short_words, short_words)
def test_one_slip_is_what_counts_as_one(a: str, b: str) -> None:
    """Making all slips agrees with counting them."""
    assert (b in {*one_slip_away(a, LETTERS)}) == (slips(a, b) == 1)


def test_the_word_that_occurs_most_is_meant() -> None:
    """Among words the same kind of slip away the count decides, then the alphabet."""
    assert nearest_word("bokks", {"books": 1, "bonks": 2, "dog": 9}) == "bonks"
    assert nearest_word("bokks", {"books": 2, "bonks": 2}) == "bonks"
    assert nearest_word("bokks", {"dog": 9}) is None
    assert nearest_word("bokks", {}) is None


def test_the_likeliest_slip_is_meant() -> None:
    """Letters swapped or left out come before one too many, and that before a wrong one, whatever the counts are."""
    assert nearest_word("wekes", {"weeks": 1, "wakes": 9}) == "weeks"
    assert nearest_word("thefs", {"thefts": 1, "these": 9}) == "thefts"
    assert nearest_word("exiit", {"exit": 1, "edict": 5, "exist": 9}) == "exit"


def test_a_wrong_letter_counts_only_in_longer_words_of_the_documents() -> None:
    """A short word with another letter is another word, and so may be one that the documents lack."""
    assert nearest_word("fone", {"fine": 9}) is None
    assert nearest_word("polise", {"police": 1}) == "police"
    assert nearest_word("abort", {"about": 0}) is None
    assert nearest_word("abuot", {"about": 0}) == "about"


def test_two_slips_are_another_word() -> None:
    """However long a word is: two letters can turn it into its opposite."""
    assert nearest_word("extrodit", {"extradit": 1}) == "extradit"
    assert nearest_word("extrodot", {"extradit": 1}) is None
    assert nearest_word("hyperglycemia", {"hypoglycemia": 1}) is None


def test_only_so_many_words_are_looked_at(cut_index: PassageIndex) -> None:
    """A flood of nonsense is not worked off."""
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


def test_very_long_words_are_left() -> None:
    """So many letters have too many neighbours to be looked up."""
    assert nearest_word("a" * LONGEST, {"a" * LONGEST + "b": 1}) == "a" * LONGEST + "b"
    assert nearest_word("a" * (LONGEST + 1), {"a" * LONGEST + "b": 1}) is None


def test_the_documents_letters_are_tried(cut_index: PassageIndex) -> None:
    """Whatever signs they have; in another script than Latin a form of a word is not taken for a slip."""
    index = PassageIndex.build([Document("d", "T", "Kraków, Москва.")], embedder=CuttingEmbedder())
    assert index.letters == "".join(sorted({*"krakówмосква"}))
    assert mended("kraków karków krakw", index) == "kraków kraków kraków"
    assert mended("москвы москав", index) == "москвы москав"


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


def test_words_of_questions_are_meant_too() -> None:
    """However often the documents say "wart", "waht" means "what"; they say "where", and "wat" stands for "what"."""
    index = PassageIndex.build([Document("d", "T", "A wart, a wart, where?")], embedder=CuttingEmbedder())
    assert mended("waht", index) == "what"
    assert mended("how mcuh", index) == "how much"
    assert mended("wher", index) == "where"
    assert mended("wat", index) == "what"
    named = PassageIndex.build([Document("d", "T", "Angkor Wat is a temple.")], embedder=CuttingEmbedder())
    assert mended("wat", named) == "wat"


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
