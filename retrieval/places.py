"""A question that only names a place: a heading ("opening hours"), a number ("section 7.3", "what does clause 5 say?").

What stands there is asked for, whatever it says. Deliberately does not: search; the place is one of the hits or none.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from index import PassageIndex
from retrieval.rank import Hit
from retrieval.smalltalk import said

_NOUN = r"(?:sections?|clauses?|articles?|paragraphs?|points?|chapters?|items?|rules?|parts?|§+)"
_ASKED = re.compile(
    rf"(?:what (?:does|is|s|do)|whats|what's|show(?: me)?|read|go to|see)?\s*(?:in\s+)?(?:the\s+)?({_NOUN})?\s*"
    r"(\d{1,3}(?:\.\d{1,3}){0,4})\.?(?:\s+(?:say|says|state|cover|about))?\s*[?.!]*",
    re.IGNORECASE,
)


def place_of(question: str, passage_index: PassageIndex, hits: Sequence[Hit]) -> Hit | None:
    """The hit that stands where a question asks for, its sentence the one that begins there; None without one."""
    asked = _ASKED.fullmatch(question.strip())
    begins = re.compile(rf"[\W_]*(?:{_NOUN}\W*)?{re.escape(asked[2])}(?!\.?\d)", re.IGNORECASE) if asked else None
    words = said(question)
    for hit in sorted(hits, key=lambda hit: hit.passage):  # of a long section the first passage
        passage, text = passage_index.passage(hit.passage), passage_index.document(hit.passage).text
        first, _ = passage_index.sentence_range(hit.passage)
        headings = passage.section
        if words in map(said, headings):
            return hit
        if begins and any(map(begins.match, headings[-1:])):
            return replace(hit, sentence=first, answer=None)
        for number, sentence in enumerate(passage.sentences if begins else ()):
            if begins and begins.match(text, sentence.start, sentence.end):
                return replace(hit, sentence=first + number, answer=None)
    return None


def names_a_number(question: str) -> bool:
    """Whether a question asks for nothing but a numbered place, and says that it is one."""
    asked = _ASKED.fullmatch(question.strip())
    return asked is not None and asked[1] is not None
