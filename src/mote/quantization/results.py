"""Scale and zero point of what a node computes, and of the constants that it reads."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Node, Quantization, Tensor
from mote.ir.ops import (
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    LayerNorm,
    MatMul,
    Mean,
    Mul,
    Sub,
    TransposedConv2D,
)
from mote.ir.ops.elementwise import PRODUCT_LIMITS, SUM_SHIFTS
from mote.quantization.config import ActivationScheme
from mote.quantization.fixed_results import finest_scale, fixed_result, learnt_quantization
from mote.quantization.ranges import Range
from mote.quantization.scheme import activation_quantization, to_integers
from mote.quantization.weights import channel_axis

FINEST_MEAN = {DType.INT8: 2.0**-18, DType.INT16: 2.0**-14}
"""A mean's scale is at least this part of its operand's: its sum, scaled, fits 32 bits."""

ABOVE_ONE = 1 + 2.0**-20
"""By how much a layer's result is coarser than a unit of its accumulator, which is exact: the
multiplier stays below 1, and no accumulator is shifted up."""

MOST_COARSENED = 2.0
"""Up to this factor a layer's result is coarsened to keep all its multipliers below 1, which the
fast kernels need. Channels of great weights on small inputs would ask for much more."""

ROOM = {DType.INT8: 2.0**29, DType.INT16: 2.0**44}
"""Bound of sums that are scaled up: a quarter of int32, an eighth of int16 layers' 48 bits."""

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D

LEAST = 2.0**-64
"""Least scale of an activation; a finer value counts as 0."""


def free_quantization(
    bounds: Range, scheme: ActivationScheme, dtype: DType, finest: float, unknown: float
) -> Quantization:
    """From a range; no finer than ``finest``; the scale ``unknown`` for a value always 0."""
    least = max(finest, LEAST if any(bounds) else unknown)
    return activation_quantization(*bounds, least, scheme=scheme, dtype=dtype)


def result_quantization(
    node: Node, operands: Sequence[Tensor], bounds: Range, scheme: ActivationScheme, dtype: DType
) -> Quantization:
    """Some operators fix it; the rest follow from their range, and are no finer than what they are
    computed from can tell."""
    fixed = fixed_result(node.op, dtype)
    if fixed is not None:
        return fixed
    first = operands[0].q.scales[0]
    finest = _finest(node, operands, dtype)
    if isinstance(node.op, Weighted):
        natural = free_quantization(bounds, scheme, dtype, 0.0, first).scale
        if finest > MOST_COARSENED * natural:
            finest = _finest_of_channels(node, operands, dtype)
    return free_quantization(bounds, scheme, dtype, finest, first)


def _finest_of_channels(node: Node, operands: Sequence[Tensor], dtype: DType) -> float:
    """The finest scale for a layer some of whose accumulators may be scaled up.

    No multiplier moves its channel's greatest possible sum beyond ``ROOM``, and not all are
    above 1: the result would be finer than all that it is computed from.
    """
    x, weight, bias = operands
    channels = bias.elements
    magnitudes = np.moveaxis(np.abs(weight.array.astype(np.float64)), channel_axis(node), 0)
    low, high = x.dtype.range
    greatest = (high - low + 1) * magnitudes.reshape(channels, -1).sum(1) + np.abs(
        bias.array.astype(np.float64)
    )
    units = x.q.scale * np.broadcast_to(weight.q.scales, channels)
    with_room = units / np.maximum(ROOM[dtype] / np.maximum(greatest, 1), 1)
    return float(ABOVE_ONE * max(with_room.max(), units.min()))


def _finest(node: Node, operands: Sequence[Tensor], dtype: DType) -> float:
    """The finest scale that the arithmetic of an operator has room for."""
    scales = [max(t.q.scales) for t in operands[:2]]
    match node.op:
        case Conv2D() | DepthwiseConv2D() | FullyConnected() | TransposedConv2D() | MatMul():
            return ABOVE_ONE * scales[0] * scales[1]
        case Mul():
            return ABOVE_ONE * scales[0] * scales[1] / min(PRODUCT_LIMITS[dtype], 2.0**14)
        case Add() | Sub():
            return max(scales) * 2.0 ** (2 - SUM_SHIFTS[dtype])
        case Mean():
            return FINEST_MEAN[dtype] * scales[0]
    return finest_scale(node.op, operands)


def constant_quantization(tensor: Tensor, scheme: ActivationScheme, dtype: DType) -> Quantization:
    """Of a constant that is no weight, from its own range."""
    bounds = (float(tensor.array.min()), float(tensor.array.max()))
    return free_quantization(bounds, scheme, dtype, 0.0, 1.0)


def quantized_constant(
    node: Node, tensor: Tensor, q: Quantization | None, scheme: ActivationScheme, dtype: DType
) -> Tensor:
    """A constant operand as integers; with ``q`` where the node's operands must share it."""
    if isinstance(node.op, LayerNorm):
        dtype = DType.INT32
        q = learnt_quantization(float(tensor.array.min()), float(tensor.array.max()))
    elif q is None:
        q = constant_quantization(tensor, scheme, dtype)
    return Tensor(tensor.name, tensor.shape, dtype, q, to_integers(tensor.array, q, dtype))
