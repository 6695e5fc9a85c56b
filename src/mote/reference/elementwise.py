"""The meaning of add, and of the activations and normalisations of float graphs.

Source of the int8 rule of add: TFLite's reference kernel ``integer_ops/add.h`` and its ``Prepare``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.ir.ops import Add, BatchNorm, LayerNorm, Mul, Relu, Sub
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import (
    activation_range,
    multiply_smaller_than_one,
    quantize_multiplier,
)

ADD_LEFT_SHIFT = 20
"""Bits by which both operands of an int8 add move up before they are scaled."""


@dataclass(frozen=True)
class AddMultipliers:
    """(multiplier, shift) for each operand and for the sum."""

    x0: tuple[int, int]
    x1: tuple[int, int]
    y: tuple[int, int]


def add_multipliers(x0: Tensor, x1: Tensor, y: Tensor) -> AddMultipliers:
    """With m twice the larger input scale: x0_scale / m, x1_scale / m and m / (2**20 * y_scale)."""
    twice = 2 * max(x0.q.scale, x1.q.scale)
    return AddMultipliers(
        quantize_multiplier(x0.q.scale / twice),
        quantize_multiplier(x1.q.scale / twice),
        quantize_multiplier(twice / ((1 << ADD_LEFT_SHIFT) * y.q.scale)),
    )


def add(op: Add, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """int8: y = clamp(y_zero + S_y(S_0((x0 - x0_zero) << 20) + S_1((x1 - x1_zero) << 20)))

    where each S is a ``multiply_smaller_than_one`` with the pairs of ``add_multipliers``.
    """
    if result.dtype is DType.FLOAT32:
        return apply_activation(values[0] + values[1], op.activation)
    pairs = add_multipliers(operands[0], operands[1], result)
    scaled = [
        multiply_smaller_than_one((x.astype(np.int64) - t.q.zero_point) << ADD_LEFT_SHIFT, *pair)
        for x, t, pair in zip(values, operands, (pairs.x0, pairs.x1), strict=True)
    ]
    total = multiply_smaller_than_one(scaled[0] + scaled[1], *pairs.y) + result.q.zero_point
    return np.clip(total, *activation_range(op.activation, result.q, result.dtype)).astype(np.int8)


def sub(op: Sub, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x0 - x1, clamped."""
    difference: Array = values[0] - values[1]
    return apply_activation(difference, op.activation)


def mul(op: Mul, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x0 * x1, clamped."""
    return apply_activation(values[0] * values[1], op.activation)


def relu(op: Relu, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """The clamp alone; float only."""
    return apply_activation(values[0], op.activation)


def batch_norm(
    op: BatchNorm, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, in double precision, rounded once."""
    x, gamma, beta, mean, variance = (v.astype(np.float64) for v in values)
    normal = (x - mean) / np.sqrt(variance + op.epsilon) * gamma + beta
    return normal.astype(np.float32)


def layer_norm(
    op: LayerNorm, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis.

    The variance is the mean squared distance from the mean (Ba et al., "Layer Normalization",
    2016, eq. 4), in double precision, rounded once.
    """
    x, gamma, beta = (v.astype(np.float64) for v in values)
    distance = x - x.mean(-1, keepdims=True)
    variance = (distance**2).mean(-1, keepdims=True)
    normal: Array = distance / np.sqrt(variance + op.epsilon) * gamma + beta
    return normal.astype(np.float32)
