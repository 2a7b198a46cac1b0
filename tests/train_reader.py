"""Train the reader: `python -m tests.train_reader train-v2.0.json`, SQuAD 2.0's official training file.

It stands with the tests, like the benchmark, since it needs data that is no part of the project; what it learns from is
drawn by tests/reader_examples.py. One pass over it; run again, it goes on from the last checkpoint. With --onward it
starts from the weights there are, not from the packaged model, and blends both.
"""

import argparse
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from transformers import AutoTokenizer

from index import SentenceTransformerEmbedder
from index.generations import file_sha256
from retrieval.model import MAX_TOKENS, Parts, build_model, forward, make_batch, merge_changes, save_changes
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

HELD_OUT, MEASURED = 6, 300
"""Articles of SQuAD that are not trained on, the same ones whatever the seed, and how many questions are measured."""
BATCH = 32
RATE = 1.5e-4
WARM, STABLE = 0.05, 0.2
"""Shares of the steps: by when the learning rate has risen, and from when on it falls to nothing."""
POOL = 64
"""Batches of questions that are drawn together and sorted by length: little padding."""
KEPT_STEPS = 200
"""Steps between two checkpoints."""


@dataclass(frozen=True)
class Row:
    """An example as word pieces. first, last: the answer's in the whole row, -1 where there is none."""

    parts: Parts
    first: int
    last: int

    def __len__(self) -> int:
        """Word pieces to read, without the special tokens."""
        return sum(map(len, self.parts))


def encode(items: Sequence[Example], tokenizer: Any) -> list[Row]:
    """Word pieces of each example; one whose answer is cut off is left out."""
    questions = tokenizer([e.question for e in items], add_special_tokens=False)["input_ids"]
    headings = tokenizer([e.heading for e in items], add_special_tokens=False)["input_ids"]
    texts = tokenizer([e.passage for e in items], add_special_tokens=False, return_offsets_mapping=True)
    passages, offsets = texts["input_ids"], texts["offset_mapping"]
    rows: list[Row] = []
    for e, *parts, places in zip(items, questions, headings, passages, offsets, strict=True):
        before = len(parts[0]) + len(parts[1]) + 2
        touched = [before + i for i, (a, b) in enumerate(places) if e.answer and a < e.answer[1] and e.answer[0] < b]
        first, last = (touched[0], touched[-1]) if touched else (-1, -1)
        if last < MAX_TOKENS - 1 and bool(touched) == bool(e.answer):
            rows.append(Row((parts[0], parts[1], parts[2]), first, last))
    return rows


def tensors(rows: Sequence[Row], tokenizer: Any) -> dict[str, torch.Tensor]:
    """A padded batch and what it should be read as. asked: the number of each row's question."""
    numbers = {tuple(row.parts[0]): n for n, row in enumerate(rows)}
    return {
        **make_batch([row.parts for row in rows], tokenizer.cls_token_id, tokenizer.sep_token_id),
        "first": torch.tensor([row.first for row in rows]),
        "last": torch.tensor([row.last for row in rows]),
        "asked": torch.tensor([numbers[tuple(row.parts[0])] for row in rows]),
    }


def learn(model: torch.nn.ModuleDict, rows: Sequence[Row], tokenizer: Any, share: float, half: bool) -> float:
    """Add the gradients of some rows, which are such a share of a batch; their part of its loss. half: in bfloat16."""
    torch.set_num_threads(1)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        value = share * loss(model, tensors(rows, tokenizer))
    value.backward()
    return value.item()


