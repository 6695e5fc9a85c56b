"""The meaning of sums and products, and of the activations and normalisations of float graphs.

Source of the integer rules: TFLite's reference kernels ``add.h``, ``sub.h``, ``mul.h`` and their
``Prepare``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.ir.ops import Activation, Add, BatchNorm, Mul, Relu, Rounding, Sub
from mote.ir.ops.elementwise import SUM_SHIFTS
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import (
    Ints,
    activation_range,
    multiply_smaller_than_one,
    quantize_multiplier,
    requantize,
)
from mote.reference.slopes import straight


@dataclass(frozen=True)
class AddMultipliers:
    """(multiplier, shift) for each operand and for the sum."""

    x0: tuple[int, int]
    x1: tuple[int, int]
    y: tuple[int, int]


def add_multipliers(x0: Tensor, x1: Tensor, y: Tensor) -> AddMultipliers:
    """With m twice the larger input scale: x0_scale / m, x1_scale / m and m / (2**b * y_scale).

    b is 20 for int8, 15 for int16.
    """
    twice = 2 * max(x0.q.scale, x1.q.scale)
    return AddMultipliers(
        quantize_multiplier(x0.q.scale / twice),
        quantize_multiplier(x1.q.scale / twice),
        quantize_multiplier(twice / ((1 << SUM_SHIFTS[y.dtype]) * y.q.scale)),
    )


def add(op: Add, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """Integers: y = clamp(y_zero + S_y(S_0((x0 - x0_zero) << b) + S_1((x1 - x1_zero) << b)))

    where b is 20 for int8 and 15 for int16, and each S is a ``multiply_smaller_than_one`` with the
    pairs of ``add_multipliers``.
    """
    if result.dtype is DType.FLOAT32:
        return apply_activation(values[0] + values[1], op.activation)
    scaled = _scaled_operands(values, operands, result)
    return _scaled_sum(op.activation, scaled[0] + scaled[1], operands, result)


def sub(op: Sub, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x0 - x1, clamped; integers as in ``add``, with the second scaled operand subtracted."""
    if result.dtype is DType.FLOAT32:
        return apply_activation(values[0] - values[1], op.activation)
    scaled = _scaled_operands(values, operands, result)
    return _scaled_sum(op.activation, scaled[0] - scaled[1], operands, result)


def _scaled_operands(
    values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> list[Ints]:
    """Both operands in units of twice the larger scale, moved up."""
    pairs = add_multipliers(operands[0], operands[1], result)
    bits = SUM_SHIFTS[result.dtype]
    return [
        multiply_smaller_than_one((x.astype(np.int64) - t.q.zero_point) << bits, *pair)
        for x, t, pair in zip(values, operands, (pairs.x0, pairs.x1), strict=True)
    ]


def _scaled_sum(
    activation: Activation, total: Ints, operands: Sequence[Tensor], result: Tensor
) -> Array:
    pair = add_multipliers(operands[0], operands[1], result).y
    return _clamped(activation, multiply_smaller_than_one(total, *pair), result)


def mul(op: Mul, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x0 * x1, clamped.

    Integers: y = clamp(y_zero + requantize((x0 - x0_zero) * (x1 - x1_zero))), double rounding,
    with the pair of ``mul_multiplier``.
    """
    if result.dtype is DType.FLOAT32:
        return apply_activation(values[0] * values[1], op.activation)
    a, b = (v.astype(np.int64) - t.q.zero_point for v, t in zip(values, operands, strict=True))
    pair = mul_multiplier(operands[0], operands[1], result)
    return _clamped(op.activation, requantize(a * b, *pair, Rounding.DOUBLE), result)


def mul_multiplier(x0: Tensor, x1: Tensor, y: Tensor) -> tuple[int, int]:
    """x0_scale * x1_scale / y_scale, product and quotient in float32, as (multiplier, shift)."""
    with np.errstate(under="ignore"):
        product = np.float32(x0.q.scale) * np.float32(x1.q.scale)
        return quantize_multiplier(float(product / np.float32(y.q.scale)))


def _clamped(activation: Activation, centred: Ints, result: Tensor) -> Array:
    """Integers around the zero point as the result holds them."""
    limits = activation_range(activation, result.q, result.dtype)
    y: Array = np.clip(centred + result.q.zero_point, *limits).astype(result.dtype.numpy)
    return y


def relu(op: Relu, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """The clamp alone; integers as in ``slopes``."""
    if result.dtype is DType.FLOAT32:
        return apply_activation(values[0], op.activation)
    return straight(op, values[0], operands[0], result)


def batch_norm(
    op: BatchNorm, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, in double precision, rounded once."""
    x, gamma, beta, mean, variance = (v.astype(np.float64) for v in values)
    normal = (x - mean) / np.sqrt(variance + op.epsilon) * gamma + beta
    return normal.astype(np.float32)
