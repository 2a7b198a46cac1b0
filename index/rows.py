"""Token vectors in 8 bits a value, in memory or in a file.

A unit vector is a direction, and a direction needs no scale: each row is stretched until its greatest value is GREATEST
and rounded; whoever reads it brings it back to length 1. Deliberately does not: know what a token or a passage is.
"""

import mmap
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from index.threads import one_thread

GREATEST = 127
"""Of the whole numbers that a row is kept as, the greatest without its sign."""
IN_MEMORY = 256_000_000
"""Bytes of rows being joined that are held in memory; more of them go to a file that has no name."""
BLOCK = 1024
"""Ranges read, or rows of a kilobyte written, before what a mapped file brought into memory is let go."""

Rows = tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]
"""Of a text: int8 (tokens, dim), directions; (tokens,), word pieces; the first token of each of its sentences."""


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("...i,...i->...", rows, rows))[..., None]  # half the time of np.linalg.norm
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def inner_products(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each row of one array with each row of another. By torch: threads that numpy has share such a product spin
    on for a while, and whoever computes next has half the processor."""
    import torch

    with one_thread(), torch.inference_mode():
        found: NDArray[np.float32] = (torch.from_numpy(left) @ torch.from_numpy(right).T).numpy()
    return found


def rounded(rows: NDArray[np.float32]) -> NDArray[np.int8]:
    """The directions of rows in 8 bits a value."""
    greatest = np.abs(rows).max(axis=-1, keepdims=True, initial=0)
    return np.rint(rows * (GREATEST / np.where(greatest > 0, greatest, 1))).astype(np.int8)


def directions(rows: NDArray[np.int8], starts: NDArray[np.int32], stops: NDArray[np.int32]) -> NDArray[np.float32]:
    """The unit vectors of some ranges of rows, one range after the other."""
    found = [rows[:0], *(rows[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True))]
    together = np.concatenate(found, dtype=np.float32)
    let_go(rows)
    return unit_rows(together)


def unit_means(rows: NDArray[np.int8], starts: NDArray[np.int32], stops: NDArray[np.int32]) -> NDArray[np.float32]:
    """The mean unit vector of each range of rows, scaled to length 1; a row of zeros for an empty range."""
    sums = np.zeros((len(starts), rows.shape[1]), np.float32)
    for number, (a, b) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True), start=1):
        sums[number - 1] = unit_rows(rows[a:b].astype(np.float32)).sum(axis=0)
        if number % BLOCK == 0 or number == len(starts):
            let_go(rows)
    return unit_rows(sums)


def save_rows(path: Path, rows: NDArray[np.int8]) -> None:
    """Write rows as a .npy file, a block at a time: they may be more than fits in memory."""
    header = np.lib.format.header_data_from_array_1_0(rows)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), BLOCK * 16):
            file.write(np.ascontiguousarray(rows[start : start + BLOCK * 16]).data)
            let_go(rows)


def let_go(rows: NDArray[np.int8]) -> None:
    """Give back the memory in which a mapped file was read; the system still has it at hand as long as it has room."""
    owner: object = rows
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


class Joining:
    """Rows of several texts as those of one, in the order they come."""

    def __init__(self, rows: Iterable[Rows] = ()) -> None:
        self._held: list[NDArray[np.int8]] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._pieces: list[NDArray[np.int32]] = []
        self._firsts: list[NDArray[np.int32]] = []
        self._tokens = 0
        for some in rows:
            self.add(some)

    def add(self, rows: Rows) -> None:
        """Join the rows of one more text."""
        vectors, pieces, firsts = rows
        self._held.append(vectors)
        self._bytes += vectors.nbytes
        if self._bytes > IN_MEMORY:
            self._write()
        self._pieces.append(pieces)
        self._firsts.append(firsts + np.int32(self._tokens))
        self._tokens += len(pieces)

    def rows(self) -> Rows:
        """All of them. There was at least one text."""
        return self._vectors(), np.concatenate(self._pieces), np.concatenate(self._firsts, dtype=np.int32)

    def _vectors(self) -> NDArray[np.int8]:
        if self._file is None:
            return np.concatenate(self._held)
        self._write()
        with self._file:
            return np.memmap(self._file, np.int8, "r", shape=(self._tokens, self._held[0].shape[1]))

    def _write(self) -> None:
        """Move what is held to the file, but for a lot of no rows that tells their length."""
        self._file = self._file or tempfile.TemporaryFile(prefix="ask-")  # noqa: SIM115 (open until it is mapped)
        for vectors in self._held:
            self._file.write(np.ascontiguousarray(vectors).data)
            let_go(vectors)
        self._file.flush()
        self._held, self._bytes = [self._held[-1][:0]], 0
