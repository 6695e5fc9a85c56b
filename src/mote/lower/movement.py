"""Operators that move elements as kernel calls: slice, transpose, concatenate, look up."""

import math

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Concat, Embedding, Slice, Transpose
from mote.lower.folding import Dimension, contiguous_steps, fold, padded
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.split import POINTWISE_CYCLES, Split, Window, row_axes, row_shape, split_pointwise
from mote.lower.step import Constant, Step
from mote.target.target import Core

MAX_LOOPS = 4


def lower_slice(graph: Graph, node: Node, core: Core) -> Step:
    """Any slice whose dimensions fold into four; by rows unless images are left out."""
    op = node.op
    assert isinstance(op, Slice)
    (x,), y = graph.operands(node), graph.result(node)
    steps = contiguous_steps(x.shape)
    starts = [begin * step for begin, step in zip(op.begins, steps, strict=True)]
    walk = [
        Dimension(n, (step * stride,))
        for n, step, stride in zip(y.shape, steps, op.strides, strict=True)
    ]
    axes = row_axes(len(y.shape))
    if axes == 0 or row_shape(x)[0] != row_shape(y)[0]:
        return _gather(graph, node, walk, sum(starts), None)
    # A call starts to read at its first row; rows of all images are one loop, which it cuts short.
    window = Window(op.strides[axes - 1], -op.begins[axes - 1])
    rows = Dimension(math.prod(y.shape[:axes]), walk[axes - 1].steps)
    return _gather(graph, node, [rows, *walk[axes:]], sum(starts[axes:]), window)


def lower_transpose(graph: Graph, node: Node, core: Core) -> Step:
    """Any transpose whose dimensions fold into four; by rows where these stay in their places."""
    walk = _transposed_walk(graph, node)
    assert isinstance(node.op, Transpose)
    axes = row_axes(len(walk))
    is_inside = axes > 0 and node.op.permutation[:axes] == tuple(range(axes))
    return _gather(graph, node, walk, 0, Window() if is_inside else None)


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


def _gather(
    graph: Graph, node: Node, walk: list[Dimension], offset: int, window: Window | None
) -> Step:
    """``window``: the row that a row is made of, where walk and offset stay inside it."""
    loops = fold(walk)
    if len(loops) > MAX_LOOPS:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"{node.op.label} walks {len(loops)} dimensions, allowed: {MAX_LOOPS}",
        )
    loops = padded(loops, MAX_LOOPS, 1)
    y = graph.result(node)
    split = Split((window,), ("size",), row_shape(y)[1], call_cycles=POINTWISE_CYCLES)
    return Step(
        node,
        KERNELS[f"mote_{node.op.kind}_{SUFFIXES[y.dtype]}"],
        parameters=(
            ("size", tuple(d.size for d in loops)),
            ("step", tuple(d.steps[0] for d in loops)),
            ("offset", offset),
        ),
        split=split if window else None,
    )


def lower_concat(graph: Graph, node: Node, core: Core) -> Step:
    """Rows of blocks; the dimensions before the axis are the rows, those from it on a block.

    Calls compute some rows where each has all operands in it, and none of them is a constant.
    """
    op = node.op
    assert isinstance(op, Concat)
    operands, y = graph.operands(node), graph.result(node)
    rows = math.prod(y.shape[: op.axis])
    splits = op.axis >= row_axes(len(y.shape)) and not any(t.is_constant for t in operands)
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
        split=split_pointwise(y, ("rows",), len(operands)) if splits else None,
    )


def lower_embedding(graph: Graph, node: Node, core: Core) -> Step:
    """Rows of a table in flash; by rows of indices where these are rows of the result."""
    assert isinstance(node.op, Embedding)
    (indices, table), y = graph.operands(node), graph.result(node)
    splits = row_shape(indices)[:2] == row_shape(y)[:2]
    return Step(
        node,
        KERNELS[f"mote_embedding_{SUFFIXES[y.dtype]}"],
        parameters=(
            ("indices", indices.elements),
            ("row", math.prod(table.shape[1:])),
            ("last", table.shape[0] - 1),
        ),
        constants=(Constant("table", table.array, True),),
        split=split_pointwise(y, ("indices",)) if splits else None,
    )
