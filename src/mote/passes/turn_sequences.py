"""Sequences [N,1,T,C] become [N,T,1,C], whose T rows can be computed one by one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mote.ir import Graph, Node, Tensor
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    LayerNorm,
    LogSoftmax,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Sub,
    TransposedConv2D,
    Unary,
)

PLANE = 4
"""Dimensions of what is turned; the middle two change places."""


def turn_sequences(graph: Graph) -> Graph:
    """The same bytes under shapes of many rows, with free reshapes where other layers look at them.

    A layer with windows over time that reads [N,1,T,C] needs all of it in one row. Turned, it needs
    as many rows as its window is long, so that layers can run interleaved; but each tap then lies
    in a row of its own, which costs kernels more than taps side by side. Embeddings look up one
    index per row. All tensors of ``graph`` keep their names and shapes.
    """
    tensors = dict(graph.tensors)
    turned: dict[str, str] = {}
    nodes: list[Node] = []

    def turn(name: str) -> str:
        """The name of the turned tensor, made from the one as it was where there is none."""
        tensor = tensors[name]
        is_plane = len(tensor.shape) == PLANE
        if name in turned or (is_plane and tensor.shape[1:3] == (1, 1)):
            return turned.get(name, name)
        to = _swapped(tensor.shape) if is_plane else _upright(tensor.shape)
        turned[name] = _free_name(graph, name)
        data = None
        if tensor.is_constant:
            data = np.ascontiguousarray(tensor.array.swapaxes(1, 2))
        else:
            nodes.append(Node(turned[name], Reshape(to), (name,), turned[name]))
        tensors[turned[name]] = replace(tensor, name=turned[name], shape=to, data=data)
        return turned[name]

    for node in graph.nodes:
        op = _turned_op(graph, node)
        if op is None:
            nodes.append(node)
            continue
        changes = [_changes(node, graph.tensors[t]) for t in node.inputs]
        inputs = tuple(turn(t) if c else t for t, c in zip(node.inputs, changes, strict=True))
        y = graph.result(node)
        shape = op.shape(*(tensors[t].shape for t in inputs))
        if shape == y.shape:
            nodes.append(replace(node, op=op, inputs=inputs))
            continue
        turned[y.name] = _free_name(graph, y.name)
        tensors[turned[y.name]] = replace(y, name=turned[y.name], shape=shape)
        nodes.append(replace(node, op=op, inputs=inputs, output=turned[y.name]))
        nodes.append(Node(turned[y.name], Reshape(y.shape), (turned[y.name],), y.name))
    return graph.rebuild(nodes, tensors.values()) if turned else graph


def _free_name(graph: Graph, name: str) -> str:
    taken = {*graph.tensors, *(node.name for node in graph.nodes)}
    found = f"{name}/rows"
    while found in taken:
        found += "_"
    return found


def _swapped(values: tuple[int, ...]) -> tuple[int, ...]:
    first, height, width, *rest = values
    return (first, width, height, *rest)


def _upright(indices: tuple[int, ...]) -> tuple[int, ...]:
    """Indices of an embedding, one in each row."""
    return (*(1,) * (2 - len(indices)), *indices, 1)


def _changes(node: Node, tensor: Tensor) -> bool:
    return not tensor.is_constant if isinstance(node.op, Embedding) else len(tensor.shape) == PLANE


def _turned_op(graph: Graph, node: Node) -> Op | None:
    """The operator on turned operands; None where one of its planes is no sequence."""
    operands, y = graph.operands(node), graph.result(node)
    if isinstance(node.op, Embedding):
        return node.op if 1 <= len(operands[0].shape) <= 2 else None
    turn = TURNS.get(type(node.op))
    activations = [t for t in operands if not t.is_constant]
    is_sequence = all(len(t.shape) == PLANE and t.shape[1] == 1 for t in activations)
    if turn is None or not is_sequence or all(t.shape[2] == 1 for t in activations):
        return None
    if len(y.shape) == PLANE and y.shape[1] > 1:
        return None
    if isinstance(node.op, Add | Sub | Mul | PRelu) and any(
        t.is_constant and len(t.shape) in (2, 3) and t.shape[-2] > 1 for t in operands
    ):
        return None  # its dimensions count from the last one
    return turn(node.op)


def _same(op: Op) -> Op:
    return op


def _window(op: Op) -> Op:
    assert isinstance(op, Conv2D | DepthwiseConv2D)
    return replace(
        op, stride=op.stride[::-1], dilation=op.dilation[::-1], padding=_padding(op.padding)
    )


def _transposed(op: Op) -> Op:
    assert isinstance(op, TransposedConv2D)
    return replace(
        op,
        stride=op.stride[::-1],
        dilation=op.dilation[::-1],
        padding=_padding(op.padding),
        output_padding=op.output_padding[::-1],
    )


def _pool(op: Op) -> Op:
    assert isinstance(op, AveragePool2D | MaxPool2D)
    return replace(op, kernel=op.kernel[::-1], stride=op.stride[::-1], padding=_padding(op.padding))


def _padding(padding: Padding) -> Padding:
    return Padding(padding.left, padding.right, padding.top, padding.bottom)


def _mean(op: Op) -> Op:
    assert isinstance(op, Mean)
    return replace(op, axes=tuple(sorted(_swapped((0, 1, 2, 3))[axis] for axis in op.axes)))


def _concat(op: Op) -> Op:
    assert isinstance(op, Concat)
    return replace(op, axis=_swapped((0, 1, 2, 3))[op.axis])


def _slice(op: Op) -> Op:
    assert isinstance(op, Slice)
    return Slice(_swapped(op.begins), _swapped(op.ends), _swapped(op.strides))


def _pad(op: Op) -> Op:
    assert isinstance(op, Pad)
    first, height, width, *rest = op.paddings
    return replace(op, paddings=(first, width, height, *rest))


def _resize(op: Op) -> Op:
    assert isinstance(op, Resize)
    return replace(op, to=op.to[::-1])


TURNS: dict[type[Op], Callable[[Op], Op]] = {
    Add: _same,
    AveragePool2D: _pool,
    BatchNorm: _same,
    Concat: _concat,
    Conv2D: _window,
    Dequantize: _same,
    DepthwiseConv2D: _window,
    LayerNorm: _same,
    LogSoftmax: _same,
    MaxPool2D: _pool,
    Mean: _mean,
    Mul: _same,
    PRelu: _same,
    Pad: _pad,
    Quantize: _same,
    Relu: _same,
    Resize: _resize,
    Slice: _slice,
    Softmax: _same,
    Sub: _same,
    TransposedConv2D: _transposed,
    Unary: _same,
}
"""How operators change with their operands; the others leave these as they are."""
