"""Operators that move elements as kernel calls: slice, transpose, concatenate, look up."""

import math

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Concat, Embedding, Slice, Transpose
from mote.lower.folding import Dimension, contiguous_steps, fold, padded
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.step import Constant, Step
from mote.target.target import Core

MAX_LOOPS = 4


def lower_slice(graph: Graph, node: Node, core: Core) -> Step:
    """Any slice whose dimensions fold into four."""
    op = node.op
    assert isinstance(op, Slice)
    (x,), y = graph.operands(node), graph.result(node)
    steps = contiguous_steps(x.shape)
    offset = sum(begin * step for begin, step in zip(op.begins, steps, strict=True))
    walk = [
        Dimension(n, (step * stride,))
        for n, step, stride in zip(y.shape, steps, op.strides, strict=True)
    ]
    return _gather(graph, node, walk, offset)


def lower_transpose(graph: Graph, node: Node, core: Core) -> Step:
    """Any transpose whose dimensions fold into four."""
    return _gather(graph, node, _transposed_walk(graph, node), 0)


def moves_nothing(graph: Graph, node: Node) -> bool:
    """True for a transpose that only moves dimensions of one element: the bytes stay."""
    return isinstance(node.op, Transpose) and all(
        dimension.steps == (1,) for dimension in fold(_transposed_walk(graph, node))
    )


def _transposed_walk(graph: Graph, node: Node) -> list[Dimension]:
    assert isinstance(node.op, Transpose)
    (x,) = graph.operands(node)
    steps = contiguous_steps(x.shape)
    return [Dimension(x.shape[i], (steps[i],)) for i in node.op.permutation]


def _gather(graph: Graph, node: Node, walk: list[Dimension], offset: int) -> Step:
    loops = fold(walk)
    if len(loops) > MAX_LOOPS:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"{node.op.label} walks {len(loops)} dimensions, allowed: {MAX_LOOPS}",
        )
    loops = padded(loops, MAX_LOOPS, 1)
    return Step(
        node,
        KERNELS[f"mote_{node.op.kind}_{SUFFIXES[graph.result(node).dtype]}"],
        parameters=(
            ("size", tuple(d.size for d in loops)),
            ("step", tuple(d.steps[0] for d in loops)),
            ("offset", offset),
        ),
    )


def lower_concat(graph: Graph, node: Node, core: Core) -> Step:
    """Rows of blocks; the dimensions before the axis are the rows, those from it on a block."""
    op = node.op
    assert isinstance(op, Concat)
    operands, y = graph.operands(node), graph.result(node)
    rows = math.prod(y.shape[: op.axis])
    constants = [Constant("bytes", np.array([t.bytes // rows for t in operands], np.int32), False)]
    if any(t.is_constant for t in operands):
        fixed = [t.array.reshape(rows, -1) for t in operands if t.is_constant]
        data = np.ascontiguousarray(np.concatenate(fixed, axis=1))
        constants.append(Constant("constant", data.view(np.int8), True))
    return Step(
        node,
        KERNELS[f"mote_concat_{SUFFIXES[y.dtype]}"],
        parameters=(("rows", rows), ("operands", len(operands))),
        constants=tuple(constants),
        constant_operands=tuple(i for i, t in enumerate(operands) if t.is_constant),
    )


def lower_embedding(graph: Graph, node: Node, core: Core) -> Step:
    """Rows of a table in flash."""
    assert isinstance(node.op, Embedding)
    (indices, table), y = graph.operands(node), graph.result(node)
    return Step(
        node,
        KERNELS[f"mote_embedding_{SUFFIXES[y.dtype]}"],
        parameters=(
            ("indices", indices.elements),
            ("row", math.prod(table.shape[1:])),
            ("last", table.shape[0] - 1),
        ),
        constants=(Constant("table", table.array, True),),
    )
