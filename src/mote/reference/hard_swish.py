"""x * clamp(x + 3, 0, 6) / 6 on int8, in 16-bit fixed point.

Source: TFLite's reference kernel ``hard_swish.h`` and ``HardSwishPrepare``.
"""

import numpy as np

from mote.ir.tensor import Quantization
from mote.reference.fixed_point import Ints, quantize_multiplier, rounding_divide_by_power_of_two

MOST_SHIFT = 15
EXTRA_BITS = 7
"""int8 differences move up by so many bits, as far as 16 bits allow."""


def hard_swish_table(x: Quantization, y: Quantization) -> Ints | None:
    """The result for every int8 input -128 .. 127.

    None for scales that TFLite refuses, and for a result or input so coarse or fine that its 16-bit
    shifts are undefined.
    """
    fine = np.float32(x.scale) * np.float32(1 / 128)
    y_multiplier, y_shift = _multiplier_16(float(fine / np.float32(y.scale)))
    gate_multiplier, gate_shift = _multiplier_16(float(fine / np.float32(3 / 32768)))
    if y_shift > 0 or min(y_shift, gate_shift) < -MOST_SHIFT:
        return None
    value = _wrap((np.arange(-128, 128) - x.zero_point) << EXTRA_BITS)
    scaled = _high_half_rounded(value, y_multiplier)
    # The gate: 32768 stands for x = 3. Left shifts saturate; the last of them comes after the
    # multiplication, so that what the earlier ones cut off is cut off in the end as well.
    gate = _saturate(value << max(gate_shift - 1, 0))
    gate = _high_half_rounded(gate, gate_multiplier)
    if gate_shift > 0:
        gate = _saturate(gate << 1)
    gate = rounding_divide_by_power_of_two(gate, max(-gate_shift, 0))
    half = (gate + (1 << 15)) >> 1
    product = half * scaled
    high = np.sign(product) * (np.abs(product) >> 15)  # towards zero
    steps = rounding_divide_by_power_of_two(high, -y_shift)
    return np.clip(steps + y.zero_point, -128, 127)


def _multiplier_16(real: float) -> tuple[int, int]:
    """``quantize_multiplier`` with 16 bits, halves up."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, 32767), shift


def _high_half_rounded(a: Ints, b: int) -> Ints:
    """round(a * b / 2**15), halves up."""
    return (a * b + (1 << 14)) >> 15


def _saturate(x: Ints) -> Ints:
    return np.clip(x, -32768, 32767)


def _wrap(x: Ints) -> Ints:
    return (x + 32768) % 65536 - 32768
