"""Transposed convolution: kernels equal the reference, the reference spreads each input."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_random, one_node
from kernel_runner import run_steps
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Activation, Padding, Rounding, TransposedConv2D
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import random_weights, with_int16_activations


def random_transposed(rng: np.random.Generator) -> Graph:
    """Strides, dilations, groups, paddings and output paddings that torch and ONNX allow."""
    groups, depth = int(rng.choice([1, 1, 2])), int(rng.integers(1, 9))
    outputs = groups * int(rng.integers(1, 7))
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    plane = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    stride = (int(rng.integers(1, 5)), int(rng.integers(1, 4)))
    dilation = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
    more = (int(rng.integers(0, 3)), int(rng.integers(0, 3)))
    full = [
        (n - 1) * s + (k - 1) * d + 1 + m
        for n, s, k, d, m in zip(plane, stride, kernel, dilation, more, strict=True)
    ]
    cuts = [int(rng.integers(0, max(1, min(3, n // 2)))) for n in (*full, *full)]
    op = TransposedConv2D(
        stride=stride,
        dilation=dilation,
        padding=Padding(cuts[0], cuts[2], cuts[1], cuts[3]),
        output_padding=more,
        activation=list(Activation)[int(rng.integers(4))],
        rounding=list(Rounding)[int(rng.integers(2))],
    )
    x_shape = (int(rng.choice([1, 2])), *plane, groups * depth)
    weights = random_weights((outputs, *kernel, depth), rng)
    scales = tuple(float(s) for s in (2.0 ** rng.uniform(-9, -6, outputs)).astype(np.float32))
    bias = rng.integers(-2000, 2000, outputs).astype(np.int32)
    y_scale = float(np.float32(0.05 * 0.3 * np.sqrt(depth * kernel[0]) * rng.uniform(0.5, 4)))
    zeros = [int(rng.integers(-128, 128)) for _ in "xy"]
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((0.05,), (zeros[0],))),
        Tensor(
            "weight", weights.shape, DType.INT8, Quantization(scales, (0,) * outputs, 0), weights
        ),
        Tensor("bias", bias.shape, DType.INT32, None, bias),
        Tensor(
            "y",
            op.shape(x_shape, weights.shape, bias.shape),
            DType.INT8,
            Quantization((y_scale,), (zeros[1],)),
        ),
    ]
    node = Node("layer", op, ("x", "weight", "bias"), "y")
    return Graph("layer", {t.name: t for t in tensors}, (node,), ("x",), ("y",))


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16], ids=lambda d: d.value)
def test_random_layers_equal_the_reference(dtype: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    steps, xs, expected = [], [], []
    while len(steps) < 120:
        graph = random_transposed(rng)
        if dtype is DType.INT16:
            graph = with_int16_activations(graph, rng)
        verify(graph)
        shape = graph.tensors["x"].shape
        x = rng.integers(*dtype.range, shape, dtype.numpy, endpoint=True)
        if rng.random() < 0.3:
            x = rng.choice(np.array(dtype.range, dtype.numpy), shape)
        try:
            steps += lower(graph, CORES["cortex-m4"]).steps
        except UnsupportedModelError:
            continue
        xs.append([x])
        expected.append(reference.run(graph, [x])["y"])
    found = run_steps(steps, xs, expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


def test_the_largest_strides_and_distances_do_not_overflow(tmp_path: Path) -> None:
    """Their least common multiple has 32 bits, and so has a place beyond the result."""
    check_random(far_apart(), np.random.default_rng(3), tmp_path)


def test_the_reference_needs_no_memory_for_what_lies_beyond_the_result() -> None:
    graph = far_apart()[1]
    (x,) = graph.inputs
    tracemalloc.start()
    reference.run(graph, [np.ones(graph.tensors[x].shape, np.int8)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**23


def far_apart() -> list[Graph]:
    """Inputs and taps at distances of 16 bits, most of which padding cuts off."""
    graphs = []
    for rows, taps, bottom in ((1, 2, 65000), (40000, 2, 39999 * 65535)):
        op = TransposedConv2D(
            stride=(65535, 1), dilation=(65534, 1), padding=Padding(500, bottom, 0, 0)
        )
        weight = np.full((1, taps, 1, 1), 5, np.int8)
        q = Quantization((0.5,), (0,))
        operands = (
            Tensor("x", (1, rows, 1, 1), DType.INT8, q),
            Tensor("w", weight.shape, DType.INT8, q, weight),
            Tensor("b", (1,), DType.INT32, None, np.array([3], np.int32)),
        )
        graphs.append(one_node(op, operands, DType.INT8, q))
    return graphs


def test_a_stride_of_two_spreads_single_taps() -> None:
    """One tap of weight 1: inputs stand at even places, the bias between them."""
    x = Tensor("x", (1, 1, 3, 1), DType.FLOAT32)
    weight = Tensor("w", (1, 1, 1, 1), DType.FLOAT32, None, np.ones((1, 1, 1, 1), np.float32))
    bias = Tensor("b", (1,), DType.FLOAT32, None, np.array([0.5], np.float32))
    y = Tensor("y", (1, 1, 5, 1), DType.FLOAT32)
    graph = Graph(
        "g",
        {t.name: t for t in (x, weight, bias, y)},
        (Node("n", TransposedConv2D(stride=(1, 2)), ("x", "w", "b"), "y"),),
        ("x",),
        ("y",),
    )
    verify(graph)
    values = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    result = reference.run(graph, [values])["y"].ravel().tolist()
    assert result == [1.5, 0.5, 2.5, 0.5, 3.5]
