"""Padding as a kernel call: rows of the input with gaps between them, or mirrored blocks."""

import math

from mote.ir.graph import Graph, Node
from mote.ir.ops import Pad, PadMode
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.split import row_axes, split_pointwise
from mote.lower.step import Step
from mote.reference.shape import border_value
from mote.target.target import Core


def lower_pad(graph: Graph, node: Node, core: Core) -> Step:
    """Padding of one to four dimensions; by rows where it adds none."""
    assert isinstance(node.op, Pad)
    if node.op.mode is PadMode.REFLECT:
        return _lower_reflect(graph, node)
    (x,), y = graph.operands(node), graph.result(node)
    dimensions: list[tuple[int, int, int]] = []
    for size, (before, after) in zip(x.shape, node.op.paddings, strict=True):
        if dimensions and before == after == 0:
            # Whole rows: the dimension outside counts in units of this one.
            outer = dimensions.pop()
            dimensions.append((outer[0] * size, outer[1] * size, outer[2] * size))
        else:
            dimensions.append((size, before, after))
    splits = len(dimensions) > 1 and _adds_no_row(node.op)
    dimensions = [(1, 0, 0)] * (4 - len(dimensions)) + dimensions
    sizes = [size + before + after for size, before, after in dimensions]
    units = [math.prod(sizes[i + 1 :]) for i in range(4)]
    starts = [before * unit for (_, before, _), unit in zip(dimensions, units, strict=True)]
    ends = [after * unit for (_, _, after), unit in zip(dimensions, units, strict=True)]
    return Step(
        node,
        KERNELS[f"mote_pad_{SUFFIXES[y.dtype]}"],
        parameters=(
            ("rows", tuple(size for size, _, _ in dimensions[:3])),
            ("row", dimensions[3][0]),
            ("first_gap", sum(starts)),
            ("gap", tuple(ends[i] + starts[i] for i in (1, 2, 3))),
            ("elements", y.elements),
            ("border", border_value(node.op, y)),
        ),
        split=split_pointwise(y, ("rows", "elements")) if splits else None,
    )


def _lower_reflect(graph: Graph, node: Node) -> Step:
    """Inner dimensions without a border are one block, which keeps its order; rows are one loop."""
    assert isinstance(node.op, Pad)
    (x,), y = graph.operands(node), graph.result(node)
    axes = row_axes(len(y.shape))
    count = len(y.shape)
    while count > axes and not any(node.op.paddings[count - 1]):
        count -= 1
    before = [first for first, _ in node.op.paddings]
    dimensions = list(zip(x.shape, y.shape, before, strict=True))[:count]
    splits = _adds_no_row(node.op)
    if splits and axes:
        rows = math.prod(x.shape[:axes])
        dimensions[:axes] = [(rows, rows, 0)]
    dimensions = [(1, 1, 0)] * (4 - len(dimensions)) + dimensions
    x_size, y_size, first = zip(*dimensions, strict=True)
    return Step(
        node,
        KERNELS[f"mote_pad_reflect_{SUFFIXES[y.dtype]}"],
        parameters=(
            ("x_size", x_size),
            ("y_size", y_size),
            ("before", first),
            ("block", math.prod(x.shape[count:])),
        ),
        split=split_pointwise(y, ("x_size", "y_size")) if splits else None,
    )


def _adds_no_row(op: Pad) -> bool:
    return not any(map(any, op.paddings[: row_axes(len(op.paddings))]))
