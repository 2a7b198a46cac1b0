"""Train the reader: `python -m tests.train_reader train-v2.0.json --teacher FOLDER`, with SQuAD 2.0's training file.

It stands with the tests, like the benchmark, since it needs data that is no part of the project; what it learns from is
drawn by tests/reader_examples.py, and kept in a file for the next time. A teacher, a larger encoder of the same word
pieces (MPNet's, as in all-mpnet-base-v2), learns to read first; the reader then learns from what that one makes of each
example as well as from what is known (Hinton et al. 2015, arXiv:1503.02531). It takes a graphics card if there is one.
"""

import argparse
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby, repeat
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from transformers import AutoModel, AutoTokenizer

from index import SentenceTransformerEmbedder
from index.generations import file_sha256
from retrieval.model import MAX_TOKENS, STRIDE, add_heads, build_model, forward, judged, merge_changes, save_changes
from retrieval.reader import READER_SETTING, WEIGHTS
from tests.quality import Article, Question, auroc, read_squad
from tests.reader_examples import (
    OTHER_WORDS,
    OWN_HELD_OUT,
    SQUAD,
    Example,
    Shares,
    examples,
    in_other_words,
    own_documents,
    read_other_words,
)

HELD_OUT, MEASURED = 6, 600
"""Articles of SQuAD that are not trained on, the same ones whatever the seed, and how many questions are measured."""
BATCH = 128
"""Examples learnt from at once, or a few more, for those of one question stay together."""
RATE, TEACHER_RATE = 3e-4, 5e-5
WARM, STABLE = 0.05, 0.2
"""Shares of the steps: by when the learning rate has risen, and from when on it falls to nothing."""
POOL = 64
"""Batches of questions that are drawn together and sorted by length: little padding."""
SEEMS_AGAIN = 1
"""How often more than once a question comes in a pass that its passage only seems to answer: there are few of them."""
REPORT = 1000
"""Steps between two reports; the reader's weights are written with each."""
TAUGHT = 0.7
"""Share of the teacher's word in what the reader learns from, the rest is what is known."""
SOFTER = 2.0
"""What log-odds are divided by where the reader is to say what the teacher says: less of it is yes or no."""
START, STOP = 101, 102
"""The word pieces that begin and end what is read; MPNet's are 0 and 2, and all others 4 further on."""

