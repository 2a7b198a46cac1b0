"""The reader: question and passage read together, to the words that answer and how sure it is that they do.

Similarity can not tell the turnover of the French drug market from that of the Italian one; a model that attends from
the one text to the other can. It is the packaged all-MiniLM-L6-v2, fine-tuned on SQuAD 2.0 by tests/train_reader.py.
Deliberately does not: choose the passages, or decide what is shown.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index import PassageIndex, SentenceTransformerEmbedder
from index.embed import is_packaged
from index.threads import one_thread
from retrieval.model import MAX_TOKENS, Parts, forward, load_model, make_batch

if TYPE_CHECKING:
    import torch

Text = tuple[str, str, str]
"""A question, a heading and the text to be read under it."""

READER_SETTING = "ASK_READER"
"""Environment variable: "off" leaves the reader out."""
WEIGHTS = Path(__file__).with_name("reader.safetensors")
MANIFEST = WEIGHTS.with_suffix(".json")
OVERLAP = 64
"""Word pieces that two windows of a long passage share."""
MAX_ANSWER = 30
"""Word pieces of an answer at most."""
AT_ONCE = 2
"""Texts read side by side, one thread each, for all questions together."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the reader says of a passage.

    answers: the log-odds that it answers. start, end: float32 (tokens,), for each word piece the log-probability that
    the answer begins or ends there, if there is one. spans: int32 (tokens, 2), their offsets in the passage's text.
    """

    answers: float
    start: NDArray[np.float32]
    end: NDArray[np.float32]
    spans: NDArray[np.int32]

    def best(self, first: int, stop: int) -> tuple[float, tuple[int, int]]:
        """The likeliest answer inside `text[first:stop]`: its log-probability and its offsets.

        -inf and the whole range where no word piece was read there.
        """
        inside = np.flatnonzero((self.spans[:, 0] >= first) & (self.spans[:, 1] <= stop))
        if not len(inside):
            return float("-inf"), (first, stop)
        size = len(inside)
        pairs = self.start[inside, None] + self.end[None, inside]
        lengths = np.arange(size)[None, :] - np.arange(size)[:, None]
        pairs = np.where((lengths >= 0) & (lengths < MAX_ANSWER), pairs, -np.inf)
        a, b = divmod(int(pairs.argmax()), size)
        return float(pairs[a, b]), (int(self.spans[inside[a], 0]), int(self.spans[inside[b], 1]))


class Reader:
    """The trained model, ready to read. Any number of threads may read at once."""

    def __init__(self, model: "torch.nn.ModuleDict", tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._workers = ThreadPoolExecutor(AT_ONCE, "reader")

    def side_by_side(self, texts: Sequence[Text]) -> list[Reading]:
        """What `read` says of each text; one that comes twice is read once, and the longest first: fewer wait."""
        once = sorted(dict.fromkeys(texts), key=lambda text: -len(text[2]))
        readings = dict(zip(once, self._workers.map(lambda text: self.read(*text), once), strict=True))
        return [readings[text] for text in texts]

    def read(self, question: str, heading: str, text: str) -> Reading:
        """Read a passage under its heading. One too long to be read at once is read in windows; the likeliest counts.

        One text at a time: no padding is read, and texts that come together do not sway each other's rounding.
        """
        asked, _ = self._pieces(question)
        head, _ = self._pieces(heading)
        asked, head = asked[: MAX_TOKENS // 3], head[: MAX_TOKENS // 4]
        pieces, spans = self._pieces(text)
        before = len(asked) + len(head) + 3
        readings = [
            self._run((asked, head, pieces[a:b]), spans[a:b]) for a, b in _windows(len(pieces), MAX_TOKENS - before)
        ]
        return max(readings, key=lambda reading: reading.answers)

    def _pieces(self, text: str) -> tuple[list[int], NDArray[np.int32]]:
        """The word pieces of a text and their offsets."""
        row = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return row["input_ids"], np.array(row["offset_mapping"], np.int32).reshape(-1, 2)

    def _run(self, text: Parts, spans: NDArray[np.int32]) -> Reading:
        """One text, read; spans: the offsets of its passage's word pieces."""
        import torch

        batch = make_batch([text], self._tokenizer.cls_token_id, self._tokenizer.sep_token_id)
        with one_thread(), torch.inference_mode():
            start, end, answers = forward(self._model, batch)
            inside = batch["inside"][0]
            first, last = (torch.log_softmax(logits[0][inside], 0).numpy() for logits in (start, end))
        return Reading(float(answers[0]), first, last, spans)


def _windows(count: int, room: int) -> Iterator[tuple[int, int]]:
    """Ranges of at most `room` that cover `count` word pieces, neighbours overlapping."""
    start = 0
    while start + room < count:
        yield start, start + room
        start += room - OVERLAP
    yield start, count


def reader_for(passage_index: PassageIndex) -> Reader | None:
    """The reader, for an index made with the packaged model; None for another model or where it is switched off.

    Raises ModelError where its weights are not the published ones.
    """
    switched_off = os.environ.get(READER_SETTING, "").lower() == "off"
    return load_reader() if is_packaged(passage_index.embedder) and not switched_off else None


@lru_cache(maxsize=1)
def load_reader() -> Reader:
    """The trained reader, in memory once. Raises ModelError where its weights are not the published ones."""
    from transformers import AutoTokenizer

    folder = SentenceTransformerEmbedder.packaged().folder
    sha256 = json.loads(MANIFEST.read_text(encoding="utf-8"))["sha256"]
    return Reader(load_model(folder, WEIGHTS, sha256), AutoTokenizer.from_pretrained(folder))
