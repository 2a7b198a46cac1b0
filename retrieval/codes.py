"""Codes and numbers as the documents write them: "E42" is "E-42", "1900" is "1,900", and "E-43" stands nowhere.

Word pieces can hardly tell a code from its neighbour: it is compared here, letter by letter. Deliberately does not:
look for what a code means.
"""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from index import PassageIndex

_REST = r"\d\w*(?:[-.,/:]\w+)*"
_TYPED = re.compile(rf"\b(?:[^\W\d_]{{1,5}}-?)?{_REST}")
_WRITTEN = re.compile(rf"\b(?:[^\W\d_]{{1,5}}[ -]?)?{_REST}")
_NAMED = re.compile(r"\b[^\W\d_]{1,5}-?\d{2,}\b(?![-.,/:]?\w)")
"""What can only be a code: a few letters and at least two digits."""
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")

_known: WeakKeyDictionary[PassageIndex, dict[str, str]] = WeakKeyDictionary()


def as_written(question: str, passage_index: PassageIndex) -> str:
    """The question with its codes and numbers in the documents' own form, where these have them in another one."""
    if not any(map(str.isdigit, question)):
        return question
    written = _written(passage_index)

    def form(match: re.Match[str]) -> str:
        first = written.get(_bare(match[0]), match[0])
        return match[0] if first.casefold() == match[0].casefold() else first

    return _TYPED.sub(form, question)


def stands_nowhere(question: str, passage_index: PassageIndex) -> bool:
    """Whether the question names a code that the documents do not have in any form."""
    return any(_bare(match[0]) not in _written(passage_index) for match in _NAMED.finditer(question))


def _written(passage_index: PassageIndex) -> dict[str, str]:
    """For each code or number of the documents, without its separators, how it is written first."""
    found = _known.get(passage_index)
    if found is None:
        found = {}
        for form in _forms(passage_index):
            found.setdefault(_bare(form), form)
        _known[passage_index] = found
    return found


def _forms(passage_index: PassageIndex) -> Iterator[str]:
    """The codes of the documents, and the number behind letters that a space parts from it ("RFC 2616")."""
    for document in passage_index.documents:
        for match in _WRITTEN.finditer(document.text):
            yield match[0]
            if " " in match[0]:
                yield match[0].split(" ", 1)[1]


def _bare(code: str) -> str:
    """A code without case and separators; a decimal point stays."""
    return re.sub("[ -]", "", _THOUSANDS.sub("", code)).casefold()
