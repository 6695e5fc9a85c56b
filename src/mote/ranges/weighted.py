"""Intervals of the results of layers that sum products: convolutions, products of matrices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mote.ir.graph import Graph, Node
from mote.ir.ops import MatMul, Rounding
from mote.ir.tensor import DType, Tensor
from mote.ranges.accumulators import accumulators
from mote.ranges.interval import Interval, Ints, Mask
from mote.ranges.taps import WEIGHTED
from mote.reference.convolution import scaled_sums
from mote.reference.fixed_point import (
    activation_range,
    channel_multipliers,
    requantize,
    requantize_wide,
)
from mote.reference.matrix import mat_mul_multiplier

Reals = NDArray[np.float64]
INT32_END = 2**31
EXACT_DOUBLE = 2**53


def weighted_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """The results for the ends of the accumulators: requantisation is monotone.

    A channel whose sums leave int32 (int16: what a double holds) may have any value.
    """
    op = node.op
    assert isinstance(op, WEIGHTED)
    operands, y = graph.operands(node), graph.result(node)
    sums = accumulators(graph, node, x[0])
    bias = operands[2].array.astype(np.int64)
    reach = np.maximum(np.abs(sums.sum_low), np.abs(sums.sum_high)) + np.abs(
        bias.astype(np.float64)
    )
    _, shift = channel_multipliers(operands[0], operands[1], y, op.rounding)
    fits = _fits(reach, shift.astype(np.int64), y)
    low, high = (
        scaled_sums(ends.astype(np.float64), bias, operands, y, op.activation, op.rounding)
        for ends in (sums.sum_low, sums.sum_high)
    )
    return _any_value_unless(fits, low.astype(np.int64), high.astype(np.int64), node, y)


def mat_mul_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """As for layers with weights; both operands vary, so that ends of products are at corners."""
    op = node.op
    assert isinstance(op, MatMul)
    operands, y = graph.operands(node), graph.result(node)
    a, b = (
        (i.low - t.q.zero_point, i.high - t.q.zero_point) for i, t in zip(x, operands, strict=True)
    )
    corners = np.stack(
        [p * q if op.transpose_x1 else p[:, None] * q[None, :] for p in a for q in b]
    )  # [4, K] or [4, K, N]
    ends = corners.min(0).sum(0), corners.max(0).sum(0)
    count = y.shape[-1]
    low, high = (np.broadcast_to(end, count).astype(np.int64) for end in ends)
    multiplier, shift = (np.array([v]) for v in mat_mul_multiplier(operands, y))
    reach = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
    fits = _fits(reach, shift.astype(np.int64), y)
    scale = requantize_wide if y.dtype is DType.INT16 else requantize
    limits = activation_range(op.activation, y.q, y.dtype)
    low, high = (
        np.clip(
            scale(end[:, None], multiplier, shift, Rounding.DOUBLE)[:, 0] + y.q.zero_point, *limits
        )
        for end in (low, high)
    )
    return _any_value_unless(fits, low, high, node, y)


def _fits(reach: Reals, shift: Ints, y: Tensor) -> Mask:
    """Where no step of the requantisation wraps or rounds otherwise than on integers."""
    if y.dtype is DType.INT16:
        return np.asarray(reach < EXACT_DOUBLE)
    shifted = reach * 2.0 ** np.maximum(shift, 0)
    return np.asarray(shifted < INT32_END - 256)


def _any_value_unless(fits: Mask, low: Ints, high: Ints, node: Node, y: Tensor) -> Interval:
    op = node.op
    assert isinstance(op, (*WEIGHTED, MatMul))
    least, most = activation_range(op.activation, y.q, y.dtype)
    return Interval(np.where(fits, low, least), np.where(fits, high, most))
