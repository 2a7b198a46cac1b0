"""The reader's network: the packaged encoder with two heads, and how its weights are kept.

Deliberately does not: train (tests/train_reader.py), or read for a question (retrieval/reader.py).
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import ModelError
from index.eight_bits import to_eight_bits

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 256
"""Word pieces that are read at once, special tokens included."""
STRIDE = 16
"""Texts are padded to a multiple of so many word pieces: torch keeps memory for each shape it meets."""
FROZEN = ("embeddings.", "encoder.layer.0.")
"""Parts of the encoder that stay as packaged: less to keep and to train."""
EXACT = ("encoder.layer.0.output.dense", "encoder.layer.1.output.dense")
"""Layers computed in float32: they take in a few very large values, beside which 8 bits lose the small ones."""
STEPS = 127
"""A changed weight is kept as a whole number from -STEPS to STEPS, times its row's scale."""

Pieces = Sequence[int]
Parts = tuple[Pieces, Pieces, Pieces]
"""The word pieces of a question, a heading and a passage."""


def build_model(folder: str) -> "torch.nn.ModuleDict":
    """The encoder in a folder with two heads yet to be trained or loaded, for `forward`."""
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(folder)
    encoder.pooler = None  # it has one, which is not read; left out of what is loaded, it would be reported as missing
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_(not name.startswith(FROZEN))
    return add_heads(encoder)


def add_heads(encoder: Any) -> "torch.nn.ModuleDict":
    """An encoder with two heads yet to be trained."""
    import torch

    width = encoder.config.hidden_size
    return torch.nn.ModuleDict(
        {"encoder": encoder, "span": torch.nn.Linear(width, 2), "answers": torch.nn.Linear(width, 1)}
    )


def make_batch(texts: Sequence[Parts], start: int, stop: int) -> "dict[str, torch.Tensor]":
    """What `forward` takes: [start] question [stop] heading passage [stop], cut at MAX_TOKENS and padded."""
    import torch

    rows = [
        [*[start, *question, stop, *heading, *passage][: MAX_TOKENS - 1], stop] for question, heading, passage in texts
    ]
    length = -(-max(map(len, rows)) // STRIDE) * STRIDE
    at = torch.arange(length)
    sizes = torch.tensor([[len(row)] for row in rows])
    questions = torch.tensor([[len(question) + 2] for question, _, _ in texts])
    befores = questions + torch.tensor([[len(heading)] for _, heading, _ in texts])
    return {
        "input_ids": torch.tensor([row + [0] * (length - len(row)) for row in rows]),
        "attention_mask": (at < sizes).long(),
        "token_type_ids": ((at >= questions) & (at < sizes)).long(),
        "inside": (at >= befores) & (at < sizes - 1),
    }


def forward(
    model: "torch.nn.ModuleDict", batch: "Mapping[str, torch.Tensor]"
) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """How likely the answer starts and ends at each token, and that the text answers.

    The first two are logits, (texts, tokens), -inf outside the passage; the third is log-odds, (texts,).
    """
    return judged(model, _encode(model["encoder"], batch), batch)


def judged(
    model: "torch.nn.ModuleDict", states: "torch.Tensor", batch: "Mapping[str, torch.Tensor]"
) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """What the heads make of the encoder's states, as `forward` returns it."""
    spans = model["span"](states).float().masked_fill(~batch["inside"][..., None], float("-inf"))
    return spans[..., 0], spans[..., 1], model["answers"](states[:, 0]).float()[:, 0]


def _encode(encoder: Any, batch: "Mapping[str, torch.Tensor]") -> "torch.Tensor":
    """The last layer's states, (texts, tokens, width).

    The encoder's own way there spends a fifth of the time in Python, for which texts read side by side wait in turn.
    """
    from torch.nn.functional import gelu, scaled_dot_product_attention

    heads = encoder.config.num_attention_heads
    seen = batch["attention_mask"].bool()[:, None, None]
    states: torch.Tensor = encoder.embeddings(batch["input_ids"], batch["token_type_ids"])
    for layer in encoder.encoder.layer:
        own, mix = layer.attention.self, layer.attention.output
        asked, keys, values = (
            part(states).unflatten(-1, (heads, -1)).transpose(1, 2) for part in (own.query, own.key, own.value)
        )
        found = scaled_dot_product_attention(asked, keys, values, attn_mask=seen).transpose(1, 2).flatten(2)
        states = mix.LayerNorm(states + mix.dense(found))
        states = layer.output.LayerNorm(states + layer.output.dense(gelu(layer.intermediate.dense(states))))
    return states


def save_changes(model: "torch.nn.ModuleDict", folder: str, path: Path) -> None:
    """Write what training changed in the encoder of a folder, in 8 bits a weight, and the heads."""
    import torch
    from safetensors.torch import save_file

    packaged = dict(build_model(folder).named_parameters())
    kept: dict[str, torch.Tensor] = {}
    for name, trained in model.named_parameters():
        if not name.startswith("encoder."):
            kept[name] = trained.detach().cpu().clone()
        elif trained.requires_grad:
            change = trained.detach().cpu() - packaged[name].detach()
            scale = change.abs().amax(dim=-1, keepdim=True).clamp_min(1e-12) / STEPS
            kept[name] = (change / scale).round().to(torch.int8)
            kept[f"{name}.scale"] = scale
    save_file(kept, path)


def load_model(folder: str, path: Path, sha256: str) -> "torch.nn.ModuleDict":
    """The encoder in a folder with the changes in a file merged in. Raises ModelError where the file is another one."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelError(
            f"The reader's weights {str(path)!r} have SHA-256 {found}, expected {sha256}. "
            "Take the file from the repository again, or set ASK_READER=off."
        )
    model = build_model(folder).eval()
    merge_changes(model, data)
    to_eight_bits(model["encoder"], EXACT)
    return model


def merge_changes(model: "torch.nn.ModuleDict", data: bytes) -> None:
    """Add what save_changes wrote to the model that build_model made of the same folder."""
    import torch
    from safetensors.torch import load

    kept: dict[str, Any] = load(data)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if f"{name}.scale" in kept:
                parameter.add_(kept[name] * kept[f"{name}.scale"])
            elif name in kept:
                parameter.copy_(kept[name])