Batch = dict[str, torch.Tensor]
"""What `forward` takes, and of each row: first, last, the answer's word pieces, -1 where there is none; asked, the
number of its question."""
Said = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""What `forward` returns."""
Read = Callable[[Batch], Said]
Half = Callable[[Read], Read]
"""Makes reading a matter of bfloat16 where that is quicker."""


@dataclass(frozen=True)
class Rows:
    """Examples as word pieces, those of one question one after another.

    pieces: uint16, those of all examples. sizes: (examples, 3), of question, heading and passage. spans: (examples, 2),
    the answer's first and last in all that is read, -1 where there is none. asked: (examples,), the question's number.
    """

    pieces: NDArray[np.uint16]
    sizes: NDArray[np.int64]
    spans: NDArray[np.int64]
    asked: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)


def encode(items: Sequence[Example], tokenizer: Any) -> Rows:
    """The examples as word pieces; one whose answer is cut off is left out."""
    columns = [[e.question for e in items], [e.heading for e in items], [e.passage for e in items]]
    questions, headings, passages = (
        tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True) for texts in columns
    )
    pieces, sizes, spans, asked = list[int](), list[list[int]](), list[tuple[int, int]](), list[int]()
    for number, (_, same) in enumerate(groupby(range(len(items)), lambda i: items[i].question)):
        for i in same:
            parts = [part["input_ids"][i] for part in (questions, headings, passages)]
            before, answer = len(parts[0]) + len(parts[1]) + 2, items[i].answer
            places = enumerate(passages["offset_mapping"][i], start=before)
            touched = [n for n, (a, b) in places if answer and a < answer[1] and answer[0] < b]
            first, last = (touched[0], touched[-1]) if touched else (-1, -1)
            if last < MAX_TOKENS - 1 and bool(touched) == bool(answer):
                pieces += chain.from_iterable(parts)
                sizes.append([*map(len, parts)])
                spans.append((first, last))
                asked.append(number)
    return Rows(
        np.array(pieces, np.uint16),
        np.array(sizes, np.int64).reshape(-1, 3),
        np.array(spans, np.int64).reshape(-1, 2),
        np.array(asked, np.int64),
    )


def joined(lots: Sequence[Rows]) -> Rows:
    """Several lots as one."""
    before = np.cumsum([0, *(lot.asked.max(initial=-1) + 1 for lot in lots)])
    return Rows(
        np.concatenate([lot.pieces for lot in lots]),
        np.concatenate([lot.sizes for lot in lots]),
        np.concatenate([lot.spans for lot in lots]),
        np.concatenate([lot.asked + count for lot, count in zip(lots, before, strict=False)]),
    )


def batches(rows: Rows, rng: random.Random, device: str, seems_again: int = 0) -> Iterator[Batch]:
    """The rows once, shuffled, those of one question and those of like length together.

    seems_again: how often more a question comes that its passage only seems to answer.
    """
    lengths = np.minimum(rows.sizes.sum(1) + 3, MAX_TOKENS)
    starts = np.cumsum(rows.sizes.sum(1)) - rows.sizes.sum(1)
    table = torch.from_numpy(np.column_stack((starts, lengths, rows.sizes, rows.spans, rows.asked))).to(device)
    pieces = torch.from_numpy(rows.pieces.astype(np.int32)).to(device)
    borders = [0, *(np.flatnonzero(np.diff(rows.asked)) + 1).tolist(), len(rows)]
    asked = [*map(range, borders, borders[1:])]
    asked += [same for same in asked if (rows.spans[same.start : same.stop] < 0).all()] * seems_again
    rng.shuffle(asked)
    for pool in range(0, len(asked), POOL * BATCH):
        groups: list[list[int]] = [[]]
        for same in sorted(asked[pool : pool + POOL * BATCH], key=lambda same: lengths[same.start : same.stop].max()):
            if len(groups[-1]) >= BATCH:
                groups.append([])
            groups[-1] += same
        rng.shuffle(groups)
        for group in groups:
            yield _batch(pieces, table[group])


def _batch(pieces: torch.Tensor, table: torch.Tensor) -> Batch:
    """A batch as `make_batch` makes it of the same texts. table: for each, where its pieces start, how many are read,
    how many are the question's, the heading's and the passage's, the answer's first and last, the question's number."""
    starts, lengths, questions, headings, _, first, last, asked = table.T[..., None]
    at = torch.arange(int(lengths.max() + STRIDE - 1) // STRIDE * STRIDE, device=table.device)
    second = questions + 2
    read = pieces[(starts + at - 1 - (at >= second).long()).clamp(0, len(pieces) - 1)]
    read = torch.where((at == second - 1) | (at == lengths - 1), STOP, torch.where(at == 0, START, read))
    return {
        "input_ids": torch.where(at < lengths, read, 0).int(),
        "attention_mask": at < lengths,
        "token_type_ids": ((at >= second) & (at < lengths)).int(),
        "inside": (at >= second + headings) & (at < lengths - 1),
        "first": first[:, 0],
        "last": last[:, 0],
        "asked": asked[:, 0],
    }


def build_teacher(folder: Path) -> torch.nn.ModuleDict:
    """An MPNet encoder with the reader's heads."""
    encoder = AutoModel.from_pretrained(folder)
    encoder.pooler = None
    return add_heads(encoder)


def forward_teacher(model: torch.nn.ModuleDict, batch: Batch) -> Said:
    """`forward` for the teacher."""
    ids = batch["input_ids"]
    ids = torch.where(ids == START, 0, torch.where(ids == STOP, 2, torch.where(batch["attention_mask"], ids + 4, 1)))
    states = model["encoder"](input_ids=ids, attention_mask=batch["attention_mask"].long()).last_hidden_state
    return judged(model, states, batch)


def known(said: Said, batch: Batch) -> torch.Tensor:
    """The loss against what is known: where the answer is, for those that have one, whether there is one, for all, and
    which passage answers, for questions that were read with several."""
    start, end, answers = said
    some = batch["first"] >= 0
    total = binary_cross_entropy_with_logits(answers, some.float())
    rivals = (batch["asked"][some, None] == batch["asked"]) & ~some
    against = answers.expand_as(rivals).masked_fill(~rivals, float("-inf"))
    total = total - torch.cat([answers[some, None], against], 1).log_softmax(1)[:, 0].sum() / some.sum().clamp_min(1)
    for logits, gold in ((start, batch["first"]), (end, batch["last"])):
        total = total + cross_entropy(logits[some], gold[some], reduction="sum") / some.sum().clamp_min(1) / 2
    return total


def taught(said: Said, teacher: Said, batch: Batch) -> torch.Tensor:
    """The loss against what the teacher said: of the same three."""
    answers, theirs = said[2] / SOFTER, teacher[2].float() / SOFTER
    other = batch["asked"][:, None] != batch["asked"]
    among, theirs_among = (
        odds.expand_as(other).masked_fill(other, float("-inf")).log_softmax(1).masked_fill(other, 0)
        for odds in (answers, theirs)
    )
    chosen = _divergence(among, theirs_among, ~other).mean()
    total = SOFTER**2 * (binary_cross_entropy_with_logits(answers, theirs.sigmoid()) + chosen)
    share = teacher[2].float().sigmoid()
    for ours, goal in zip(said[:2], teacher[:2], strict=True):
        ours, goal = (logits.float().log_softmax(1).masked_fill(~batch["inside"], 0) for logits in (ours, goal))
        total = total + (share * _divergence(ours, goal, batch["inside"])).sum() / share.sum() / 2
    return total


def _divergence(ours: torch.Tensor, goal: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Of each row, Kullback and Leibler's divergence of log-probabilities from those that are the goal."""
    return (goal.exp() * (goal - ours)).masked_fill(~inside, 0).sum(1)


def rate(step: int, steps: int) -> float:
    """The learning rate as a share of its greatest."""
    done = step / steps
    return min(1.0, (done + 1 / steps) / WARM, max(0.0, (1 - done) / (1 - STABLE)))


def fit(
    model: torch.nn.ModuleDict,
    loss: Callable[[int], torch.Tensor],
    order: Sequence[int],
    greatest: float,
    report: Callable[[], str],
) -> None:
    """Learn from the batches of these numbers, in this order; loss: of the batch of a number."""
    learnt = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=greatest, weight_decay=0.01, fused=True)
    mean, clock = torch.zeros((), device=learnt[0].device), time.monotonic()
    for step, number in enumerate(order):
        for part in optimizer.param_groups:
            part["lr"] = greatest * rate(step, len(order))
        value = loss(number)
        value.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        mean += (value.detach() - mean) / min(step + 1, 100)
        if (step + 1) % REPORT == 0 or step + 1 == len(order):
            speed = (step + 1) / (time.monotonic() - clock)
            print(f"step {step + 1} of {len(order)}, loss {mean:.3f}, {speed:.1f} a second: {report()}", flush=True)


def taught_by(folder: Path, learnt: Sequence[Batch], held: Sequence[Batch], steps: int, half: Half) -> list[Said]:
    """What the encoder in a folder says of each batch when it has learnt from them."""
    teacher = _without_dropout(build_teacher(folder)).to(learnt[0]["first"].device)
    read = half(partial(forward_teacher, teacher))

    def loss(number: int) -> torch.Tensor:
        return known(read(learnt[number]), learnt[number])

    fit(teacher, loss, _order(len(learnt), steps), TEACHER_RATE, lambda: figures(read, held))
    with torch.inference_mode():
        return [(start.half(), end.half(), answers) for start, end, answers in map(read, learnt)]


def train(
    model: torch.nn.ModuleDict,
    learnt: Sequence[Batch],
    says: Sequence[Said],
    held: Sequence[Batch],
    steps: int,
    half: Half,
    save: Callable[[], None],
) -> None:
    """The reader's model learns from the batches, and from what the teacher says of each, if it says anything."""
    model = _without_dropout(model).to(learnt[0]["first"].device)
    read = half(partial(forward, model))

    def loss(number: int) -> torch.Tensor:
        said, batch = read(learnt[number]), learnt[number]
        return known(said, batch).lerp(taught(said, says[number], batch), TAUGHT) if says else known(said, batch)

    def report() -> str:
        save()
        return figures(read, held)

    fit(model, loss, _order(len(learnt), steps), RATE, report)


def blend(model: torch.nn.ModuleDict, started: torch.nn.ModuleDict, share: float) -> None:
    """Go back part of the way to the weights that training started from: surer of texts of other kinds.

    share: of the new weights. Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903.
    """
    with torch.no_grad():
        for trained, before in zip(model.parameters(), started.parameters(), strict=True):
            trained.lerp_(before.to(trained.device), 1 - share)


def _without_dropout(model: torch.nn.ModuleDict) -> torch.nn.ModuleDict:
    """There is more to learn from than is learnt by heart."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model.train()


def _order(count: int, steps: int) -> list[int]:
    """Numbers below count, each time all of them in another order, as many as steps; one pass if that is 0."""
    passes, rng = -(-steps // count) or 1, random.Random(count)
    return [*chain.from_iterable(rng.sample(range(count), count) for _ in range(passes))][: steps or count]


def figures(read: Read, held: Sequence[Batch]) -> str:
    """On articles that were held out: the right words found, passages that answer told from those that do not, from
    those that their questions only seem to be answered by, and put first among those read with the same question."""
    right: list[bool] = []
    asked = defaultdict[int, dict[bool, list[float]]](lambda: {True: [], False: []})
    with torch.inference_mode():
        for batch in held:
            start, end, answers = read(batch)
            some = batch["first"] >= 0
            exact = (start.argmax(1) == batch["first"]) & (end.argmax(1) == batch["last"])
            right += exact[some].tolist()
            for number, answered, odds in zip(batch["asked"].tolist(), some.tolist(), answers.tolist(), strict=True):
                asked[number][answered].append(odds)
    first = [max(odds[True]) > max(odds[False]) for odds in asked.values() if odds[True] and odds[False]]
    sure, unsure = (list(chain.from_iterable(odds[answered] for odds in asked.values())) for answered in (True, False))
    near = [*chain.from_iterable(odds[False] for odds in asked.values() if not odds[True])]
    return (
        f"exact {fmean(right):.3f}, AUROC {auroc(sure, unsure):.3f}, near {auroc(sure, near):.3f}, "
        f"first {fmean(first):.3f}"
    )


Asked = tuple[Article, Sequence[tuple[Question, Shares]]]
"""An article and the questions it teaches by."""


def held_out_and_taught(path: Path) -> tuple[list[Asked], list[Asked]]:
    """The articles of SQuAD's training file and the documents of our own, parted."""
    articles, own = sorted(read_squad(path), key=lambda article: article.title), own_documents()
    random.Random(0).shuffle(articles)
    words = read_other_words()
    squad: list[Asked] = [
        (a, [*zip(a.questions, repeat(SQUAD)), *zip(in_other_words(a.text, words), repeat(OTHER_WORDS))])
        for a in articles
    ]
    ours: list[Asked] = [(a, list(zip(a.questions, repeat(OTHER_WORDS)))) for a in own]
    return squad[:HELD_OUT] + ours[:OWN_HELD_OUT], squad[HELD_OUT:] + ours[OWN_HELD_OUT:]


def drawn(asked: Asked, foreign: Asked, seed: int) -> list[Example]:
    """What an article teaches; foreign: another one."""
    article, questions = asked
    return examples(article, questions, foreign[0], random.Random(f"{seed} {article.title}"))


def draw(path: Path, seed: int) -> dict[str, Rows]:
    """What is learnt from and what is held out."""
    tokenizer = AutoTokenizer.from_pretrained(SentenceTransformerEmbedder.packaged().folder)
    os.environ[READER_SETTING] = "off"  # what else is like an answer, the search says, not the reader that is trained
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        held, taught = (
            joined([encode(part, tokenizer) for part in lots if part])
            for lots in (
                workers.map(drawn, some, some[1:] + some[:1], repeat(seed)) for some in held_out_and_taught(path)
            )
        )
    few = np.isin(held.asked, random.Random(seed).sample(range(held.asked[-1] + 1), MEASURED))
    return {"taught": taught, "held": _only(held, few)}


def _only(rows: Rows, chosen: NDArray[np.bool_]) -> Rows:
    """Some of the rows."""
    kept = np.repeat(chosen, rows.sizes.sum(1))
    return Rows(rows.pieces[kept], rows.sizes[chosen], rows.spans[chosen], rows.asked[chosen])


def kept_or_drawn(path: Path, squad: Path, seed: int) -> dict[str, Rows]:
    """What is learnt from and what is held out, from a file, which is written if it is not there yet."""
    if not path.exists():
        lots, new = draw(squad, seed), path.with_suffix(".new")
        with new.open("wb") as file:
            np.savez(file, **{f"{name}.{part}": rows for name, lot in lots.items() for part, rows in vars(lot).items()})
        new.replace(path)
    with np.load(path) as arrays:
        parts = Rows.__dataclass_fields__
        return {name: Rows(*(arrays[f"{name}.{part}"] for part in parts)) for name in ("taught", "held")}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.train_reader", description=__doc__)
    parser.add_argument("path", type=Path, help="SQuAD 2.0's official training file")
    parser.add_argument("--rows", type=Path, help="where the examples drawn from it are kept (beside it)")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=0, help="batches (0: one pass)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--teacher", type=Path, help="folder of an MPNet encoder that learns first")
    parser.add_argument("--teacher-steps", type=int, default=0, help="batches (0: one pass)")
    parser.add_argument("--bfloat16", action="store_true", help="without a card: quicker where the processor has it")
    parser.add_argument("--onward", action="store_true", help="start from the weights there are")
    parser.add_argument("--blend", type=float, default=0.5, help="share of the new weights, with --onward")
    given = parser.parse_args()
    lots = kept_or_drawn(given.rows or given.path.with_suffix(".npz"), given.path, given.seed)
    print(", ".join(f"{len(rows):,} examples {name}" for name, rows in lots.items()), flush=True)
    torch.manual_seed(given.seed)
    device, rng = "cuda" if torch.cuda.is_available() else "cpu", random.Random(given.seed)
    half: Half = torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or given.bfloat16)
    learnt, held = [*batches(lots["taught"], rng, device, SEEMS_AGAIN)], [*batches(lots["held"], rng, device)]
    says = taught_by(given.teacher, learnt, held, given.teacher_steps, half) if given.teacher else []
    folder = SentenceTransformerEmbedder.packaged().folder
    model, started = build_model(folder), build_model(folder)
    if given.onward:
        for one in (model, started):
            merge_changes(one, WEIGHTS.read_bytes())
    train(model, learnt, says, held, given.steps, half, lambda: save_changes(model, folder, given.out))
    if given.onward:
        blend(model, started, given.blend)
    save_changes(model, folder, given.out)
    report = figures(half(partial(forward, model)), held)
    teacher = f" --teacher {given.teacher.name} --teacher-steps {given.teacher_steps}" if given.teacher else ""
    onward = f" --onward --blend {given.blend}" if given.onward else ""
    how = f"--steps {given.steps} --seed {given.seed}{teacher}{onward}"
    about = {
        "command": f"python -m tests.train_reader train-v2.0.json {how}",
        "data": "SQuAD 2.0 training set, tests/own_documents.jsonl and tests/other_words.jsonl",
        "licence": "Weights trained on SQuAD (Rajpurkar et al., CC BY-SA 4.0), from all-MiniLM-L6-v2 (Apache 2.0)",
        "figures": report,
        "sha256": file_sha256(given.out),
    }
    given.out.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
