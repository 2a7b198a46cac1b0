"""Reads documents, cuts them into passages, embeds these and keeps them in a FAISS index."""

from index.cache import open_index
from index.documents import Document, read_documents, read_each
from index.embed import Embedder, Encoding, SentenceTransformerEmbedder
from index.errors import AskError, DocumentError, ModelError, QuestionError, StoredIndexError
from index.parts import Part
from index.passages import Passage
from index.rows import unit_means, unit_rows
from index.store import PassageIndex
from index.structure import Span

__all__ = [
    "AskError",
    "Document",
    "DocumentError",
    "Embedder",
    "Encoding",
    "ModelError",
    "Part",
    "Passage",
    "PassageIndex",
    "QuestionError",
    "SentenceTransformerEmbedder",
    "Span",
    "StoredIndexError",
    "open_index",
    "read_documents",
    "read_each",
    "unit_means",
    "unit_rows",
]
