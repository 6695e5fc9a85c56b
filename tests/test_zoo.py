"""The zoo: every architecture costs what the table says, and what its source says."""

import math

import pytest
import torch
from torch import nn

import mote.zoo
from mote.errors import InputError
from mote.zoo import MODELS, Entry

ENTRIES = sorted(MODELS.values(), key=lambda entry: entry.name)


def by_name(entry: Entry) -> str:
    return entry.name


def macs_of_layers(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-accumulates by PyTorch's own shapes, without values."""
    counts: list[int] = []

    def count(layer: nn.Module, _: object, result: torch.Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            taps = math.prod(layer.kernel_size) * layer.in_channels // layer.groups
            counts.append(result.numel() * taps)
        elif isinstance(layer, nn.Linear):
            counts.append(result.numel() * layer.in_features)

    for layer in module.modules():
        layer.register_forward_hook(count)
    module.to("meta").eval()(torch.empty(1, *shape, device="meta"))
    return sum(counts)


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_the_table_tells_what_an_architecture_costs(entry: Entry) -> None:
    cost = mote.zoo.measure(entry.constructor(), entry.input_shape)
    assert cost.macs == entry.macs
    assert cost.parameters == entry.parameters
    assert cost.weights == entry.weights
    assert cost.peak_ram_bytes == entry.peak_ram_bytes


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_the_layers_add_up_to_the_macs_of_the_table(entry: Entry) -> None:
    assert macs_of_layers(entry.constructor(), entry.input_shape) == entry.macs


def test_an_unknown_architecture_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"model 'resnet9'.*allowed:.*lenet5(.|\n)*'resnet8'\?"):
        mote.zoo.create("resnet9")


def test_an_argument_that_an_architecture_does_not_take_is_named() -> None:
    with pytest.raises(InputError, match="does not take classes, allowed: num_classes"):
        mote.zoo.create("resnet8", classes=3)
