"""The range of an activation from its histogram: min-max, percentile, least error, least entropy.

All return (low, high) with low <= 0 <= high, inside the values' own range widened to contain 0.
"""

import numpy as np
from numpy.typing import NDArray

from mote.quantization.config import Calibration
from mote.quantization.histogram import Histogram

Range = tuple[float, float]
Reals = NDArray[np.float64]

CANDIDATES = 512
"""Ends that the least-error search tries on each side."""

ENTROPY_CANDIDATES = 128
SMOOTHING = 1e-6


def choose_range(
    histogram: Histogram, calibration: Calibration, percentile: float, *, bits: int, mirrored: bool
) -> Range:
    """The range that a method takes. ``mirrored`` schemes use as many steps below 0 as above."""
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    centres, counts = histogram.occupied()
    if low == high or not counts.size:
        return low, high
    match calibration:
        case "min-max":
            return low, high
        case "percentile":
            return percentile_range(histogram, percentile)
        case "mse":
            return least_error_range(centres, counts, low, high, bits=bits, mirrored=mirrored)
        case "kl":
            return least_entropy_range(centres, counts, low, high, bits=bits, mirrored=mirrored)


def percentile_range(histogram: Histogram, percentile: float) -> Range:
    """From the (100 - p)th to the pth percentile of all values, zeros included.

    Inside a bin, values are taken as evenly spread.
    """
    assert histogram.exponent is not None
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    width = 2.0**histogram.exponent
    edges = width * (np.arange(len(histogram.counts) + 1) - len(histogram.counts) // 2)
    below = np.concatenate(([0], np.cumsum(histogram.counts))).astype(np.float64)
    below[edges > 0] += histogram.zeros
    share = (1 - percentile / 100) * histogram.total
    ends = [float(np.interp(count, below, edges)) for count in (share, histogram.total - share)]
    return max(low, min(ends[0], 0.0)), min(high, max(ends[1], 0.0))


def least_error_range(
    centres: Reals,
    counts: NDArray[np.int64],
    low: float,
    high: float,
    *,
    bits: int,
    mirrored: bool,
) -> Range:
    """The range with the least expected squared error.

    Values beyond an end cost their squared distance from it, values inside scale**2 / 12 each, the
    error of rounding to nearest (as in Banner et al., "Post Training 4-bit Quantization of
    Convolutional Networks for Rapid-Deployment", NeurIPS 2019, section 2, from measured counts in
    place of a distribution); values that round to 0 cost their own square, and zeros nothing. All
    pairs of ends on a grid are compared.
    """
    if mirrored:
        greatest = max(-low, high)
        ends = np.linspace(0, greatest, CANDIDATES + 1)[1:]
        error = _clipped(centres, counts, -ends, ends)
        steps = 2 * ends / (2**bits - 2)
        best = float(ends[int(np.argmin(error + _rounded(centres, counts, steps)))])
        return max(low, -best), min(high, best)
    lows = np.linspace(low, 0, CANDIDATES + 1)[:-1] if low else np.zeros(1)
    highs = np.linspace(high, 0, CANDIDATES + 1)[:-1] if high else np.zeros(1)
    below = _clipped(centres, counts, lows, np.full_like(lows, np.inf))
    above = _clipped(centres, counts, np.full_like(highs, -np.inf), highs)
    steps = (highs[None, :] - lows[:, None]) / (2**bits - 1)
    error = below[:, None] + above[None, :] + _rounded(centres, counts, steps)
    row, column = np.unravel_index(int(np.argmin(error)), error.shape)
    return float(lows[row]), float(highs[column])


def _rounded(centres: Reals, counts: NDArray[np.int64], steps: Reals) -> Reals:
    """Expected squared error of rounding all values to multiples of each step."""
    magnitudes = np.abs(centres)
    order = np.argsort(magnitudes)
    magnitudes, counts = magnitudes[order], counts[order]
    squares = np.concatenate(([0.0], np.cumsum(counts * magnitudes**2)))
    smaller = np.concatenate(([0], np.cumsum(counts)))
    to_zero = np.searchsorted(magnitudes, steps / 2)
    return np.asarray(squares[to_zero] + (counts.sum() - smaller[to_zero]) * steps**2 / 12)


def _clipped(centres: Reals, counts: NDArray[np.int64], lows: Reals, highs: Reals) -> Reals:
    """Sum of squared distances of the values from each range, by sums of powers of the values."""
    n, first, second = (
        np.concatenate(([0.0], np.cumsum(counts * centres**power))) for power in (0, 1, 2)
    )
    under = np.searchsorted(centres, lows)
    over = np.searchsorted(centres, highs)
    with np.errstate(invalid="ignore"):
        left = second[under] - 2 * lows * first[under] + lows**2 * n[under]
        rest = [total[-1] - total[over] for total in (n, first, second)]
        right = rest[2] - 2 * highs * rest[1] + highs**2 * rest[0]
    left, right = (np.where(np.isfinite(side), side, 0.0) for side in (left, right))
    total: Reals = np.maximum(left, 0) + np.maximum(right, 0)
    return total


def least_entropy_range(
    centres: Reals,
    counts: NDArray[np.int64],
    low: float,
    high: float,
    *,
    bits: int,
    mirrored: bool,
) -> Range:
    """The range whose quantised distribution diverges least from the values' own.

    Method of S. Migacz, "8-bit Inference with TensorRT", GTC 2017: for every threshold, P is the
    clipped distribution with the outliers in its end bins, Q the unclipped part of it averaged
    over each quantisation level; the threshold with the least KL divergence is taken. Thresholds
    are fractions of the whole range, whose two ends keep their ratio; its bins are the histogram's.
    """
    levels = 2**bits
    if levels >= len(centres) or len(centres) < 2:
        return low, high  # every bin has a level of its own: nothing to choose
    bins = counts.astype(np.float64)
    zero = int(np.searchsorted(centres, 0.0))  # bins before it are negative
    if mirrored:  # magnitudes on half of the levels
        size = max(zero, len(bins) - zero)
        magnitudes = np.zeros(size)
        magnitudes[: len(bins) - zero] += bins[zero:]
        magnitudes[:zero] += bins[:zero][::-1]
        bins, levels, zero = magnitudes, levels // 2, 0
    fractions = np.linspace(1, levels / len(bins), ENTROPY_CANDIDATES)
    ends = [
        (round(zero * (1 - f)), zero + max(1, round((len(bins) - zero) * f))) for f in fractions
    ]
    divergences = [clipped_divergence(bins, first, last, levels) for first, last in ends]
    best = float(fractions[int(np.argmin(divergences))])
    if mirrored:
        greatest = max(-low, high) * best
        return max(low, -greatest), min(high, greatest)
    return low * best, high * best


def clipped_divergence(bins: Reals, first: int, last: int, levels: int) -> float:
    """KL divergence (in nats) of bins clipped to ``first`` to before ``last`` and quantised.

    Q gets ``SMOOTHING`` of its mass evenly over the bins of P, so that an outlier in an otherwise
    empty level costs much but not everything.
    """
    inside = bins[first:last]
    p = inside.copy()
    p[0] += bins[:first].sum()
    p[-1] += bins[last:].sum()
    held = p > 0
    level = np.arange(len(inside)) * levels // len(inside)
    sums = np.bincount(level, inside, levels)
    shares = np.maximum(np.bincount(level, held, levels), 1)
    q = np.where(held, (sums / shares)[level], 0.0)
    if not q.sum():
        return np.inf
    p = p[held] / p.sum()
    q = q[held] / q.sum() * (1 - SMOOTHING) + SMOOTHING / held.sum()
    return float((p * np.log(p / q)).sum())
