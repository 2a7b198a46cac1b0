"""The vectors nearest to another one, by inner product. The only file that knows FAISS.

Up to EXACT vectors each is compared. Beyond, they are kept in half precision in a graph that links near ones, and only
those on the way to the nearest are compared (HNSW: Malkov and Yashunin 2018, arXiv:1603.09320). Deliberately does not:
know what the vectors stand for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss

EXACT = 20_000
"""Vectors up to which each is compared: that is exact, and quick enough."""
LINKS, BUILD_BREADTH = 32, 100
"""Links of a vector, and how many near ones are weighed for them: more cost building time and hardly find more."""
SEARCH_BREADTH = 1600
"""How many near vectors a search keeps on its way."""


class Nearest:
    """Some vectors, ready to be searched. Never changes."""

    def __init__(self, index: "faiss.Index") -> None:
        self._index = index

    def __len__(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)

    @classmethod
    def build(cls, vectors: NDArray[np.float32], exact: int | None = None) -> "Nearest":
        """The vectors, float32 (count, dim), unit rows, numbered from 0. exact: EXACT, if not told."""
        import faiss

        count, dim = vectors.shape
        index = faiss.IndexFlatIP(dim) if count <= (EXACT if exact is None else exact) else _graph(dim)
        with _one_thread():  # several would link the vectors differently each time
            index.train(vectors)
            index.add(vectors)
        return cls(index)

    def search(self, vector: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """The numbers of at most k vectors that have the highest inner product with a vector (dim,)."""
        _, found = self._index.search(vector[None].astype(np.float32), min(k, len(self)))
        return np.asarray(found[0][found[0] >= 0])

    def write(self, path: Path) -> None:
        """Write a file. Raises OSError where that fails; FAISS itself may close one on a full disk without a word."""
        import faiss

        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]

    @classmethod
    def read(cls, path: Path) -> "Nearest":
        """Read what write wrote."""
        import faiss

        return cls(faiss.read_index(str(path)))


def _graph(dim: int) -> "faiss.Index":
    """An empty graph."""
    import faiss

    half = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexHNSWSQ(dim, half, LINKS, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]
    index.hnsw.efConstruction, index.hnsw.efSearch = BUILD_BREADTH, SEARCH_BREADTH
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS computes in one thread for a while."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
