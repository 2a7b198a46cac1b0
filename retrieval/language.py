"""Whether a question and the documents are in English, which the models have read, or in letters they know at all.

Deliberately does not: tell which other language it is.
"""

import re

from index import PassageIndex
from index.embed import is_packaged
from index.scripts import columns, unread_words

COMMON = frozenset("the and what which who whom whose when where why how does did are".split())
LEAST = 0.01
"""Share of words in COMMON below which documents are not in English, where they are several times as many."""
_WORD = re.compile(r"\w+")


def is_foreign(question: str, passage_index: PassageIndex) -> bool:
    """Whether neither the question nor the documents say any of the commonest words of English."""
    if not COMMON.isdisjoint(_WORD.findall(question.casefold())):
        return False
    words = passage_index.words
    return sum(words.get(word, 0) for word in COMMON) < LEAST * sum(words.values())


def in_other_script(question: str, passage_index: PassageIndex) -> bool:
    """Whether most of the question is words that the index takes by their letters (index.scripts); wide ones count
    twice."""
    unread = "".join(question[word.start : word.end] for word in unread_words(question))
    read = sum(map(str.isalpha, question)) - len(unread)
    return columns(unread) > max(0, read) and is_packaged(passage_index.embedder)
