"""Layers with int16 activations: the reference is LiteRT, the kernels are the reference."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kernel_runner import run_steps
from litert_oracle import assert_reference_is_litert
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, verify
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Padding, Rounding
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_fully_connected,
    with_int16_activations,
)

LAYERS: dict[str, Callable[[np.random.Generator], Graph]] = {
    "conv_2d": random_conv_2d,
    "depthwise_conv_2d": random_depthwise_conv_2d,
    "fully_connected": random_fully_connected,
}
every_kind = pytest.mark.parametrize("kind", LAYERS)


def random_input(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    shape = graph.tensors["x"].shape
    if rng.random() < 0.3:
        return rng.choice(np.array([-32768, 32767], np.int16), shape)
    return rng.integers(-32768, 32768, shape).astype(np.int16)


def as_tflite_has_it(graph: Graph) -> Graph:
    """Padding that a TFLite file can state, int8 weights, and TFLite's rounding."""
    (node,) = graph.nodes
    op = node.op
    if isinstance(op, Conv2D | DepthwiseConv2D):
        op = replace(op, padding=Padding(), rounding=Rounding.DOUBLE)
        x = graph.tensors["x"]
        least = [
            (k - 1) * d + 1
            for k, d in zip(graph.tensors["weight"].shape[1:3], op.dilation, strict=True)
        ]
        shape = (1, *(max(n, m) for n, m in zip(x.shape[1:3], least, strict=True)), x.shape[3])
        x = replace(x, shape=shape)
    else:
        assert isinstance(op, FullyConnected)
        op = replace(op, rounding=Rounding.SINGLE)
        x = replace(graph.tensors["x"], shape=(1, graph.tensors["x"].shape[1]))
    weight = replace(graph.tensors["weight"], dtype=DType.INT8)
    y = replace(
        graph.tensors["y"], shape=op.shape(x.shape, weight.shape, graph.tensors["bias"].shape)
    )
    scales = tuple(float(np.float32(x.q.scale * s)) for s in weight.q.scales)
    axis = None if weight.q.axis is None else 0
    bias = replace(
        graph.tensors["bias"], quantization=Quantization(scales, (0,) * len(scales), axis)
    )
    return graph.rebuild([replace(node, op=op)], [x, weight, bias, y])


@every_kind
def test_the_reference_is_what_litert_computes(kind: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(12):
        graph = as_tflite_has_it(with_int16_activations(LAYERS[kind](rng), rng))
        verify(graph)
        inputs = [[random_input(graph, rng)] for _ in range(2)]
        assert_reference_is_litert(graph, inputs)


@every_kind
def test_random_layers_equal_the_reference(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    steps, xs, expected = [], [], []
    while len(steps) < 80:
        graph = with_int16_activations(LAYERS[kind](rng), rng)
        verify(graph)
        x = random_input(graph, rng)
        try:
            steps += lower(graph, CORES["cortex-m4"]).steps
        except UnsupportedModelError:  # extreme scales leave 64 bits
            continue
        xs.append([x])
        expected.append(reference.run(graph, [x])["y"])
    found = run_steps(steps, xs, expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


@pytest.mark.parametrize(("rounding", "taps"), [(Rounding.DOUBLE, 4000), (Rounding.SINGLE, 4000)])
def test_sums_beyond_32_bits_are_exact(rounding: Rounding, taps: int, tmp_path: Path) -> None:
    """Every product at its largest; single rounding saturates, and must not overflow before."""
    rng = np.random.default_rng(5)
    graph = with_int16_activations(random_fully_connected(rng), rng)
    weights = np.full((5, taps), 127, np.int8)
    weights[1::2] = -127
    one = Quantization((0.01,), (0,))
    tensors = {
        "x": {"shape": (1, taps), "quantization": Quantization((0.001,), (0,))},
        "weight": {
            "shape": weights.shape,
            "data": weights,
            "quantization": one,
            "dtype": DType.INT8,
        },
        "bias": {"shape": (5,), "data": np.arange(5) * 10**8},
        "y": {
            "shape": (1, 5),
            "quantization": Quantization((6.0 if rounding is Rounding.DOUBLE else 0.1,), (0,)),
        },
    }
    changed = [replace(graph.tensors[name], **fields) for name, fields in tensors.items()]
    node = replace(graph.nodes[0], op=FullyConnected(rounding=rounding))
    large = graph.rebuild([node], changed)
    verify(large)
    steps = lower(large, CORES["cortex-m4"]).steps
    for value in (-32768, 32767):
        x = np.full((1, taps), value, np.int16)
        want = reference.run(large, [x])["y"]
        assert np.abs(want.astype(int)).max() > 20000
        (got,) = run_steps(steps, [[x]], [want], tmp_path)
        np.testing.assert_array_equal(got, want)
