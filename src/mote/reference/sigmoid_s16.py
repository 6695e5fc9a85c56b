"""The logistic function and the hyperbolic tangent on int16: one table, linearly interpolated.

Source: TFLite ``integer_ops/logistic.h`` and ``tanh.h`` with their ``Prepare``. Results have the
scale 2**-15; tanh(x) = 2 * sigmoid(2x) - 1.
"""

import math
from dataclasses import dataclass

import numpy as np

from mote.ir.tensor import Array
from mote.reference.fixed_point import Ints

SCALE = 2.0**-15
UNITS = 12288
"""Inputs count in 1 / 12288; 512 of them are the 1 / 24 from one entry of the table to the next."""
LARGEST_MULTIPLIER = 2**16 - 1
"""It takes every int16 but 0 to where both functions are 0 or 1; TFLite overflows beyond."""

ONE_ABOVE = (
    *(4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39),
    *(40, 41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255),
)
"""Entries of TFLite's table that are one above the nearest integer."""

TABLE = np.array(
    [math.floor(2**16 / (1 + math.exp(-i / 24)) + 0.5) + (i in ONE_ABOVE) for i in range(256)],
    np.int64,
)
"""sigmoid(i / 24) in Q0.16, as TFLite has it."""


@dataclass(frozen=True)
class Scaling:
    """Input units = (x * multiplier + half) >> right, half of the last bit's weight."""

    multiplier: int
    right: int


def scaling(x_scale: float, *, is_tanh: bool) -> Scaling:
    """How inputs become table units.

    The multiplier is cut to 15 bits, except for the scales 2**-12 (for tanh also 2**-11), which it
    states exactly.
    """
    for exponent in (0, 1) if is_tanh else (0,):
        if x_scale == 2.0 ** (exponent - 12):
            return Scaling(3 << exponent, 0)
    multiplier, right = x_scale * UNITS, 0
    while multiplier <= 32767 / 2 and right <= 30:
        multiplier, right = multiplier * 2, right + 1
    return Scaling(min(int(multiplier), LARGEST_MULTIPLIER), right)


def sigmoid_or_tanh(x: Array, x_scale: float, *, is_tanh: bool) -> Ints:
    """The function on stored integers."""
    how = scaling(x_scale, is_tanh=is_tanh)
    half = (1 << how.right) >> 1
    units = (x.astype(np.int64) * how.multiplier + half) >> how.right
    bits = 8 if is_tanh else 9  # tanh reads the table at twice its input
    magnitude = np.abs(units)
    index = np.minimum(magnitude >> bits, 254)
    low, high = TABLE[index], TABLE[index + 1]
    between = (low << bits) + (magnitude & ((1 << bits) - 1)) * (high - low)
    is_far = magnitude >> bits >= 255
    if is_tanh:
        value = np.where(is_far, 0xFFFF << 8, between)
        centred = value - (1 << 23)
        return np.where(units >= 0, centred + 128, -centred + 127) >> 8
    value = np.where(is_far, 0x7FFF << 10, between)
    return np.where(units >= 0, value + 512, (1 << 25) - value + 511) >> 10
