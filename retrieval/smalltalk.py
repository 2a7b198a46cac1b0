"""Greetings, thanks and questions about the chat itself get a helpful line, not a passage."""

import re

from index import PassageIndex
from index.scripts import WORD

GREETING = (
    "(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|bonjour|salut|hallo|guten tag|hola|ciao|olá"
    "|merhaba|привет|здравствуйте|привіт|γεια σας|مرحبا|السلام عليكم|שלום|नमस्ते|你好|您好|こんにちは|안녕하세요|สวัสดี)"
    "(?: there| all| everyone| everybody)?|how are you(?: doing)?(?: today)?"
)
THANKS = (
    "(?:many )?(?:thanks?|thank you|thx|ty|cheers|merci|danke|gracias|grazie|obrigad[oa]|teşekkürler|спасибо|дякую"
    "|ευχαριστώ|شكرا|תודה|धन्यवाद|谢谢|謝謝|ありがとう(?:ございます)?|감사합니다|ขอบคุณ)"
    "(?: you)?(?: (?:so|very) much| a lot)?"
    "|(?:that|this|it)(?: i)?s (?:very |really )?helpful|that was (?:very |really )?helpful"
)
_IT = "(?:(?:this|the|my|your) (?:documents?|page|text|site|website|file|manual|book|article|report|guide|pdf)|this|it)"
ABOUT = (
    "(?:help|assist)(?: me)?"
    "|(?:what|how) (?:can|do|could) (?:you|i) (?:do|ask|use)(?: you| this| it| here)?(?: with this)?"
    "|(?:who|what) are you|are you (?:a |an )?(?:robot|bot|ai|human|person|real)|how (?:does|do) (?:this|you) work"
    f"|what can i ask(?: you| here| about)*|what(?:s| is) {_IT}(?: all)? about|whats in {_IT}|what is in {_IT}"
    f"|what (?:does|do) {_IT} (?:contain|cover|say)|(?:the )?table of contents"
    "|what (?:topics|subjects) (?:are there|(?:do|does) (?:you|this|it) cover)|(?:give me )?(?:a )?summary"
    f"|summari[sz]e(?: {_IT})?"
)
NOD = (
    "(?:good ?)?bye|see you(?: later)?|ok(?:ay)?|got it|i see|great|nice(?: one)?|perfect|cool|yes|no"
    "|please|pls|(?:can|could|would) you|so|well|and"
)
_PHRASE = (
    f"(?>(?:{GREETING}|{THANKS}|{ABOUT}|{NOD})(?![^ ]))"  # atomic: phrases that can be read in two ways cost no time
)
_TALK = re.compile(f"{_PHRASE}(?: {_PHRASE})*+")
MAX_SECTIONS = 12


def small_talk(question: str, passage_index: PassageIndex) -> str | None:
    """The line that answers small talk; None for a question to search, such as one that is a heading."""
    words = said(question)
    if not is_small_talk(question) or words in {said(heading) for s in passage_index.sections for heading in s}:
        return None
    if re.search(f"(?<![^ ])(?:{THANKS})(?![^ ])", words):
        return f"You are welcome. Ask on about {_contents(passage_index)}"
    if re.search(f"(?<![^ ])(?:{GREETING}|{ABOUT})(?![^ ])", words):
        return f"I answer with word-for-word quotes from {_contents(passage_index)}"
    return f"Ask on about {_contents(passage_index)}"


def is_small_talk(question: str) -> bool:
    """Whether a question has nothing to do with any document."""
    return _TALK.fullmatch(said(question)) is not None


def said(text: str) -> str:
    """The words of a text, without case and apostrophes."""
    return " ".join(WORD.findall(text.casefold().replace("'", "").replace("’", "")))


def _contents(passage_index: PassageIndex) -> str:
    """Titles and sections, in one sentence."""
    titles = ", ".join(f"“{d.title}”" for d in passage_index.documents[:MAX_SECTIONS])
    names = dict.fromkeys(section[-1] for section in passage_index.sections if section)
    inside = "; ".join(list(names)[:MAX_SECTIONS])
    return f"{titles}. Sections: {inside}." if inside else f"{titles}."
