"""A model's linear layers with weights of 7 bits and inputs of 8: three times as quick as float32, and smaller.

Each row of weights has a scale of its own; so has each text, for texts go through one at a time. 7 times 8 bits never
overflow the 16 bits in which processors without VNNI add pairs, so that all processors find the same whole numbers.
Deliberately does not: know what the model is for.
"""

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ENGINES = {"x86", "fbgemm", "onednn"}
"""Backends of torch that are quicker in 8 bits; other processors are well served by float32."""
STEPS = 63
"""A weight is a whole number from -STEPS to STEPS, times its row's scale."""


def to_eight_bits(model: "torch.nn.Module", exact: Collection[str] = ()) -> None:
    """Replace the linear layers inside a model, where torch has a backend for it; else the model stays as it is.

    exact: the full names of layers that stay.
    """
    import torch

    if torch.backends.quantized.engine not in ENGINES:
        return
    for place, module in [*model.named_modules()]:
        for name, layer in [*module.named_children()]:
            if isinstance(layer, torch.nn.Linear) and f"{place}.{name}".lstrip(".") not in exact:
                setattr(module, name, _eight_bits(layer))


def _eight_bits(layer: "torch.nn.Linear") -> "torch.nn.Module":
    """The same layer in 8 bits."""
    import torch

    class EightBits(torch.nn.Module):
        """y = x W' + b, x rounded to 256 steps between its least and greatest value."""

        def __init__(self, packed: Any) -> None:
            super().__init__()
            self._packed = packed

        def forward(self, x: "torch.Tensor") -> "torch.Tensor":
            y: torch.Tensor = torch.ops.quantized.linear_dynamic(x, self._packed, reduce_range=False)
            return y

    weight = layer.weight.detach()
    scales = weight.abs().amax(dim=1).clamp_min(1e-12).double() / STEPS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces a successor package; this one is in every torch we allow
        rounded = torch.quantize_per_channel(weight, scales, torch.zeros(len(weight)).long(), 0, torch.qint8)
    return EightBits(torch.ops.quantized.linear_prepack(rounded, layer.bias))
