"""Transposes and reshapes become views; only what an operator cannot read in place is moved."""

from collections.abc import Callable, Mapping

from mote.ir import Graph, Node
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
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
    if not any(isinstance(n.op, Transpose) for n in graph.nodes):
        return graph
    graph = remove_dead_nodes(graph)
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        REWRITES[type(node.op)](rewriter, node)
    return remove_dead_nodes(rewriter.finish(rename_moved=rename_moved))


def _view_transposed(rewriter: Rewriter, node: Node) -> None:
    assert isinstance(node.op, Transpose)
    rewriter.alias(node, transposed(rewriter.views[node.inputs[0]], node.op.permutation))


def _view_reshaped(rewriter: Rewriter, node: Node) -> None:
    assert isinstance(node.op, Reshape)
    view = rewriter.views[node.inputs[0]]
    found = reshaped(view, node.op.to) or reshaped(
        rewriter.rearranged(view, view.order), node.op.to
    )
    assert found is not None
    rewriter.alias(node, found)


REWRITES: Mapping[type[Op], Callable[[Rewriter, Node], None]] = {
    Add: rewrite_binary,
    AveragePool2D: rewrite_window,
    BatchNorm: rewrite_last_axis,
    Concat: rewrite_concat,
    Conv2D: rewrite_convolution,
    DepthwiseConv2D: rewrite_depthwise,
    Dequantize: rewrite_unary,
    Embedding: rewrite_embedding,
    FullyConnected: rewrite_fully_connected,
    LayerNorm: rewrite_last_axis,
    LogSoftmax: rewrite_last_axis,
    MatMul: rewrite_matrix_product,
    MaxPool2D: rewrite_window,
    Mean: rewrite_mean,
    Mul: rewrite_binary,
    PRelu: rewrite_binary,
    Pad: rewrite_pad,
    Quantize: rewrite_unary,
    Relu: rewrite_unary,
    Reshape: _view_reshaped,
    Resize: rewrite_window,
    Slice: rewrite_slice,
    Softmax: rewrite_last_axis,
    Sub: rewrite_binary,
    Transpose: _view_transposed,
    TransposedConv2D: rewrite_convolution,
    Unary: rewrite_unary,
}
"""How each operator reads operands that lie in another order."""
