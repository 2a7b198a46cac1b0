"""The text in the bytes of a text file, whatever its encoding: by its mark, by its zeros, as UTF-8, by its letters.

Deliberately does not: alter the text. Only a byte order mark is dropped.
"""

import re
from collections import Counter

from index.errors import DocumentError

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# The accented letters of the languages written in cp1252: French, German, Spanish, Portuguese, Italian, Swedish and
# Finnish, Danish and Norwegian, Dutch, Icelandic, Catalan.
_ACCENTS = (
    *("àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúüñ", "áâãàçéêíóôõú", "àèéìíîòóù", "åäöé", "æøåé", "éëïöüè", "áðéíóúýþæö"),
    "àçèéíïòóúü",
)
ENOUGH = 32
"""Bytes beyond ASCII from which an encoding is told by them alone, should no language be recognised."""
_SIGN_IN_WORD = re.compile(r"(?i)[a-zß-ÿ][¿³¹²º¾¼½×÷¤¦¬¸¨¶§±¡¢¥£©®µªˆ˜†‡‰‹›¯][a-zß-ÿ]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def read_text(data: bytes, name: str) -> str:
    """The text in the bytes of a text file; `name` is for messages. Raises DocumentError for bytes that are no text."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_decoded(data[len(mark) :], encoding, name), name)
    wide = _wide_encoding(data)
    if wide:
        return _checked(_decoded(data, wide, name), name)
    try:
        return _checked(data.decode("utf-8"), name)
    except UnicodeDecodeError:
        return _checked(_legacy(data, name), name)


def _decoded(data: bytes, encoding: str, name: str) -> str:
    """Bytes in an encoding that is known for sure."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name} says it is {encoding.upper()} but is damaged at byte {error.start}; save it again as UTF-8"
        ) from error


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: half of the bytes of European text are then zero, all at odd or all at even places."""
    head = data[:4096]
    if len(data) % 2 or len(head) < 2:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd * 3 > half and even * 20 < odd:
        return "utf-16-le"
    return "utf-16-be" if even * 3 > half and odd * 20 < even else None


def _checked(text: str, name: str) -> str:
    """The text, refused when it holds what only binary files hold."""
    controls = _CONTROL.findall(text)
    if "\x00" in controls or len(controls) * 1000 > len(text):
        raise DocumentError(
            f"{name} is not text: it holds {len(controls)} control characters in {len(text)}; "
            "give a text file (.txt, .md, UTF-8 is best) or remove it"
        )
    return text


def _legacy(data: bytes, name: str) -> str:
    """Text in an older encoding: Western European or Hebrew where its letters say so, else what its language says.

    A few words that no language is recognised in are refused: a guess would be answered from as if it were the text.
    """
    if _is_western(data):
        return data.decode("cp1252")
    if _is_hebrew(data):
        return data.decode("cp1255")
    from charset_normalizer import from_bytes  # only such files need it

    best = from_bytes(data).best()
    if best is None or (not best.coherence and sum(byte > 127 for byte in data) < ENOUGH):
        raise DocumentError(f"{name} is not text in any encoding that can be told; save it as UTF-8, or remove it")
    return str(best)


def _is_hebrew(data: bytes) -> bool:
    """Whether bytes read as cp1255 make sense: all letters are Hebrew, and final letters end words, as nowhere else.

    charset-normalizer alone takes such text for Cyrillic.
    """
    try:
        text = data.decode("cp1255")
    except UnicodeDecodeError:
        return False
    letters = [letter for letter in text if letter.isalpha() and not letter.isascii()]
    hebrew = len(letters) >= 8 and all("א" <= letter <= "ת" for letter in letters)
    return hebrew and bool(re.search(r"[ךםןףץ]\b", text)) and not re.search(r"[ךםןףץa-zA-Z][א-ת]|[א-ת][a-zA-Z]", text)


def _is_western(data: bytes) -> bool:
    """Whether bytes read as cp1252 make sense: no signs inside words, and accents few or all of one language.

    charset-normalizer alone takes most French, Spanish or Danish text for Central European (measured: 11 of 13 wrong).
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    if _SIGN_IN_WORD.search(text):
        return False
    accents = Counter(letter for letter in text.lower() if letter.isalpha() and not letter.isascii())
    letters = sum(map(str.isalpha, text))
    few = sum(accents.values()) * 33 <= letters
    return few or any(sum(accents[a] for a in own) * 20 >= sum(accents.values()) * 19 for own in _ACCENTS)
