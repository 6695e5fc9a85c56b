"""Operators with weights: the order of stored channels goes into their weights."""

import numpy as np

from mote.ir import Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import (
    Keyed,
    View,
    composed,
    keyed,
    split_dimension,
    stored_indices,
)

PLANE = ((0,), (1,), (2,), (3,))
"""The slots of ``[N, H, W, C]``."""


def rewrite_convolution(rewriter: Rewriter, node: Node) -> None:
    """A convolution, transposed or not: input channels in any order, groups in any order."""
    assert isinstance(node.op, Conv2D | TransposedConv2D)
    x, weight = rewriter.views[node.inputs[0]], rewriter.tensors[node.inputs[1]]
    depth, outputs = weight.shape[3], weight.shape[0]
    groups = x.shape[3] // depth
    grouped = split_dimension(x, 3, (groups, depth))
    if grouped is None:
        grouped = split_dimension(rewriter.gathered(x, 3), 3, (groups, depth))
        assert grouped is not None
    x = rewriter.arranged(grouped, (*PLANE, (4,)), ordered=(1, 2))
    rows = np.arange(outputs).reshape(groups, -1)[stored_indices(x, (3,))].reshape(-1)
    operands = (
        rewriter.stored(x.tensor, (*x.shape[:3], groups * depth)),
        rewriter.permuted(node.inputs[1], 0, rows, stored_indices(x, (4,))),
        rewriter.permuted(node.inputs[2], 0, rows),
    )
    result = _plane(rewriter, node, x, [*keyed(x, 3), ("o", outputs // groups)])
    rewriter.emit(node, node.op, operands, result)


def rewrite_depthwise(rewriter: Rewriter, node: Node) -> None:
    """Channels in any order; the result has them in the same."""
    assert isinstance(node.op, DepthwiseConv2D)
    x = rewriter.arranged(rewriter.views[node.inputs[0]], PLANE, ordered=(1, 2))
    outputs = rewriter.tensors[node.inputs[1]].shape[3]
    channels = np.arange(outputs).reshape(x.shape[3], -1)[stored_indices(x, (3,))].reshape(-1)
    operands = (
        rewriter.stored(x.tensor, x.shape),
        rewriter.permuted(node.inputs[1], 3, channels),
        rewriter.permuted(node.inputs[2], 0, channels),
    )
    result = _plane(rewriter, node, x, [*keyed(x, 3), ("o", outputs // x.shape[3])])
    rewriter.emit(node, node.op, operands, result)


def rewrite_fully_connected(rewriter: Rewriter, node: Node) -> None:
    """Features in any order."""
    assert isinstance(node.op, FullyConnected)
    x = rewriter.arranged(rewriter.views[node.inputs[0]], ((0,), (1,)))
    outputs = rewriter.tensors[node.inputs[1]].shape[0]
    operands = (
        rewriter.stored(x.tensor, x.shape),
        rewriter.permuted(node.inputs[1], 0, np.arange(outputs), stored_indices(x, (1,))),
        node.inputs[2],
    )
    rows = keyed(x, 0)
    dims: list[Keyed] = [rows, [("o", outputs)]]
    stored = [*(p for p, _ in sorted(rows)), "o"]
    rewriter.emit(node, node.op, operands, composed(node.output, dims, stored))


def rewrite_window(rewriter: Rewriter, node: Node) -> None:
    """Pooling and resizing: channels in any order."""
    x = rewriter.arranged(rewriter.views[node.inputs[0]], PLANE, ordered=(1, 2))
    operand = rewriter.stored(x.tensor, x.shape)
    rewriter.emit(node, node.op, (operand,), _plane(rewriter, node, x, keyed(x, 3)))


def _plane(rewriter: Rewriter, node: Node, x: View, channels: Keyed) -> View:
    """The result of an operator on planes: rows of ``x``, a new plane, and these channels."""
    _, height, width, _ = rewriter.graph.result(node).shape
    rows = keyed(x, 0)
    dims: list[Keyed] = [rows, [("h", height)], [("w", width)], channels]
    own = sorted(key for key, _ in channels if isinstance(key, int))
    stored = [*(p for p, _ in sorted(rows)), "h", "w", *own, "o"]
    return composed(node.output, dims, stored)
