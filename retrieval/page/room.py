"""What can be asked about: documents with their index, open or still being opened."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass

from index import PassageIndex
from index.errors import AskError
from retrieval.page.examples import answered, example_questions
from retrieval.page.pane import render_pane

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Room:
    """Documents to ask: their index, questions they are known to answer, the pane that shows them.

    key: "" for the documents every visitor shares; for a visitor's own a secret that only their page knows.
    """

    passage_index: PassageIndex
    examples: tuple[str, ...]
    pane: str
    key: str = ""

    @classmethod
    def over(cls, passage_index: PassageIndex, key: str = "") -> "Room":
        documents = passage_index.documents
        examples = answered(example_questions(documents), passage_index)
        return cls(passage_index, examples, render_pane(documents, key), key)

    @property
    def characters(self) -> int:
        return sum(len(document.text) for document in self.passage_index.documents)


class Opening:
    """A room that is opened in a thread of its own, so that the page is up before index and model are."""

    def __init__(self, load: Callable[[Callable[[int, int], None]], PassageIndex]) -> None:
        self.room: Future[Room] = Future()
        self.done, self.total = 0, 0
        self._load = load

    def start(self) -> "Opening":
        """Begin to open it."""
        threading.Thread(target=self._open, daemon=True).start()
        return self

    def opened(self, seconds: float) -> bool:
        """Wait so long for the room at most; whether it is open, or known not to open."""
        return bool(wait([self.room], seconds).done)

    def _open(self) -> None:
        try:
            self.room.set_result(Room.over(self._load(self._report)))
        except AskError as error:  # handed to whoever waits for the room
            self.room.set_exception(error)
        except Exception:
            log.exception("the documents could not be opened")
            self.room.set_exception(AskError("The documents could not be opened. The server's log says why."))

    def _report(self, done: int, total: int) -> None:
        self.done, self.total = done, total
