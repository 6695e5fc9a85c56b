"""Intervals of the results of pools, means and resizing: averages stay between the ends."""

from collections.abc import Sequence

import numpy as np

from mote.ir import ops
from mote.ir.graph import Graph, Node
from mote.ranges.interval import Interval, channels, type_interval
from mote.reference.fixed_point import activation_range, requantize
from mote.reference.pooling import mean_multiplier

INT32_END = 2**31


def pool_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """A window of equal values gives that value; the activation clamps."""
    assert isinstance(node.op, ops.AveragePool2D | ops.MaxPool2D)
    y = graph.result(node)
    return x[0].clipped(*activation_range(node.op.activation, y.q, y.dtype))


def resize_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """Cells are copied or averaged with weights that add up to one."""
    return x[0]


def mean_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """The results of the least and the greatest sum of the cells."""
    op, operand, y = node.op, graph.operands(node)[0], graph.result(node)
    assert isinstance(op, ops.Mean)
    cells = int(np.prod([operand.shape[axis] for axis in op.axes]))
    across = len(operand.shape) - 1 in op.axes
    multiplier, shift = mean_multiplier(operand, y, cells)
    ends = []
    for end in (x[0].low, x[0].high):
        total = np.full(channels(y.shape), end.sum()) if across else end
        sums = total * (cells // len(end) if across else cells) - operand.q.zero_point * cells
        if float(np.abs(sums).max()) * 2.0 ** max(shift, 0) >= INT32_END - 256:
            return type_interval(y)
        scaled = requantize(sums, multiplier, shift, ops.Rounding.DOUBLE) + y.q.zero_point
        ends.append(np.clip(scaled, *y.dtype.range))
    return Interval(*ends)
