"""The int8 scheme: scales and zero points from ranges, and arrays to integers and back.

After B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018: real = scale * (integer - zero_point) (eq. 1).
"""

import math

import numpy as np
from numpy.typing import NDArray

from mote.ir import DType, Quantization
from mote.ir.tensor import Array
from mote.reference.fixed_point import round_half_away

Reals = NDArray[np.float64]

SOFTMAX = Quantization((1 / 256,), (-128,))
"""Probabilities use the whole int8 range whatever the data."""

BIAS_LIMIT = 2**30
"""Greatest bias; leaves as much again of the int32 accumulator to the products."""


def float32_at_least(real: float) -> float:
    """The least float32 that is not below ``real``: a scale rounded down would clip the range."""
    nearest = np.float32(real)
    if float(nearest) < real:  # compared as doubles
        nearest = np.nextafter(nearest, np.float32(np.inf))
    return float(nearest)


def activation_quantization(low: float, high: float, least_scale: float) -> Quantization:
    """Asymmetric int8 for a range, widened to include 0 so that 0 is exact (zero padding).

    scale = (high - low) / 255 and zero_point = round(-128 - low / scale) (eq. 12 with its nudged
    zero). Inside the range, a value and its quantised one differ by at most scale / 2. The scale
    is never below ``least_scale``.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float32_at_least(max((high - low) / 255, least_scale))
    zero_point = math.floor(-128 - low / scale + 0.5)
    return Quantization((scale,), (min(max(zero_point, -128), 127),))


def weight_quantization(weight: Array, axis: int, least_scales: Reals) -> Quantization:
    """Symmetric int8 per output channel: scale = max |w| / 127, zero point 0.

    The scales are never below ``least_scales``, so that a channel without weights has one too.
    """
    others = tuple(i for i in range(weight.ndim) if i != axis)
    greatest = np.abs(weight.astype(np.float64)).max(axis=others)
    exact = np.maximum(greatest / 127, least_scales)
    scales = tuple(float32_at_least(float(s)) for s in exact)
    return Quantization(scales, (0,) * len(scales), axis)


def to_integers(real: Array, q: Quantization, dtype: DType = DType.INT8) -> Array:
    """clamp(round(real / scale) + zero_point), halves away from zero; weights stay in -127..127."""
    low, high = dtype.range
    if q.axis is not None:
        low = -high
    scales, zero_points = _along_axis(q, real.ndim)
    whole = round_half_away(real.astype(np.float64) / scales) + zero_points
    return np.clip(whole, low, high).astype(dtype.numpy)


def to_reals(integers: Array, q: Quantization) -> Array:
    """scale * (integer - zero_point), rounded once to float32 (eq. 1)."""
    scales, zero_points = _along_axis(q, integers.ndim)
    return ((integers.astype(np.float64) - zero_points) * scales).astype(np.float32)


def _along_axis(q: Quantization, dimensions: int) -> tuple[Reals, Reals]:
    """Scales and zero points in a shape that broadcasts against an array."""
    shape = [1] * dimensions
    if q.axis is not None:
        shape[q.axis] = -1
    scales, zero_points = np.array(q.scales), np.array(q.zero_points, np.float64)
    return scales.reshape(shape), zero_points.reshape(shape)
