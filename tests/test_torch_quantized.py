"""Modules that PyTorch has quantised already become integer graphs with their own scales."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import mote
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph
from mote.ir.ops import Dequantize, Quantize
from mote.passes import optimize
from torch_check import Forward, randomize_norms, stored

SHAPE = (1, 3, 8, 8)


class Small(nn.Module):
    """Convolution, depthwise convolution, residual addition, pool, linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.point = nn.Conv2d(8, 8, 1)
        self.last = nn.Linear(8 * 4 * 4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.first(x)))
        x = x + self.point(F.relu(self.depthwise(x)))
        return self.last(F.max_pool2d(x, 2).flatten(1))


def quantised(module: nn.Module, shape: tuple[int, ...], *, per_channel: bool) -> nn.Module:
    """The module as torchao's PT2E quantises it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xnnpack = pytest.importorskip("torchao.testing.pt2e._xnnpack_quantizer")
        pt2e = pytest.importorskip("torchao.quantization.pt2e.quantize_pt2e")
        config = xnnpack.get_symmetric_quantization_config(is_per_channel=per_channel)
        quantizer = xnnpack.XNNPACKQuantizer().set_global(config)
        exported = torch.export.export(module.eval(), (torch.randn(shape),)).module()
        prepared = pt2e.prepare_pt2e(exported, quantizer)
        for _ in range(16):
            prepared(torch.randn(shape))
        converted: nn.Module = pt2e.convert_pt2e(prepared)
        return converted


def scales(program: torch.export.ExportedProgram) -> set[tuple[float, int]]:
    return {
        (float(np.float32(node.args[1])), int(node.args[2]))
        for node in program.graph.nodes
        if ".quantize_per_tensor" in str(node.target)
    }


def differences(graph: Graph, module: nn.Module, samples: int) -> np.ndarray:
    """By how many steps of the output each result differs from PyTorch's."""
    [last] = [n for n in graph.nodes if n.output == graph.outputs[0]]
    assert isinstance(last.op, Dequantize)
    step = graph.operands(last)[0].q.scale
    found = []
    for _ in range(samples):
        x = torch.randn(SHAPE)
        values = reference.run(graph, [np.ascontiguousarray(x.numpy().transpose(0, 2, 3, 1))])
        with torch.no_grad():
            expected = stored(module(x), graph.tensors[graph.outputs[0]].shape)
        found.append(np.rint((values[graph.outputs[0]] - expected) / step))
    return np.abs(np.concatenate(found))


@pytest.mark.parametrize("per_channel", [True, False])
def test_a_pt2e_network_becomes_integers_with_its_scales(per_channel: bool) -> None:
    torch.manual_seed(0)
    network = Small()
    randomize_norms(network)
    module = quantised(network, SHAPE, per_channel=per_channel)
    program = torch.export.export(module, (torch.randn(SHAPE),))
    graph = optimize(mote.from_torch(program, name="small"))
    kinds = [n.op.kind for n in graph.nodes]
    assert kinds == [
        "quantize",
        "conv_2d",
        "depthwise_conv_2d",
        "conv_2d",
        "add",
        "max_pool_2d",
        "reshape",
        "fully_connected",
        "dequantize",
    ]
    activations = [t for t in graph.tensors.values() if not t.is_constant and t.dtype is DType.INT8]
    assert {(t.q.scale, t.q.zero_point) for t in activations} == scales(program)
    found = differences(graph, module, 20)
    assert found.max() <= 1
    assert (found == 0).mean() > 0.97
    assert mote.compile(graph, "host").files


def fake(x: torch.Tensor, scale: float, zero: int, low: int, high: int, dtype: Any) -> torch.Tensor:
    ops = torch.ops.quantized_decomposed
    integers = ops.quantize_per_tensor(x, scale, zero, low, high, dtype)
    return ops.dequantize_per_tensor(integers, scale, zero, low, high, dtype)


@pytest.fixture(autouse=True)
def _decomposed_operations() -> None:
    """PyTorch registers ``quantized_decomposed`` when this module is imported."""
    import torch.ao.quantization.fx._decomposed  # noqa: F401


