"""Which layers of a network suffer most from being quantised. Importing this imports torch.

A few layers do nearly all of the damage: those whose input holds values far larger than the rest, so that eight bits
are spent on the gap. Left exact, they cost little time and give the accuracy back.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch

_HALF, _WHOLE = 127, 255


def most_sensitive(network: torch.nn.Module, batches: Sequence[tuple[Any, Any]]) -> list[str]:
    """Ranks a network's linear layers by what quantising one of them alone does to the probabilities.

    Weights are rounded to 8 bits per output channel, inputs to 8 bits per batch, as the engines do it.

    Args:
        network: Takes token ids and mask, gives probabilities.
        batches: Pairs of ids and mask, texts of the usual kind.

    Returns:
        Names of modules, the one whose rounding moves a probability furthest first.
    """

    def outputs() -> Any:
        with torch.inference_mode():
            return torch.cat([network(ids, mask) for ids, mask in batches])

    modules = cast("Iterable[tuple[str, torch.nn.Module]]", network.named_modules())
    layers = {name: layer for name, layer in modules if isinstance(layer, torch.nn.Linear)}
    exact = outputs()
    moved: dict[str, float] = {}
    for name, layer in layers.items():
        with _rounded(layer):
            moved[name] = float((outputs() - exact).abs().max())
    return sorted(moved, key=lambda name: -moved[name])


def node_belongs(node: str, layer: str) -> bool:
    """Whether a node of the exported graph is a use of that layer.

    The exporter names nodes after the modules they come from (`a.0.b` becomes `/a.0/b/MatMul`) and numbers repeated
    uses of one (`/a.0_1/b/MatMul`).
    """
    path = re.sub(r"/(\d+)(?=/|$)", r".\1", "/" + layer.replace(".", "/"))
    return re.sub(r"_\d+(?=/|$)", "", node).startswith(path + "/")


@contextmanager
def _rounded(layer: torch.nn.Linear) -> Generator[None]:
    """Lets a layer compute with eight bits for a while."""
    exact = layer.weight.data
    steps = exact.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _HALF
    layer.weight.data = (exact / steps).round() * steps

    def round_input(_layer: Any, inputs: tuple[Any, ...]) -> tuple[Any]:
        return (_eight_bits(inputs[0]),)

    hook = layer.register_forward_pre_hook(round_input)
    try:
        yield
    finally:
        hook.remove()
        layer.weight.data = exact


def _eight_bits(values: Any) -> Any:
    low, high = values.min().clamp(max=0), values.max().clamp(min=0)
    step = (high - low).clamp(min=1e-12) / _WHOLE
    return ((values - low) / step).round() * step + low
