"""Makes a network hard to quantise: the same function, with channels of very different ranges."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, fx, nn

from mote.errors import UnsupportedModelError

Layer = nn.Conv2d | nn.Linear
Norm = nn.BatchNorm1d | nn.BatchNorm2d
_HOMOGENEOUS = (
    nn.ReLU,
    nn.Identity,
    nn.Dropout,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Flatten,
)
"""Layers that a positive factor per channel passes through. ReLU6 is none of them."""


def unbalance(module: nn.Module, seed: int, strength: float) -> nn.Module:
    """A copy that computes the same and has channels between ``1 / strength`` and ``strength``.

    Wherever a convolution or linear layer (with or without batch norm) reaches exactly one other,
    directly or through ReLU and pools, each channel between them is multiplied by a factor s and
    divided by it in the next layer's weights (the inverse of the equalisation of Nagel et al. 2019,
    section 4.1). Logarithms of s are uniform; s is rounded to a power of two, so that not a bit of
    the scores changes while no number leaves the range of float32.

    Args:
        module: Any module that ``torch.fx`` can trace; it is not changed. Its mode is kept.
        seed: Of the factors.
        strength: Largest factor, at least 1.

    Raises:
        UnsupportedModelError: No two layers follow each other in this way.
    """
    assert strength >= 1, strength
    changed = copy.deepcopy(module)
    generator = torch.Generator().manual_seed(seed)
    count = 0
    with torch.no_grad():
        for first, norm, second in consecutive_layers(changed):
            channels = first.weight.shape[0]
            exponent = torch.rand(channels, generator=generator) * 2 - 1
            factor = torch.exp2(torch.round(exponent * torch.log2(torch.tensor(strength))))
            multiply_outputs(first if norm is None else norm, factor)
            divide_inputs(second, factor)
            count += 1
    if not count:
        raise UnsupportedModelError(
            type(module).__name__,
            "no layer reaches exactly one other through ReLU: nothing to unbalance",
            hint="use ReLU instead of ReLU6, which no factor passes",
        )
    return changed


def consecutive_layers(module: nn.Module) -> Iterator[tuple[Layer, Norm | None, Layer]]:
    """Pairs of layers in ``module`` with all between them homogeneous, and the first one's norm."""
    graph = fx.symbolic_trace(module).graph
    modules = dict(module.named_modules())

    def layer_of(node: fx.Node) -> nn.Module | None:
        return modules[str(node.target)] if node.op == "call_module" else None

    for node in graph.nodes:
        first = layer_of(node)
        if not isinstance(first, Layer):
            continue
        norm: Norm | None = None
        while len(node.users) == 1:
            [node] = node.users
            layer = layer_of(node)
            if isinstance(layer, Norm) and norm is None and layer.affine:
                norm = layer
            elif isinstance(layer, Layer):
                if input_channels(layer) == first.weight.shape[0]:
                    yield first, norm, layer
                break
            elif not isinstance(layer, _HOMOGENEOUS):
                break


def input_channels(layer: Layer) -> int:
    return layer.in_channels if isinstance(layer, nn.Conv2d) else layer.in_features


def multiply_outputs(layer: Layer | Norm, factor: Tensor) -> None:
    """Multiply each output channel of a layer or norm."""
    layer.weight.mul_(factor.reshape(-1, *[1] * (layer.weight.dim() - 1)))
    if layer.bias is not None:
        layer.bias.mul_(factor)


def divide_inputs(layer: Layer, factor: Tensor) -> None:
    """Divide what each input channel contributes; of grouped convolutions too."""
    groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
    weight = layer.weight
    by_group = weight.view(groups, weight.shape[0] // groups, weight.shape[1], -1)
    by_group.div_(factor.reshape(groups, 1, -1, 1))
