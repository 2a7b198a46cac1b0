"""Train the reader: `python -m tests.train_reader train-v2.0.json`, SQuAD 2.0's official training file.

It stands with the tests, like the benchmark, since it needs data that is no part of the project. A question is read
with a passage as the index cuts it: the one that answers, the one that only seems to (SQuAD 2.0's unanswerable
questions), or another one that shares its words. One pass, in bfloat16; run again, it goes on from the last checkpoint.
"""

import argparse
import json
import math
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from index import Document, SentenceTransformerEmbedder
from index.generations import file_sha256
from index.passages import cut_windows
from retrieval.model import MAX_TOKENS, Parts, build_model, forward, make_batch, save_changes
from retrieval.reader import WEIGHTS
from tests.quality import Article, Question, auroc, read_squad

HELD_OUT, MEASURED = 6, 600
"""Articles that are not trained on, and how many examples of them are measured."""
ANSWERABLE, UNANSWERABLE, OTHER, FOREIGN = 0.7, 2, 0.36, 0.03
"""How often each question is read with its passage, if that answers and if it only seems to; how often one that has an
answer is read with another passage of its article, and with one of another article."""
NEAREST = 3
"""That other passage is one of so many that share most with the question."""
TYPO, KEYWORDS, CONTEXT, UNMARKED = 0.08, 0.05, 0.06, 0.25
"""Shares of the questions that are mistyped, cut to their keywords, followed by words in brackets as a follow-up's are,
and left without a question mark: people do all of these."""
FUNCTION_WORDS = frozenset(
    "what which who whom whose when where how why did does do is are was were has have had the a an of in to for by on "
    "at and that it its as with from".split()
)

BATCH = 32
RATE = 2e-4
WARM, STABLE = 0.05, 0.5
"""Shares of the steps: by when the learning rate has risen, and from when on it falls to nothing."""
POOL = 64
"""Batches that are drawn together and sorted by length: little padding."""
KEPT_STEPS = 200
"""Steps between two checkpoints."""


@dataclass(frozen=True)
class Example:
    """A question with a passage. answer: (start, end) in the passage, None where it does not answer."""

    question: str
    heading: str
    passage: str
    answer: tuple[int, int] | None


def examples(article: Article, foreign: Article, rng: random.Random) -> list[Example]:
    """What an article teaches; foreign: another article."""
    passages, others = _passages(article), _passages(foreign)
    bags = [set(_words(text)) for _, text, _ in passages]
    holders = {word: sum(word in bag for bag in bags) for word in set().union(*bags)}
    found: list[Example] = []
    for question in article.questions:
        place = _place(question, passages)
        if place is None:
            continue
        number, span = place
        for _ in range(_times(ANSWERABLE if question.answers else UNANSWERABLE, rng)):
            text = _as_typed(question.text, article, rng)
            found.append(Example(text, *passages[number][:2], span if question.answers else None))
        if question.answers and rng.random() < OTHER:
            words = set(_words(question.text))
            answer = passages[number][1][slice(*span)].lower()
            shared = sorted(
                (-sum(math.log(len(bags) / holders[word]) for word in words & bag), n)
                for n, bag in enumerate(bags)
                if n != number and answer not in passages[n][1].lower()
            )
            if shared:
                other = passages[rng.choice(shared[:NEAREST])[1]]
                found.append(Example(_as_typed(question.text, article, rng), *other[:2], None))
        if question.answers and rng.random() < FOREIGN:
            found.append(Example(_as_typed(question.text, article, rng), *rng.choice(others)[:2], None))
    return found


def _passages(article: Article) -> list[tuple[str, str, int]]:
    """Heading, text and start of each passage."""
    windows = cut_windows(Document(article.title, article.title.replace("_", " "), article.text))
    return [(w.heading, article.text[p.start : p.end], p.start) for w in windows for p in w.passages]


def _place(question: Question, passages: Sequence[tuple[str, str, int]]) -> tuple[int, tuple[int, int]] | None:
    """The passage that holds a whole answer, true or plausible, and where in it."""
    for start, end in question.answers or question.plausible:
        for number, (_, text, shift) in enumerate(passages):
            if shift <= start and end <= shift + len(text):
                return number, (start - shift, end - shift)
    return None


def _times(share: float, rng: random.Random) -> int:
    """share as a whole number: 0.7 is 1 in seven of ten cases."""
    return int(share) + (rng.random() < share % 1)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _as_typed(question: str, article: Article, rng: random.Random) -> str:
    """The question as some person might type it."""
    text = question.strip()
    draw = rng.random()
    if draw < TYPO:
        text = _mistyped(text, rng)
    elif draw < TYPO + KEYWORDS:
        text = " ".join(w for w in text.split() if w.lower().strip("?,.") not in FUNCTION_WORDS) or text
    elif draw < TYPO + KEYWORDS + CONTEXT:
        earlier = rng.choice(article.questions).text
        telling = [w for w in _words(earlier) if w not in FUNCTION_WORDS]
        text = f"{text} ({' '.join(telling)})"
    return text.rstrip("? ") if rng.random() < UNMARKED else text


