"""Resizing as a kernel call: which rows and columns each result reads, from tables."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Resize, ResizeMethod
from mote.ir.tensor import Array
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.sizes import check_sizes
from mote.lower.step import Constant, Step
from mote.reference.resize import nearest, positions_1024
from mote.target.target import Core


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
    )


def resize_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """Sizes of both planes, as the kernels' parameter structs name them.

    Raises:
        UnsupportedModelError: A size does not fit the tables' 15 bits.
    """
    (x,), y = graph.operands(node), graph.result(node)
    sizes = {
        "batches": x.shape[0],
        "x_height": x.shape[1],
        "x_width": x.shape[2],
        "y_height": y.shape[1],
        "y_width": y.shape[2],
        "channels": x.shape[3],
    }
    check_sizes(node, sizes, most=2**15 - 1)  # the tables hold int16
    return sizes


def _table(field: str, values: Array) -> Constant:
    return Constant(field, values.astype(np.int16), False)
