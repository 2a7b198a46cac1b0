"""Many visitors at once, for seconds, over the toy index; `python -m tests.soak` is for minutes and has the model."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import build_app
from index import Document, Encoding, PassageIndex
from tests.serving import serve
from tests.soak import ASKED, BusyError, Site, Tally, crowd, question, slope, visit

from conftest import ToyEmbedder


class GatedEmbedder(ToyEmbedder):
    """Lets a question about the moon wait until the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        if "moon" in texts:
            assert self.gate.wait(60)
        return super().encode(texts)


@pytest.fixture(scope="module")
def embedder() -> GatedEmbedder:
    return GatedEmbedder()


@pytest.fixture(scope="module")
def site(embedder: GatedEmbedder, foxes: Document) -> Iterator[Site]:
    for url in serve(PassageIndex.build([foxes], embedder=embedder)):
        yield Site(url)


def test_a_crowd_gets_what_one_visitor_gets(site: Site) -> None:
    """Answers as when nobody else asks, and on the page nobody's document but one's own."""
    expected = [site.ask(*asked) for asked in ASKED]
    tally = crowd(site, 8, 2, expected)
    assert set(tally.outcomes) == {"as alone", "own document"}


def test_no_session_outlives_its_visit(foxes: Document) -> None:
    """Neither a program's question nor a visitor who has left is remembered: a thousand would push out who reads."""
    page = build_app(PassageIndex.build([foxes], embedder=ToyEmbedder()))
    for url in serve(page):
        site, tally = Site(url), Tally()
        question(site, 0, [{}], tally)
        visit(site, 1, tally)
        until = time.monotonic() + 60
        while page.state_holder.session_data and time.monotonic() < until:
            time.sleep(0.05)
        assert not page.state_holder.session_data
    assert tally.outcomes == {"another answer": 1, "own document": 1}


def test_a_wrong_answer_would_be_noticed(site: Site) -> None:
    """The soak tells what differs from what was expected."""
    tally = Tally()
    question(site, 0, [{}] * len(ASKED), tally)
    assert (tally.outcomes, tally.wrong) == ({"another answer": 1}, True)


def test_beyond_the_queue_the_server_is_busy(site: Site, embedder: GatedEmbedder) -> None:
    """Two are answered at a time and 32 wait; who comes then is told so, and all others get their answer."""
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(site.ask, "moon") for _ in range(40)]
        until = time.monotonic() + 60
        while sum(answer.done() for answer in asked) < 40 - 2 - 32 and time.monotonic() < until:
            time.sleep(0.05)
        busy = [answer for answer in asked if answer.done()]
        assert all(isinstance(answer.exception(), BusyError) for answer in busy)
        embedder.gate.set()
        assert {answer.result()["text"] for answer in asked if answer not in busy} == {"The moon sleeps."}
    assert len(busy) == 40 - 2 - 32


def test_slope_by_hand() -> None:
    """The first third is warm-up; then two MB a minute are two MB a minute."""
    samples = [(0.0, 100.0), (1.0, 500.0), (2.0, 10.0), (3.0, 12.0), (4.0, 14.0), (5.0, 16.0)]
    assert slope(samples) == pytest.approx(2)