def _mistyped(text: str, rng: random.Random) -> str:
    """One letter inside one longer word dropped, doubled, replaced, or swapped with the next."""
    places = list(re.finditer(r"[^\W\d_]{4,}", text))
    if not places:
        return text
    word = rng.choice(places)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    here, after = text[at], text[at + 1]
    slips = ["", here + here, rng.choice("abcdefghijklmnopqrstuvwxyz")]
    if rng.random() < 0.4:
        return text[:at] + after + here + text[at + 2 :]
    return text[:at] + rng.choice(slips) + text[at + 1 :]


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
    """A padded batch and what it should be read as."""
    return {
        **make_batch([row.parts for row in rows], tokenizer.cls_token_id, tokenizer.sep_token_id),
        "first": torch.tensor([row.first for row in rows]),
        "last": torch.tensor([row.last for row in rows]),
    }


def loss(model: torch.nn.ModuleDict, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Where the answer is, for those that have one, and whether there is one, for all."""
    start, end, answers = forward(model, batch)
    some = batch["first"] >= 0
    total = torch.nn.functional.binary_cross_entropy_with_logits(answers, some.float())
    if some.any():
        for logits, gold in ((start, batch["first"]), (end, batch["last"])):
            total = total + torch.nn.functional.cross_entropy(logits[some], gold[some]) / 2
    return total


def batches(rows: Sequence[Row], rng: random.Random) -> Iterator[list[Row]]:
    """The rows once, shuffled, those of like length together."""
    order = list(rows)
    rng.shuffle(order)
    for pool in range(0, len(order), POOL * BATCH):
        near = sorted(order[pool : pool + POOL * BATCH], key=len)
        groups = [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
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
    for step, group in enumerate(groups[begun:steps], start=begun):
        for part in optimizer.param_groups:
            part["lr"] = RATE * rate(step, steps)
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(model, tensors(group, tokenizer))
        value.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        mean += (value.item() - mean) / min(step - begun + 1, 100)
        if (step + 1) % KEPT_STEPS == 0 or step + 1 == steps:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            speed = (step + 1 - begun) * BATCH / (time.monotonic() - clock)
            report = figures(model, held, tokenizer)
            print(f"step {step + 1} of {steps}, loss {mean:.3f}, {speed:.1f} a second: {report}", flush=True)
    about = {
        "command": f"python -m tests.train_reader train-v2.0.json --steps {steps} --seed {given.seed}",
        "data": "SQuAD 2.0 training set",
        "licence": "Weights trained on SQuAD (Rajpurkar et al., CC BY-SA 4.0), from all-MiniLM-L6-v2 (Apache 2.0)",
        "figures": report,
    }
    save_changes(model, folder, given.out)
    about["sha256"] = file_sha256(given.out)
    given.out.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def figures(model: torch.nn.ModuleDict, held: Sequence[Row], tokenizer: Any) -> str:
    """On articles that were held out: the right words found, and passages that answer told from those that do not."""
    right: list[bool] = []
    sure: dict[bool, list[float]] = {True: [], False: []}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for i in range(0, len(held), BATCH):
            group = held[i : i + BATCH]
            start, end, answers = forward(model, tensors(group, tokenizer))
            for row, a, b, odds in zip(group, start.argmax(1), end.argmax(1), answers.tolist(), strict=True):
                sure[row.first >= 0].append(odds)
                if row.first >= 0:
                    right.append((int(a), int(b)) == (row.first, row.last))
    return f"exact {sum(right) / len(right):.3f}, AUROC {auroc(sure[True], sure[False]):.3f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.train_reader", description=__doc__)
    parser.add_argument("path", type=Path, help="a file in SQuAD 2.0's format")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=0, help="batches (0: one pass)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    tokenizer = AutoTokenizer.from_pretrained(SentenceTransformerEmbedder.packaged().folder)
    articles = sorted(read_squad(given.path), key=lambda article: article.title)
    rng.shuffle(articles)
    taught = [examples(a, rng.choice(articles), rng) for a in articles]
    held = encode([e for part in taught[:HELD_OUT] for e in part], tokenizer)
    rows = encode([e for part in taught[HELD_OUT:] for e in part], tokenizer)
    held = sorted(random.Random(given.seed).sample(held, min(len(held), MEASURED)), key=len)
    answered = sum(row.first >= 0 for row in rows)
    print(f"{len(rows):,} examples, {answered:,} with an answer; {len(held)} held out", flush=True)
    train(rows, held, tokenizer, given)


if __name__ == "__main__":
    main()
