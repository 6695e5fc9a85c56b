"""Every operator: its attributes, the shape of its result, its multiply-accumulates and its limits.

An operator is the same whatever the element type: a ``Conv2D`` on float32 tensors is the float
convolution, on int8 tensors the quantised one. ``OPS`` lists them all.
"""

from mote.ir.ops.conversion import Dequantize, Quantize
from mote.ir.ops.convolution import Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D
from mote.ir.ops.elementwise import (
    Add,
    BatchNorm,
    LayerNorm,
    LogSoftmax,
    Mul,
    Relu,
    Softmax,
    Sub,
)
from mote.ir.ops.matrix import MatMul
from mote.ir.ops.operator import Activation, Op, Rounding, Shape
from mote.ir.ops.pooling import AveragePool2D, MaxPool2D, Mean
from mote.ir.ops.shape import (
    Concat,
    Embedding,
    Pad,
    PadMode,
    Reshape,
    Resize,
    ResizeMethod,
    Slice,
    Transpose,
)
from mote.ir.ops.unary import Function, PRelu, Unary
from mote.ir.ops.window import Padding, same_padding

OPS: tuple[type[Op], ...] = (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    Dequantize,
    DepthwiseConv2D,
    Embedding,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    PRelu,
    Pad,
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

__all__ = [
    "OPS",
    "Activation",
    "Add",
    "AveragePool2D",
    "BatchNorm",
    "Concat",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "Embedding",
    "FullyConnected",
    "Function",
    "LayerNorm",
    "LogSoftmax",
    "MatMul",
    "MaxPool2D",
    "Mean",
    "Mul",
    "Op",
    "PRelu",
    "Pad",
    "PadMode",
    "Padding",
    "Quantize",
    "Relu",
    "Reshape",
    "Resize",
    "ResizeMethod",
    "Rounding",
    "Shape",
    "Slice",
    "Softmax",
    "Sub",
    "Transpose",
    "TransposedConv2D",
    "Unary",
    "same_padding",
]
