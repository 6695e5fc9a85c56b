"""The portable kernels with weights, as cores without DSP instructions compile them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph, verify
from mote.ir.ops import Conv2D, DepthwiseConv2D, Padding
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_fully_connected,
    random_weights,
    side_by_side,
    single_node_graph,
)

M0PLUS = CORES["cortex-m0plus"]
LAYERS = (random_conv_2d, random_depthwise_conv_2d, random_fully_connected)


def _check(graphs: list[Graph], folder: Path, macros: tuple[str, ...] = ()) -> None:
    rng = np.random.default_rng(1)
    steps, xs, expected = [], [], []
    for graph in graphs:
        verify(graph)
        x = rng.integers(-128, 128, graph.tensors["x"].shape).astype(np.int8)
        steps.append(lower(graph, M0PLUS).steps[0])
        xs.append([x])
        expected.append(reference.run(graph, [x])["y"])
    found = run_steps(steps, xs, expected, folder, macros=macros)
    for graph, want, got in zip(graphs, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def test_layers_without_long_multiplication_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    graphs = [layer(rng) for layer in LAYERS for _ in range(40)]
    _check(graphs, tmp_path, ("-DMOTE_NARROW_MULTIPLY=1",))


def _padded_layer(kind: str, window: tuple[int, int], dilation: int, channels: int) -> Graph:
    """Some windows lie wholly in the padding: it is three kernels wide on each side of 2 x 3."""
    rng = np.random.default_rng(3)
    height, width = (3 * dilation * size for size in window)
    padding = Padding(height, height, width, width)
    operator = {"conv_2d": Conv2D, "depthwise_conv_2d": DepthwiseConv2D}[kind]
    op = operator(stride=(1, 2), dilation=(dilation, dilation), padding=padding)
    shape = (5 if operator is Conv2D else 1, *window, channels)
    return single_node_graph(op, (1, 2, 3, channels), random_weights(shape, rng), rng)


@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d"])
def test_windows_may_lie_in_the_padding(kind: str, tmp_path: Path) -> None:
    windows = [(1, 1), (2, 3), (4, 1), (1, 5)]
    choices = [(w, d, c) for w in windows for d in (1, 2) for c in (1, 3, 4, 6)]
    _check([_padded_layer(kind, *choice) for choice in choices], tmp_path)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m3"])
def test_layers_on_the_emulated_core_equal_the_reference(
    target: str, make: Callable[[np.random.Generator], Graph]
) -> None:
    """The host cannot run the Armv6-M assembly."""
    rng = np.random.default_rng(4)
    layers = [make(rng) for _ in range(30)]
    layers += [_padded_layer(kind, (2, 3), 1, 6) for kind in ("conv_2d", "depthwise_conv_2d")]
    inputs = [rng.integers(-128, 128, layer.tensors["x"].shape).astype(np.int8) for layer in layers]
    (outputs,) = mote.compile(side_by_side(layers), target).run_samples([inputs])
    for layer, x, got in zip(layers, inputs, outputs, strict=True):
        want = reference.run(layer, [x])["y"]
        np.testing.assert_array_equal(got, want, err_msg=str(layer.nodes[0].op))
