"""Which part of its operands a part of an operator's result is made of, along one axis."""

import math
from dataclasses import dataclass, replace

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    LayerNorm,
    LogSoftmax,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PadMode,
    PRelu,
    Quantize,
    Relu,
    Slice,
    Softmax,
    Sub,
    Unary,
)

Span = tuple[int, int]
"""Index of the first row or column, and the one after the last."""

HEIGHT, WIDTH = 1, 2
AXES = (HEIGHT, WIDTH)

PADDED = (AveragePool2D, Conv2D, DepthwiseConv2D, MaxPool2D, Pad)
"""Operators whose windows may reach beyond their operand."""

PIXEL_BY_PIXEL = (BatchNorm, LayerNorm, LogSoftmax, Relu, Softmax, Unary)
"""Operators whose result at a pixel is made of the operand at that pixel."""


@dataclass(frozen=True)
class Footprint:
    """Element ``i`` of the result reads ``extent`` elements from ``i * stride - before`` on."""

    stride: int = 1
    before: int = 0
    extent: int = 1

    def reads(self, span: Span) -> Span:
        """What a span of the result reads; it may reach beyond the operand, into padding."""
        first, end = span
        return (
            first * self.stride - self.before,
            (end - 1) * self.stride - self.before + self.extent,
        )


def footprint(graph: Graph, node: Node, axis: int) -> Footprint:
    """That of an operator that ``can_tile``, along height or width."""
    op, index = node.op, axis - HEIGHT
    match op:
        case Conv2D() | DepthwiseConv2D():
            kernel = graph.operands(node)[1].shape[axis]
            extent = (kernel - 1) * op.dilation[index] + 1
            return Footprint(op.stride[index], _before(op.padding, axis), extent)
        case AveragePool2D() | MaxPool2D():
            return Footprint(op.stride[index], _before(op.padding, axis), op.kernel[index])
        case Pad():
            return Footprint(before=op.paddings[axis][0])
        case Slice():
            return Footprint(op.strides[axis], -op.begins[axis])
    return Footprint()


def can_tile(graph: Graph, node: Node) -> bool:
    """True when every tile of the result is computed from parts of the operands."""
    operands, result = graph.operands(node), graph.result(node)
    if len(result.shape) != 4 or len(operands[0].shape) != 4:
        return False
    planes = [t for t in operands if has_plane(t)]
    match node.op:
        case AveragePool2D() | Conv2D() | DepthwiseConv2D() | MaxPool2D():
            return _meets_operand(graph, node)
        case Add() | Sub() | Mul() | PRelu():
            return all(len(t.shape) == 4 and not t.is_constant for t in planes)
        case Concat(axis=axis):
            return axis not in AXES and not any(t.is_constant for t in operands)
        case Mean(axes=axes, keep_dims=keep_dims):
            return keep_dims and axes == (3,)
        case Quantize():  # slices of reals would be layers that compute in float32
            return operands[0].dtype is not DType.FLOAT32
        case Pad(mode=mode, paddings=paddings):
            return mode is PadMode.CONSTANT or not any(any(paddings[axis]) for axis in AXES)
    return isinstance(node.op, (*PIXEL_BY_PIXEL, Slice))


def has_plane(tensor: Tensor) -> bool:
    """False for one pixel, which broadcasts; ranks below four count from the last axis."""
    return math.prod(tensor.shape[-3:-1]) > 1


def on_tile(op: Op, beyond: tuple[Span, Span], operand: tuple[int, ...]) -> Op:
    """The operator on a tile.

    Args:
        op: The operator on the whole.
        beyond: By how many elements the tile's windows reach beyond the first operand before its
            first and after its last row, and column.
        operand: Shape of the part of the first operand that it reads.
    """
    match op:
        case Conv2D() | DepthwiseConv2D() | AveragePool2D() | MaxPool2D():
            return replace(op, padding=Padding(*beyond[0], *beyond[1]))
        case Pad():
            return replace(op, paddings=(op.paddings[0], *beyond, op.paddings[3]))
        case Slice():
            begins = (op.begins[0], 0, 0, op.begins[3])
            ends = (op.ends[0], *operand[1:3], op.ends[3])
            return replace(op, begins=begins, ends=ends)
    return op


def _before(padding: Padding, axis: int) -> int:
    return padding.top if axis == HEIGHT else padding.left


def _meets_operand(graph: Graph, node: Node) -> bool:
    """False when some axis of the result is made of padding alone."""
    x, y = graph.operands(node)[0], graph.result(node)
    reads = [footprint(graph, node, axis).reads((0, y.shape[axis])) for axis in AXES]
    return all(
        low < x.shape[axis] and high > 0 for axis, (low, high) in zip(AXES, reads, strict=True)
    )
