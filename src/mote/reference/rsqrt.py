"""1 / sqrt(x) on int8, in fixed point.

Source: TFLite ``RsqrtEvalQuantizedInt8`` and ``GetInvSqrtQuantizedMultiplierExp``.
"""

from functools import lru_cache

import numpy as np

from mote.ir.ops import Rounding
from mote.ir.tensor import Quantization
from mote.reference.fixed_point import Ints, quantize_multiplier, requantize
from mote.reference.fixed_point import rounding_divide_by_power_of_two as divide
from mote.reference.fixed_point import saturating_rounding_doubling_high_mul as multiply

EXTRA_BITS = 20
"""Of 1 / sqrt(x) before the scales are applied."""
HALF_SQRT_2 = 1518500250
"""sqrt(2) / 2 in Q0.31."""


def rsqrt_table(x: Quantization, y: Quantization) -> Ints:
    """The result for every int8 input -128 .. 127.

    The greatest integer at 0, and below it, where TFLite stops.
    """
    root = float(np.sqrt(np.float32(x.scale)))
    multiplier, shift = quantize_multiplier(1 / float(np.float32(root) * np.float32(y.scale)))
    results = np.full(256, 127, np.int64)
    for i, value in enumerate(range(-128 - x.zero_point, 128 - x.zero_point)):
        if value <= 0:
            continue
        inverse, inverse_shift = _inverse_root(value)
        one = requantize(1, inverse, inverse_shift + EXTRA_BITS, Rounding.DOUBLE)
        steps = requantize(one, multiplier, shift - EXTRA_BITS, Rounding.DOUBLE)
        results[i] = min(max(int(steps) + y.zero_point, -128), 127)
    return results


@lru_cache(maxsize=256)
def _inverse_root(value: int) -> tuple[int, int]:
    """(multiplier, shift) of 1 / sqrt(value), value >= 1: five Newton steps from 1 in Q3.28."""
    if value == 1:
        return 2**31 - 1, 0
    right = 11
    pairs = (31 - value.bit_length()) // 2 - 1
    right -= pairs
    half = np.int64(value << 2 * pairs) >> 1
    quarter = divide(half, 1)
    estimate: Ints = np.array(1 << 28, np.int64)
    for _ in range(5):
        cube = _shift_up(multiply(multiply(estimate, estimate), estimate), 6)
        step = multiply(3 << 27, estimate) - multiply(quarter, cube)
        estimate = _shift_up(step, 3)
    inverse = int(multiply(estimate, HALF_SQRT_2))
    return inverse << max(-right, 0), -max(right, 0)


def _shift_up(x: Ints, bits: int) -> Ints:
    """x * 2**bits, saturated to int32."""
    shifted: Ints = np.clip(x << bits, -(2**31), 2**31 - 1)
    return shifted
