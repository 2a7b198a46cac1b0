"""`python -m tests.benchmark`: what this costs, next to a bare `SentenceTransformer.encode` in the same run.

`python -m tests.benchmark --quality FILE` scores answers instead, on a file in the format of SQuAD (`tests.quality`);
`--own` on the documents of our own that the reader was not trained on (`tests.reader_examples`), `--seed-page` on the
questions of tests/seed_questions.py, `--registers` on those of tests/registers.jsonl. `--page` times the chat in
Debian's chromium, from Enter to the answer on the page; `--scale PASSAGES` and `--vectors COUNT` tell what many of them
cost (`tests.scale`).
Ratios travel between machines, seconds do not. Other work on the machine disturbs both sides; each pair runs in turns.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from index import Document, PassageIndex, SentenceTransformerEmbedder, read_documents
from retrieval import ask, default_index
from tests import quality, registers, scale
from tests.reader_examples import OWN_HELD_OUT, own_documents
from tests.scale import percentile, seconds
from tests.seed_questions import groups, replies
from tests.serving import serve

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
COPIES = 20
"""The seed page so many times is what building is timed on: about 57,000 characters."""
QUESTIONS = (
    "What is the drug trade worth?",
    "Who leads the Paris bureau?",
    "From which cities do criminal organizations operate?",
    "drug market turnover",
    "How do criminals avoid detection?",
    "Which unit deals with Red Notices and extraditions?",
    "What is the capital of Mongolia?",
    "waht is teh drug market wroth",
)
BARE_START = "from sentence_transformers import SentenceTransformer; SentenceTransformer({model!r}, device='cpu')"
OUR_START = "from retrieval import ask; ask('What is the drug trade worth?')"
OUR_BUILD = (
    "from index import PassageIndex, read_documents; from retrieval import ask; "
    "ask('What is the drug trade worth?', passage_index=PassageIndex.build(read_documents('seeds')))"
)
PEAK = "; print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
"""Linux: its getrusage would count the process that started this one."""

Row = tuple[str, str, str, str]


def main() -> None:
    """Print the costs, or what else is asked for, as a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--quality", type=Path, metavar="FILE", help="a JSON file in SQuAD's format")
    parser.add_argument("--own", action="store_true", help="score questions in other words than the documents")
    parser.add_argument("--scale", type=int, metavar="PASSAGES", help="passages of made-up text")
    parser.add_argument("--vectors", type=int, metavar="COUNT", help="stand-ins for the vectors of passages")
    parser.add_argument("--docs", type=int, default=0, help="articles to use, 0 for all (with --quality, --own)")
    parser.add_argument("--per-doc", type=int, default=40, help="questions of each, 0 for all (with --quality, --own)")
    parser.add_argument("--seed", type=int, default=0, help="which articles and questions (with --quality, --own)")
    parser.add_argument("--seed-page", action="store_true", help="score the questions of tests/seed_questions.py")
    parser.add_argument("--registers", action="store_true", help="score the questions of tests/registers.jsonl")
    parser.add_argument("--page", action="store_true", help="time the chat in a browser")
    options = parser.parse_args()
    if options.page:
        show([("", "p50", "p95"), page_latency()])
    elif options.seed_page:
        show([*by_kind(seed_page())])
    elif options.registers:
        with tempfile.TemporaryDirectory() as folder:
            show([*by_kind(registers.replies(Path(folder)))])
    elif options.quality or options.own:
        articles = quality.read_squad(options.quality) if options.quality else own_documents()[:OWN_HELD_OUT]
        show(quality.measure(articles, options.docs, options.per_doc, options.seed))
    elif options.scale:
        show(scale.measure_passages(options.scale))
    elif options.vectors:
        show(scale.measure_vectors(options.vectors))
    else:
        show([("", "ours", "bare", "ratio"), *costs()])


def seed_page() -> Iterator[tuple[str, bool | None, bool]]:
    """What comes of the questions about the seed page; see by_kind."""
    for kind, asked in groups().items():
        for question, first, found in replies(asked, default_index()):
            yield kind, first if asked[question][1] else None, found


