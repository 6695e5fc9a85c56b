"""Qm.n: integers with a binary point, the review's eq. 3."""

import math

import numpy as np

from mote.ir.tensor import Array
from mote.reference.fixed_point import round_half_away


def to_fixed_point(real: Array, n: int, bits: int, *, floor: bool = False) -> Array:
    """Q = F * 2**n to nearest, or its floor as eq. 3 is written; limited to ``bits`` with sign.

    In range, F - F' is from 0 to less than 2**-n with the floor, and at most half of that in
    magnitude without. Returns int64.
    """
    scaled = np.ldexp(np.asarray(real, np.float64), n)
    whole = np.floor(scaled) if floor else round_half_away(scaled)
    return np.clip(whole, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1).astype(np.int64)


def from_fixed_point(integers: Array, n: int) -> Array:
    """F' = Q * 2**-n."""
    return np.ldexp(np.asarray(integers, np.float64), -n)


def fraction_bits(greatest: float, bits: int) -> int:
    """The most fraction bits n with which a number of magnitude ``greatest`` > 0 still fits.

    greatest * 2**n <= 2**(bits-1) - 1; n is negative for numbers beyond the integers.
    """
    assert 0 < greatest < math.inf, greatest
    limit = 2 ** (bits - 1) - 1
    n = math.frexp(limit)[1] - math.frexp(greatest)[1]
    return n if math.ldexp(greatest, n) <= limit else n - 1