def loss(model: torch.nn.ModuleDict, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Where the answer is, for those that have one, whether there is one, for all, and which passage answers, for
    questions that were read with several."""
    start, end, answers = forward(model, batch)
    some = batch["first"] >= 0
    total = torch.nn.functional.binary_cross_entropy_with_logits(answers, some.float())
    if some.any():
        rivals = (batch["asked"][some, None] == batch["asked"]) & ~some
        against = answers.expand_as(rivals).masked_fill(~rivals, float("-inf"))
        chosen = torch.cat([answers[some, None], against], 1).log_softmax(1)[:, 0]
        total = total - chosen.mean()
        for logits, gold in ((start, batch["first"]), (end, batch["last"])):
            total = total + torch.nn.functional.cross_entropy(logits[some], gold[some]) / 2
    return total


Rows = list[Row]


def by_question(rows: Sequence[Row]) -> list[Rows]:
    """The rows of each question, which stand one after another."""
    return [list(same) for _, same in groupby(rows, lambda row: row.parts[0])]


def batches(rows: Sequence[Row], rng: random.Random) -> Iterator[list[Rows]]:
    """The rows once in halves of batches, shuffled, those of one question and those of like length together."""
    asked = by_question(rows)
    rng.shuffle(asked)
    for pool in range(0, len(asked), POOL * BATCH):
        near = sorted(asked[pool : pool + POOL * BATCH], key=lambda same: max(map(len, same)))
        halves: list[Rows] = [[]]
        for same in near:
            if len(halves[-1]) >= BATCH // 2:
                halves.append([])
            halves[-1] += same
        groups = [halves[i : i + 2] for i in range(0, len(halves), 2)]
        rng.shuffle(groups)
        yield from groups


def rate(step: int, steps: int) -> float:
    """The learning rate as a share of RATE."""
    done = step / steps
    return min(1.0, done / WARM, max(0.0, (1 - done) / (1 - STABLE)))


def train(rows: Sequence[Row], held: Sequence[Row], tokenizer: Any, given: argparse.Namespace) -> None:
    """One pass over the rows, or as many steps of it as are given; what it changed is saved."""
    torch.manual_seed(given.seed)
    folder = SentenceTransformerEmbedder.packaged().folder
    model = build_model(folder).train()
    if given.onward:
        merge_changes(model, given.out.read_bytes())
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    learnt = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01, fused=True)
    checkpoint, begun = given.out.with_suffix(".checkpoint"), 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        begun = state["step"]
    groups = list(batches(rows, random.Random(given.seed)))
    steps = min(given.steps or len(groups), len(groups))
    mean, clock, report = 0.0, time.monotonic(), ""
    workers = ThreadPoolExecutor(2)  # half a batch each: two threads that share every operation wait for each other
    for step, group in enumerate(groups[begun:steps], start=begun):
        for part in optimizer.param_groups:
            part["lr"] = RATE * rate(step, steps)
        size = sum(map(len, group))
        parts = [workers.submit(learn, model, half, tokenizer, len(half) / size, given.bfloat16) for half in group]
        value = sum(part.result() for part in parts)
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        mean += (value - mean) / min(step - begun + 1, 100)
        if (step + 1) % KEPT_STEPS == 0 or step + 1 == steps:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            speed = (step + 1 - begun) * BATCH / (time.monotonic() - clock)
            report = figures(model, held, tokenizer)
            print(f"step {step + 1} of {steps}, loss {mean:.3f}, {speed:.1f} a second: {report}", flush=True)
    how = f"--steps {steps} --seed {given.seed}"
    if given.onward:
        how += f" --onward --blend {given.blend}"
        blend(model, given)
        report = figures(model, held, tokenizer)
    about = {
        "command": f"python -m tests.train_reader train-v2.0.json {how}",
        "data": "SQuAD 2.0 training set, tests/own_documents.jsonl and tests/other_words.jsonl",
        "licence": "Weights trained on SQuAD (Rajpurkar et al., CC BY-SA 4.0), from all-MiniLM-L6-v2 (Apache 2.0)",
        "figures": report,
    }
    save_changes(model, folder, given.out)
    about["sha256"] = file_sha256(given.out)
    given.out.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def blend(model: torch.nn.ModuleDict, given: argparse.Namespace) -> None:
    """Go back part of the way to the weights that training started from: surer of texts of other kinds.

    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903.
    """
    before = build_model(SentenceTransformerEmbedder.packaged().folder)
    merge_changes(before, given.out.read_bytes())
    with torch.no_grad():
        for trained, started in zip(model.parameters(), before.parameters(), strict=True):
            trained.lerp_(started, 1 - given.blend)


def figures(model: torch.nn.ModuleDict, held: Sequence[Row], tokenizer: Any) -> str:
    """On articles that were held out: the right words found, passages that answer told from those that do not, and
    the one that answers put first among those its question was read with."""
    right: list[bool] = []
    asked = defaultdict[tuple[int, ...], dict[bool, list[float]]](lambda: {True: [], False: []})
    with torch.inference_mode():
        for i in range(0, len(held), BATCH):
            group = held[i : i + BATCH]
            start, end, answers = forward(model, tensors(group, tokenizer))
            for row, a, b, odds in zip(group, start.argmax(1), end.argmax(1), answers.tolist(), strict=True):
                asked[tuple(row.parts[0])][row.first >= 0].append(odds)
                if row.first >= 0:
                    right.append((int(a), int(b)) == (row.first, row.last))
    first = [max(odds[True]) > max(odds[False]) for odds in asked.values() if odds[True] and odds[False]]
    sure, unsure = (list(chain.from_iterable(odds[answers] for odds in asked.values())) for answers in (True, False))
    return f"exact {fmean(right):.3f}, AUROC {auroc(sure, unsure):.3f}, first {fmean(first):.3f}"


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


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.train_reader", description=__doc__)
    parser.add_argument("path", type=Path, help="SQuAD 2.0's official training file")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=0, help="batches (0: one pass)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bfloat16", action="store_true", help="quicker where the processor has it, else far slower")
    parser.add_argument("--onward", action="store_true", help="start from the weights in --out")
    parser.add_argument("--blend", type=float, default=0.35, help="share of the new weights, with --onward")
    given = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(SentenceTransformerEmbedder.packaged().folder)
    articles = held_out_and_taught(given.path)
    os.environ[READER_SETTING] = "off"  # what else is like an answer, the search says, not the reader that is trained
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        held, rows = (
            encode(
                [e for part in workers.map(drawn, some, some[1:] + some[:1], repeat(given.seed)) for e in part],
                tokenizer,
            )
            for some in articles
        )
    asked = by_question(held)
    measured = random.Random(given.seed).sample(asked, min(len(asked), MEASURED))
    held = sorted(chain.from_iterable(measured), key=len)
    answered = sum(row.first >= 0 for row in rows)
    print(f"{len(rows):,} examples, {answered:,} with an answer; {len(held):,} held out", flush=True)
    train(rows, held, tokenizer, given)


if __name__ == "__main__":
    main()
