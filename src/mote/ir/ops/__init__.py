"""Every operator: its attributes, the shape of its result, its multiply-accumulates and its limits.

An operator is the same whatever the element type: a ``Conv2D`` on float32 tensors is the float
convolution, on int8 tensors the quantised one. ``OPS`` lists them all.
"""

from mote.ir.ops.conversion import Dequantize, Quantize
from mote.ir.ops.convolution import Conv2D, DepthwiseConv2D, FullyConnected
from mote.ir.ops.elementwise import Add, BatchNorm, Relu, Softmax
from mote.ir.ops.operator import Activation, Op, Rounding, Shape
from mote.ir.ops.pooling import AveragePool2D, MaxPool2D, Mean
from mote.ir.ops.shape import Pad, Reshape
from mote.ir.ops.window import Padding, same_padding

OPS: tuple[type[Op], ...] = (
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dequantize,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Softmax,
)

__all__ = [
    "OPS",
    "Activation",
    "Add",
    "AveragePool2D",
    "BatchNorm",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "FullyConnected",
    "MaxPool2D",
    "Mean",
    "Op",
    "Pad",
    "Padding",
    "Quantize",
    "Relu",
    "Reshape",
    "Rounding",
    "Shape",
    "Softmax",
    "same_padding",
]
