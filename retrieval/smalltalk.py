"""Greetings, thanks and questions about the chat itself get a helpful line, not a passage."""

import re

from index import PassageIndex

GREETING = re.compile(
    r"(hi|hello|hey|hiya|howdy|good (morning|afternoon|evening|day)|bonjour|salut|hallo|hola)( there| all)?"
)
THANKS = re.compile(r"(many )?(thanks?|thank you|thx|ty|cheers|merci|danke|gracias)( you)?( (so|very) much| a lot)?")
FAREWELL = re.compile(r"(good ?)?bye( bye)?|see you( later)?|ok(ay)?|got it|i see")
ABOUT = re.compile(
    r"help|(what|how) (can|do|could) (you|i) (do|ask|use)( you| this| it| here)?( with this)?"
    r"|(who|what) are you|how (does|do) (this|you) work|what can i ask( you| here| about)*"
    r"|what(s| is) (this|it|this (page|document|text|site)|the (document|page|text))( all)? about"
    r"|what (topics|subjects) (are there|(do|does) (you|this|it) cover)|(give me )?(a )?summary"
    r"|summari[sz]e( (it|((this|the) )?(document|page|text)|this))?"
)
MAX_SECTIONS = 12


def small_talk(question: str, passage_index: PassageIndex) -> str | None:
    """The line that answers small talk; None for a question to search, such as one that is a heading."""
    said = _said(question)
    if THANKS.fullmatch(said) or FAREWELL.fullmatch(said):
        thanked = "You are welcome. " if THANKS.fullmatch(said) else ""
        return f"{thanked}Ask on about {_contents(passage_index)}"
    if is_small_talk(question) and said not in {_said(heading) for s in passage_index.sections for heading in s}:
        return f"I answer with word-for-word quotes from {_contents(passage_index)}"
    return None


def is_small_talk(question: str) -> bool:
    """Whether a question has nothing to do with any document."""
    return any(kind.fullmatch(_said(question)) for kind in (GREETING, THANKS, FAREWELL, ABOUT))


def _said(text: str) -> str:
    """The words of a text, without case and apostrophes."""
    return " ".join(re.findall(r"\w+", text.casefold().replace("'", "").replace("’", "")))


def _contents(passage_index: PassageIndex) -> str:
    """Titles and sections, in one sentence."""
    titles = ", ".join(f"“{d.title}”" for d in passage_index.documents[:MAX_SECTIONS])
    names = dict.fromkeys(section[-1] for section in passage_index.sections if section)
    inside = "; ".join(list(names)[:MAX_SECTIONS])
    return f"{titles}. Sections: {inside}." if inside else f"{titles}."
