"""The vectors nearest to another one, by inner product. The only file that knows FAISS.

Up to EXACT vectors each is compared. Beyond, they are kept in clusters, in half precision, and only those in the
clusters nearest to the other vector are compared (inverted lists: Jegou et al. 2011). Deliberately does not: know what
the vectors stand for.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss

EXACT = 20_000
"""Vectors up to which each is compared: that takes about a millisecond, and clusters would save less than one."""
LISTS = 2
"""Clusters for each unit of the square root of how many vectors there are."""
PROBED = 0.25
"""Share of the clusters that is looked into: they hold 99 in 100 of the 50 nearest among 100,000."""
SAMPLE = 40
"""Vectors for each cluster from which the clusters are learnt."""
ROUNDS = 8
"""Times that clusters are moved to the middle of their vectors."""


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
        index = faiss.IndexFlatIP(dim) if count <= (EXACT if exact is None else exact) else _clusters(vectors)
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


def _clusters(vectors: NDArray[np.float32]) -> "faiss.Index":
    """An empty index whose clusters are learnt from some of the vectors, the same ones each time, by one thread."""
    import faiss

    count, dim = vectors.shape
    lists = int(LISTS * count**0.5)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.niter, index.cp.seed, index.cp.spherical = ROUNDS, 1, True
    index.nprobe = math.ceil(PROBED * lists)
    sample = np.random.default_rng(0).choice(count, min(count, SAMPLE * lists), replace=False)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        index.train(vectors[np.sort(sample)])
    finally:
        faiss.omp_set_num_threads(threads)
    return index
