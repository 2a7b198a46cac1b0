"""A question and the conversation before it to the words that it needs from there.

Historical query expansion (Lin et al. 2021, "Multi-stage conversational passage retrieval"): telling words of earlier
turns join the question. Deliberately does not: generate or rewrite; the question's own words stay as they are.
"""

from index.scripts import words_of
from retrieval.results import History

MAX_CONTEXT = 24
"""Words taken from the conversation at most, the latest ones."""
MAX_WORD, MAX_TURNS, MAX_TURN = 40, 12, 2000
"""Characters in such a word, turns looked back, and characters read of each: what a caller sends is not trusted."""
EMPTY = frozenset(
    "what which who whom whose when where why how did do does is are was were the a an of in on at to for and or but "
    "by with that this these those it its he she his her hers their theirs him them they i you we me my your our us "
    "has have had be been being any some there then than as from about also other others else can could would will "
    "should may might not no yes so if into after before during up out over more most very just tell please thanks "
    "many much whats come reason exactly really".split()
)
"""Words that tell nothing about a topic."""
POINTING = frozenset(
    "it its he she his her hers him they them their theirs this that these those such one ones there then former "
    "latter ihn ihm ihnen dessen davon dafür damit elle elles leur leurs ella ellos ellas loro ela eles elas он "
    "она оно они его её ее их ему ей им них нём нем этот эта эти этого він вона воно вони його її їх їм них цей це ці "
    "αυτό αυτός αυτή αυτά هو هي هم वह वे उसका उसकी उनके それ これ".split()
)
"""Words that stand for something said; of other languages those that mean nothing else in any of these."""
JOINING = frozenset("and but so or und aber oder et ou pero а и но или та але чи και αλλά और لكن".split())
"""Words by which a question that begins with them goes on."""
MORE = frozenset("another others else also too same".split())
"""Words by which a short question goes on; in a long one they mostly say something of its own."""
VERBS = frozenset("is are was were do does did has have had can could will would should may might".split())
"""Verbs that make a question a whole one, however short."""
ASKING = ("?", "？", "؟")
OPENINGS = ("what about ", "how about ", "tell me more ")


def telling_words(text: str) -> list[str]:
    """The words of a text that tell something about a topic."""
    return [word for word in words_of(text) if word.casefold() not in EMPTY]


def leans(question: str) -> bool:
    """Whether a question points back at the conversation, goes on from it, or is only the rest of one ("Lyon?").

    A bare word without a question mark is a keyword.
    """
    words = [word.casefold() for word in words_of(question)]
    telling = telling_words(question)
    goes_on = words[:1] and (words[0] in JOINING or " ".join([*words, ""]).startswith(OPENINGS))
    more = len(telling) < 3 and not MORE.isdisjoint(words)
    rest = says_little(question) and VERBS.isdisjoint(words) and (len(words) > 1 or question.rstrip()[-1:] in ASKING)
    return not telling or bool(goes_on) or points_back(question) or more or rest


def says_little(question: str) -> bool:
    """Whether a question has too few words of its own to stand alone where it finds nothing."""
    return len(telling_words(question)) < 2


def points_back(question: str) -> bool:
    """Whether a word of the question stands for something said, so that its other words need not be the documents'."""
    return not POINTING.isdisjoint(word.casefold() for word in words_of(question))


def context_of(question: str, history: History) -> str:
    """The telling words of earlier questions that the question does not have, in the order they came."""
    seen = {word.casefold() for word in words_of(question)}
    found: list[str] = []
    for word in (w for text in earlier_questions(history) for w in telling_words(text)):
        folded = word.casefold()
        if folded not in seen and len(word) <= MAX_WORD:
            seen.add(folded)
            found.append(word)
    return " ".join(found[-MAX_CONTEXT:])


def earlier_questions(history: History) -> list[str]:
    """The questions of the latest turns, oldest first."""
    questions = (turn if isinstance(turn, str) else turn.question for turn in history[-MAX_TURNS:])
    return [question[:MAX_TURN] for question in questions]
