"""Whole networks: equal to PyTorch, no transpose left, imported fast."""

import time

import numpy as np
import pytest
import torch
from torch import nn

import mote
from mote.zoo.models import MODELS
from torch_check import Forward, assert_agrees, kinds
from torch_networks import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_and_move_no_element(name: str) -> None:
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    graph = assert_agrees(make(), shape)
    assert "transpose" not in kinds(graph)


def test_attention_moves_each_of_its_operands_once() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    assert kinds(assert_agrees(layer, (1, 5, 8))).count("transpose") == 4
    single = nn.TransformerEncoderLayer(8, 1, 16, batch_first=True)
    assert kinds(assert_agrees(single, (1, 5, 8))).count("transpose") == 0


LARGEST = ("proxylessnas_mobile", "mobilenet_v2")


def imported(name: str) -> tuple[list[str], float]:
    """The nodes of an architecture of the zoo, and the processor's seconds for its import."""
    entry = MODELS[name]
    module = entry.constructor()
    started = time.process_time()
    graph = mote.from_torch(module, torch.zeros(1, *entry.input_shape))
    return kinds(graph), time.process_time() - started


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_architectures_are_imported_in_three_seconds(name: str) -> None:
    nodes, seconds = imported(name)
    assert "transpose" not in nodes
    assert seconds <= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", [m for m in MODELS if m not in LARGEST])
def test_no_architecture_of_the_zoo_needs_a_transpose(name: str) -> None:
    assert "transpose" not in imported(name)[0]


def random_network(random: np.random.Generator) -> nn.Module:
    """Layers that fit each other, in any order."""
    channels = int(random.choice([4, 6, 8]))
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1)]
    for _ in range(int(random.integers(3, 8))):
        match int(random.integers(9)):
            case 0:
                groups = int(random.choice([1, 2, channels]))
                wider = channels * int(random.integers(1, 3))
                layers.append(nn.Conv2d(channels, wider, 3, padding=1, groups=groups))
                channels = wider
            case 1:
                layers.append(nn.BatchNorm2d(channels))
            case 2:
                kinds_of = (nn.ReLU(inplace=True), nn.Hardswish(), nn.GELU(), nn.LeakyReLU(0.1))
                layers.append(kinds_of[int(random.integers(4))])
            case 3:
                pools = (nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1), nn.ReflectionPad2d(1))
                layers.append(pools[int(random.integers(3))])
            case 4:
                layers.append(nn.ChannelShuffle(2))
            case 5:
                layers.append(
                    Forward(lambda m, x: x + m.body(x), body=nn.Conv2d(channels, channels, 1))
                )
            case 6:
                layers.append(Forward(lambda m, x: torch.cat([x.flip(1), x * 0.5], 1)))
                channels *= 2
            case 7:
                layers.append(Forward(lambda m, x: torch.cat(x.chunk(2, 1)[::-1], 1)))
            case _:
                layers.append(Forward(lambda m, x: x * x.mean((2, 3), keepdim=True).sigmoid()))
        if channels > 24:
            layers.append(nn.Conv2d(channels, 6, 1))
            channels = 6
    heads = (
        [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 4)],
        [nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(channels * 4, 4), nn.Softmax(1)],
        [Forward(lambda m, x: x.mean((-1, -2)))],
    )
    return nn.Sequential(*layers, *heads[int(random.integers(3))])


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_agree(seed: int) -> None:
    torch.manual_seed(seed)
    assert_agrees(random_network(np.random.default_rng(seed)), (1, 3, 10, 9))


@pytest.mark.slow
def test_many_random_networks_agree() -> None:
    for seed in range(100, 400):
        torch.manual_seed(seed)
        assert_agrees(random_network(np.random.default_rng(seed)), (1, 3, 10, 9))
