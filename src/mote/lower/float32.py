"""How operators on float32 become kernel calls, where that differs from integers."""

from collections.abc import Mapping

from mote.ir.graph import Graph, Node
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Resize,
    Softmax,
    Sub,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import DType
from mote.lower.float_elementwise import (
    lower_float_batch_norm,
    lower_float_binary,
    lower_float_layer_norm,
    lower_float_prelu,
    lower_float_softmax,
    lower_float_unary,
)
from mote.lower.float_layers import lower_float_layer, lower_float_mat_mul
from mote.lower.float_planes import lower_float_mean, lower_float_pool_2d, lower_float_resize
from mote.lower.step import Lowering

LOWERINGS_F32: Mapping[type[Op], Lowering] = {
    Add: lower_float_binary,
    AveragePool2D: lower_float_pool_2d,
    BatchNorm: lower_float_batch_norm,
    Conv2D: lower_float_layer,
    DepthwiseConv2D: lower_float_layer,
    FullyConnected: lower_float_layer,
    LayerNorm: lower_float_layer_norm,
    LogSoftmax: lower_float_softmax,
    MatMul: lower_float_mat_mul,
    MaxPool2D: lower_float_pool_2d,
    Mean: lower_float_mean,
    Mul: lower_float_binary,
    PRelu: lower_float_prelu,
    Relu: lower_float_unary,
    Resize: lower_float_resize,
    Softmax: lower_float_softmax,
    Sub: lower_float_binary,
    TransposedConv2D: lower_float_layer,
    Unary: lower_float_unary,
}
"""Operators without a row lower as on integers: they move elements, whatever these are."""


def computes_in_float(graph: Graph, node: Node) -> bool:
    """True for a node that works on real numbers and is not a conversion or another name."""
    tensors = (*graph.operands(node), graph.result(node))
    return not isinstance(node.op, Quantize | Dequantize | Reshape) and any(
        t.dtype is DType.FLOAT32 for t in tensors
    )
