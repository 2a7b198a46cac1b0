"""An answer as it is pasted elsewhere: every quotation keeps where it stands."""

import re

from retrieval.page.answers import shown
from retrieval.results import Answer, Citation


def quoted(citation: Citation) -> tuple[str, str]:
    """What a copied citation says: its answering sentences, and where they stand."""
    spans = citation.highlights or ((citation.start, citation.end),)
    quote = " … ".join(citation.quotes) or citation.text
    return quote, f"{citation.place}, characters {spans[0][0]} to {spans[-1][1]}"


def as_text(answer: Answer) -> str:
    """Question, answer and the citations that are shown as plain text to paste."""
    rows = ((citation.number, *quoted(citation)) for citation in shown(answer))
    lines = [f"[{number}] “{quote}”\n    {where}" for number, quote, where in rows]
    return "\n\n".join([answer.question, answer.text, *lines])


def as_markdown(answer: Answer) -> str:
    """Question, answer and the citations that are shown as Markdown to paste; signs Markdown would read are escaped."""

    def plain(text: str) -> str:
        return re.sub(r"([\\`*_\[\]#|~$<>])", r"\\\1", " ".join(text.split()))

    rows = ((citation.number, *quoted(citation)) for citation in shown(answer))
    lines = [f"{number}. “{plain(quote)}”  \n   {plain(where)}" for number, quote, where in rows]
    return "\n\n".join([f"**{plain(answer.question)}**", f"> {plain(answer.text)}", "\n".join(lines)])
