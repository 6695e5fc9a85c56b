"""The meaning of softmax: the float formula, the fixed-point one for int8; int16 has its own file.

int8 follows TFLite's reference kernel ``softmax.h`` on gemmlowp's fixed-point functions
(``fixedpoint.h``). Qm.n below is an int32 with n fractional bits; the product of two is the
saturating rounding doubling high multiplication.
"""

import math
from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Softmax
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import (
    Ints,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
)
from mote.reference.fixed_point import saturating_rounding_doubling_high_mul as multiply
from mote.reference.softmax_s16 import softmax_s16

INTEGER_BITS = 5
"""The scaled difference to the row's maximum is Q5.26."""

SUM_INTEGER_BITS = 12
"""The sum of exponentials is Q12.19."""

ONE = 2**31 - 1
"""1 in Q0.31, saturated."""

EXP_POWERS = (
    (24, 1672461947),  # exp(-1/4) in Q0.31, chosen by bit 24 of the Q5.26 remainder
    (25, 1302514674),  # exp(-1/2)
    (26, 790015084),  # exp(-1)
    (27, 290630308),  # exp(-2)
    (28, 39332535),  # exp(-4)
    (29, 720401),  # exp(-8)
    (30, 242),  # exp(-16)
)


def softmax(
    op: Softmax, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """exp(beta * (x - max)) / sum of the same, over the last axis."""
    (x,) = values
    if result.dtype is DType.FLOAT32:
        shifted = (x.astype(np.float64) - x.max(axis=-1, keepdims=True)) * op.beta
        powers = np.exp(shifted)
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
    if result.dtype is DType.INT16:
        return softmax_s16(op, x, operands[0])
    multiplier, shift, least = softmax_parameters(op, operands[0])
    difference = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    kept = difference >= least
    scaled = multiply(np.where(kept, difference, 0) << shift, multiplier)
    powers = np.where(kept, exp_of_negative(scaled), 0)
    total = np.where(kept, rounding_divide_by_power_of_two(powers, SUM_INTEGER_BITS), 0)
    inverse, exponent = reciprocal(total.sum(axis=-1, keepdims=True))
    y = rounding_divide_by_power_of_two(multiply(inverse, powers), exponent + 31 - 8)
    return np.asarray(np.clip(np.where(kept, y, 0) - 128, -128, 127), np.int8)


def softmax_parameters(op: Softmax, x: Tensor) -> tuple[int, int, int]:
    """(multiplier, left shift, least difference that still counts) of an int8 softmax.

    The multiplier stands for beta * x_scale * 2**26, at most 2**31 - 1; differences below
    -floor((2**5 - 1) * 2**26 / 2**shift) give probability 0. At 1 or below, where TFLite stops, no
    difference of two bytes changes a probability, and the multiplier is 0.
    """
    beta, scale = float(np.float32(op.beta)), x.q.scale
    real = min(beta * scale * 2 ** (31 - INTEGER_BITS), 2.0**31 - 1)
    multiplier, shift = quantize_multiplier(real) if real > 1 else (0, 0)
    radius = math.floor(((1 << INTEGER_BITS) - 1) * 2.0 ** (31 - INTEGER_BITS) / 2.0**shift)
    return multiplier, shift, -radius


def exp_of_negative(x: Ints) -> Ints:
    """exp(x) in Q0.31 for x <= 0 in Q5.26: a polynomial on [-1/4, 0) times powers of exp(-1/4)."""
    quarter = 1 << 24
    fraction = (x & (quarter - 1)) - quarter
    result = _exp_near_zero(fraction << INTEGER_BITS)
    remainder = fraction - x
    for bit, power in EXP_POWERS:
        result = np.where(remainder & (1 << bit), multiply(result, power), result)
    return np.where(x == 0, ONE, result)


def _exp_near_zero(x: Ints) -> Ints:
    """exp(x) in Q0.31 for x in [-1/4, 0): Taylor's polynomial of degree 4 around -1/8."""
    exp_minus_eighth, third = 1895147668, 715827883
    a = x + (1 << 28)
    a2 = multiply(a, a)
    a3, a4 = multiply(a2, a), multiply(a2, a2)
    cubic = multiply(rounding_divide_by_power_of_two(a4, 2) + a3, third) + a2
    series = a + rounding_divide_by_power_of_two(cubic, 1)
    return exp_minus_eighth + multiply(exp_minus_eighth, series)


def reciprocal(x: Ints) -> tuple[Ints, Ints]:
    """(r, e) with 1 / x = r * 2**-e for x in Q12.19: r in Q0.31.

    Sums from 2**12 on, which leave int32 and TFLite's rule, are cut to 32 bits.
    """
    headroom = 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)  # leading zeros
    mantissa = np.where(headroom >= 0, x << np.maximum(headroom, 0), x >> np.maximum(-headroom, 0))
    return one_over_one_plus(mantissa - (1 << 31)), SUM_INTEGER_BITS - headroom


def one_over_one_plus(x: Ints) -> Ints:
    """1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31, by three Newton steps."""
    half = (x + ONE + 1) >> 1  # (1 + x) / 2 in Q0.31
    estimate = 1515870810 + multiply(half, -1010580540)  # 48/17 - 32/17 * half, in Q2.29
    for _ in range(3):
        error = (1 << 29) - multiply(half, estimate)
        estimate = estimate + saturate(multiply(estimate, error) << 2)
    return saturate(estimate << 1)


def saturate(x: Ints) -> Ints:
    """The int32 nearest to ``x``."""
    return np.clip(x, -(2**31), 2**31 - 1)
