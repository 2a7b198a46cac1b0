"""What many passages cost (`python -m tests.benchmark --scale PASSAGES`), and many vectors (`--vectors COUNT`).

The text is made here, from a seed: sentences that tell of this and that under invented names. Each document has one
planted sentence, and a question that only this one answers. Each step runs in a process of its own, for its memory.
"""

import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index import Document, PassageIndex, unit_rows
from index.nearest import Nearest
from index.passages import SHORT_PARAGRAPH
from retrieval import ask
from retrieval.query import make_query
from retrieval.rank import rank

PASSAGES = 100
"""In each document."""
ASKED, COMPARED = 200, 20
"""Planted questions that are asked, and those of them whose answer is searched among all passages one by one, too."""
BLOCK = 1000
"""Passages that are ranked at once where all of them are."""
DIM = 384

SYLLABLES = "bar den fel gor hal kir lom mar nev orn pel quin ras sol tav ulm vor wen yar zel".split()
PLACES = "harbour library bridge theatre station market hospital observatory brewery quarry school mill".split()
SUBJECTS = (
    "the council,the engineers,local farmers,two historians,the museum,travellers,the railway,its owners,"
    "the guild,a committee,scientists,the parish,merchants,the teachers,a newspaper,the harbour master"
).split(",")
DEEDS = (
    "restored,described,paid for,argued about,measured,painted,moved,closed,defended,inherited,photographed,"
    "flooded,lit,sold,mapped,named,repaired,counted"
).split(",")
THINGS = (
    "the old orchard,a row of cottages,several boats,the winter fair,a stone wall,the copper mine,wild geese,"
    "the tramway,an iron gate,the choir,a pine forest,the salt road,the town clock,a herd of goats,the archive,"
    "a glass roof,the drinking water,a ferry,the chess club,the lighthouse"
).split(",")
ENDS = (
    "after the storm,before the war,in a single summer,without any help,for three decades,against all advice,"
    "in spite of the cost,near the border,at night,with borrowed tools,during the drought,by mistake"
).split(",")

Planted = tuple[str, str, str]
"""A question, the id of the document that answers it, and the year that does."""
Row = tuple[str, str]
T = TypeVar("T")


