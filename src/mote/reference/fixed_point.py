"""Integer arithmetic of quantised inference: real multipliers as integers, and the rounding rules.

A real multiplier is held as ``multiplier * 2**(shift - 31)`` with ``multiplier`` a Q31 number in
[2**30, 2**31), or 0. The rules are those of gemmlowp's fixed-point arithmetic and of TensorFlow
Lite's ``QuantizeMultiplier`` and ``MultiplyByQuantizedMultiplier``; ``docs/numerics.md`` has them
all with their measurements. Everything works on numpy arrays of int64 that hold int32 values.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mote.ir.ops import Activation, Rounding
from mote.ir.tensor import DType, Quantization, Tensor
from mote.reference.single_rounding import exact_multiplier
from mote.reference.single_rounding import round_half_away as round_half_away

Ints = NDArray[np.int64]
LARGEST_MULTIPLIER = 2.0**30 - 0.5
"""Of an accumulator. It already takes all but 0 out of int8; a larger one would leave no bit to
round at."""
BEYOND_EVERY_SHIFT = 2.0**126
"""What quotients beyond float32 are taken for: no kernel shifts so far, the layer is refused."""
FAR_OUTSIDE = np.float32(2**20)
"""Beyond every stored integer, whatever its zero point, and far below float32's infinity."""


def quantize_multiplier(real: float) -> tuple[int, int]:
    """``real`` as (multiplier, shift): real = multiplier * 2**(shift - 31), rounded to 31 bits.

    Halves round up; values below 2**-32 become (0, 0). Source: TFLite ``QuantizeMultiplier``.
    """
    assert real >= 0, real
    real = min(real, BEYOND_EVERY_SHIFT)
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2**31 + 0.5)  # exact: a double has 53 bits
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31 or multiplier == 0:
        return 0, 0
    return multiplier, shift


def wrap_int32(x: Ints) -> Ints:
    """The int32 value that two's-complement arithmetic leaves of ``x``."""
    return (x + 2**31) % 2**32 - 2**31


