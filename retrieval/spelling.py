"""A question as typed to one spelled as the documents spell.

Only a word that stands nowhere in the documents and that the model does not know whole is touched, and only where a
word of the documents is one slip away: two can make a word its opposite. Deliberately does not: know any language's
dictionary.
"""

import re
from collections.abc import Mapping

from index import Encoding, PassageIndex

WORD = re.compile(r"\w+")
QUESTION_WORDS = dict.fromkeys("what when where which who whom whose why how does did was were the many".split(), 1)
SHORTEST = 3
"""Letters in a word that may be mended at least; shorter ones are one slip away from too much."""
MAX_MENDED = 8
"""Unknown words looked at in one question: each costs a walk through the documents' words."""


def mend(question: str, encoding: Encoding, passage_index: PassageIndex) -> str:
    """The question with its slips mended; the same string where there are none."""
    words = passage_index.words
    found: list[str] = []
    at = tried = 0
    for match in WORD.finditer(question):
        typed, start = match.group().casefold(), match.start()
        pieces = ((encoding.starts >= start) & (encoding.starts < match.end())).sum()
        if pieces < 2 or typed in words or typed in QUESTION_WORDS:
            continue
        tried += 1
        if tried > MAX_MENDED:
            break
        meant = nearest_word(typed, QUESTION_WORDS) or nearest_word(typed, words)
        if meant:
            found += [question[at:start], meant]
            at = match.end()
    return "".join([*found, question[at:]])


def nearest_word(typed: str, words: Mapping[str, int]) -> str | None:
    """The word one slip away that occurs most often; None where there is none, or both differ by a last s only.

    A slip is a letter added, left out or changed, or two neighbours swapped (Damerau 1964). words: each one's count.
    """
    if len(typed) < SHORTEST or any(map(str.isdigit, typed)):
        return None
    near = [word for word in words if _might_be(typed, word) and slips(typed, word, 1) == 1]
    meant = min(near, key=lambda word: (-words[word], word), default=typed)
    return None if meant.rstrip("s") == typed.rstrip("s") else meant


def _might_be(typed: str, word: str) -> bool:
    """A quick look before slips are counted; the first letter is seldom wrong, though it may have changed places."""
    return len(word) >= SHORTEST and abs(len(word) - len(typed)) <= 1 and word[0] in typed[:2]


def slips(a: str, b: str, limit: int) -> int:
    """How many slips turn a into b; limit + 1 where more than the limit."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
