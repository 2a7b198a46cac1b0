"""Find the breaks in text that lost its markup: headings run into what follows, paragraphs run into each other.

A page whose tags were stripped reads "Early historyThe town grew.Later it shrank." A break is believed only on
evidence from the whole document: the joined word stands once, its halves stand elsewhere or open sentences, other
breaks are there. Deliberately does not: break camelCase, brand names or code; a false heading in ordinary text is worse
than a missed one.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator

from index.sentences import Span, before_opening_quote, split_sentences, trim
from index.words import (
    AFTER_NAME,
    CODE,
    COUNTED,
    DOMAINS,
    DOUBTFUL,
    HEADING_WORDS,
    NAMES,
    OPENERS,
    QUESTIONS,
    SHORT_OPENERS,
    STARTERS,
    TITLES,
)

_LONGEST_HEADING = 100  # characters
_ABBREVIATIONS = TITLES | COUNTED | DOUBTFUL
_SHORTEST = 20  # characters of a paragraph: a shorter one has no room for a heading and a sentence
_MOST_WORDS = 12
_ENOUGH = 5  # points of evidence, see `_points`

_GLUED_END = re.compile(r"""(?<![.?!…])[.?!…]++["”’)\]»]*+(?=["“‘(«]?[^\W\d_])""")
_GAP = re.compile(r"""(?<=[.?!…"”’)»])[ \t\xa0]{3,}+(?=["“‘(«]?[^\W_])""")
_RUN_IN_OPENER = re.compile(rf"(?<=[^\W_][^\W_A-Z])(?:{'|'.join(sorted(OPENERS - SHORT_OPENERS))})(?=[\s,])")
_SPACED_END = re.compile(r"""[.?!…]["”’)\]»]*\s""")
_TOKEN = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_HALT = re.compile(r"[!?;…]|\.(?=\s|[\"”’)\]»]*$)")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d$")
_TAIL = re.compile(r"[^\W\d_]+$")


class GluedText:
    """What a whole text tells about the breaks it lost; `pieces` then cuts one paragraph of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = Counter(_TOKEN.findall(text))
        ends = list(self._glued_ends())
        spaced = sum(1 for _ in _SPACED_END.finditer(text))
        count = sum(1 for _, sure in ends if sure > 0)
        # One or two in a long text are slips of the typist; a stripped page has them all along.
        self._stripped = count > 0 and count * 20 >= spaced and any(sure > 1 for _, sure in ends) + count > 1
        least = 0 if count > 1 or count * 4 >= spaced else 2
        self._glued = tuple(place for place, sure in ends if sure >= least)

    def pieces(self, start: int, end: int) -> Iterator[tuple[bool, Span]]:
        """`text[start:end]`, without white space around it, cut into (is it a heading, span) in order.

        A text without lost breaks is one piece.
        """
        if end - start < _SHORTEST:
            yield False, Span(start, end)
            return
        stops = [*self._breaks(start, end), end]
        for number, stop in enumerate(stops):
            begin = stops[number - 1] if number else start
            glued = number > 0 and not self._text[begin - 1].isspace()
            if (glued or number == 0) and stop < end and self._is_question(begin, stop):
                yield True, Span(*trim(self._text, begin, stop))
            else:
                yield from self._headed(begin, stop, glued)

    def _headed(self, start: int, end: int, glued: bool) -> Iterator[tuple[bool, Span]]:
        """One paragraph, the headings run into its start cut off."""
        first, final = trim(self._text, start, end)
        if first >= final:
            return
        for joint in self._joints(first, final, glued):
            yield True, Span(*trim(self._text, first, joint))
            first = joint
        yield False, Span(first, final)

    def _is_question(self, start: int, end: int) -> bool:
        """Whether a whole glued paragraph is a question, the heading of the answer that is glued to it."""
        piece = self._text[start:end].strip()
        words = piece.split()
        return (
            piece.endswith("?")
            and not self._text[end].isspace()
            and not self._text[end - 1].isspace()
            and 2 <= len(words) <= _MOST_WORDS
            and len(piece) <= _LONGEST_HEADING
            and words[0] in QUESTIONS
            and not _HALT.search(piece, 0, len(piece) - 1)
        )

    def _breaks(self, start: int, end: int) -> list[int]:
        """Offsets between `start` and `end` where a paragraph begins without a line break before it."""
        gaps = [match.end() for match in _GAP.finditer(self._text, start, end) if _is_wide(match[0])]
        ends = self._glued[bisect_right(self._glued, start) : bisect_left(self._glued, end)] if self._stripped else ()
        return sorted({*gaps, *ends, *self._inner_headings(start, end)})

    def _inner_headings(self, start: int, end: int) -> Iterator[int]:
        """Offsets of headings that begin after a sentence and a space, and end in a joint like "FranceThe"."""
        for match in _RUN_IN_OPENER.finditer(self._text, start, end):
            low = max(start, match.start() - _LONGEST_HEADING - 10)
            before = list(_SPACED_END.finditer(self._text, low, match.start()))
            if before and self._points(before[-1].end(), match.start(), end, False, end) > _ENOUGH:
                yield before[-1].end()

    def _glued_ends(self) -> Iterator[tuple[int, int]]:
        """Offsets where a sentence may begin right behind the mark that ends the one before, with `_sureness`."""
        last = 0
        for match in _GLUED_END.finditer(self._text):
            place = before_opening_quote(self._text, last, match.start() + 1, match.end())
            letter = match.end() + (not self._text[match.end()].isalpha())
            sure = self._sureness(match.start(), place, letter)
            if sure is not None:
                yield place, sure
                last = place

    def _sureness(self, mark: int, place: int, letter: int) -> int | None:
        """How sure it is that a sentence ends at `mark` and the next begins at `place`, its first letter at `letter`.

        2 by itself, 1 with others like it, 0 in a page that has lost its markup for sure, None not at all.
        """
        text = self._text
        right = _LETTERS.match(text, letter, letter + 60)
        if right is None or not right[0][0].isupper() or not _is_word_end(text, right.end()):
            return None
        token = (text[max(0, mark - 40) : mark].rsplit(None, 1)[-1:] or [""])[0]
        if any(sign in token for sign in "/@_\\=") or "www" in token or right[0].lower() in DOMAINS:
            return None
        left = _tail_word(token)
        if not left or text[mark] != "." or place > mark + 1:
            return 2
        if "." in token or len(left) < 2 or left in CODE or left.lower() in _ABBREVIATIONS:
            return None
        if right[0] in OPENERS:
            return 2
        lower = left.islower() and len(left) > 2 and token.lstrip("(“\"'‘").isalpha()
        return (1 + self._stands(right[0], 2)) if lower else 0

    def _joints(self, start: int, end: int, glued: bool) -> list[int]:
        """Offsets where a heading that begins at `start` ends and the next heading or the paragraph begins."""
        found = list(self._capitals(start, min(end, start + 3 * _LONGEST_HEADING)))
        joints: list[int] = []
        begin = start
        for number, place in enumerate(found):
            ahead = found[number + 1] if number + 1 < len(found) else end
            if self._points(begin, place, end, glued or bool(joints), ahead) >= _ENOUGH:
                joints.append(place)
                begin = place
        return joints if joints and self._is_body(joints[-1], end) else []

    def _capitals(self, start: int, stop: int) -> Iterator[int]:
        """Offsets of capitals joined to what stands before them, up to the first end of a sentence."""
        text = self._text
        halt = _HALT.search(text, start, stop)
        for place in range(start + 2, halt.start() if halt else stop):
            if text[place].isupper() and not text[place - 1].isspace():
                before = text[place - 1]
                acronym = before.isupper() and text[place + 1 : place + 2].islower()
                if before.islower() or before.isdigit() or before in ")]”" or acronym:
                    yield place

    def _points(self, begin: int, place: int, end: int, glued: bool, ahead: int) -> int:
        """The evidence that a heading `text[begin:place]` was joined to what follows; -99 where it cannot be.

        ahead: where the next joint is, else `end`.
        """
        text = self._text
        heading = text[begin:place]
        right = _LETTERS.match(text, place, ahead)
        if right is None or not self._could_be(heading, _token_at(text, place)):
            return -99
        left, word = _tail_word(heading), right[0]
        if begin + len(left) == place and self._is_name(left + word):
            return -99
        opener = self._opener_points(word, right.end(), end)
        if text[place - 1].isupper() and opener < 3:
            return -99
        several = len(heading.split()) > 1
        usual = left.lower() in HEADING_WORDS
        whole = _LETTERS.match(text, place, place + 60)
        known = not left or self._known(left)
        other = self._stands(word) or (whole is not None and self._stands(whole[0]))
        plain = (len(left) > 1 and left.islower()) or (not left and _YEAR.search(heading) is not None)
        if not opener and plain and not (known or other or usual or glued):
            return -99  # "getElement"
        sure = other or (self._stripped and self._tokens[left] > 0)
        if not opener and not plain and not (usual or (known and sure and len(heading.split()) > 2)):
            return -99  # two capitalised halves may be a name: they must be words here, behind more than an article
        points = opener + known + other + several + self._stripped + (2 if glued else begin == 0) + 2 * usual
        points += 1 + (several and self._stripped) if plain else 0
        return points + 2 * self._strong_ahead(ahead, end)

    def _is_name(self, joined: str) -> bool:
        """Whether a word with a capital inside stands elsewhere in the text, or is a name everybody knows."""
        return joined.lower() in NAMES or self._tokens[joined] > 1

    def _known(self, word: str) -> bool:
        """Whether the left half of a joined word is a word of this text, in its own or in lower case."""
        return self._stands(word) or self._stands(word.capitalize())

    def _strong_ahead(self, ahead: int, end: int) -> bool:
        """Whether the next joint is followed by a word like "The": then this one is a heading above a heading."""
        right = _LETTERS.match(self._text, ahead, end) if ahead < end else None
        return right is not None and self._opener_points(right[0], right.end(), end) > 2

    def _opener_points(self, word: str, stop: int, end: int) -> int:
        """How well `word` opens a sentence: 4 for "The", 2 for "In", 0 for a word of no known habit."""
        following = self._text[stop : min(end, stop + 30)]
        if not following[:1].isspace() and following[:1] not in (",", "'", "’", "."):
            return 0
        if word in OPENERS - SHORT_OPENERS:
            return 4
        return 2 if word in OPENERS | STARTERS and _first_word(following) not in AFTER_NAME else 0

    def _could_be(self, heading: str, token: str) -> bool:
        """Whether the text before a joint has the shape of a heading, and the joined word none of a name or code."""
        words = heading.split()
        return (
            2 < len(heading) <= _LONGEST_HEADING
            and len(words) <= _MOST_WORDS
            and (heading[0].isupper() or heading[0].isdigit() or heading[0] in "“\"‘'(¿¡")
            and not (heading[0].isdigit() and heading[1].isalpha())
            and heading.count("(") == heading.count(")")
            and self._tokens[token] == 1
            and token.lower() not in NAMES
            and not re.search(r"(?:^|[^\W\d_])(?:Mc|Mac|Fitz|De|Le|La|Du|Van|O)$|^[a-z]$", _tail_word(heading))
            and not re.search(r"[\\/@_=<>{}|#$]", words[-1])
            and not re.search(r"[^\W_]{2}\.[^\W_]", heading)
        )

    def _is_body(self, start: int, end: int) -> bool:
        """Whether what follows the last heading reads as a sentence: four words or more, some in lower case."""
        first = split_sentences(self._text, start, min(end, start + 200))[0]
        words = self._text[first.start : first.end].split()
        return len(words) >= 4 and any(word[0].islower() for word in words[1:])

    def _stands(self, word: str, times: int = 1) -> bool:
        """Whether the text has a word as a word of its own, this often or once in lower case."""
        small = word.lower()
        return len(word) > 1 and (self._tokens[word] >= times or (self._tokens[small] if word != small else 0) > 0)


def _is_wide(gap: str) -> bool:
    """Whether a run of three or more spaces parts paragraphs: four, or fewer that a no-break space begins."""
    return "\xa0" in gap[:-2] or (len(gap) > 3 and "\xa0" not in gap)


def _tail_word(heading: str) -> str:
    """The letters at the end of a heading."""
    found = _TAIL.search(heading)
    return found[0] if found else ""


def _token_at(text: str, place: int) -> str:
    """The unbroken run of letters and digits around an offset, 60 characters either way."""
    for match in _TOKEN.finditer(text, max(0, place - 60), place + 60):
        if match.start() <= place < match.end():
            return match[0]
    return ""


def _first_word(following: str) -> str:
    """The first word behind an opener, in lower case."""
    found = _LETTERS.search(following)
    return found[0].lower() if found else ""


def _is_word_end(text: str, place: int) -> bool:
    """Whether what follows here shows that a word of a sentence ended, not a part of an address or of code."""
    following = text[place : place + 2]
    return (
        following[:1] in ("", *",'’-–—:?!")
        or following[0].isspace()
        or (following[0] == "." and following[1:].isspace())
    )
