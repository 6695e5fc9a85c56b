"""The least and the greatest sum that any input gives in each output channel of a layer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mote.ir.graph import Graph, Node
from mote.ir.ops import DepthwiseConv2D
from mote.ir.tensor import Array
from mote.ranges.interval import Interval, Ints
from mote.ranges.taps import WEIGHTED, Weighted, inside_taps, window_sums


@dataclass(frozen=True)
class Accumulators:
    """Sums of one layer, for each output channel.

    All are attained: some input of the interval gives each of ``low``, ``high``, ``sum_low`` and
    ``sum_high``.

    Args:
        low, high: ``[O]``, of bias + sum((x - x_zero) * weight): what is requantised.
        sum_low, sum_high: ``[O]``, of sum((x - offset) * weight), without bias.
        magnitude: ``[O]``, sum(|weight| * max|x - offset|): bounds every partial sum, in any order
            of summation, of any part of the taps.
        offset: What the layer subtracts from every input; padded taps hold x_zero as well.
    """

    low: Ints
    high: Ints
    sum_low: Ints
    sum_high: Ints
    magnitude: Ints
    offset: int


def accumulators(graph: Graph, node: Node, x: Interval, offset: int | None = None) -> Accumulators:
    """The bounds of a layer with weights whose input lies in ``x``.

    Inputs of one window are independent of each other, so a sum is greatest where every tap with a
    positive weight meets its channel's greatest value and every other its least, in the position
    of the window whose padding cuts off what helps least; and the other way round.

    Args:
        graph, node: The layer.
        x: Of the layer's input, ``[C]``.
        offset: The input zero point by default, as the reference sums; 0 for kernels that multiply
            stored integers, whose bias has -x_zero * sum(weight) folded in.
    """
    op = node.op
    assert isinstance(op, WEIGHTED)
    tensor, weight, bias = graph.operands(node)
    zero = tensor.q.zero_point
    offset = zero if offset is None else offset
    masks = inside_taps(op, tensor.shape, weight.shape, graph.result(node).shape)
    taps = kernel_taps(op, weight.array)
    low, high = (input_of_taps(op, ends, taps) for ends in (x.low, x.high))
    outside = taps.sum(2) * (zero - offset)
    least = (taps * np.where(taps > 0, low - offset, high - offset)).sum(2)
    most = (taps * np.where(taps > 0, high - offset, low - offset)).sum(2)
    sum_low = window_sums(least, outside, *masks).min(0)
    sum_high = window_sums(most, outside, *masks).max(0)
    reach = np.maximum(np.abs(low - offset), np.abs(high - offset))
    if not (masks[0].all() and masks[1].all()):
        reach = np.maximum(reach, abs(zero - offset))
    folded = bias.array.astype(np.int64) + taps.sum((0, 1, 2)) * (offset - zero)
    return Accumulators(
        low=sum_low + folded,
        high=sum_high + folded,
        sum_low=sum_low,
        sum_high=sum_high,
        magnitude=(np.abs(taps) * reach).sum((0, 1, 2)),
        offset=offset,
    )


def kernel_taps(op: Weighted, weight: Array) -> Ints:
    """Weights as ``[KH, KW, I, O]``, I the input channels that one output channel reads."""
    wide = weight.astype(np.int64)
    if isinstance(op, DepthwiseConv2D):
        return wide.reshape(*wide.shape[1:3], 1, -1)
    if wide.ndim == 2:
        return wide.T[None, None]
    return np.ascontiguousarray(wide.transpose(1, 2, 3, 0))


def input_of_taps(op: Weighted, values: NDArray[np.int64], taps: Ints) -> Ints:
    """Values of input channels ``[C]`` as ``[I, O]``: what each output channel reads."""
    depth, outputs = taps.shape[2:]
    groups = len(values) // depth
    return np.repeat(values.reshape(groups, depth).T, outputs // groups, axis=1)
