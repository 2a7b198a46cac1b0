"""Token vectors in 8 bits: directions by hand and never far off, whether they are in memory or in a file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import unit_means, unit_rows
from index.rows import Joining, Rows, directions, rounded, save_rows


def test_unit_rows_by_hand() -> None:
    """Rows get length 1; a row of zeros stays."""
    assert unit_rows(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]


def test_rounded_by_hand() -> None:
    """The greatest value of each row becomes 127, whatever its sign; a row of zeros stays; no row is no error."""
    rows = np.array([[0.5, -0.25, 0], [0, 0, 0], [1, -127, 0.4]], np.float32)
    assert rounded(rows).tolist() == [[127, -64, 0], [0, 0, 0], [1, -127, 0]]
    assert rounded(rows[:0]).shape == (0, 3)


@given(st.integers(0, 1000), st.floats(1e-20, 1e20))
def test_a_direction_is_kept(seed: int, length: float) -> None:
    """However long a vector is, its direction comes back within a fraction of a degree."""
    rows = np.random.default_rng(seed).normal(size=(9, 384)).astype(np.float32)
    found = directions(rounded(rows * np.float32(length)), np.array([0]), np.array([9]))
    assert (found * unit_rows(rows)).sum(axis=1).min() > 0.9999


def test_ranges_come_one_after_the_other() -> None:
    """Ranges may overlap, be empty and come in any order."""
    rows = np.array([[127, 0], [0, 127], [127, 127]], np.int8)
    half = np.float32(0.5**0.5)
    found = directions(rows, np.array([2, 0, 1]), np.array([3, 0, 3]))
    assert found == pytest.approx(np.array([[half, half], [0, 1], [half, half]]))
    assert directions(rows, np.array([1]), np.array([1])).shape == (0, 2)
    means = unit_means(rows, np.array([0, 1]), np.array([2, 1]))
    assert means == pytest.approx(np.array([[half, half], [0, 0]]))


def parts() -> list[Rows]:
    """Three texts of five, no and two tokens."""
    vectors = np.arange(14, dtype=np.int8).reshape(7, 2)
    pieces, firsts = np.arange(7, dtype=np.int32), np.array([0, 3], np.int32)
    return [
        (vectors[:5], pieces[:5], firsts),
        (vectors[:0], pieces[:0], firsts[:1]),
        (vectors[5:], pieces[5:], firsts[:1]),
    ]


@pytest.mark.parametrize("most", [0, 9, 1000])
def test_joined_in_memory_or_in_a_file(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much memory may be used: all rows in order, sentences counted on, and a file that NumPy opens."""
    monkeypatch.setattr("index.rows.IN_MEMORY", most)
    vectors, pieces, firsts = Joining(parts()).rows()
    assert isinstance(vectors, np.memmap) == (most < 14)
    assert vectors.tolist() == np.arange(14).reshape(7, 2).tolist()
    assert (pieces.tolist(), firsts.tolist()) == ([*range(7)], [0, 3, 5, 5])
    save_rows(tmp_path / "rows.npy", vectors)
    assert np.array_equal(np.load(tmp_path / "rows.npy"), vectors)
