"""A question as typed to one spelled as the documents spell.

Only a word that stands nowhere in the documents and that the model does not know whole is touched, and only where a
word of the documents is one slip away: two can make a word its opposite. Deliberately does not: know any language's
dictionary.
"""

import re
from collections.abc import Iterator, Mapping

from index import Encoding, PassageIndex

WORD = re.compile(r"\w+")
QUESTION_WORDS = dict.fromkeys("what when where which who whom whose why how does did was were the many".split(), 1)
KEPT = frozenset(
    "arent cant couldnt didnt doesnt dont hadnt hasnt havent hows id im isnt ive lets pls plz shouldnt thats theres "
    "theyre thx wasnt werent whats wheres whos wont wouldnt youre".split()
)
"""What people type for two words or a polite one: no slips, though a word of the documents is one away."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST = 3
"""Letters in a word that may be mended at least; shorter ones are one slip away from too much."""
LONGEST = 40
"""Letters in a word that may be mended at most: a longer one has too many neighbours."""
MAX_MENDED = 8
"""Unknown words looked at in one question."""


def mend(question: str, encoding: Encoding, passage_index: PassageIndex) -> str:
    """The question with its slips mended; the same string where there are none."""
    words = passage_index.words
    found: list[str] = []
    at = tried = 0
    for match in WORD.finditer(question):
        typed, start = match.group().casefold(), match.start()
        pieces = ((encoding.starts >= start) & (encoding.starts < match.end())).sum()
        if pieces < 2 or typed in words or typed in QUESTION_WORDS or typed in KEPT:
            continue
        tried += 1
        if tried > MAX_MENDED:
            break
        meant = nearest_word(typed, QUESTION_WORDS, LETTERS) or nearest_word(typed, words, passage_index.letters)
        if meant:
            found += [question[at:start], meant]
            at = match.end()
    return "".join([*found, question[at:]])


def nearest_word(typed: str, words: Mapping[str, int], letters: str) -> str | None:
    """The word one slip away that occurs most often; None where there is none, or both differ by a last s only.

    words: each one's count. letters: all that they are made of. The first letter is seldom wrong, though it may have
    changed places with the second. Of a word of SHORTEST letters none is taken for another: "oat" is no slip of "out".
    """
    if not SHORTEST <= len(typed) <= LONGEST or any(map(str.isdigit, typed)):
        return None
    near = {word for word in one_slip_away(typed, letters) if word in words}
    near = {word for word in near if word[0] == typed[0] or word[:2] == typed[1::-1]}
    if len(typed) == SHORTEST:
        near = {word for word in near if len(word) > SHORTEST or sorted(word) == sorted(typed)}
    meant = min((w for w in near if len(w) >= SHORTEST), key=lambda word: (-words[word], word), default=typed)
    return None if meant.rstrip("s") == typed.rstrip("s") else meant


def one_slip_away(word: str, letters: str) -> Iterator[str]:
    """What one slip makes of a word: a letter added, left out or changed, or neighbours swapped (Damerau 1964)."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        yield from (head + letter + tail for letter in letters)
        if tail:
            yield from (head + letter + tail[1:] for letter in ("", *letters) if letter != tail[0])
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]
