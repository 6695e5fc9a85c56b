"""The same network on more samples at once."""

from dataclasses import replace

from mote.ir import Graph, Node, ops, verify

ROW_BY_ROW: tuple[type[ops.Op], ...] = (
    ops.AveragePool2D,
    ops.BatchNorm,
    ops.Conv2D,
    ops.DepthwiseConv2D,
    ops.Dequantize,
    ops.FullyConnected,
    ops.MaxPool2D,
    ops.Quantize,
    ops.Relu,
    ops.Resize,
    ops.TransposedConv2D,
    ops.Unary,
)
"""Operators that treat every index of the first axis alike, whatever their attributes."""


def rebatch(graph: Graph, factor: int) -> Graph | None:
    """The graph on ``factor`` times as many samples, or None where samples would meet.

    Samples stand one after the other along the first axis of every activation, so each node must
    leave that axis in its place and never combine along it.
    """
    if factor == 1:
        return graph
    activations = {*graph.inputs, *(node.output for node in graph.nodes)}
    if not all(graph.tensors[name].shape for name in activations):
        return None
    if not all(_is_row_by_row(graph, node, activations) for node in graph.nodes):
        return None
    tensors = [
        replace(t, shape=(factor * t.shape[0], *t.shape[1:]))
        for t in (graph.tensors[name] for name in activations)
    ]
    nodes = [
        replace(node, op=replace(node.op, to=(factor * node.op.to[0], *node.op.to[1:])))
        if isinstance(node.op, ops.Reshape)
        else _longer_slice(graph, node, factor)
        for node in graph.nodes
    ]
    larger = graph.rebuild(nodes, tensors)
    verify(larger)
    return larger


def _is_row_by_row(graph: Graph, node: Node, activations: set[str]) -> bool:
    x = graph.operands(node)[0].shape
    match node.op:
        case ops.Add() | ops.Sub() | ops.Mul() | ops.PRelu():
            return _broadcasts_by_row(graph, node, activations)
        case ops.Concat(axis=axis):
            return axis != 0 and activations.issuperset(node.inputs)
        case ops.Embedding():
            return node.inputs[0] in activations
        case ops.LayerNorm() | ops.Softmax() | ops.LogSoftmax():
            return len(x) > 1
        case ops.MatMul():
            y = graph.operands(node)[1].shape
            constant = node.inputs[1] not in activations and (len(y) < len(x) or y[0] == 1)
            same = activations.issuperset(node.inputs) and len(x) == len(y) > 2 and x[0] == y[0]
            return len(x) > 2 and node.inputs[0] in activations and (constant or same)
        case ops.Mean(axes=axes):
            return 0 not in axes
        case ops.Pad(paddings=paddings):
            return paddings[0] == (0, 0)
        case ops.Reshape(to=to):
            return bool(to)
        case ops.Slice(begins=begins, ends=ends, strides=strides):
            return (begins[0], ends[0], strides[0]) == (0, x[0], 1)
        case ops.Transpose(permutation=permutation):
            return permutation[0] == 0
    return isinstance(node.op, ROW_BY_ROW)


def _broadcasts_by_row(graph: Graph, node: Node, activations: set[str]) -> bool:
    """True when activations have the result's first axis and constants are the same for each."""
    result = graph.result(node).shape
    for name in node.inputs:
        shape = graph.tensors[name].shape
        rows = shape[0] if len(shape) == len(result) else None
        if name in activations and rows != result[0]:
            return False
        if name not in activations and rows not in (None, 1):
            return False
    return True


def _longer_slice(graph: Graph, node: Node, factor: int) -> Node:
    if not isinstance(node.op, ops.Slice):
        return node
    ends = (factor * node.op.ends[0], *node.op.ends[1:])
    return replace(node, op=replace(node.op, ends=ends))
