"""A line of right-to-left text, as it stands on paper, to the order in which it is read.

The reverse of what is done to print it (Unicode Annex 9), as far as a line of letters tells. Deliberately does not:
know how a PDF draws.
"""

import re

_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"  # written from right to left
_LEFT_LETTER = re.compile(f"[{_LEFT}]")
_OTHER_LETTER = re.compile(rf"[^\W\d_{_LEFT}]")
_LEFT_WORDS = re.compile(rf"[{_LEFT}](?:[\W\d_{_LEFT}]*[{_LEFT}])?")
SIDED = re.compile(rf"([{_LEFT}])|[^\0-/:-@\u2000-\u206f\u20a0-\u21ff]")
"""What has a direction, as pypdf sees it; in group 1 what runs to the left."""
_NUMBER = r"\d(?:[.,:/+٫٬-]?\d)*"
_SIGN = "[#$%°٪\u20a0-\u20cf]{0,2}"
_PIECE = re.compile(
    rf"[^\W\d_{_LEFT}](?:[^{_LEFT}]*[^\W\d_{_LEFT}])?(?:\W?{_NUMBER})?|{_SIGN}{_NUMBER}{_SIGN}|.", re.DOTALL
)
"""What keeps its order in a line that runs to the left: other words with a number after them, a number, one letter."""
_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))


def has_leftward(text: str) -> bool:
    """Whether any letter is written from right to left."""
    return _LEFT_LETTER.search(text) is not None


def runs_left(text: str) -> bool:
    """Whether most letters of a text are written from right to left."""
    return len(_LEFT_LETTER.findall(text)) > len(_OTHER_LETTER.findall(text))


def as_read(drawn: str, leftward: bool) -> str:
    """A line, given from left to right as it stands, in reading order. leftward: whether all of it runs to the left."""
    return _turned(drawn) if leftward else _LEFT_WORDS.sub(lambda words: _turned(words[0]), drawn)


def _turned(drawn: str) -> str:
    """Words that run to the left as they are read, from their letters as they stand from left to right."""
    return "".join(_MIRRORED.get(piece, piece) for piece in reversed(_PIECE.findall(drawn)))
