"""Answers questions from an index: searches, ranks, quotes, and says so when there is no answer."""

from retrieval.answer import ask, default_index
from retrieval.results import Answer, Citation

__all__ = ["Answer", "Citation", "ask", "default_index"]
