"""The family of errors. A message says what was found, what was expected and what to do.

AskError                    anything this project refuses to do; catch this one to catch them all
├── DocumentError           a file or folder that cannot be read as a document
├── QuestionError           a question, a history or a number of citations that cannot be used
├── StoredIndexError        a saved index that is damaged, incomplete or not ours
└── ModelError              an embedding model that is missing or is not the pinned one
"""


class AskError(Exception):
    """The base: every error that a person can put right is one of these, with a message that says how."""


class DocumentError(AskError):
    """A file or a folder cannot be read as a document: missing, empty, binary, or not text."""


class QuestionError(AskError):
    """The question, the history or k cannot be used: blank, too long, of the wrong type, out of range."""


class StoredIndexError(AskError):
    """A saved index is damaged, incomplete, of another version, or not an index at all."""


class ModelError(AskError):
    """The embedding model is missing, cannot be loaded, or its weights are not the pinned ones."""
