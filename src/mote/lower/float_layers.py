"""Layers with weights, and products of matrices, as float32 kernel calls."""

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, MatMul, TransposedConv2D
from mote.lower.convolution_cycles import portable_cycles
from mote.lower.float_operands import constant_operand, limits
from mote.lower.geometry import layer_sizes, layer_window, row_sizes, spread_sizes, taps_of_output
from mote.lower.kernels import KERNELS
from mote.lower.matrix import matrix_walk
from mote.lower.rows_per_call import split_windows
from mote.lower.split import Split, split_pointwise
from mote.lower.step import Constant, Step
from mote.target.target import Core

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D


def lower_float_layer(graph: Graph, node: Node, core: Core) -> Step:
    """Convolutions and fully connected layers, weights in the graph's own order."""
    op = node.op
    assert isinstance(op, Weighted)
    _, weight, bias = graph.operands(node)
    sizes, split = _division(graph, node)
    return Step(
        node,
        KERNELS[f"mote_{op.kind}_f32"],
        parameters=(*limits(op).items(), *sizes.items()),
        constants=(Constant("weights", weight.array, True), Constant("bias", bias.array, True)),
        split=split,
    )


def _division(graph: Graph, node: Node) -> tuple[dict[str, int], Split]:
    """The sizes of a layer, and how it divides into calls."""
    y = graph.result(node)
    if isinstance(node.op, FullyConnected):
        return layer_sizes(graph, node), split_pointwise(y, ("batches",))
    is_spread = isinstance(node.op, TransposedConv2D)
    sizes = spread_sizes(graph, node) if is_spread else row_sizes(graph, node)
    cycles = portable_cycles(y.shape[2], y.shape[3], taps_of_output(graph, node), 0)
    return sizes, split_windows(y.shape[1], layer_window(graph, node), cycles)


def lower_float_mat_mul(graph: Graph, node: Node, core: Core) -> Step:
    """Products of two activations, or of one and a constant."""
    op = node.op
    assert isinstance(op, MatMul)
    operands = graph.operands(node)
    constants = constant_operand(node, operands)
    walk, split = matrix_walk(graph, node)
    parameters = {**limits(op), **walk}
    if constants:
        parameters["constant_first"] = int(operands[0].is_constant)
    return Step(
        node,
        KERNELS["mote_mat_mul_constant_f32" if constants else "mote_mat_mul_f32"],
        parameters=tuple(parameters.items()),
        constants=constants,
        split=split,
    )
