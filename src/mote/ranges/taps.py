"""Which taps of a sliding window lie inside the plane, over all positions of the window."""

import numpy as np

from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Shape, TransposedConv2D
from mote.ranges.interval import Ints, Mask

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D
WEIGHTED = (Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D)


def inside_taps(op: Weighted, x: Shape, weight: Shape, y: Shape) -> tuple[Mask, Mask]:
    """The different sets of taps that meet the input: of rows ``[V, KH]``, of columns ``[V, KW]``.

    As rows and columns are independent, a window that meets row set i and column set j exists for
    every i and j. The other taps of such a window lie in the padding.
    """
    if isinstance(op, FullyConnected):
        return np.ones((1, 1), np.bool_), np.ones((1, 1), np.bool_)
    starts = op.padding.top, op.padding.left
    rows, columns = (
        _axis_taps(op, axis, x[1 + axis], weight[1 + axis], y[1 + axis], starts[axis])
        for axis in (0, 1)
    )
    return rows, columns


def _axis_taps(
    op: Conv2D | DepthwiseConv2D | TransposedConv2D,
    axis: int,
    size: int,
    kernel: int,
    results: int,
    pad: int,
) -> Mask:
    stride, dilation = op.stride[axis], op.dilation[axis]
    result, tap = np.arange(results)[:, None], np.arange(kernel)[None, :]
    if isinstance(op, TransposedConv2D):
        spread = result + pad - tap * dilation
        index, meets = spread // stride, spread % stride == 0
    else:
        index = result * stride + tap * dilation - pad
        meets = np.ones_like(index, np.bool_)
    inside: Mask = np.unique(meets & (index >= 0) & (index < size), axis=0)
    return inside


def window_sums(inside: Ints, outside: Ints, rows: Mask, columns: Mask) -> Ints:
    """``[V, O]``: sums over a window, for every combination of row and column sets.

    Args:
        inside, outside: ``[KH, KW, O]``, what a tap adds that meets the input, or the padding.
        rows, columns: ``[V, KH]`` and ``[V, KW]`` of ``inside_taps``.
    """
    r, c = rows.astype(np.int64), columns.astype(np.int64)
    gain = inside - outside
    whole: Ints = np.einsum("vh,hwo->vwo", r, gain)
    sums: Ints = np.einsum("uw,vwo->vuo", c, whole)
    padding: Ints = outside.sum((0, 1))
    return sums.reshape(len(r) * len(c), gain.shape[2]) + padding