def by_kind(outcomes: Iterable[tuple[str, bool | None, bool]]) -> Iterator[Row]:
    """A row for each kind of questions, given for each its kind, whether the right passage came first, None where there
    is none, and whether an answer was found."""
    kinds = defaultdict[str, list[tuple[bool | None, bool]]](list)
    for kind, first, found in outcomes:
        kinds[kind].append((first, found))
    yield "", "questions", "right passage first", "found"
    for kind, asked in kinds.items():
        firsts = [first for first, _ in asked if first is not None]
        right = f"{statistics.fmean(firsts):.3f}" if firsts else "-"
        yield kind, str(len(asked)), right, f"{statistics.fmean(found for _, found in asked):.3f}"


def costs() -> list[Row]:
    """Everything measured, the processes first: they want the memory."""
    model = SentenceTransformer(model_folder(), device="cpu")
    default_index()  # saved from now on
    return [*starts(model_folder()), building(model), *latency(model), *memory(model_folder())]


def model_folder() -> str:
    """The folder of the model in use."""
    return str(SentenceTransformerEmbedder.locate().folder)


def starts(folder: str) -> list[Row]:
    """A new process to its first answer, the index saved, against one that imports and loads the model."""
    ours, bare = in_turns(lambda: run(OUR_START), lambda: run(BARE_START.format(model=folder)))
    return [row("first answer in a new process (s)", statistics.median(ours), statistics.median(bare))]


def building(model: SentenceTransformer) -> Row:
    """Characters a second: the whole way from text to index, against encoding the same passages and nothing else."""
    [page] = read_documents(ROOT / "seeds")
    documents = [Document(str(n), page.title, page.text) for n in range(COPIES)]
    built = PassageIndex.build(documents)
    texts = [built.document(n).text[(p := built.passage(n)).start : p.end] for n in range(len(built))]
    ours, bare = in_turns(lambda: PassageIndex.build(documents), lambda: model.encode(texts, show_progress_bar=False))
    characters = sum(map(len, texts))
    return row("building (characters/s)", characters / statistics.median(ours), characters / statistics.median(bare))


def latency(model: SentenceTransformer) -> list[Row]:
    """Milliseconds of a question, all of it, against one bare encode of it by one thread."""
    passage_index = default_index()
    ours: list[float] = []
    bare: list[float] = []
    threads = torch.get_num_threads()
    for question in QUESTIONS * 8:
        ours.append(seconds(lambda: ask(question, passage_index=passage_index)))  # noqa: B023
        torch.set_num_threads(1)
        bare.append(seconds(lambda: model.encode(question, show_progress_bar=False)))  # noqa: B023
        torch.set_num_threads(threads)
    ours, bare = ours[len(QUESTIONS) :], bare[len(QUESTIONS) :]  # the first round warms up
    return [
        row(f"question, p{share} (ms)", 1000 * percentile(ours, share), 1000 * percentile(bare, share))
        for share in (50, 95)
    ]


def page_latency() -> tuple[str, str, str]:
    """Milliseconds from Enter until the answer stands on the page, which a browser shows over the seed page."""
    from playwright.sync_api import sync_playwright

    took: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for url in serve(default_index()):
            page = browser.new_page()
            page.goto(url)
            page.wait_for_selector("#sheet")
            for number, question in enumerate(QUESTIONS * 2, start=1):
                page.fill("#box textarea", question)
                answered = f".turn:nth-child({number}):not(.pending)"
                took.append(seconds(lambda: (page.keyboard.press("Enter"), page.wait_for_selector(answered))))  # noqa: B023
        browser.close()
    return "Enter to answer (ms)", *(f"{1000 * percentile(took, share):,.0f}" for share in (50, 95))


def memory(folder: str) -> list[Row]:
    """Peak memory of a new process: from a saved index, and building the seed page's."""
    bare = float(run(BARE_START.format(model=folder) + PEAK))
    return [
        row("peak memory, saved index (MB)", float(run(OUR_START + PEAK)), bare),
        row("peak memory, building (MB)", float(run(OUR_BUILD + PEAK)), bare),
    ]


def in_turns(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Seconds of each, one after the other, several times."""
    pairs = [(seconds(ours), seconds(bare)) for _ in range(ROUNDS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def run(code: str) -> str:
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def row(what: str, ours: float, bare: float) -> Row:
    """A line of the table."""
    return what, f"{ours:,.1f}", f"{bare:,.1f}", f"{ours / bare:.2f}"


def show(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first one to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *others]))


if __name__ == "__main__":
    main()
