"""Intervals of the results of operators that move elements without computing."""

from collections.abc import Sequence

import numpy as np

from mote.ir import ops
from mote.ir.graph import Graph, Node
from mote.ranges.interval import Interval, Ints, channels, regrouped
from mote.reference.shape import border_value


def reshape_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    return regrouped(x[0], channels(graph.result(node).shape))


def transpose_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """Channels stay channels, or become something else, and what was something else channels."""
    assert isinstance(node.op, ops.Transpose)
    order = node.op.permutation
    if not order or order[-1] == len(order) - 1:
        return x[0]
    return x[0].over_all(channels(graph.result(node).shape))


def slice_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    op = node.op
    assert isinstance(op, ops.Slice)
    chosen = slice(op.begins[-1], op.ends[-1], op.strides[-1]) if op.begins else slice(None)
    return x[0].moved(lambda ends: ends[chosen])


def concat_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    assert isinstance(node.op, ops.Concat)
    if node.op.axis == len(graph.result(node).shape) - 1:
        return Interval(np.concatenate([i.low for i in x]), np.concatenate([i.high for i in x]))
    joined = x[0]
    for other in x[1:]:
        joined = joined.hull(other)
    return joined


def pad_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """A border around the plane adds its value to every channel, one of channels more channels."""
    op, y = node.op, graph.result(node)
    assert isinstance(op, ops.Pad)
    sides = op.paddings[-1]
    if op.mode is ops.PadMode.REFLECT:
        return x[0].moved(lambda ends: np.pad(ends, sides, mode="reflect"))
    border = int(border_value(op, y))

    def with_border(ends: Ints) -> Ints:
        return np.pad(ends, sides, constant_values=border)

    padded = x[0].moved(with_border)
    if not any(n for pair in op.paddings[:-1] for n in pair):
        return padded
    return Interval(np.minimum(padded.low, border), np.maximum(padded.high, border))


def embedding_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """What the table holds."""
    if len(graph.operands(node)[1].shape) > 1:
        return x[1]
    return x[1].over_all(channels(graph.result(node).shape))
