"""Transposes and reshapes become views; only what an operator cannot read in place is moved."""

from collections.abc import Callable, Mapping

from mote.ir import Graph, Node, ops
from mote.passes.remove_dead_nodes import remove_dead_nodes
from mote.passes.remove_transposes.concatenation import rewrite_concat
from mote.passes.remove_transposes.elementwise import rewrite_binary, rewrite_unary
from mote.passes.remove_transposes.embedding import rewrite_embedding
from mote.passes.remove_transposes.matrix import rewrite_matrix_product
from mote.passes.remove_transposes.padding import rewrite_pad
from mote.passes.remove_transposes.reduction import rewrite_last_axis, rewrite_mean
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.slicing import rewrite_slice
from mote.passes.remove_transposes.view import reshaped, transposed
from mote.passes.remove_transposes.weighted import (
    rewrite_convolution,
    rewrite_depthwise,
    rewrite_fully_connected,
    rewrite_window,
)


def remove_transposes(graph: Graph, *, rename_moved: bool = True) -> Graph:
    """The same function with data moved only where an operator cannot read it as it lies.

    A value is followed as a view (``view.py``) of what is stored: weights are permuted and axes
    renumbered to suit the stored order. A graph without a transpose stays as it is.

    Args:
        graph: Any graph.
        rename_moved: Call a tensor ``name:stored`` whose elements lie in another order than
            before, so that nobody compares it with the ``name`` of the model's file.
    """
    if not any(isinstance(n.op, ops.Transpose) for n in graph.nodes):
        return graph
    graph = remove_dead_nodes(graph)
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        REWRITES[type(node.op)](rewriter, node)
    return remove_dead_nodes(rewriter.finish(rename_moved=rename_moved))


def _view_transposed(rewriter: Rewriter, node: Node) -> None:
    assert isinstance(node.op, ops.Transpose)
    rewriter.alias(node, transposed(rewriter.views[node.inputs[0]], node.op.permutation))


def _view_reshaped(rewriter: Rewriter, node: Node) -> None:
    assert isinstance(node.op, ops.Reshape)
    view = rewriter.views[node.inputs[0]]
    found = reshaped(view, node.op.to) or reshaped(
        rewriter.rearranged(view, view.order), node.op.to
    )
    assert found is not None
    rewriter.alias(node, found)


REWRITES: Mapping[type[ops.Op], Callable[[Rewriter, Node], None]] = {
    ops.Add: rewrite_binary,
    ops.AveragePool2D: rewrite_window,
    ops.BatchNorm: rewrite_last_axis,
    ops.Concat: rewrite_concat,
    ops.Conv2D: rewrite_convolution,
    ops.DepthwiseConv2D: rewrite_depthwise,
    ops.Dequantize: rewrite_unary,
    ops.Embedding: rewrite_embedding,
    ops.FullyConnected: rewrite_fully_connected,
    ops.LayerNorm: rewrite_last_axis,
    ops.LogSoftmax: rewrite_last_axis,
    ops.MatMul: rewrite_matrix_product,
    ops.MaxPool2D: rewrite_window,
    ops.Mean: rewrite_mean,
    ops.Mul: rewrite_binary,
    ops.PRelu: rewrite_binary,
    ops.Pad: rewrite_pad,
    ops.Quantize: rewrite_unary,
    ops.Relu: rewrite_unary,
    ops.Reshape: _view_reshaped,
    ops.Resize: rewrite_window,
    ops.Slice: rewrite_slice,
    ops.Softmax: rewrite_last_axis,
    ops.Sub: rewrite_binary,
    ops.Transpose: _view_transposed,
    ops.TransposedConv2D: rewrite_convolution,
    ops.Unary: rewrite_unary,
}
"""How each operator reads operands that lie in another order."""
