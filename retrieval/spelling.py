"""A question as typed to one spelled as the documents spell.

Only a word that stands nowhere in the documents and that the model does not know whole is touched, and only where a
word of the documents is one slip away: two can make a word its opposite. In other scripts than Latin no word is: its
letters are compared (index.scripts), and a form of it would be taken for a slip. Deliberately does not: know any
language's dictionary.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping

from index import Encoding, PassageIndex
from index.scripts import unread_words

WORD = re.compile(r"\w+")
COMMON = dict.fromkeys(
    "about after any are back because before between can could did do does each for from get happen happens had has "
    "have how into is long many much need often only other people really should start stop take tell than that the "
    "their them there they this time until want was were what when where which while who whom whose why with without "
    "work would year you your".split(),
    0,
)
"""Words of questions that documents may lack, as words that occur never."""
SHORTHAND = {"wat": "what", "wot": "what", "wen": "when", "hwo": "how"}
"""Slips that the model knows whole, as other words, or that could be two."""
KEPT = frozenset(
    "arent cant couldnt didnt doesnt dont hadnt hasnt havent hows id im isnt ive lets pls plz shouldnt thats theres "
    "theyre thx wasnt werent whats wheres whos wont wouldnt youre".split()
)
"""What people type for two words or a polite one: no slips, though a word of the documents is one away."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST, SHORT = 3, 4
"""Letters in a word that may be mended at least, shorter ones are one slip away from too much, and in one of which no
letter is taken for another."""
LONGEST = 40
"""Letters in a word that may be mended at most: a longer one has too many neighbours."""
MAX_MENDED = 8
"""Unknown words looked at in one question."""


def mend(question: str, encoding: Encoding, passage_index: PassageIndex) -> str:
    """The question with its slips mended; the same string where there are none."""
    words, letters = ChainMap(passage_index.words, COMMON), "".join({*LETTERS, *passage_index.letters})
    found: list[str] = []
    at = tried = 0
    for match in WORD.finditer(question):
        typed, start = match.group().casefold(), match.start()
        pieces = ((encoding.starts >= start) & (encoding.starts < match.end())).sum()
        known = pieces < 2 and typed not in SHORTHAND
        if known or typed in words or typed in KEPT or unread_words(typed):
            continue
        tried += 1
        if tried > MAX_MENDED:
            break
        meant = SHORTHAND.get(typed) or nearest_word(typed, words, letters)
        if meant:
            found += [question[at:start], meant]
            at = match.end()
    return "".join([*found, question[at:]])


def nearest_word(typed: str, words: Mapping[str, int], letters: str) -> str | None:
    """The word that is meant, of those one slip away; None where there is none, or both differ by a last s only.

    words: each one's count. letters: all that they are made of. The likeliest slip counts first, then the count. The
    first letter is seldom wrong, though it may have changed places with the second. No letter of a SHORT word is taken
    for another one, "oat" is no slip of "out", nor where that only makes a word that the documents lack.
    """
    if not SHORTEST <= len(typed) <= LONGEST or any(map(str.isdigit, typed)):
        return None
    near = {word for word in one_slip_away(typed, letters) if word in words}
    near = {word for word in near if word[0] == typed[0] or word[:2] == typed[1::-1]}
    near = {word for word in near if _unlikely(typed, word) < 2 or (len(typed) > SHORT and words[word])}
    meant = min(
        (word for word in near if len(word) >= SHORTEST),
        key=lambda word: (_unlikely(typed, word), -words[word], word),
        default=typed,
    )
    return None if meant.rstrip("s") == typed.rstrip("s") else meant


def _unlikely(typed: str, meant: str) -> int:
    """0 where neighbours were swapped or a letter left out, 1 for a letter too many, 2 for a wrong one."""
    if len(meant) == len(typed):
        return 0 if sorted(meant) == sorted(typed) else 2
    return int(len(meant) < len(typed))


def one_slip_away(word: str, letters: str) -> Iterator[str]:
    """What one slip makes of a word: a letter added, left out or changed, or neighbours swapped (Damerau 1964)."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        yield from (head + letter + tail for letter in letters)
        if tail:
            yield from (head + letter + tail[1:] for letter in ("", *letters) if letter != tail[0])
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]
