"""What a PDF page draws, mended so that pypdf reads what is meant: glyphs that stand for other letters, split moves.

Deliberately does not: know what a line or a word is.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

Operation = tuple[Any, bytes]
"""Of a page: operands, operator."""
_SHAPED = re.compile("[\u0590-\u109f\u1780-\u17ff\u1a20-\u1aaf\u1b00-\u1bff\ua8e0-\ua9df\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters of scripts from Hebrew to Khmer, of which fonts draw several as one glyph, or one as another."""


def mended(operations: Iterable[Operation]) -> list[Operation]:
    """A page's operations, so that pypdf reads what the page says some glyphs mean, and measures each move at once.

    Of several moves in a row it takes the last for a gap between words.
    """
    told: list[Operation] = []
    meanings: list[str | None] = []  # of each marked part that is open: what is left to read, if it has a meaning
    move: list[float] | None = None
    for operands, operator in operations:
        if operator in (b"BMC", b"BDC"):
            meanings.append(_meaning(operands))
        elif operator == b"EMC":
            del meanings[-1:]
        elif operator in (b"Tj", b"TJ") and meanings and meanings[-1] is not None:
            if meanings[-1]:
                told += _alone(meanings[-1])
                meanings[-1], move = "", None
        elif operator == b"Td" and move and _is_numbers(operands, 2):
            a, b, c, d = move[:4] if len(move) == 6 else (1, 0, 0, 1)
            x, y = operands
            move[-2:] = move[-2] + x * a + y * c, move[-1] + x * b + y * d
        else:
            if operator in (b"Td", b"Tm"):
                operands = list(operands)
                move = operands if _is_numbers(operands, 2 if operator == b"Td" else 6) else None
            elif operator != b"Tf":
                move = None
            told.append((operands, operator))
    return told


def _alone(text: str) -> list[Operation]:
    """Operations that have pypdf read a text as it is, as a fragment of its own, so wide that no gap follows."""
    return [([], b"q"), ([], b"ET"), ([1000.0], b"Tc"), ([text], b"Tj"), ([], b"ET"), ([], b"Q")]


def _is_numbers(operands: Sequence[Any], count: int) -> bool:
    """Whether operands are so many numbers."""
    return len(operands) == count and all(isinstance(operand, (int, float)) for operand in operands)


def _meaning(operands: Sequence[Any]) -> str | None:
    """What a part is marked to mean, if it is in a script of `_SHAPED`."""
    marks = operands[1] if len(operands) > 1 else None
    text = marks.get("/ActualText") if isinstance(marks, dict) else None
    if not isinstance(text, bytes) or not text.startswith(b"\xfe\xff"):
        return None
    meaning = text.decode("utf-16", "replace")
    return meaning if _SHAPED.search(meaning) else None
