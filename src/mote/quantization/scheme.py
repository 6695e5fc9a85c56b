"""Schemes: scales and zero points from ranges, and arrays to integers and back.

``affine``, ``symmetric``: B. Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", CVPR 2018, and TFLite: real = scale * (integer -
zero_point) (its eq. 1). ``review_affine`` and ``full_range`` are eq. 8 and 9 of the review that
Mote follows, with real = scale * (integer + zero_point).
"""

import math

import numpy as np
from numpy.typing import NDArray

from mote.ir import DType, Quantization
from mote.ir.tensor import Array
from mote.quantization.config import ActivationScheme, WeightScheme
from mote.quantization.fixed_point import fraction_bits
from mote.reference.fixed_point import round_half_away

Reals = NDArray[np.float64]

SOFTMAX = Quantization((1 / 256,), (-128,))
"""Probabilities use the whole int8 range whatever the data."""

BIAS_LIMIT = 2**30
"""Greatest bias; leaves as much again of the int32 accumulator to the products."""


def affine(low: float, high: float, bits: int) -> tuple[float, int]:
    """TFLite's asymmetric scheme, (scale, zero point) for integers with sign.

    scale = (high - low) / (2**bits - 1), zero point = round(least - low / scale), so that
    real = scale * (integer - zero point).
    """
    scale = (high - low) / (2**bits - 1)
    least = -(2 ** (bits - 1))
    return scale, _clamped(math.floor(least - low / scale + 0.5), bits)


def review_affine(low: float, high: float, bits: int) -> tuple[float, int]:
    """The review's eq. 8: the same grid as ``affine`` with the opposite sign of the zero point.

    integer = round(real / scale) - zero point, so real = scale * (integer + zero point).
    """
    scale, zero_point = affine(low, high, bits)
    return scale, -zero_point


def symmetric(greatest: float, bits: int) -> float:
    """TFLite's symmetric scale, greatest / (2**(bits-1) - 1): 127 steps to each side of 0."""
    return float(greatest / (2 ** (bits - 1) - 1))


def full_range(low: float, high: float, bits: int) -> float:
    """The review's eq. 9, its "symmetric" scale: max(|low|, |high|) / ((2**bits - 1) / 2).

    All 2**bits integers span the range, so the greatest magnitude lies half a step beyond the
    greatest integer on the positive side.
    """
    return float(max(abs(low), abs(high)) / ((2**bits - 1) / 2))


def power_of_two(greatest: float, bits: int) -> float:
    """The step 2**-n of the finest Qm.n that holds ``greatest``."""
    return math.ldexp(1.0, -fraction_bits(greatest, bits))


def _power_of_two_at_least(real: float) -> float:
    """0 for 0."""
    fraction, exponent = math.frexp(real)
    return math.ldexp(1.0, exponent - 1 if fraction == 0.5 else exponent) if real else 0.0


def float32_at_least(real: float) -> float:
    """The least float32 that is not below ``real``: a scale rounded down would clip the range."""
    nearest = np.float32(real)
    if float(nearest) < real:  # compared as doubles
        nearest = np.nextafter(nearest, np.float32(np.inf))
    return float(nearest)


def activation_quantization(
    low: float,
    high: float,
    least_scale: float,
    *,
    scheme: ActivationScheme = "asymmetric",
    dtype: DType = DType.INT8,
) -> Quantization:
    """Scale and zero point for a range, widened to include 0 so that 0 is exact (zero padding).

    Inside the range, a value and its quantised one differ by at most scale / 2 (``full-range``:
    at the ends by a whole scale). The scale is never below ``least_scale``. int16 has the
    zero point 0 whatever the scheme.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    greatest, bits = max(-low, high), dtype.bits
    if dtype is DType.INT16 and scheme == "asymmetric":
        scheme = "symmetric"
    if scheme == "fixed-point":
        least = _power_of_two_at_least(least_scale)
        scale = max(power_of_two(greatest, bits), least) if greatest else least
        return Quantization((scale,), (0,))
    exact = {
        "asymmetric": (high - low) / (2**bits - 1),
        "symmetric": symmetric(greatest, bits),
        "full-range": full_range(low, high, bits),
    }[scheme]
    scale = float32_at_least(max(exact, least_scale))
    if scheme != "asymmetric":
        return Quantization((scale,), (0,))
    zero_point = _clamped(math.floor(-(2 ** (bits - 1)) - low / scale + 0.5), bits)
    return Quantization((scale,), (zero_point,))


def weight_scales(
    greatest: Reals, least_scales: Reals, *, scheme: WeightScheme = "symmetric", bits: int = 8
) -> tuple[float, ...]:
    """One scale for each greatest magnitude; zero points are 0.

    The scales are never below ``least_scales``, so that a channel without weights has one too.
    """
    match scheme:
        case "symmetric":
            exact = greatest / (2 ** (bits - 1) - 1)
        case "full-range":
            exact = np.array([full_range(-g, g, bits) for g in greatest])
        case "fixed-point" | "fixed-point-floor":
            exact = np.array([power_of_two(g, bits) if g else 0.0 for g in greatest])
            least_scales = np.array([_power_of_two_at_least(s) for s in least_scales])
    return tuple(float32_at_least(float(s)) for s in np.maximum(exact, least_scales))


def weight_quantization(weight: Array, axis: int, least_scales: Reals) -> Quantization:
    """Symmetric int8 per output channel: scale = max |w| / 127, zero point 0."""
    others = tuple(i for i in range(weight.ndim) if i != axis)
    greatest = np.abs(weight.astype(np.float64)).max(axis=others)
    scales = weight_scales(greatest, least_scales)
    return Quantization(scales, (0,) * len(scales), axis)


def to_integers(real: Array, q: Quantization, dtype: DType = DType.INT8) -> Array:
    """clamp(round(real / scale) + zero_point), halves away from zero; weights stay in -127..127."""
    low, high = dtype.range
    if q.axis is not None:
        low = -high
    scales, zero_points = along_axis(q, real.ndim)
    whole = round_half_away(real.astype(np.float64) / scales) + zero_points
    return np.clip(whole, low, high).astype(dtype.numpy)


def to_reals(integers: Array, q: Quantization) -> Array:
    """scale * (integer - zero_point), rounded once to float32 (eq. 1)."""
    scales, zero_points = along_axis(q, integers.ndim)
    return ((integers.astype(np.float64) - zero_points) * scales).astype(np.float32)


def along_axis(q: Quantization, dimensions: int) -> tuple[Reals, Reals]:
    """Scales and zero points in a shape that broadcasts against an array."""
    shape = [1] * dimensions
    if q.axis is not None:
        shape[q.axis] = -1
    scales, zero_points = np.array(q.scales), np.array(q.zero_points, np.float64)
    return scales.reshape(shape), zero_points.reshape(shape)


def _clamped(zero_point: int, bits: int) -> int:
    return int(min(max(zero_point, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1))
