"""Finds the integer multiplier whose singly rounded product equals rounding the real product."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


def round_half_away(x: NDArray[Any]) -> NDArray[Any]:
    """C's ``round``: to the nearest integer, halves away from zero; keeps the float type."""
    whole = np.trunc(x)
    away = np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0)
    return np.asarray(whole + away, x.dtype)


@lru_cache(maxsize=65536)
def exact_multiplier(real: float, nominal: int, shift: int, least: int, most: int) -> int:
    """The multiplier m nearest to ``nominal`` for which, for every int32 accumulator a,

    clamp(floor((a * m + 2**(t-1)) / 2**t)) = clamp(round_half_away(a * real)), t = 31 - shift,

    both clamped to ``least .. most``. ``nominal`` itself when there is none, which needs a real
    multiplier below about 2e-5: then a result may differ by one where a * real lies within
    2**-24 of a half.

    Both sides grow with a, so they agree everywhere when they step at the same accumulators. The
    right side reaches v at a = T and not at T - 1; the left side does the same when T * m >= B and
    (T - 1) * m < B with B = v * 2**t - 2**(t-1). Each v so bounds m from both sides.
    """
    t = 31 - shift
    if t + (most - least).bit_length() > 61:
        # v * 2**t would not fit; no accumulator reaches most of these v anyway
        return nominal
    v = np.arange(least + 1, most + 1, dtype=np.int64)
    bound = (v << t) - (1 << (t - 1))
    steps = _steps(v, real)
    below = steps - 1
    floors = [  # m >= numerator / denominator
        _quotients(-bound + 1, -below, below < 0),
        _quotients(bound, steps, steps > 0),
    ]
    ceilings = [  # m <= numerator / denominator, as -m >= -numerator / denominator
        _quotients(bound, -steps, steps < 0),
        _quotients(-bound + 1, below, below > 0),
    ]
    low = max([1, *(int(q.max()) for q in floors if q.size)])
    high = min([2**31 - 1, *(-int(q.max()) for q in ceilings if q.size)])
    return min(max(nominal, low), high) if low <= high else nominal


def _steps(v: NDArray[np.int64], real: float) -> NDArray[np.int64]:
    """For each v the least integer a with round_half_away(a * real) >= v."""
    start = np.ceil((v - 0.5) / real) - 2
    candidates = start[:, None] + np.arange(5)
    reaches = round_half_away(candidates * real) >= v[:, None]
    assert reaches.any(axis=1).all(), real
    steps: NDArray[np.int64] = (start + reaches.argmax(axis=1)).astype(np.int64)
    return steps


def _quotients(
    numerator: NDArray[np.int64], denominator: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """ceil(numerator / denominator) where chosen and the denominator can be an accumulator."""
    chosen = chosen & (denominator < 2**31)
    quotients: NDArray[np.int64] = -(-numerator[chosen] // denominator[chosen])
    return quotients
