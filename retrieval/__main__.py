"""`python -m retrieval "question"`: one question at the command line, `--json` for programs."""

import argparse
import io
import json
import sys
import time
from collections.abc import Callable

from index import AskError, PassageIndex, read_documents
from retrieval.answer import MAX_CITATIONS, ask, default_index
from retrieval.render import to_terminal


def main(arguments: list[str] | None = None) -> int:
    """Print the answer; 0 when it was found, 1 when the documents do not say, 2 on an error."""
    options = _options(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a program reads UTF-8; a terminal shows what it can
        sys.stdout.reconfigure(encoding="utf-8" if options.json else None, errors="replace")
    try:
        passage_index = _opened(options.documents)
        answer = ask(options.question, passage_index=passage_index, k=options.k)
    except AskError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    shown = json.dumps(answer.to_dict(), ensure_ascii=False) if options.json else None
    print(shown or to_terminal(answer, color=sys.stdout.isatty()))
    return 0 if answer.found else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="python -m retrieval", description="Ask the documents one question.")
    parser.add_argument("question")
    parser.add_argument("--documents", metavar="PATH", help="a file or folder to ask instead of seeds/")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("-k", type=int, default=3, help=f"citations at most, up to {MAX_CITATIONS} (default 3)")
    return parser.parse_args(arguments)


def _opened(path: str | None) -> PassageIndex:
    """An index over a file or folder, or the default one, with a bar in a terminal if building it takes long."""
    progress = bar() if sys.stderr.isatty() else None
    return PassageIndex.build(read_documents(path), progress=progress) if path else default_index(progress)


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
