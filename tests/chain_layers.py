"""Convolutions for the tests of chains: at the ends of their proof, typical and deep ones."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Conv2D, Padding, Rounding
from mote.lower.chain_split import find_split
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.target.cores import CORES

M4 = CORES["cortex-m4"]


def layer(
    op: Conv2D,
    x_shape: tuple[int, ...],
    weights: np.ndarray,
    y_zero: int = 0,
    bias: np.ndarray | None = None,
) -> Graph:
    """A layer in which the sums of each channel spread over int8."""
    count = len(weights)
    bias = np.zeros(count) if bias is None else bias
    reach = np.abs(weights.astype(int)).reshape(count, -1).sum(1) * 128 + np.abs(bias) + 1
    scales = tuple((200 / reach).astype(np.float32).tolist())
    y_shape = op.shape(x_shape, weights.shape, (count,))
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((1.0,), (3,))),
        Tensor("w", weights.shape, DType.INT8, Quantization(scales, (0,) * count, 0), weights),
        Tensor("b", (count,), DType.INT32, None, bias.astype(np.int32)),
        Tensor("y", y_shape, DType.INT8, Quantization((1.0,), (y_zero,))),
    ]
    node = Node("layer", op, ("x", "w", "b"), "y")
    graph = Graph(op.kind, {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def is_chained(graph: Graph) -> bool:
    (step,) = lower(graph, M4).steps
    return "_chain" in step.kernel.name


def is_split(graph: Graph) -> bool:
    (step,) = lower(graph, M4).steps
    return "_split" in step.kernel.name


def ends(weights: np.ndarray) -> np.ndarray:
    """``[2 * O, taps]``: the inputs that make each channel's sum greatest, and least."""
    greatest = np.where(weights > 0, 127, -128)
    least = np.where(weights > 0, -128, 127)
    return np.stack([greatest, least], axis=1).reshape(-1, weights.shape[1])


def worst_inputs(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    """Windows side by side, of which each piece is the end of some channel, its neighbours' of
    others."""
    node = graph.nodes[0]
    _, kernel_height, kernel_width, depth = graph.tensors["w"].shape
    channels = layer_channels(graph, node)
    found = ends(channels.weights)
    _, height, width, _ = graph.tensors["x"].shape
    rows, columns = height // kernel_height, width // kernel_width
    taps = find_split(channels).taps
    pieces = [
        found[rng.integers(0, len(found), rows * columns), start : start + taps]
        for start in range(0, found.shape[1], taps)
    ]
    chosen = np.concatenate(pieces, axis=1)
    windows = chosen.reshape(rows, columns, kernel_height, kernel_width, depth)
    return windows.transpose(0, 2, 1, 3, 4).reshape(1, height, width, depth).astype(np.int8)


def tight_layer(
    rng: np.random.Generator,
    kernel: int,
    rounding: Rounding,
    y_zero: int,
    sum_of_small: int,
    pieces: int = 1,
) -> Graph:
    """Two channels of 64 weights at the ends, two whose magnitudes have the given sum.

    A slot holds 255 * (64 * 128 + 2 * 16), but not 255 * (64 * 128 + 2 * 17). There are so many
    ``pieces`` one behind the other.
    """
    weights = np.zeros((4, pieces, 64), np.int8)
    weights[:2] = -128
    weights[2:, :, :sum_of_small] = rng.choice([-1, 1], (2, pieces, sum_of_small))
    shape = (4, kernel, kernel, pieces * 64 // kernel**2)
    op = Conv2D(stride=(kernel, kernel), rounding=rounding)
    rows = 7 * kernel
    return layer(op, (1, rows, rows, shape[3]), weights.reshape(shape), y_zero)


def typical_layer(rng: np.random.Generator, rounding: Rounding) -> Graph:
    """A pointwise layer, with sums nearly as large as slots allow, no number a multiple of any."""
    count, depth = int(rng.integers(1, 20)), int(rng.integers(30, 70))
    weights = np.clip(rng.normal(0, 25, (count, 1, 1, depth)), -128, 127).astype(np.int8)
    shape = (1, int(rng.integers(1, 9)), int(rng.integers(1, 9)), depth)
    bias = rng.integers(-9000, 9000, count)
    return layer(Conv2D(rounding=rounding), shape, weights, int(rng.integers(-128, 128)), bias)


def deep_layer(rng: np.random.Generator, rounding: Rounding, y_zero: int) -> Graph:
    """A padded layer with so many taps that they are cut."""
    kernel = int(rng.integers(1, 4))
    depth = int(rng.integers(200, 700)) // kernel**2
    shape = (int(rng.integers(1, 14)), kernel, kernel, depth)
    weights = np.clip(rng.normal(0, 50, shape), -128, 127).astype(np.int8)
    pad = kernel // 2
    op = Conv2D(
        stride=(1, int(rng.integers(1, 3))), padding=Padding(pad, pad, pad, pad), rounding=rounding
    )
    x_shape = (1, int(rng.integers(3, 6)), int(rng.integers(3, 9)), depth)
    return layer(op, x_shape, weights, y_zero, rng.integers(-30000, 30000, shape[0]))


def deep_layers(rng: np.random.Generator) -> list[Graph]:
    graphs = [deep_layer(rng, rounding, zero) for rounding in Rounding for zero in (-128, -5, 99)]
    assert all(is_split(graph) for graph in graphs)
    return graphs


def random_inputs(graphs: Sequence[Graph], rng: np.random.Generator) -> list[np.ndarray]:
    shapes = [graph.tensors["x"].shape for graph in graphs]
    return [
        rng.choice(np.array([-128, 127], np.int8), shape)
        if rng.random() < 0.3
        else rng.integers(-128, 128, shape).astype(np.int8)
        for shape in shapes
    ]
