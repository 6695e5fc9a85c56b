"""PyTorch layers as nodes: the float graph computes what PyTorch computes, in NHWC."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import mote
from mote.ir.ops import Reshape
from mote.passes import optimize
from torch_check import Forward, assert_agrees, kinds


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"kernel_size": 3}, "conv_2d"),
        ({"kernel_size": (3, 2), "stride": (2, 3), "padding": (2, 1)}, "conv_2d"),
        ({"kernel_size": 3, "dilation": (2, 1), "padding": "same"}, "conv_2d"),
        ({"kernel_size": (4, 2), "padding": "same", "bias": False}, "conv_2d"),
        ({"kernel_size": 2, "padding": "valid"}, "conv_2d"),
        ({"kernel_size": 3, "groups": 2}, "conv_2d"),
        ({"kernel_size": 3, "groups": 4, "padding": 1}, "depthwise_conv_2d"),
        ({"kernel_size": (2, 3), "groups": 4, "stride": 2, "dilation": 2}, "depthwise_conv_2d"),
    ],
)
def test_a_convolution_keeps_its_window_padding_and_groups(
    settings: dict[str, object], kind: str
) -> None:
    graph = assert_agrees(nn.Conv2d(4, 8, **settings), (2, 4, 9, 7))
    assert kinds(graph) == [kind]


class Pools(nn.Module):
    """Every pool of one input, so that one export serves them all."""

    def __init__(self) -> None:
        super().__init__()
        self.pools = nn.ModuleList(
            [
                nn.MaxPool2d(2),
                nn.MaxPool2d((3, 2), stride=(2, 1), padding=1),
                nn.MaxPool2d(3, stride=3, padding=1, ceil_mode=True),
                nn.AvgPool2d(3, stride=2),
                nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
                nn.AvgPool2d((2, 4), ceil_mode=True),
                nn.AdaptiveAvgPool2d(1),
                nn.AdaptiveAvgPool2d((3, 4)),
            ]
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        results = [pool(x) for pool in self.pools]
        results += [x.mean((2, 3)), x.mean((-1, -2), keepdim=True), x.mean(2, keepdim=True)]
        return tuple(results)


def test_pools_agree_with_padding_ceil_mode_and_global_windows() -> None:
    graph = assert_agrees(Pools(), (2, 3, 9, 8))
    assert kinds(graph) == (
        ["max_pool_2d"] * 3 + ["average_pool_2d"] * 3 + ["mean", "average_pool_2d"] + ["mean"] * 3
    )


class Clamps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.hard = nn.Hardtanh(0.0, 6.0)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = functional.pad(x, (1, 2, 0, 1))
        y = self.hard(x + x)
        z = functional.relu6(x)
        return x.clamp(min=0), x.clamp(-1, 1), y, self.relu(z), nn.Softmax(dim=1)(x)


def test_clamps_padding_addition_and_softmax_agree() -> None:
    graph = assert_agrees(Clamps(), (2, 3, 4, 5))
    assert kinds(graph).count("relu") == 5
    assert kinds(graph).count("pad") == 1


def test_flattening_permutes_the_weights_of_the_linear_layer_and_never_the_data() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3),
        nn.Flatten(),
        nn.BatchNorm1d(5 * 4 * 2),
        nn.ReLU(),
        nn.Linear(5 * 4 * 2, 7),
        nn.BatchNorm1d(7, affine=False),
    )
    graph = assert_agrees(module, (2, 3, 6, 4))
    assert kinds(graph) == [
        "conv_2d",
        "reshape",
        "batch_norm",
        "relu",
        "fully_connected",
        "batch_norm",
    ]
    [flatten] = [n for n in graph.nodes if isinstance(n.op, Reshape)]
    assert graph.operands(flatten)[0].shape == (2, 4, 2, 5)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.drop(self.bn(self.conv(x)))
        y += x
        return functional.relu(y)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(1, 4, 3, stride=2), nn.ReLU6())
        self.block = Residual()
        self.head = nn.Linear(4 * 4 * 4, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.block(self.block(self.stem(image)))
        return functional.softmax(self.head(x.view(x.size(0), -1)), dim=-1)


def test_nodes_and_constants_are_named_by_module_path() -> None:
    graph = assert_agrees(Network(), (1, 1, 8, 8))
    assert [n.name for n in graph.nodes] == [
        "stem.0",
        "stem.1",
        "stem.2",
        "block.conv",
        "block.bn",
        "block.add",
        "block.relu",
        "block.conv_2",
        "block.bn_2",
        "block.add_1",
        "block.relu_1",
        "view",
        "head",
        "softmax",
    ]
    assert graph.inputs == ("image",)
    assert {"stem.1.weight", "block.bn.running_mean", "head.bias"} <= set(graph.tensors)


def test_a_module_called_twice_has_its_weights_once() -> None:
    graph = assert_agrees(Network(), (1, 1, 8, 8))
    shapes = [t.shape for t in optimize(graph).tensors.values() if t.is_constant]
    assert shapes.count((4, 3, 3, 4)) == 1


def test_training_on_does_not_change_the_graph() -> None:
    layer = nn.Linear(3, 2)
    graph = mote.from_torch(layer, torch.zeros(1, 3))
    before = {name: t.array.copy() for name, t in graph.tensors.items() if t.is_constant}
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.fill_(7)
    for name, array in before.items():
        np.testing.assert_array_equal(graph.tensors[name].array, array)


def test_the_mode_of_every_module_is_restored() -> None:
    module = Network().train()
    module.block.bn.eval()
    mote.from_torch(module, torch.zeros(1, 1, 8, 8))
    assert module.training
    assert module.block.drop.training
    assert not module.block.bn.training


def overwriting(module: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The same tensor before and after it is overwritten, by itself and through a view."""
    y = module.conv(x)
    y.relu_()
    z = module.conv(x + 1)
    half = z[:, :2]
    half.mul_(2)
    z[:, 3] = half[:, 0]
    w = functional.dropout(y * 3, 0.5, False)
    w.tanh_()
    return y + 1, z, w


def test_operations_that_overwrite_their_operand_change_what_is_read_later() -> None:
    assert_agrees(Forward(overwriting, conv=nn.Conv2d(3, 4, 1)), (1, 3, 5, 4))
