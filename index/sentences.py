"""Cut text into sentences, as spans of offsets into it.

Knows abbreviations, initials, decimals, ellipses, closing quotes and footnote marks, text in lower case, tokenised text
(" . "), full stops of other scripts, the Greek question mark, blanks that part Thai clauses, and sentences that ran
together ("over.The"). Deliberately does not: alter the text, look at more than one stretch of it at a time, or know
about headings, lists and lines (see `index.structure`).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from index.words import COUNTED, DOUBTFUL, MONTHS, OPENERS, OTHER_OPENERS, THAI_JOINERS, TITLES, UNITS

LONGEST = 600  # characters; a longer sentence is cut, since nobody reads it as one
_CLAUSES, _SHORTEST_CLAUSE, _NAME = 100, 40, 8  # characters: longer Thai is cut into clauses of so many, beside no name

_CLOSERS = r"""[)\]}"'”’»›＂）」』】〉》]"""
_MARK = re.compile(
    r"(?P<cjk>(?:[。！？]|[｡．](?!(?<=[0-9A-Za-z０-９Ａ-Ｚａ-ｚ].)\d))+|[؟۔।॥։።။។])"  # not "３．５", "No．1"
    r"|(?P<spaced>\.(?:[ \xa0]\.)+)"
    r"|(?P<mark>[.?!…‽]+|[;\u037e](?<=[\u0370-\u03ff\u1f00-\u1fff]{2}.))"  # a Greek semicolon is a question mark
    r"|(?P<thai> (?<=[\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e] )(?=[\u0e01-\u0e2e\u0e40-\u0e44])(?!\w{1,3}\.))"
)
_AFTER = re.compile(rf"(?:{_CLOSERS}|\[[\w ,.-]{{1,24}}\])*(?:[ \xa0\u202f][»›])?")
_NEXT = re.compile(r"""(?P<gap>(?:\s|\\[nrt])*)["'“‘«‹(\[{¿¡*_—–-]*\s?["'“‘«‹(\[{]*(?P<word>[^\W_]{0,30})""")
_QUOTES = {"」": "「", "』": "『", "”": "“", "’": "‘"}
_SPACES = re.compile(r"\s*")
_NUMERAL = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,4}|[ivxlc]{1,3}", re.IGNORECASE)
_CLAUSE = re.compile(r"\(?(?:[a-z]|[ivx]{1,5})\)\s+[\"“‘«]?([^\W\d_])")


