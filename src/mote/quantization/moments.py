"""Means and covariances of what a layer's weights are multiplied with, float and quantised."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mote.ir import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from mote.ir.tensor import Array
from mote.quantization.evaluation import CHUNK_ELEMENTS, patches

Reals = NDArray[np.float64]

COVARIANCE_ROWS = 2**12
ROWS_PER_INPUT = 16
"""Windows that covariances are computed from, whichever is more; samples are thinned evenly down
to about this."""

MOST_COVARIANCES = 2**24
"""Elements of the covariance matrices of a layer; of larger layers only the means are kept."""


@dataclass(frozen=True)
class Moments:
    """Statistics of the windows under a layer's outputs, per group g of its channels.

    Args:
        mean: [G, K] of the float windows.
        quantized_mean: [G, K] of the windows after quantisation.
        covariance: [G, K, K] of the quantised windows; None where K is too great or not needed.
        cross: [G, K, K], of quantised (rows) with float windows (columns).
    """

    mean: Reals
    quantized_mean: Reals
    covariance: Reals | None = None
    cross: Reals | None = None


def as_groups(node: Node, weight: Array, inputs: int) -> Array:
    """A layer's weights as [G, O/G, K], K in the order of the windows of ``Moments``."""
    if isinstance(node.op, DepthwiseConv2D):
        taps = weight.shape[1] * weight.shape[2]
        return np.ascontiguousarray(weight.reshape(taps, inputs, -1).transpose(1, 2, 0))
    groups = 1 if isinstance(node.op, FullyConnected) else inputs // weight.shape[-1]
    return weight.reshape(groups, weight.shape[0] // groups, -1)


def from_groups(node: Node, grouped: Array, shape: tuple[int, ...]) -> Array:
    """The inverse of ``as_groups``."""
    if isinstance(node.op, DepthwiseConv2D):
        return np.ascontiguousarray(grouped.transpose(2, 0, 1).reshape(shape))
    return grouped.reshape(shape)


def measure(
    graph: Graph, node: Node, real: Array, quantized: Array, *, covariance: bool
) -> Moments:
    """The moments of a layer's windows.

    Args:
        graph: Holds the layer with its float weights.
        node: The layer.
        real, quantized: Its operand's values, [N, ...] float32: as they should be, and as they
            are after quantisation.
        covariance: Whether covariances are needed.
    """
    mean, rows = _mean(graph, node, real)
    quantized_mean, _ = _mean(graph, node, quantized)
    groups, inputs = mean.shape
    if not covariance or groups * inputs**2 > MOST_COVARIANCES:
        return Moments(mean, quantized_mean)
    thinning = max(1, rows // max(COVARIANCE_ROWS, ROWS_PER_INPUT * inputs))
    real, quantized = real[::thinning], quantized[::thinning]
    second, cross = np.zeros((groups, inputs, inputs)), np.zeros((groups, inputs, inputs))
    used, step = 0, _chunk(graph, node, real)
    for begin in range(0, len(real), step):
        portion = slice(begin, begin + step)
        own = _windows(graph, node, quantized[portion])
        own = own - quantized_mean[:, None].astype(np.float32)
        other = _windows(graph, node, real[portion]) - mean[:, None].astype(np.float32)
        transposed = own.transpose(0, 2, 1)
        second += transposed @ own
        cross += transposed @ other
        used += own.shape[1]
    return Moments(mean, quantized_mean, second / used, cross / used)


def _mean(graph: Graph, node: Node, x: Array) -> tuple[Reals, int]:
    """([G, K], number of windows). Windows are linear: the mean sample has the mean windows."""
    own = graph.operands(node)[0].shape[0]
    samples = x.reshape(-1, own, *x.shape[1:])
    windows = _windows(graph, node, samples.mean(0, dtype=np.float64))
    return windows.mean(1), windows.shape[1] * len(samples)


def _chunk(graph: Graph, node: Node, x: Array) -> int:
    """Rows of the operand whose windows fit into a chunk."""
    own = graph.operands(node)[0].shape[0]
    outputs = graph.result(node).shape
    weight = graph.operands(node)[1].shape
    width = int(np.prod(weight[1:3])) * x.shape[-1] if len(weight) == 4 else x.shape[-1]
    elements = int(np.prod(outputs[1:-1])) * width
    return int(max(1, CHUNK_ELEMENTS // elements) * own)


def _windows(graph: Graph, node: Node, x: Array) -> Array:
    """[G, rows, K]: the inputs of every output, one group of channels each."""
    weight = graph.operands(node)[1].shape
    match node.op:
        case FullyConnected():
            return x[None]
        case DepthwiseConv2D():
            cells = patches(x, weight[1:3], node.op)
            n, h, w, kh, kw, c = cells.shape
            return np.ascontiguousarray(cells.reshape(n * h * w, kh * kw, c).transpose(2, 0, 1))
        case Conv2D():
            cells = patches(x, weight[1:3], node.op)
            n, h, w, kh, kw, c = cells.shape
            groups = c // weight[3]
            split = cells.reshape(n * h * w, kh * kw, groups, weight[3])
            return split.transpose(2, 0, 1, 3).reshape(groups, n * h * w, -1)
    raise AssertionError(node.op)
