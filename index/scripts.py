"""Words in scripts that the packaged model has not read, as vectors of their letters.

Of Cyrillic, Greek, Arabic, Devanagari or Thai it knows single letters, of Chinese few characters, so what it says of
such words tells nothing. Here a word is the sum of its letter n-grams (Bojanowski et al. 2017, arXiv:1607.04606), and
each of these is random signs drawn from itself (random projections: Achlioptas 2003): words that share most n-grams,
as forms of one word and slips do, point nearly the same way, others at right angles. Where words are not parted, a
letter and its neighbours stand for them. Deliberately does not: know a language, or what a word means.
"""

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

GRAMS = (3, 4)
"""Letters in an n-gram of a word; the word's edges count as letters."""
SHORTEST = 2
"""Letters in a word at least, where words are parted: one alone is a sign that the model may know ("α")."""
FIRST_ID, IDS = 1 << 15, 1 << 17
"""Ids of words begin behind the packaged model's word pieces; so many tell them apart, seldom two of them not."""
LOSABLE = 10
"""Marks of this combining class and above are left out, as people do: accents, vowel points, tones; not vowel signs."""
_OTHER = re.compile(
    "[\u0370-\u1dff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\u2dff\u3005-\ua6ff\ua800-\ufaff\ufb13-\ufdff\ufe70-\ufeff"
    "\uff66-\uffdc\U00010000-\U0003ffff]+"
)
"""Stretches in other scripts than Latin, with what they have for marks and digits."""
UNPARTED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Letters of scripts without blanks: Thai, Lao, Tibetan, Burmese, Khmer, Japanese, Chinese."""
_MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c))[0] == "M")
_LETTER = re.compile(rf"\w[{_MARKS}]*")
WORD = re.compile(rf"\w[\w{_MARKS}]*(?:['’]\w[\w{_MARKS}]*)*")
"""A word with apostrophes in it and its accents, vowel points and vowel signs."""
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]"
)
"""A letter or sign that takes two columns where it is printed."""
_HAN = re.compile("[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Those that mean something alone."""


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]`: a word, or a letter where words are not parted. key: same for same ones. grams: its parts."""

    start: int
    end: int
    key: str
    grams: tuple[str, ...]


def unread_words(text: str) -> list[Word]:
    """The words of a text that are in other scripts than Latin, in order."""
    if text.isascii():
        return []
    runs = ((run, _unparted if is_unparted(text[run[0][0]]) else _parted) for run in _runs(text))
    return [word for run, words in runs for word in words(text, run)]


def words_of(text: str) -> list[str]:
    """The words of a text; where words are not parted, pairs of letters."""
    return [part for word in WORD.findall(text) for part in (_pairs(word) if UNPARTED.search(word) else [word])]


def columns(text: str) -> int:
    """How much room a text takes where it is printed: two columns for a Chinese, Japanese or Korean letter."""
    return len(text) + (0 if text.isascii() else len(WIDE.findall(text)))


def is_unparted(letter: str) -> bool:
    """Whether a letter, the first one of a word, is of a script that does not part words."""
    return UNPARTED.match(letter) is not None


def as_tokens(words: Sequence[Word], dim: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Vectors (words, dim) and ids of words, as index.embed.Encoding has them."""
    vectors = [_direction(word.grams, dim) for word in words]
    ids = [FIRST_ID + zlib.crc32(word.key.encode()) % IDS for word in words]
    return np.array(vectors, np.float32).reshape(len(words), dim), np.array(ids, np.int32)


def _pairs(word: str) -> list[str]:
    """A word of letters that are not parted, two by two, marks staying with their letters."""
    letters = _LETTER.findall(word)
    return ["".join(letters[n : n + 2]) for n in range(0, len(letters), 2)]


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Stretches of letters next to each other that are all parted in words or all not; a letter has its marks."""
    run: list[tuple[int, int]] = []
    for stretch in _OTHER.finditer(text):
        for place in range(*stretch.span()):
            kind = unicodedata.category(text[place])[0]
            if run and run[-1][1] == place and kind == "M":
                run[-1] = run[-1][0], place + 1
            elif kind in "LM":
                if run and (run[-1][1] < place or is_unparted(text[run[0][0]]) != is_unparted(text[place])):
                    yield run
                    run = []
                run.append((place, place + 1))
    if run:
        yield run


def _parted(text: str, letters: Sequence[tuple[int, int]]) -> Iterator[Word]:
    """The word that a run of letters is, if it is long enough."""
    if len(letters) >= SHORTEST:
        start, end = letters[0][0], letters[-1][1]
        plain = _plain(text[start:end])
        yield Word(start, end, plain, _grams(plain))


def _unparted(text: str, letters: Sequence[tuple[int, int]]) -> Iterator[Word]:
    """Each letter of a run with its neighbours, and alone if that means something."""
    plain = ["", *(_plain(text[start:end]) for start, end in letters), ""]
    for number, (start, end) in enumerate(letters, start=1):
        before, own, after = plain[number - 1 : number + 2]
        alone = (own,) if _HAN.match(own) else ()
        yield Word(start, end, own + after, (*alone, f"{before}{own}<", f">{own}{after}"))


@lru_cache(maxsize=1 << 14)
def _plain(word: str) -> str:
    """A word without what is often left out when it is typed."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if unicodedata.combining(c) < LOSABLE)


def _grams(plain: str) -> tuple[str, ...]:
    """The n-grams of a word."""
    edged = f"<{plain}>"
    return tuple(edged[i : i + n] for n in GRAMS for i in range(len(edged) - n + 1))


@lru_cache(maxsize=1 << 13)
def _direction(grams: tuple[str, ...], dim: int) -> NDArray[np.float32]:
    """The sum of the random signs of n-grams."""
    size = -(-dim // 8)
    drawn = b"".join(hashlib.shake_128(gram.encode()).digest(size) for gram in grams)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8).reshape(len(grams), size), axis=1, count=dim)
    return np.asarray(2 * bits.sum(axis=0, dtype=np.float32) - len(grams), np.float32)