@dataclass(frozen=True, slots=True)
class Span:
    """A non-empty half-open stretch of a text: `text[start:end]`, offsets in characters."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start} and {self.end}")


def split_sentences(text: str, start: int, end: int) -> tuple[Span, ...]:
    """The sentences of `text[start:end]` in order: stripped of white space, at most LONGEST characters each.

    Together they hold every character that is not white space. Line breaks count as spaces: what a line break means is
    for the caller to know.
    """
    if end - start <= LONGEST and not _MARK.search(text, start, end):
        first, final = trim(text, start, end)
        return (Span(first, final),) if first < final else ()
    spans: list[Span] = []
    last = start
    for stop in (*_ends(text, start, end), end):
        first, final = trim(text, last, stop)
        if first < final:
            spans.extend(_short_spans(text, first, final))
        last = stop
    return tuple(_joined_marks(text, spans))


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of `text[start:end]` without the white space around it; equal offsets when nothing else is there."""
    piece = text[start:end]
    first = end - len(piece.lstrip())
    return first, max(first, start + len(piece.rstrip()))


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets just behind the last character of each sentence but the last."""
    lower = _is_lower(text[start:end])
    last = start
    for match in _MARK.finditer(text, start, end):
        if match.end() <= last:
            continue
        stop = _sentence_end(text, last, match, end, lower)
        if stop is not None:
            yield stop
            last = stop


def _is_lower(piece: str) -> bool:
    """Whether capitals are so rare that they cannot tell where a sentence starts."""
    return piece.islower() or sum(map(str.isupper, piece)) * 400 < len(piece)


def _sentence_end(text: str, last: int, match: re.Match[str], end: int, lower: bool) -> int | None:
    """Where the sentence from `last` ends if this mark ends it, else None."""
    if match["thai"]:
        return match.end() if _parts_clauses(text, last, match.start(), end) else None
    closed = _AFTER.match(text, match.end(), end)
    stop = closed.end() if closed else match.end()
    following = _NEXT.match(text, stop, end)
    if stop == end or following is None:
        return stop
    word = following["word"]
    if match["cjk"]:
        return None if _goes_on(text, last, match, stop, bool(following["gap"])) else stop
    if not following["gap"]:
        return _run_in_end(text, last, match, stop, word)
    if match["mark"] and match.start() > last and text[match.start() - 1].isspace():
        return _tokenised_end(text, last, match, stop, word)
    initial = len(word) == 1 and text.startswith(".", following.end())
    if match["mark"] == "." and not _may_end(text, last, match.start(), word, lower, initial):
        return None
    if not _may_start(text, following.end("gap"), end, word, lower):
        return None
    return stop if following["gap"].isspace() else following.end("gap")  # an escaped line end ("\\n") stays behind


def _parts_clauses(text: str, last: int, blank: int, end: int) -> bool:
    """Whether this blank between two Thai letters ends what stands for a sentence: Thai has no mark for the end."""
    start, stop = blank - _SHORTEST_CLAUSE, blank + 1 + _SHORTEST_CLAUSE
    if end - last <= _CLAUSES or start < last or stop > end or text.startswith(THAI_JOINERS, blank + 1):
        return False
    if sum("\u0e00" < letter < "\u0e7f" for letter in text[start:stop]) <= _SHORTEST_CLAUSE:
        return False  # a name in another language
    before, behind = text[start:blank].split(), text[blank:stop].split()
    # Shorter words are first names and surnames, but for units: "38 คน".
    return len(behind[0]) >= _NAME and (len(before[-1]) >= _NAME or before[-2:][0][-1].isdigit())


def _goes_on(text: str, last: int, match: re.Match[str], stop: int, gap: bool) -> bool:
    """Whether a sentence goes on behind a full stop of its own script: the number of an item, or a quote inside it."""
    token = _token_before(text, last, match.start())
    if match[0] == "．" and _NUMERAL.fullmatch(token.replace("．", ".")):
        return _opens_stretch(text, last, match.start(), token)
    opener = _QUOTES.get(text[stop - 1])
    if opener is None or gap or text[stop] in _QUOTES.values():
        return False
    # What stands behind a colon is a sentence of its own, and so is what follows: 他说：“你好。”我走了。
    before = text[max(match.pos, stop - LONGEST) : stop].rpartition(opener)[0]
    return before[-1:] not in ("：", ":")


def _may_start(text: str, place: int, end: int, word: str, lower: bool) -> bool:
    """Whether a sentence may start with this word: not in lower case, but for "iPhone" and "(a) The"."""
    if not word:
        return place >= end or text[place] not in "+=<>/×÷−%&"
    if lower or not word[0].islower() or (len(word) > 1 and not word[1:].islower()):
        return True
    clause = _CLAUSE.match(text, place, end)
    return clause is not None and clause[1].isupper()


def _tokenised_end(text: str, last: int, match: re.Match[str], stop: int, word: str) -> int | None:
    """The end for a mark that is a token of its own, as in "the end . Next"; a closing quote behind it goes along."""
    if len(match["mark"]) > 1 and word[:1].islower():
        return None
    token = _token_before(text, last, match.start() - 1).lower()
    if token in TITLES or (token in COUNTED and word[:1].isdigit()):
        return None
    closing = text[stop : stop + 3] in (' "', ' " ') and text.count('"', last, stop) % 2 == 1
    return stop + 2 if closing else stop


def _run_in_end(text: str, last: int, match: re.Match[str], stop: int, word: str) -> int | None:
    """The end where the next sentence starts without a space ("over.The"): a word, a mark, an opener."""
    opening = text.find(word, stop, stop + 40) if word else -1
    behind = text[opening + len(word) : opening + len(word) + 1]
    if word not in OPENERS or match["spaced"] or not (behind.isspace() or behind in ",'’"):
        return None
    token = _token_before(text, last, match.start())
    if token and not (len(token) > 1 and token.isalnum()):
        return None
    return before_opening_quote(text, last, match.end(), stop)


def before_opening_quote(text: str, last: int, mark: int, stop: int) -> int:
    """`stop`, or the straight quote between `mark` and it if that opens the next sentence (`won."Nobody`)."""
    quote = text.find('"', mark, stop)
    return quote if quote >= 0 and text.count('"', max(last, mark - LONGEST), quote) % 2 == 0 else stop


def _may_end(text: str, last: int, dot: int, word: str, lower: bool, initial: bool) -> bool:
    """Whether a single full stop at `dot`, with a space and `word` (an initial?) behind it, ends a sentence."""
    token = _token_before(text, last, dot)
    small = token.lower()
    capital = word.capitalize() if lower else word
    opens = capital in OPENERS or (capital in OTHER_OPENERS and not initial)
    if small in UNITS and text[max(last, dot - len(token) - 2) : dot - len(token)].strip()[-1:].isdigit():
        return True
    if small in TITLES or "\u0e00" < small[-1:] < "\u0eff":  # Thai and Lao have full stops in abbreviations only
        return False
    if small in COUNTED and not (len(token) == 1 and token.isupper()):
        return not (word[:1].isdigit() or (len(word) == 1 and (word.isascii() or not opens)))
    if small in DOUBTFUL or _is_dotted(small):
        return opens
    if len(token) == 1 and token.isalpha():
        return opens and word != "A" and not _opens_stretch(text, last, dot, token)
    if len(token) <= 4 and token.istitle() and word.isdigit() and len(word) <= 3:
        return False  # "Ecl. 2", "Matt. 5": an abbreviation this list does not know
    if _NUMERAL.fullmatch(token) and _opens_stretch(text, last, dot, token):
        return False
    return not (token.isdigit() and word in MONTHS)


def _token_before(text: str, last: int, stop: int) -> str:
    """The word that ends at `stop`, inner full stops and all; at most 24 characters are looked at."""
    words = text[max(last, stop - 24) : stop].rsplit(None, 1)
    return words[-1].lstrip("\"'“‘«([—–-") if words and not text[stop - 1].isspace() else ""


def _is_dotted(token: str) -> bool:
    """Whether a token is an abbreviation of single letters ("u.s", "a.m", "कि.मी"), not a number ("4.5")."""
    if "." not in token:
        return False
    letters = "".join(letter for letter in token if not _clings(letter))
    return all(part.isalpha() and len(part) <= 2 for part in letters.split("."))


def _opens_stretch(text: str, last: int, dot: int, token: str) -> bool:
    """Whether the token is all there is since the last sentence: the number of an item, not the end of a sentence."""
    return dot - last < 100 and text[last:dot].strip("\"'“‘([ \t\r\n\xa0") == token


def _short_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """One stretch without white space around it, cut into spans of at most LONGEST characters."""
    while end - start > LONGEST:
        # The last two pieces share what is left, so that no crumb of a few letters stays over.
        reach = LONGEST if end - start > 2 * LONGEST else min(LONGEST, (end - start) // 2 + LONGEST // 4)
        stop = _cut_point(text, start, start + reach)
        first, final = trim(text, start, stop)
        yield Span(first, final)
        spaces = _SPACES.match(text, stop, end)
        start = spaces.end() if spaces else stop
    if start < end:
        yield Span(start, end)


def _cut_point(text: str, start: int, stop: int) -> int:
    """The best place in the second half of a stretch to cut it: behind a semicolon, a comma, a space, else anywhere."""
    half = (start + stop) // 2
    window = text[half:stop]
    for marks in (";；", ":：", ",，、،"):
        place = max(window.rfind(mark + tail) for mark in marks for tail in (("", " ")[mark in ";:,"],))
        if place >= 0:
            return half + place + 1
    for low in (half, start + 1):
        piece = text[low:stop]
        words = piece.rsplit(None, 1)
        if len(words) > 1 or piece[:1].isspace() or piece[-1:].isspace():
            return low + (len(piece) - len(words[-1]) if words and not piece[-1].isspace() else len(piece))
    return _whole_character(text, start, stop)


def _whole_character(text: str, start: int, stop: int) -> int:
    """`stop`, moved back by 64 characters at most, so that no letter loses its accents and no emoji its rest."""
    for place in range(stop, max(start + 1, stop - 64), -1):
        if not _clings(text[place]) and text[place - 1] != "\u200d":
            return place
    return stop


def _clings(character: str) -> bool:
    """Whether a character belongs to the one before it: an accent, a joiner, a skin tone, half of a surrogate pair."""
    return (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U0001f1e6" <= character <= "\U0001f1ff"
        or "\udc00" <= character <= "\udfff"
    )


def _joined_marks(text: str, spans: list[Span]) -> Iterator[Span]:
    """The spans, those without a letter or digit (rules, dots) joined to a neighbour where that is short."""
    held: Span | None = None
    for span in spans:
        if held is None:
            held = span
        elif span.end - held.start <= LONGEST and not (_has_word(text, span) and _has_word(text, held)):
            held = Span(held.start, span.end)
        else:
            yield held
            held = span
    if held is not None:
        yield held


def _has_word(text: str, span: Span) -> bool:
    """Whether a span holds a letter or a digit."""
    return any(map(str.isalnum, text[span.start : span.end]))
