"""The meaning of log softmax: the float formula, and the fixed-point one for int8.

Source: TFLite's reference kernel ``integer_ops/log_softmax.h`` and the logarithm that it calls,
``log_x_for_x_greater_than_or_equal_to_1`` (``kernels/internal/common.h``).
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import LogSoftmax, Softmax
from mote.ir.tensor import Array, DType, Quantization, Tensor
from mote.reference.fixed_point import Ints, rounding_divide_by_power_of_two
from mote.reference.fixed_point import saturating_rounding_doubling_high_mul as multiply
from mote.reference.softmax import (
    SUM_INTEGER_BITS,
    exp_of_negative,
    one_over_one_plus,
    saturate,
    softmax_parameters,
)

RESULT = Quantization((16 / 256,), (127,))
"""Logarithms from -255 / 16 to 0."""

RESULT_SHIFT = 22
"""From Q5.26 to steps of 1 / 16."""

LOG_2 = 1488522236
SQRT_HALF = 1518500250
FOURTH_ROOT_HALF = 1805811301
"""2**(-1/4), the middle of the interval of mantissas; these three are Q0.31."""

ALPHA_N = 117049297  # 11/240 * 2**(1/4) in Q0.31
ALPHA_D = 127690142  # 1/20 * 2**(1/4)
ALPHA_I = 1057819769  # 2**(3/4) - 2**(1/4)
ALPHA_F = 638450708  # 1/4 * 2**(1/4)


def log_softmax(
    op: LogSoftmax, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """x - max - log(sum(exp(x - max))) over the last axis; float32 in double precision.

    int8: differences and the logarithm of the sum in Q5.26, then rounded to 1 / 16.
    """
    (x,) = values
    if result.dtype is DType.FLOAT32:
        shifted = x.astype(np.float64) - x.max(axis=-1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return np.asarray(shifted - total, np.float32)
    multiplier, shift, least = softmax_parameters(Softmax(), operands[0])
    difference = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    kept = difference >= least
    scaled = multiply(np.where(kept, difference, 0) << shift, multiplier)
    powers = rounding_divide_by_power_of_two(exp_of_negative(scaled), SUM_INTEGER_BITS)
    logarithm = log_of_sum(np.where(kept, powers, 0).sum(axis=-1, keepdims=True))
    steps = rounding_divide_by_power_of_two(scaled - logarithm, RESULT_SHIFT) + 127
    return np.clip(np.where(kept, steps, -128), -128, 127).astype(np.int8)


def log_of_sum(x: Ints) -> Ints:
    """log(x) in Q5.26 for x >= 1 in Q12.19.

    x = r * 2**n with r in [1/sqrt(2), 1) or near it, the better of two candidates; log(r) is a
    quotient of polynomials in q = 2 * (r - 2**(-1/4)). n counts in Q6.25.
    """
    quarter = 1 << 23
    zeros = _leading_zeros(x)
    r_a = saturate(multiply(x << (zeros - 1), SQRT_HALF) << 1)
    n_a = ((SUM_INTEGER_BITS - zeros) << 25) + quarter
    zeros_b = _leading_zeros(multiply(x, SQRT_HALF)) - 1
    r_b = saturate(x << zeros_b)
    n_b = ((SUM_INTEGER_BITS - zeros_b) << 25) - quarter
    r, n = np.minimum(r_a, r_b), np.maximum(n_a, n_b)
    middle = r + FOURTH_ROOT_HALF
    p = np.where(middle >= 0, middle + 1, middle) >> 1
    q = 2 * (r - FOURTH_ROOT_HALF)
    square = multiply(q, q)
    numerator = multiply(q, r) + multiply(multiply(q, square), ALPHA_N)
    inner = multiply(p, ALPHA_I + q + multiply(ALPHA_D, square))
    inverse = one_over_one_plus(inner + multiply(ALPHA_F, q))
    fraction = multiply(rounding_divide_by_power_of_two(numerator, 6), inverse)
    return saturate((multiply(n, LOG_2) + fraction) << 1)


def _leading_zeros(x: Ints) -> Ints:
    """Of a positive int32."""
    return 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)