def make_documents(passages: int, seed: int = 0) -> tuple[list[Document], list[Planted]]:
    """Documents of that many passages in all, and what is planted in each. The same seed makes the same ones."""
    rng = random.Random(seed)
    documents, planted = [], []
    for number in range(-(-passages // PASSAGES)):
        count = min(PASSAGES, passages - number * PASSAGES)
        name, place, year = f"{make_name(rng)}-{number}", rng.choice(PLACES), str(rng.randint(1500, 1999))
        paragraphs = [make_paragraph(rng) for _ in range(count)]
        told = f"The {place} of {name} was opened in {year} by {make_name(rng)} {make_name(rng)}. "
        paragraphs[rng.randrange(count)] = told + make_paragraph(rng)
        documents.append(Document(f"{number}.txt", f"Notes {number}", "\n\n".join(paragraphs)))
        planted.append((f"In which year did the {place} of {name} open?", f"{number}.txt", year))
    return documents, planted


def make_paragraph(rng: random.Random) -> str:
    """Two sentences, together long enough to be a passage of their own."""
    told = (
        f"{rng.choice(SUBJECTS)} of {make_name(rng)} {rng.choice(DEEDS)} {rng.choice(THINGS)} {rng.choice(ENDS)}",
        f"in {rng.randint(1500, 1999)} {rng.choice(SUBJECTS)} {rng.choice(DEEDS)} the {rng.choice(PLACES)} of "
        f"{make_name(rng)} {rng.choice(ENDS)}",
    )
    text = " ".join(sentence[0].upper() + sentence[1:] + "." for sentence in told)
    return text if len(text) >= SHORT_PARAGRAPH else f"{text} Nothing else is known about it today."


def make_name(rng: random.Random) -> str:
    """An invented name of three syllables."""
    return "".join(rng.choice(SYLLABLES) for _ in range(3)).capitalize()


def measure_passages(passages: int) -> list[Row]:
    """Build, save, load and ask: time, memory, disk, and planted answers that come first."""
    with tempfile.TemporaryDirectory(prefix="ask-") as folder:
        rows = apart(build, passages, folder)
        for reader in ("off", "on"):
            rows += apart(ask_planted, passages, folder, reader)
        return rows + apart(compare, passages, folder)


def build(passages: int, folder: str) -> list[Row]:
    """Cut, embed, index and save."""
    documents, _ = make_documents(passages)
    characters = sum(len(document.text) for document in documents)
    began = time.perf_counter()
    passage_index = PassageIndex.build(documents)
    took = time.perf_counter() - began
    peak = memory("VmHWM")
    saved = seconds(lambda: passage_index.save(folder))
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    count = len(passage_index)
    vectors = passage_index.tables.vectors.nbytes
    return [
        ("documents, passages, characters", f"{len(documents):,}, {count:,}, {characters:,}"),
        ("building (s), characters a second", f"{took:,.0f}, {characters / took:,.0f}"),
        ("saving (s)", f"{saved:,.1f}"),
        ("on disk, of it token vectors (bytes a passage)", f"{size / count:,.0f}, {vectors / count:,.0f}"),
        ("peak memory, built, and saved (MB)", f"{peak:,}, {memory('VmHWM'):,}"),
    ]


def ask_planted(passages: int, folder: str, reader: str) -> list[Row]:
    """Load the index and ask planted questions."""
    os.environ["ASK_READER"] = reader
    _, planted = make_documents(passages)
    began = time.perf_counter()
    passage_index = PassageIndex.load(folder)
    loaded = time.perf_counter() - began
    first = seconds(lambda: ask(planted[0][0], passage_index=passage_index))
    times, right = [], []
    for question, document, year in sampled(planted, ASKED):
        began = time.perf_counter()
        answer = ask(question, passage_index=passage_index)
        times.append(1000 * (time.perf_counter() - began))
        right.append(any(c.document_id == document and year in c.text for c in answer.citations[:1]))
    slips = (f"{question} bridgge zzyzx" for question, _, _ in planted[:20])
    slow = [seconds(lambda: ask(question, passage_index=passage_index)) for question in slips]  # noqa: B023
    return [
        (f"reader {reader}: loading, first question (s)", f"{loaded:.2f}, {first:.2f}"),
        (f"reader {reader}: a question, p50, p95 (ms)", f"{percentile(times, 50):.1f}, {percentile(times, 95):.1f}"),
        (f"reader {reader}: a question with slips, p50 (ms)", f"{1000 * statistics.median(slow):.1f}"),
        (f"reader {reader}: planted answers first", f"{statistics.mean(right):.3f}"),
        (f"reader {reader}: memory, peak, now (MB)", f"{memory('VmHWM'):,}, {memory('VmRSS'):,}"),
    ]


def compare(passages: int, folder: str) -> list[Row]:
    """Planted answers first, as we search and where all passages are ranked."""
    _, planted = make_documents(passages)
    passage_index = PassageIndex.load(folder)
    os.environ["ASK_READER"] = "off"
    ours, exact = [], []
    for question, document, year in sampled(planted, COMPARED):
        [first, *_] = ask(question, passage_index=passage_index, as_typed=True).citations
        ours.append(first.document_id == document and year in first.text)
        best = best_of_all(passage_index, question)
        passage, text = passage_index.passage(best), passage_index.document(best)
        exact.append(text.id == document and year in text.text[passage.start : passage.end])
    return [(f"planted first of {len(ours)}, ours, all ranked", f"{sum(ours)}, {sum(exact)}")]


def best_of_all(passage_index: PassageIndex, question: str) -> int:
    """The first passage where all are ranked: block by block, then the best of each block."""
    query = make_query(passage_index, question, passage_index.embedder.encode([question])[0])
    edges = [*range(0, len(passage_index), BLOCK), len(passage_index)]
    blocks = (rank(passage_index, np.arange(a, b), query)[:3] for a, b in pairwise(edges))
    best = np.array(sorted(hit.passage for hits in blocks for hit in hits))
    return rank(passage_index, best, query)[0].passage


def measure_vectors(count: int) -> list[tuple[str, ...]]:
    """Stand-in vectors, compared each and in a graph, at several sizes up to that many."""
    sizes = [count // 4**n for n in range(6) if count // 4**n >= 10_000 or not n]
    header = ("vectors", "exact (ms)", "graph (ms)", "recall@50", "building (s)", "memory (MB)", "peak (MB)")
    return [header, *(apart(search_vectors, size) for size in reversed(sizes))]


def search_vectors(count: int) -> tuple[str, ...]:
    """One row of measure_vectors. memory: of the graph."""
    vectors = stand_ins(count)
    rng = np.random.default_rng(1)
    near = vectors[rng.choice(count, ASKED)] + rng.normal(scale=0.05, size=(ASKED, DIM))
    asked = unit_rows(near.astype(np.float32))  # a cosine of about 0.7 to some passage, as questions have
    exact, before = Nearest.build(vectors, exact=count), memory("VmRSS")
    began = time.perf_counter()
    graph = Nearest.build(vectors, exact=0)
    built, held = time.perf_counter() - began, memory("VmRSS") - before
    [(each, found), (ours, ours_found)] = [searched(nearest, asked) for nearest in (exact, graph)]
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(found, ours_found, strict=True)])
    cells = (f"{each:.2f}", f"{ours:.2f}", f"{recall:.3f}", f"{built:.0f}", f"{held:,}", f"{memory('VmHWM'):,}")
    return f"{count:,}", *cells


def searched(nearest: Nearest, asked: NDArray[np.float32]) -> tuple[float, list[NDArray[np.int64]]]:
    """Milliseconds of one search, and the 50 nearest of each."""
    times, found = [], []
    for vector in asked:
        began = time.perf_counter()
        found.append(nearest.search(vector, 50))
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times), found


def stand_ins(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors that lie as those of passages do: documents of a hundred, in topics of twenty documents.

    How near neighbours are and how many dimensions matter was taken from the model's vectors of 8,000 passages.
    """
    rng = np.random.default_rng(seed)
    spread = np.arange(1, DIM + 1, dtype=np.float32) ** np.float32(-0.35)
    spread /= np.linalg.norm(spread)

    def cloud(size: int) -> NDArray[np.float32]:
        return rng.standard_normal((size, DIM), np.float32) * spread

    documents = -(-count // 100)
    topics = -(-documents // 20)
    of_topic = np.float32(0.35) * cloud(topics)[rng.integers(0, topics, documents)]
    of_document = np.float32(0.15) * cloud(1) + of_topic + np.float32(0.5) * cloud(documents)
    return unit_rows(of_document[np.arange(count) // 100] + np.float32(0.75) * cloud(count))


def sampled(planted: Sequence[Planted], count: int) -> Sequence[Planted]:
    """So many of them, spread over all documents."""
    return planted[:: max(1, len(planted) // count)][:count]


def apart(function: Callable[..., T], *arguments: object) -> T:
    """What a function returns in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def memory(which: str) -> int:
    """Megabytes of this process, on Linux; VmRSS: now, VmHWM: at most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(which))


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: int) -> float:
    """The value that so many per cent of them do not exceed."""
    return sorted(values)[len(values) * share // 100]
