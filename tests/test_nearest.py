"""FAISS against numpy: exact where each vector is compared, close to it in a graph, the same every time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import unit_rows
from index.nearest import Nearest
from tests.scale import stand_ins


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Vectors that lie as those of passages do."""
    return stand_ins(4000, seed=1)


def best(vectors: NDArray[np.float32], asked: NDArray[np.float32], k: int) -> list[int]:
    """The k nearest, by numpy."""
    return np.argsort(-(vectors @ asked), kind="stable")[:k].tolist()


def test_few_are_compared_each(vectors: NDArray[np.float32]) -> None:
    """The nearest ones, in order."""
    few = Nearest.build(vectors)
    for asked in unit_rows(np.random.default_rng(0).normal(size=(9, 384)).astype(np.float32)):
        assert few.search(asked, 5).tolist() == best(vectors, asked, 5)


def test_many_are_in_a_graph(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    """Nearly all of the 50 nearest are found; a second time, and read from a file, exactly the same ones."""
    many, again = (Nearest.build(vectors, exact=1000) for _ in range(2))
    many.write(tmp_path / "nearest")
    saved = Nearest.read(tmp_path / "nearest")
    found = 0
    noise = np.random.default_rng(0).normal(scale=0.05, size=(40, 384))
    for asked in unit_rows((vectors[::100] + noise).astype(np.float32)):
        numbers = many.search(asked, 50)
        found += len(np.intersect1d(numbers, best(vectors, asked, 50)))
        assert np.array_equal(numbers, again.search(asked, 50))
        assert np.array_equal(numbers, saved.search(asked, 50))
    assert found / (40 * 50) > 0.98


def test_never_more_than_there_are(vectors: NDArray[np.float32]) -> None:
    """Asked for more than there are, each comes once."""
    assert sorted(Nearest.build(vectors[:3]).search(vectors[0], 99).tolist()) == [0, 1, 2]
