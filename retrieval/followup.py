"""A question and the conversation before it to the stand-alone question that is searched."""

from retrieval.results import History


def stand_alone(question: str, history: History) -> str:
    """The question to search."""
    return question