def saturating_rounding_doubling_high_mul(a: Any, b: Any) -> Ints:
    """round(a * b / 2**31), halves up, saturated to int32.

    gemmlowp ``SaturatingRoundingDoublingHighMul`` adds 2**30 (1 - 2**30 for a negative product)
    and divides truncating, which is the floor of (a * b + 2**30) / 2**31 in both cases.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    high: Ints = np.minimum((product + 2**30) >> 31, np.int64(2**31 - 1))
    return high


def rounding_divide_by_power_of_two(x: Any, exponent: Any) -> Ints:
    """round(x / 2**exponent), halves away from zero: gemmlowp ``RoundingDivideByPOT``."""
    x, exponent = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    quotient: Ints = (x >> exponent) + ((x & mask) > threshold)
    return quotient


def requantize(accumulator: Any, multiplier: Any, shift: Any, rounding: Rounding) -> Ints:
    """accumulator * multiplier * 2**(shift - 31), rounded to an integer.

    ``multiplier`` and ``shift`` broadcast against the accumulator (last axis: channels).

    DOUBLE rounds twice: the high half of the product of ``accumulator << max(shift, 0)`` (wrapped
    to int32) halves up, then the division by 2**max(-shift, 0) halves away from zero.
    SINGLE rounds the exact product once, halves up.
    """
    accumulator = np.asarray(accumulator, np.int64)
    multiplier, shift = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    if rounding is Rounding.SINGLE:
        total = 31 - shift
        product = accumulator * multiplier
        return wrap_int32((product + (np.int64(1) << (total - 1))) >> total)
    shifted = wrap_int32(accumulator << np.maximum(shift, 0))
    high = saturating_rounding_doubling_high_mul(shifted, multiplier)
    return rounding_divide_by_power_of_two(high, np.maximum(-shift, 0))


def wide_magnitude(weight: NDArray[Any], bias: NDArray[Any]) -> int:
    """Bound of every sum of an int16 layer at any moment, in any order of summation."""
    outputs = len(bias)
    rows = weight.reshape(outputs, -1) if len(weight) == outputs else weight.reshape(-1, outputs).T
    sums: list[int] = np.abs(rows.astype(np.int64)).sum(1).tolist()
    biases: list[int] = bias.tolist()  # in Python's integers: the least int64 has no absolute value
    return max(s * 2**15 + abs(b) for s, b in zip(sums, biases, strict=True))


def wide_multiplier(
    multiplier: Any, shift: Any, rounding: Rounding, magnitude: int = 0
) -> tuple[Ints, Ints]:
    """(multiplier, right shift) by which 64-bit sums of int16 layers are scaled.

    DOUBLE is what TFLite's 16x8 convolutions do: 16 bits of the multiplier. SINGLE keeps all that
    leave the product with the greatest sum below 2**62, and the shift within 62. The shift is at
    least 1: where it would not be, which TFLite does not take, the multiplier is as much larger.
    Source: TFLite ``MultiplyByQuantizedMultiplier(int64_t, ...)``.

    Args:
        multiplier, shift: Of ``quantize_multiplier``, for each channel.
        rounding: The node's.
        magnitude: Of the greatest sum, ``wide_magnitude``; 0 where no sum needs bits.
    """
    multiplier, shift = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    if rounding is Rounding.SINGLE:
        right = 31 - shift
        spare = np.maximum(magnitude.bit_length() - 31, right - 62).clip(0, 31)
        reduced, right = (multiplier + (1 << spare >> 1)) >> spare, right - spare
    else:
        reduced = np.where(multiplier < 0x7FFF0000, multiplier + 2**15 >> 16, 0x7FFF)
        right = 15 - shift
    left = np.maximum(1 - right, 0)
    return reduced << left, right + left


def wide_limit(multiplier: Ints, right: Ints, magnitude: int | None = None) -> int:
    """Where to clamp sums before they are scaled, so that products stay below 2**62.

    Beyond it every int16 result saturates: the least sum that gives 2**16 in every channel.
    ``magnitude`` bounds the sums; when their products fit as they are, the limit is that bound.
    """
    largest = int(multiplier.max())
    if magnitude is not None and magnitude * largest < 2**62:
        return magnitude
    steps = [(2**16 << int(r)) // int(m) + 1 for m, r in zip(multiplier, right, strict=True) if m]
    return max(steps, default=1)


def requantize_wide(
    accumulator: Any, multiplier: Any, shift: Any, rounding: Rounding, magnitude: int = 0
) -> Ints:
    """64-bit sums (last axis: channels) to the integers whose saturation to int16 is the result.

    (sum * m + 2**(r - 1)) >> r with (m, r) of ``wide_multiplier``; a sum far outside int16 is
    clamped first, which changes no saturated result.
    """
    m, right = wide_multiplier(multiplier, shift, rounding, magnitude)
    pairs = zip(m.tolist(), right.tolist(), strict=True)
    limits = np.array([min((2**16 << r) // max(k, 1) + 1, 2**62) for k, r in pairs], np.int64)
    sums = np.clip(np.asarray(accumulator, np.int64), -limits, limits)
    half = np.int64(1) << (right - 1)
    if (limits.astype(np.float64) * m < 2.0**61).all():
        scaled: Ints = (sums * m + half) >> right
        return scaled
    wide = [v.astype(object) for v in (sums, m, half, right)]
    exact: Ints = np.asarray((wide[0] * wide[1] + wide[2]) >> wide[3], np.int64)
    return exact


def multiply_smaller_than_one(x: Any, multiplier: Any, shift: Any) -> Ints:
    """``requantize`` with double rounding for multipliers below 1 (shift <= 0).

    TFLite ``MultiplyByQuantizedMultiplierSmallerThanOneExp``, which ADD uses.
    """
    high = saturating_rounding_doubling_high_mul(x, multiplier)
    return rounding_divide_by_power_of_two(high, -np.asarray(shift, np.int64))


def activation_range(
    activation: Activation, quantization: Quantization, dtype: DType
) -> tuple[int, int]:
    """(low, high) of the stored integers under a fused activation.

    A bound f becomes zero_point + round(f / scale) in float32 arithmetic, halves away from zero,
    then meets the type's range. Source: TFLite ``CalculateActivationRangeQuantized``.
    """
    return bounds_range(activation.bounds, quantization, dtype)


def bounds_range(
    bounds: tuple[float, float], quantization: Quantization, dtype: DType
) -> tuple[int, int]:
    """(low, high) of the stored integers between two real bounds, by the same rule."""
    low, high = dtype.range
    lower, upper = bounds

    def quantized(bound: float) -> int:
        with np.errstate(over="ignore"):
            ratio = np.float32(bound) / np.float32(quantization.scale)
        ratio = np.clip(ratio, -FAR_OUTSIDE, FAR_OUTSIDE)
        return quantization.zero_point + int(round_half_away(np.asarray(ratio)))

    if math.isfinite(lower):
        low = max(low, quantized(lower))
    if math.isfinite(upper):
        high = min(high, quantized(upper))
    return low, high


def channel_multipliers(
    x: Tensor, weight: Tensor, y: Tensor, rounding: Rounding
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """(multipliers, shifts) for every output channel of a convolution or fully connected layer.

    The real multiplier of channel c is x_scale * weight_scale[c] / y_scale in double precision,
    at most ``LARGEST_MULTIPLIER``.
    With double rounding, and on int16, it is quantised as it stands (TFLite
    ``PopulateConvolutionQuantizationParams``). With single rounding on int8 the integer multiplier
    is adjusted by the few units that make ``requantize`` equal to rounding the real product, halves
    away from zero, for every accumulator (TFLite's reference FULLY_CONNECTED rounds reals).
    """
    channels = y.shape[-1]
    scales = weight.q.scales * channels if weight.q.axis is None else weight.q.scales
    reals = [min(x.q.scale * s / y.q.scale, LARGEST_MULTIPLIER) for s in scales]
    pairs = [quantize_multiplier(real) for real in reals]
    if rounding is Rounding.SINGLE and y.dtype is DType.INT8:
        least, most = (bound - y.q.zero_point for bound in y.dtype.range)
        pairs = [
            (exact_multiplier(real, m, shift, least, most) if m else 0, shift)
            for real, (m, shift) in zip(reals, pairs, strict=True)
        ]
    multipliers = np.array([m for m, _ in pairs], np.int32)
    return multipliers, np.array([s for _, s in pairs], np.int8)
