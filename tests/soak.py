"""`python -m tests.soak`: many visitors at once ask the real server for some minutes, all on this machine.

Each asks the same questions over and over and now and then brings a document of their own to the page. Nothing may come
back but the answer that was given when nobody else asked or, beyond the queue, that the server is busy; nobody may see
another one's document. Prints what came back, how long it took and how the server's memory grew; exits with 1 if
anything was wrong.
"""

import argparse
import base64
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120
"""Seconds that anything may take before it counts as an error."""
VISIT = 10
"""One visit to the page after so many questions over HTTP."""
MOST = 2_000
"""Rounds of one visitor at most, however long there is."""
ASKED: tuple[tuple[str, list[str]], ...] = (
    ("What is the drug trade worth?", []),
    ("Who leads the Paris bureau?", []),
    ("And who does it work with?", ["What does the Extraditions Office do?"]),
    ("From which cities do criminal organizations operate?", []),
    ("waht is teh drug market wroth", []),
    ("What is the capital of Mongolia?", []),
    ("Hello!", []),
)
"""Questions, each with those asked before it: found, followed up, misspelt, refused, talked about."""


class BusyError(Exception):
    """The server says that its queue is full."""


class Site:
    """A running page, as a program sees it. url: without a closing slash."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._events = json.loads(self._read("/config"))["dependencies"]

    def ask(self, question: str, history: Sequence[str] = (), k: int = 3) -> Any:
        """The answer over HTTP, as plain values. Raises BusyError."""
        event_id = self._post("/call/ask", {"data": [question, history, k]})["event_id"]
        said = self._read(f"/call/ask/{event_id}")
        found = re.search(r"event: complete\ndata: (.*)\n", said)
        if not found:
            raise ValueError(f"no answer came: {said[:500]}")
        return json.loads(json.loads(found[1])[0])

    def act(
        self, session: str, name: str, first: object = None, event: object = None, rest: object = None
    ) -> list[Any]:
        """What the page's event of this name puts on the page. first, rest: its inputs. Raises BusyError."""
        fn = next(d for d in self._events if d["backend_fn"] and name in [target[1] for target in d["targets"]])
        data = [first, *[rest] * len(fn["inputs"])][: len(fn["inputs"])]
        body = {"data": data, "event_data": event, "fn_index": fn["id"], "trigger_id": fn["targets"][0][0]}
        self._post("/queue/join", {**body, "session_hash": session})
        last: list[Any] = []
        with self._open(f"/queue/data?session_hash={session}") as stream:
            for line in stream:
                message = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise ValueError(f"{name} failed: {message}")
                    last = message["output"]["data"]
                    break
        return last

    @contextmanager
    def visiting(self) -> Iterator[str]:
        """A session that ends as if the page were closed."""
        session = secrets.token_hex(6)
        with self._open(f"/heartbeat/{session}"):
            yield session

    def _open(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        where = self.url + ("" if path == "/config" else "/gradio_api") + path
        try:
            return urllib.request.urlopen(
                urllib.request.Request(where, data, {"Content-Type": "application/json"}), timeout=PATIENCE
            )
        except urllib.error.HTTPError as error:
            if error.code == 503 and b"Queue is full" in error.read():
                raise BusyError from error
            raise

    def _read(self, path: str) -> str:
        with self._open(path) as response:
            return str(response.read().decode())

    def _post(self, path: str, body: object) -> Any:
        with self._open(path, body) as response:
            return json.load(response)


@dataclass
class Tally:
    """What came back. seconds: of each question over HTTP that was answered."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        self.outcomes[outcome] += 1

    @property
    def wrong(self) -> bool:
        """Whether anything but answers as expected and "busy" came back."""
        return bool(set(self.outcomes) - {"as alone", "busy", "own document"})


def question(site: Site, turn: int, expected: Sequence[Any], tally: Tally) -> None:
    """Ask one of the questions and compare."""
    number = turn % len(ASKED)
    began = time.perf_counter()
    try:
        same = site.ask(*ASKED[number]) == expected[number]
    except BusyError:
        tally.count("busy")
        return
    tally.seconds.append(time.perf_counter() - began)
    tally.count("as alone" if same else "another answer")


def visit(site: Site, visitor: int, tally: Tally) -> None:
    """Bring a document to the page and ask it; the next visitor's must not be there."""
    text = f"The ferry of visitor {visitor} leaves at noon. The tower is {visitor} metres high."
    sent = {"name": f"own-{visitor}.txt", "size": len(text), "data": base64.b64encode(text.encode()).decode()}
    try:
        with site.visiting() as session:
            site.act(session, "add_files", event={"files": [sent]})
            shown = json.dumps(site.act(session, "submit", "When does the ferry leave?"))
    except BusyError:
        tally.count("busy")
        return
    others = set(re.findall(r"own-\d+\.txt|ferry of visitor \d+", shown))
    own = {f"own-{visitor}.txt", f"ferry of visitor {visitor}"}
    tally.count("own document" if others == own else "another's document")


def visits(site: Site, visitor: int, until: float, expected: Sequence[Any], tally: Tally) -> None:
    """One visitor: asks and visits until a time of the monotonic clock."""
    for turn in range(MOST):
        if time.monotonic() > until:
            return
        try:
            if (visitor + turn) % VISIT == 0:
                visit(site, visitor, tally)
            else:
                question(site, visitor + turn, expected, tally)
        except (OSError, ValueError, LookupError, HTTPException) as error:
            tally.count(f"error: {type(error).__name__} {error}"[:200])


def crowd(site: Site, visitors: int, seconds: float, expected: Sequence[Any]) -> Tally:
    """So many visitors at once, for so long."""
    tally = Tally()
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(visitors) as pool:
        for done in [pool.submit(visits, site, visitor, until, expected, tally) for visitor in range(visitors)]:
            done.result()
    return tally


@contextmanager
def server(log: Path) -> Iterator[tuple[str, int]]:
    """The address and process id of a new `python app.py`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "NO_PROXY": "127.0.0.1,localhost"}
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        until = time.monotonic() + PATIENCE
        while not reachable(port) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


def reachable(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def watch(pid: int, ended: threading.Event, samples: list[tuple[float, float]]) -> None:
    """Once a second, minutes gone by and MB of memory in use (Linux)."""
    began = time.monotonic()
    while not ended.wait(1):
        status = Path(f"/proc/{pid}/status").read_text()
        kilobytes = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
        samples.append(((time.monotonic() - began) / 60, kilobytes / 1024))


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """MB a minute over the second half: before, caches fill; Gradio keeps what 2,000 programs' sessions await."""
    minutes, megabytes = zip(*samples[len(samples) // 2 :], strict=True)
    return float(np.polyfit(minutes, megabytes, 1)[0])


def soak(visitors: int, minutes: float) -> bool:
    """Start a server, ask alone, then in a crowd, then in one larger than the queue; print all that; true if sound."""
    samples: list[tuple[float, float]] = []
    ended = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with server(log) as (url, pid):
            site = Site(url)
            expected = [site.ask(*asked) for asked in ASKED]
            watcher = threading.Thread(target=watch, args=(pid, ended, samples))
            watcher.start()
            try:
                tally = crowd(site, visitors, 60 * minutes, expected)
            finally:
                ended.set()
                watcher.join()
            burst = crowd(site, 96, 5, expected)
        traces = log.read_text().count("Traceback")
    p50, p95 = np.percentile(tally.seconds, [50, 95])
    print(f"{visitors} visitors, {minutes:g} minutes: {dict(tally.outcomes)}")
    print(f"{len(tally.seconds) / minutes / 60:.1f} questions/s, p50 {p50:.2f} s, p95 {p95:.2f} s")
    print(f"memory {samples[0][1]:.0f} to {samples[-1][1]:.0f} MB, after warm-up {slope(samples):+.2f} MB/min")
    print(f"96 visitors, 5 seconds: {dict(burst.outcomes)}")
    print(f"tracebacks in the server's log: {traces}")
    return not (tally.wrong or burst.wrong or traces) and "busy" in burst.outcomes


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--visitors", type=int, default=32, choices=range(1, 65), metavar="N", help="1 to 64, default 32"
    )
    parser.add_argument("--minutes", type=float, default=3, help="at most 60, default 3")
    options = parser.parse_args()
    return 0 if soak(options.visitors, min(options.minutes, 60)) else 1


if __name__ == "__main__":
    sys.exit(main())
