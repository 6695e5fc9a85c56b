"""Which channels of operands and results must stay or go together, operator by operator."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mote.ir import DType, Graph, Node, ops
from mote.ranges.interval import Ints, channels


@dataclass(frozen=True)
class Tie:
    """Channel ``a_channels[i]`` of ``a`` stays if and only if ``b_channels[i]`` of ``b`` does."""

    a: str
    a_channels: Ints
    b: str
    b_channels: Ints


@dataclass(frozen=True)
class Links:
    """What one node asks for.

    Args:
        ties: Between an operand and the result.
        whole: Tensors all of whose channels must stay.
    """

    ties: tuple[Tie, ...] = ()
    whole: tuple[str, ...] = ()


ONE_TO_ONE = (
    ops.AveragePool2D,
    ops.Dequantize,
    ops.MaxPool2D,
    ops.Quantize,
    ops.Relu,
    ops.Resize,
    ops.Unary,
)
"""Operators whose channels are independent of each other, whatever their attributes."""


def is_dense(graph: Graph, node: Node) -> bool:
    """True for layers whose every output channel may read every input channel."""
    op = node.op
    if isinstance(op, ops.FullyConnected):
        return _is_exact(graph, node)
    if not isinstance(op, ops.Conv2D | ops.TransposedConv2D):
        return False
    x, weight = graph.operands(node)[:2]
    return x.shape[3] == weight.shape[3] and _is_exact(graph, node)


def links(graph: Graph, node: Node) -> Links:
    """Of a node that is not dense; one that mixes channels some other way keeps all of them."""
    x, y, op = graph.operands(node)[0], graph.result(node), node.op
    last = len(x.shape) - 1
    match op:
        case ops.Conv2D() | ops.DepthwiseConv2D() | ops.TransposedConv2D():
            is_known = _is_exact(graph, node)
            return Links(_groups(graph, node)) if is_known else _opaque(graph, node)
        case ops.Add() | ops.Sub() | ops.Mul() | ops.PRelu():
            return _elementwise(graph, node)
        case ops.Concat(axis=axis):
            return Links(_joined(graph, node, along_channels=axis == last))
        case ops.Slice(begins=(*_, begin), ends=(*_, end), strides=(*_, 1)):
            return Links((_tie(x.name, range(begin, end), y.name, range(end - begin)),))
        case ops.Reshape() if x.shape and y.shape:
            return _reshaped(graph, node)
        case ops.Pad(paddings=(*_, (0, 0))):
            return Links((_all(graph, x.name, y.name),))
        case ops.Mean(axes=axes) if last not in axes:
            return Links((_all(graph, x.name, y.name),))
        case ops.Transpose(permutation=(*_, end)) if end == last:
            return Links((_all(graph, x.name, y.name),))
    if isinstance(op, ONE_TO_ONE) and x.shape:
        return Links((_all(graph, x.name, y.name),))
    return _opaque(graph, node)


def _is_exact(graph: Graph, node: Node) -> bool:
    """Whether a layer with weights computes each channel alike, whichever others there are.

    Float sums may meet infinities, and 16-bit layers with single rounding round by the largest sum
    of all channels.
    """
    assert isinstance(
        node.op, ops.Conv2D | ops.DepthwiseConv2D | ops.FullyConnected | ops.TransposedConv2D
    )
    dtype = graph.result(node).dtype
    return dtype is DType.INT8 or (dtype is DType.INT16 and node.op.rounding is ops.Rounding.DOUBLE)


def _opaque(graph: Graph, node: Node) -> Links:
    return Links(whole=(*activations(graph, node), node.output))


def activations(graph: Graph, node: Node) -> tuple[str, ...]:
    """The operands that are no constants."""
    return tuple(t for t in node.inputs if not graph.tensors[t].is_constant)


def _tie(a: str, a_channels: Iterable[int], b: str, b_channels: Iterable[int]) -> Tie:
    return Tie(a, np.array([*a_channels], np.int64), b, np.array([*b_channels], np.int64))


def _all(graph: Graph, a: str, b: str) -> Tie:
    """Channel by channel."""
    count = channels(graph.tensors[b].shape)
    assert channels(graph.tensors[a].shape) == count, (a, b)
    return _tie(a, range(count), b, range(count))


def _groups(graph: Graph, node: Node) -> tuple[Tie, ...]:
    """Groups stay or go as a whole: their inputs with their first output, outputs with the input.

    A depthwise convolution has one input in each group.
    """
    x, weight = graph.operands(node)[:2]
    depth = 1 if isinstance(node.op, ops.DepthwiseConv2D) else weight.shape[3]
    inputs, outputs = np.arange(x.shape[3]), np.arange(graph.result(node).shape[3])
    made = len(outputs) * depth // len(inputs)  # outputs in a group
    return (
        Tie(x.name, inputs, node.output, inputs // depth * made),
        Tie(x.name, outputs // made * depth, node.output, outputs),
    )


def _elementwise(graph: Graph, node: Node) -> Links:
    """An operand with one channel serves all channels of the result."""
    count = channels(graph.result(node).shape)
    names = dict.fromkeys(activations(graph, node))
    tied = [t for t in names if channels(graph.tensors[t].shape) == count]
    return Links(
        tuple(_all(graph, t, node.output) for t in tied),
        tuple(t for t in names if t not in tied),
    )


def _joined(graph: Graph, node: Node, *, along_channels: bool) -> tuple[Tie, ...]:
    if not along_channels:
        return tuple(_all(graph, t, node.output) for t in activations(graph, node))
    ties, start = [], 0
    for tensor in graph.operands(node):
        count = channels(tensor.shape)
        if not tensor.is_constant:
            ties.append(_tie(tensor.name, range(count), node.output, range(start, start + count)))
        start += count
    return tuple(ties)


def _reshaped(graph: Graph, node: Node) -> Links:
    """Flattening repeats the channels for every position; its reverse takes them apart again."""
    (x,), y = graph.operands(node), graph.result(node)
    before, after = x.shape[-1], y.shape[-1]
    if before % after and after % before:
        return _opaque(graph, node)
    index = np.arange(max(before, after))
    return Links((Tie(x.name, index % before, y.name, index % after),))
