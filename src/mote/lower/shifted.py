"""Formulas ``(value + offset) >> shift`` that replace an exact rule: when they give the same."""

import math

import numpy as np

from mote.ir.tensor import Array


def widest_shift(magnitude: float) -> int | None:
    """The largest shift, at most 30, that leaves room in int32 for results of that magnitude."""
    shift = min(30, math.floor(math.log2((2**31 - 2**12) / magnitude)))
    return shift if shift >= 0 else None


def exact_offset(values: Array, want: Array, limits: tuple[int, int], shift: int) -> int | None:
    """The offset for which ``clamp((values + offset) >> shift, *limits) == want`` everywhere.

    Of several the one nearest to 0: the callers check that nothing leaves int32.
    Every value bounds it from below and from above; what is clamped anyway bounds it on one side.
    """
    low, high = limits
    least = int(np.where(want > low, (want << shift) - values, -(2**60)).max())
    most = int(np.where(want < high, ((want + 1) << shift) - 1 - values, 2**60).min())
    return min(max(0, least), most) if least <= most else None
