"""torch in one thread for a while: several that share a small computation wait for each other longer than they save.

Deliberately does not: start threads; texts that come together are computed side by side, one thread each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

_lock = Lock()


def usual_threads() -> int:
    """How many threads torch uses when we leave it alone, as found at our first use of it."""
    with _lock:  # a second thread that came first as well would find what one_thread has set
        return _found_threads()


@lru_cache(maxsize=1)
def _found_threads() -> int:
    import torch

    return torch.get_num_threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """torch computes in one thread; then as usual again, for other users of it."""
    import torch

    usual = usual_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)
