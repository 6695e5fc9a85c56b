"""Finds the integer multiplier whose singly rounded product equals rounding the real product."""

import math
from functools import lru_cache


def real_round(accumulator: int, real: float) -> int:
    """round(accumulator * real) in double precision, halves away from zero."""
    product = accumulator * real
    return math.floor(product + 0.5) if product >= 0 else math.ceil(product - 0.5)


@lru_cache(maxsize=65536)
def exact_multiplier(real: float, nominal: int, shift: int, least: int, most: int) -> int:
    """The multiplier m nearest to ``nominal`` for which, for every int32 accumulator a,

    clamp(floor((a * m + 2**(t-1)) / 2**t)) = clamp(real_round(a, real)), t = 31 - shift,

    both clamped to ``least .. most``. ``nominal`` itself when there is none, which needs a real
    multiplier below about 3e-5: then a result may differ by one where a * real lies within
    2**-24 of a half.

    Both sides grow with a, so they agree everywhere when they step at the same accumulators. The
    right side reaches v at a = T and not at T - 1; the left side does the same when T * m >= B and
    (T - 1) * m < B with B = v * 2**t - 2**(t-1). Each v so bounds m from both sides.
    """
    low, high = 1, 2**31 - 1
    t = 31 - shift
    for v in range(least + 1, most + 1):
        bound = (v << t) - (1 << (t - 1))
        step = _step(v, real)
        for accumulator, reaches in ((step, True), (step - 1, False)):
            if not -(2**31) <= accumulator < 2**31 or accumulator == 0:
                continue
            if (accumulator > 0) == reaches:  # a * m >= bound, or -a * m > -bound
                limit = bound if reaches else -bound + 1
                low = max(low, -(-limit // abs(accumulator)))
            else:  # -a * m <= -bound, or a * m < bound
                limit = -bound if reaches else bound - 1
                high = min(high, limit // abs(accumulator))
    return min(max(nominal, low), high) if low <= high else nominal


def _step(v: int, real: float) -> int:
    """The least integer a with real_round(a, real) >= v."""
    a = math.ceil((v - 0.5) / real) - 2
    while real_round(a, real) < v:
        a += 1
    return a