def uint8_network(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    ops = torch.ops.quantized_decomposed
    x = fake(x, 0.03, 120, 0, 255, torch.uint8)
    weight = ops.dequantize_per_tensor(module.w, 0.02, 0, -127, 127, torch.int8)
    return fake(F.conv2d(x, weight, module.b).relu(), 0.05, 0, 0, 255, torch.uint8)


def integers(*shape: int) -> torch.Tensor:
    return torch.randint(-127, 128, shape, dtype=torch.int8)


def test_uint8_activations_become_int8() -> None:
    torch.manual_seed(0)
    module = Forward(uint8_network, b=nn.Parameter(torch.randn(4)))
    module.register_buffer("w", integers(4, 3, 3, 3))
    graph = optimize(mote.from_torch(module, torch.randn(SHAPE)))
    assert [n.op.kind for n in graph.nodes] == ["quantize", "conv_2d", "dequantize"]
    assert graph.result(graph.nodes[0]).q.zero_points == (-8,)
    assert graph.result(graph.nodes[1]).q.zero_points == (-128,)
    found = differences(graph, module, 5)
    assert found.max() <= 1
    assert (found == 0).mean() > 0.99


def test_torchao_affine_operations_are_the_same_thing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("torchao")
        from torchao.quantization.quant_primitives import dequantize_affine, quantize_affine
    torch.manual_seed(0)
    scale, zero = torch.tensor(0.03), torch.tensor(4)
    rows = torch.rand(4) * 0.01 + 0.01

    def through(x: torch.Tensor, block: Sequence[int]) -> torch.Tensor:
        found = quantize_affine(x, block, scale, zero, torch.int8)
        return dequantize_affine(found, block, scale, zero, torch.int8)

    def forward(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        weight = dequantize_affine(
            module.w, (1, 3, 3, 3), module.rows, torch.zeros(4, dtype=torch.int32), torch.int8
        )
        return through(F.conv2d(through(x, SHAPE), weight), (1, 4, 6, 6))

    module = Forward(forward)
    module.register_buffer("w", integers(4, 3, 3, 3))
    module.register_buffer("rows", rows)
    graph = optimize(mote.from_torch(module, torch.randn(SHAPE)))
    assert [n.op.kind for n in graph.nodes] == ["quantize", "conv_2d", "dequantize"]
    weight = graph.operands(graph.nodes[1])[1]
    np.testing.assert_array_equal(weight.q.scales, rows.numpy())
    assert differences(graph, module, 5).max() <= 1


@pytest.mark.parametrize(
    ("bounds", "dtype", "reason"),
    [
        ((0.1, 0, 0, 127), torch.int8, r"it quantises to \[0, 127\], allowed: \[-128, 127\]"),
        ((0.1, 0, -(2**31), 2**31 - 1), torch.int32, "its result has type torch.int32"),
        ((0.0, 0, -128, 127), torch.int8, "a scale is not positive and finite"),
    ],
)
def test_quantisation_without_an_equal_is_refused(
    bounds: tuple[float, int, int, int], dtype: Any, reason: str
) -> None:
    module = Forward(lambda m, x: fake(x, *bounds, dtype))
    with pytest.raises(UnsupportedModelError, match=reason):
        mote.from_torch(module, torch.randn(SHAPE))


def test_dynamic_quantisation_is_refused() -> None:
    def forward(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        ops = torch.ops.quantized_decomposed
        scale, zero = ops.choose_qparams.tensor(x, -128, 127, 1e-6, torch.int8)
        return ops.quantize_per_tensor.tensor(x, scale, zero, -128, 127, torch.int8)

    with pytest.raises(UnsupportedModelError, match=r"quantized_decomposed\.choose_qparams"):
        mote.from_torch(Forward(forward), torch.randn(SHAPE))


def test_a_graph_keeps_both_nodes_until_it_is_optimised() -> None:
    module = Forward(lambda m, x: fake(x, 0.1, 3, -128, 127, torch.int8))
    graph = mote.from_torch(module, torch.randn(SHAPE))
    assert [type(n.op) for n in graph.nodes] == [Quantize, Dequantize]
