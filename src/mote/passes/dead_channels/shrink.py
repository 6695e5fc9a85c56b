"""Nodes and tensors with fewer channels."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mote.ir import Graph, Node, Quantization, Tensor, ops
from mote.passes.dead_channels.dense import Dense
from mote.passes.dead_channels.live import Masks
from mote.passes.neighbours import changed_constant
from mote.ranges.interval import Ints, Mask, channels


def shrink(graph: Graph, dense: Mapping[str, Dense], live: Masks) -> Graph:
    """The graph with the live channels alone, each with the values it had.

    Live channels that never change get zero weights, and a bias that gives their value. Layers all
    of whose channels are gone have no place in it.
    """
    nodes = [n for n in graph.nodes if live[n.output].any()]
    graph = graph.rebuild(nodes)
    for node in nodes:
        y = graph.result(node)
        if node.name in dense:
            changed, constants = _dense(graph, dense[node.name], live)
        else:
            changed, constants = _tied(graph, node, live)
        if y.shape:
            y = replace(y, shape=(*y.shape[:-1], int(live[y.name].sum())))
        graph = graph.rebuild((changed if n is node else n for n in graph.nodes), (y, *constants))
    return graph


def _dense(graph: Graph, layer: Dense, live: Masks) -> tuple[Node, tuple[Tensor, ...]]:
    node = layer.node
    x, weight, bias = graph.operands(node)
    reads, makes = live[x.name], live[node.output]
    varies = layer.varies.reshape(-1, *(1,) * (len(weight.shape) - 1))
    array = np.where(varies, weight.array, 0)[makes][..., reads].astype(weight.dtype.numpy)
    values = layer.folded_bias(reads)[makes].astype(bias.dtype.numpy)
    return _with_constants(
        graph, node, _selected(weight, array, makes), _selected(bias, values, makes)
    )


def _tied(graph: Graph, node: Node, live: Masks) -> tuple[Node, tuple[Tensor, ...]]:
    kept, op = live[node.output], node.op
    match op:
        case ops.Conv2D() | ops.DepthwiseConv2D() | ops.TransposedConv2D():
            _, weight, bias = graph.operands(node)
            axis = 3 if isinstance(op, ops.DepthwiseConv2D) else 0
            return _with_constants(
                graph,
                node,
                _selected(weight, np.compress(kept, weight.array, axis), kept),
                _selected(bias, bias.array[kept], kept),
            )
        case ops.Reshape() if op.to:
            return replace(node, op=replace(op, to=(*op.to[:-1], int(kept.sum())))), ()
        case ops.Slice() if op.begins:
            return replace(node, op=_slice(op, live[node.inputs[0]])), ()
        case ops.Concat() if op.axis == len(graph.result(node).shape) - 1:
            return _joined(graph, node, live)
        case ops.Add() | ops.Sub() | ops.Mul() | ops.PRelu() | ops.Concat():
            new = [
                _selected(t, t.array[..., kept], kept)
                for t in graph.operands(node)
                if t.is_constant and t.shape and t.shape[-1] == len(kept)
            ]
            return _with_constants(graph, node, *new)
    return node, ()


def _slice(op: ops.Slice, reads: Mask) -> ops.Slice:
    begin, end = (int(reads[:bound].sum()) for bound in (op.begins[-1], op.ends[-1]))
    if op.strides[-1] > 1:  # all channels are there
        return op
    return replace(op, begins=(*op.begins[:-1], begin), ends=(*op.ends[:-1], end))


def _joined(graph: Graph, node: Node, live: Masks) -> tuple[Node, tuple[Tensor, ...]]:
    """Operands of which nothing is left are not joined."""
    new, names, start = [], [], 0
    for name in node.inputs:
        tensor = graph.tensors[name]
        count = channels(tensor.shape) if tensor.is_constant else len(live[name])
        kept = live[node.output][start : start + count]
        start += count
        if not kept.any():
            continue
        names.append(name)
        if tensor.is_constant:
            new.append(_selected(tensor, tensor.array[..., kept], kept))
    return _with_constants(graph, replace(node, inputs=tuple(names)), *new)


def _with_constants(graph: Graph, node: Node, *new: Tensor) -> tuple[Node, tuple[Tensor, ...]]:
    """The node with constants in place of those of the same names."""
    named = {t.name: changed_constant(graph, node, t.name, t) for t in new}
    inputs = tuple(named[t].name if t in named else t for t in node.inputs)
    return replace(node, inputs=inputs), tuple(named.values())


def _selected(tensor: Tensor, array: Ints, kept: Mask) -> Tensor:
    """A constant with other values, and of its scales those of the channels that are kept."""
    q = tensor.quantization
    if q is not None and q.axis is not None:
        chosen = np.flatnonzero(kept)
        scales, zeros = tuple(q.scales[i] for i in chosen), tuple(q.zero_points[i] for i in chosen)
        q = Quantization(scales, zeros, q.axis)
    return replace(tensor, shape=array.shape, data=array, quantization=q)
