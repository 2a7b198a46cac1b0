"""An answer as HTML: the quotation first, its numbered citations, how it was found. Values in, HTML out."""

from collections.abc import Sequence

from index.scripts import unread_words, words_of
from retrieval.page.markup import apart, escape
from retrieval.render import Piece, in_words, pieces
from retrieval.results import Answer, Citation

ADDS = 0.7  # a passage whose score is below this share of the first one's adds nothing to a found answer
QUESTION_WORDS = frozenset("what which when where whose whom does have that this with from about said stand".split())


def render_marked(citation: Citation) -> str:
    """The cited passage with its answering sentences marked."""
    return "".join(
        f"<mark>{render_piece(piece)}</mark>" if piece.lit else f"<span>{escape(piece.text)}</span>"
        for piece in pieces(citation)
    )


def render_piece(piece: Piece) -> str:
    """A highlighted sentence, the words that answer in bold."""
    before, words, behind = map(escape, piece.parts())
    return f"{before}<strong>{words}</strong>{behind}" if words else before


def render_target(citation: Citation) -> str:
    """The attributes the browser needs to show a citation's place; offsets count code points, as in Python."""
    lit = " ".join(f"{start}-{end}" for start, end in citation.highlights)
    where = f'data-document="{escape(citation.document_id)}" data-start="{citation.start}" data-end="{citation.end}"'
    words = f' data-words="{citation.answer[0]}-{citation.answer[1]}"' if citation.answer else ""
    return f'href="#document" {where} data-lit="{lit}"{words} data-number="{citation.number}"'


def render_citation(citation: Citation) -> str:
    """One numbered citation: where it stands, then its passage; the whole of it is one link into the document."""
    return (
        f'<li><a class="cite" {render_target(citation)}><span class="number">{citation.number}</span>'
        f'<span class="place">{" › ".join(map(apart, citation.steps))}</span>'
        f'<span class="passage" dir="auto">{render_marked(citation)}</span></a></li>'
    )


def render_citations(citations: Sequence[Citation]) -> str:
    """Citations as a list, in their order."""
    return f'<ol class="citations">{"".join(map(render_citation, citations))}</ol>'


def render_answer(answer: Answer) -> str:
    """A found answer: the quotation first, then the passages it stands in."""
    first = answer.citations[0]
    pin = f'<a class="pin" {render_target(first)} aria-label="Citation {first.number}, open in the document">'
    said = " ".join(render_piece(piece) for piece in pieces(first) if piece.lit)
    quote = f'<blockquote class="quote" dir="auto"><p>{said}{pin}{first.number}</a></p></blockquote>'
    return quote + render_citations(shown(answer))


def shown(answer: Answer) -> list[Citation]:
    """The citations of a found answer that add something to it."""
    return [c for c in answer.citations if c.score >= ADDS * answer.citations[0].score]


def render_refusal(answer: Answer) -> str:
    """A refusal says so and folds away the closest passages, so that nobody takes them for an answer."""
    line = f'<p class="refusal">{escape(answer.text)}</p>'
    count = len(answer.citations)
    closest = "Closest passage" if count == 1 else f"{count} closest passages"
    note = '<p class="note">Near the question, yet they do not answer it.</p>'
    return line + f"<details><summary>{closest}</summary>{note}{render_citations(answer.citations)}</details>"


def render_trail(answer: Answer) -> str:
    """How the answer was found: what was searched, the words it shares with each passage, the scores."""
    rows = "".join(
        f"<tr><td>{c.number}</td><td>{', '.join(map(apart, shared_words(answer.searched, c.text))) or '–'}</td>"
        f"<td>{c.score:.3f}</td></tr>"
        for c in answer.citations
    )
    table = "<table><thead><tr><th>Passage</th><th>Words in common</th><th>Score</th></tr></thead>"
    sure = f"Answered by the document: {in_words(answer.confidence)} ({answer.confidence:.0%})"
    return (
        f'<details class="trail"><summary><span class="confidence">{sure}.</span> How was this found?</summary>'
        f"<p>Searched for “{apart(answer.searched)}”, by meaning and word by word.</p>"
        f"{table}<tbody>{rows}</tbody></table></details>"
    )


def shared_words(question: str, text: str) -> list[str]:
    """Words of four letters and more in both, as the question writes them; question words say nothing.

    In other scripts than Latin also shorter words.
    """
    present = set(words_of(text.casefold())) - QUESTION_WORDS
    words = {word.casefold(): word for word in words_of(question) if len(word) >= 4 or unread_words(word)}
    return [word for folded, word in words.items() if folded in present]
