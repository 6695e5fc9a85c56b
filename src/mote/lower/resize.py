"""Resizing as a kernel call: which rows and columns each result reads, from tables."""

from collections.abc import Sequence

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Resize, ResizeMethod
from mote.ir.tensor import Array
from mote.lower.convolution_cycles import CALL
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.rows_per_call import split_windows
from mote.lower.sizes import check_sizes
from mote.lower.split import Ranges, Split, row_shape
from mote.lower.step import Constant, Step
from mote.reference.resize import nearest, positions_1024
from mote.target.target import Core

CYCLES_OF_NEAREST = 6
CYCLES_OF_BILINEAR = 20
"""Of an element of the result."""


def lower_resize(graph: Graph, node: Node, core: Core) -> Step:
    """Nearest or bilinear samples of a plane."""
    op = node.op
    assert isinstance(op, Resize)
    (x,), y = graph.operands(node), graph.result(node)
    sizes = resize_sizes(graph, node)
    constants: list[Constant] = []
    for axis, name, weights in ((0, "rows", "row_weights"), (1, "columns", "column_weights")):
        size, to = x.shape[1 + axis], op.to[axis]
        if op.method is ResizeMethod.NEAREST:
            constants.append(_table(name, nearest(op, size, to)))
        else:
            index, weight = positions_1024(op, size, to)
            constants += [_table(name, index), _table(weights, weight)]
    return Step(
        node,
        KERNELS[f"mote_resize_{op.method.value}_{SUFFIXES[y.dtype]}"],
        parameters=tuple(sizes.items()),
        constants=tuple(constants),
        split=resize_split(graph, node, constants),
    )


def resize_split(graph: Graph, node: Node, constants: Sequence[Constant]) -> Split:
    """Rows of the result read one row, or that and the next one, as the tables among the constants
    say. Where several read the same one, a call copies what it has."""
    _, height, elements = row_shape(graph.result(node))
    tables = {constant.field: constant.array for constant in constants}
    firsts = tables["rows"].tolist()
    if "row_weights" not in tables:
        return split_windows(
            height,
            Ranges(tuple((row, row + 1) for row in firsts)),
            lambda rows: CALL + _gathered(firsts, rows) * elements * CYCLES_OF_NEAREST,
        )
    seconds = (tables["row_weights"] > 0).tolist()
    return split_windows(
        height,
        Ranges(tuple((row, row + 1 + more) for row, more in zip(firsts, seconds, strict=True))),
        lambda rows: CALL + rows * elements * CYCLES_OF_BILINEAR,
    )


def _gathered(firsts: Sequence[int], rows: int) -> float:
    """Rows of a call that are no copies of the one before."""
    starts = range(0, len(firsts), rows)
    return sum(len(set(firsts[start : start + rows])) for start in starts) / len(starts)


def resize_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """Sizes of the result, as the kernels' parameter structs name them.

    Raises:
        UnsupportedModelError: A size does not fit the tables' 15 bits.
    """
    (x,), y = graph.operands(node), graph.result(node)
    check_sizes(node, {"x_height": x.shape[1], "x_width": x.shape[2]}, most=2**15 - 1)
    sizes = {"y_height": y.shape[1], "y_width": y.shape[2], "channels": x.shape[3]}
    check_sizes(node, sizes, most=2**15 - 1)  # the tables hold int16
    return {**sizes, "y_height": x.shape[0] * y.shape[1]}


def _table(field: str, values: Array) -> Constant:
    return Constant(field, values.astype(np.int16), False)
