"""Words in scripts that the packaged model has not read: where they stand, and which are alike."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import SentenceTransformerEmbedder, unit_rows
from index.scripts import FIRST_ID, IDS, as_tokens, columns, unread_words, words_of


def words(text: str) -> list[str]:
    """The unread words of a text, as they stand in it."""
    return [text[word.start : word.end] for word in unread_words(text)]


def likeness(one: str, other: str) -> float:
    """The cosine of two texts' words, summed."""
    sums = [as_tokens(unread_words(text), 384)[0].sum(axis=0) for text in (one, other)]
    a, b = unit_rows(np.array(sums))
    return float(a @ b)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain English, naïve café, 300 µm, ½.", []),
        ("the β-blocker, α and Ω", []),  # one letter is a sign that the model knows
        ("В 2019 году iPhone стоил 300 рублей.", ["году", "стоил", "рублей"]),
        ("Ο φάρος, η αγορά;", ["φάρος", "αγορά"]),
        ("ما هي عاصمة فرنسا؟", ["ما", "هي", "عاصمة", "فرنسا"]),
        ("कितने लोग।", ["कितने", "लोग"]),
        ("서울은 어디입니까?", ["서울은", "어디입니까"]),
        ("買票，2台。", ["買", "票", "台"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("ゲームтест", ["ゲ", "ー", "ム", "тест"]),
        ("🦊🎉 — “…”", []),
    ],
)
def test_words_of_other_scripts(text: str, expected: list[str]) -> None:
    """Words where blanks part them, letters with their marks where none do; nothing that is Latin, digit or sign."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "near", "far"),
    [
        ("возглавляет", "возглавляют", "содержит"),
        ("αγορά", "αγορές", "λιμάνι"),
        ("مدرسة", "المدرسة", "عاصمة"),
        ("서울은", "서울에", "부산은"),
        ("我们买票", "在哪里买票", "狐狸睡觉"),
        ("カメラ", "カメラマン", "ホテル"),
    ],
)
def test_forms_of_a_word_are_alike(one: str, near: str, far: str) -> None:
    """A word is itself, half of it another form of it, and hardly anything a word that shares no letters in a row."""
    assert likeness(one, one) == pytest.approx(1)
    assert likeness(one, near) > 0.3
    assert abs(likeness(one, far)) < 0.2


def test_what_people_leave_out_makes_no_difference() -> None:
    """Capitals, accents, vowel points and tone marks are often not typed; a vowel sign is a letter."""
    assert likeness("ΑΓΟΡΆ", "αγορα") == pytest.approx(1)
    assert likeness("مُدَرِّس", "مدرس") == pytest.approx(1)
    assert likeness("किताब", "कताब") < 0.9


def test_equal_words_have_equal_ids() -> None:
    """The inverted index finds a word by it; where words are not parted, two letters by the first one's."""
    vectors, ids = as_tokens(unread_words("кот и дом, Кот"), 384)
    assert vectors.shape == (3, 384)
    assert ids[0] == ids[2] != ids[1]
    _, letters = as_tokens(unread_words("買票買狐"), 384)
    assert len(set(letters.tolist())) == 4
    assert ((ids >= FIRST_ID) & (ids < FIRST_ID + IDS)).all()


def test_no_words_no_tokens() -> None:
    """Nothing in, nothing out; of marks alone a vector of zeros."""
    assert as_tokens([], 384)[0].shape == (0, 384)
    assert not as_tokens(unread_words("\u0651\u0651"), 384)[0].any()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's an e-mail?", ["What's", "an", "e", "mail"]),
        ("cafe\u0301s 2019", ["cafe\u0301s", "2019"]),
        ("कितने लोग।", ["कितने", "लोग"]),
        ("مُدَرِّس", ["مُدَرِّس"]),
        ("我们买票，2台。", ["我们", "买票", "2台"]),
        ("ที่นี่", ["ที่นี่"]),
    ],
)
def test_words_of(text: str, expected: list[str]) -> None:
    """Marks belong to their letters; letters that are not parted come two by two."""
    assert words_of(text) == expected


def test_columns() -> None:
    """A Chinese, Japanese or Korean letter takes two."""
    assert [columns(text) for text in ("", "fox é", "狐狸", "여우a", "Лиса")] == [0, 5, 4, 5, 4]


@given(st.text(st.characters(min_codepoint=0x300, max_codepoint=0x10FFFF), max_size=60))
def test_any_text(text: str) -> None:
    """Words stand one after the other, none empty, each with a vector."""
    found = unread_words(text)
    assert all(word.start < word.end for word in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    vectors, ids = as_tokens(found, 20)
    assert np.isfinite(vectors).all()
    assert vectors.shape == (len(found), 20)
    assert len(ids) == len(found)


@pytest.mark.model
def test_the_packaged_model_reads_only_what_it_knows(model: SentenceTransformerEmbedder) -> None:
    """Its tokens and the words it was not given come in the order of the text; its own are those it gives alone."""
    text = "В 2019 году iPhone стоил 300."
    [mixed], [alone] = model.encode([text]), model.encode(["В 2019 iPhone 300."])
    own = mixed.ids < FIRST_ID
    assert [text[start : start + 2] for start in mixed.starts[~own]] == ["го", "ст"]
    assert (np.diff(mixed.starts) >= 0).all()
    assert mixed.ids[own].tolist() == alone.ids.tolist()
    assert np.array_equal(mixed.vectors[own], alone.vectors)
