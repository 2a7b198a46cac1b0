"""`python -m retrieval "question"`: one question at the command line, `--json` for programs, `--check` for a test."""

import argparse
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

from index import AskError, PassageIndex, read_documents
from index.store import Progress
from retrieval.answer import MAX_CITATIONS, SEEDS, ask, check_question, default_index
from retrieval.check import check
from retrieval.render import to_terminal
from retrieval.verdict import FAIR, suits, to_text


def main(arguments: list[str] | None = None) -> int:
    """Print the answer; 0 when it was found, 1 when the documents do not say, 2 on an error.

    With --check print what a self-test found; 0 when the documents suit, 1 when they do not, 2 on an error.
    """
    options = _options(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a program reads UTF-8; a terminal shows what it can
        sys.stdout.reconfigure(encoding="utf-8" if options.json else None, errors="replace")
    try:
        return _checked(options) if options.check else _answered(options)
    except AskError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _answered(options: argparse.Namespace) -> int:
    """Print the answer."""
    check_question(options.question, options.k)  # before an index is opened or built
    answer = ask(options.question, passage_index=_opened(options.documents), k=options.k)
    shown = json.dumps(answer.to_dict(), ensure_ascii=False) if options.json else None
    print(shown or to_terminal(answer, color=sys.stdout.isatty()))
    return 0 if answer.found else 1


def _checked(options: argparse.Namespace) -> int:
    """Print what a self-test of the documents found."""
    found = check(read_documents(options.check), read_documents(SEEDS), progress=_progress())
    print(json.dumps(asdict(found), ensure_ascii=False) if options.json else to_text(found))
    return 0 if suits(found) >= FAIR else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval", description="Ask documents one question, or test them."
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument("question", nargs="?", default="")
    either.add_argument("--check", metavar="PATH", help="test how well a file or folder suits, rather than ask")
    parser.add_argument("--documents", metavar="PATH", help="a file or folder to ask instead of seeds/")
    parser.add_argument("--json", action="store_true", help="print the answer, or all that the test found, as JSON")
    parser.add_argument("-k", type=int, default=3, help=f"citations at most, up to {MAX_CITATIONS} (default 3)")
    options = parser.parse_args(arguments)
    if options.check and options.documents:
        parser.error("--check names the documents to test itself: leave out --documents")
    return options


def _opened(path: str | None) -> PassageIndex:
    """An index over a file or folder, or the default one, with a bar in a terminal if building it takes long."""
    return PassageIndex.build(read_documents(path), progress=_progress()) if path else default_index(_progress())


def _progress() -> Progress | None:
    """A bar, in a terminal."""
    return bar() if sys.stderr.isatty() else None


def bar(after: float = 2.0) -> Callable[[int, int], None]:
    """Draws progress on the terminal's error stream once that many seconds have gone by, and wipes it at the end."""
    began = time.monotonic()

    def draw(done: int, total: int) -> None:
        spent = time.monotonic() - began
        if spent < after:
            return
        filled = 30 * done // total
        rate = done / max(spent, 1e-9)
        end = time.strftime("%H:%M", time.localtime(time.time() + (total - done) / max(rate, 1e-9)))
        line = f"\rBuilding the index [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}, {rate:.0f} a second"
        print(f"{line}, done at {end}" if done < total else "\r\x1b[K", end="", file=sys.stderr, flush=True)

    return draw


if __name__ == "__main__":
    sys.exit(main())
