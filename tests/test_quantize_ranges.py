"""Histograms do not depend on portions; each calibration method finds the range it promises."""

import numpy as np
import pytest

from mote.quantization import to_integers, to_reals
from mote.quantization.histogram import SIDE, Histogram
from mote.quantization.ranges import choose_range, clipped_divergence
from mote.quantization.scheme import activation_quantization

METHODS = ("min-max", "percentile", "mse", "kl")


def histogram_of(*portions: np.ndarray) -> Histogram:
    histogram = Histogram()
    for portion in portions:
        histogram.add(portion)
    return histogram


def values(kind: str, count: int = 40_000, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = {
        "normal": random.normal(size=count),
        "relu": np.maximum(random.normal(size=count), 0),
        "heavy": random.laplace(size=count) ** 3,
        "shifted": random.normal(3, 0.5, size=count),
    }[kind]
    return made.astype(np.float32)


KINDS = ("normal", "relu", "heavy", "shifted")


@pytest.mark.parametrize("order", [1, -1])
def test_a_histogram_depends_on_the_values_not_on_their_portions(order: int) -> None:
    x = np.sort(values("heavy"))[::order].copy()  # ranges grow, or the widest comes first
    whole, parts = histogram_of(x), histogram_of(*np.split(x, 16))
    np.testing.assert_array_equal(whole.counts, parts.counts)
    assert (whole.low, whole.high, whole.zeros, whole.exponent) == (
        parts.low,
        parts.high,
        parts.zeros,
        parts.exponent,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_is_counted_in_the_bin_that_holds_it(kind: str) -> None:
    x = values(kind)
    histogram = histogram_of(x)
    assert histogram.exponent is not None
    edges = np.ldexp(np.arange(-SIDE, SIDE + 1.0), histogram.exponent)
    expected = np.histogram(x[x != 0], edges)[0]
    np.testing.assert_array_equal(histogram.counts, expected)
    assert histogram.zeros == (x == 0).sum()
    assert (histogram.low, histogram.high) == (x.min(), x.max())


@pytest.mark.parametrize("scale", [1e-38, 1e-12, 1.0, 1e12])
def test_any_magnitude_fills_the_bins(scale: float) -> None:
    histogram = histogram_of(np.array([-1, 0.25, 0.75], np.float32) * np.float32(scale))
    (held,) = np.nonzero(histogram.counts)
    assert held[-1] - held[0] > SIDE / 2


def test_zeros_alone_have_the_range_zero() -> None:
    for method in METHODS:
        found = choose_range(
            histogram_of(np.zeros(9, np.float32)), method, 99, bits=8, mirrored=False
        )
        assert found == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_range_contains_zero_and_stays_within_the_values(
    kind: str, method: str, mirrored: bool
) -> None:
    x = values(kind)
    low, high = choose_range(histogram_of(x), method, 99.9, bits=8, mirrored=mirrored)  # type: ignore[arg-type]
    assert min(x.min(), 0) <= low <= 0 <= high <= max(x.max(), 0)
    assert low < high


@pytest.mark.parametrize("percentile", [90.0, 99.0, 99.9])
def test_percentiles_are_those_of_all_values(percentile: float) -> None:
    x = values("normal")
    histogram = histogram_of(x)
    assert histogram.exponent is not None
    found = choose_range(histogram, "percentile", percentile, bits=8, mirrored=False)
    expected = np.percentile(x, [100 - percentile, percentile])
    np.testing.assert_allclose(found, expected, atol=2 * 2.0**histogram.exponent)


def squared_error(x: np.ndarray, low: float, high: float, scheme: str, bits: int) -> float:
    q = activation_quantization(low, high, 1e-30, scheme=scheme)  # type: ignore[arg-type]
    if bits == 8:
        return float(((to_reals(to_integers(x, q), q) - x) ** 2).sum())
    scale = (high - low) / (2**bits - 1)
    return float(((np.clip(np.round(x / scale) * scale, low, high) - x) ** 2).sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["asymmetric", "symmetric"])
def test_the_mse_range_is_as_good_as_the_best_of_a_brute_force_search(
    kind: str, scheme: str
) -> None:
    x = values(kind, 20_000)
    mirrored = scheme == "symmetric"
    found = choose_range(histogram_of(x), "mse", 100, bits=8, mirrored=mirrored)
    ends = np.linspace(1, 0.02, 40)
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    pairs = [(a, b) for a in (ends if low else [1.0]) for b in ends]
    best = min(squared_error(x, low * a, high * b, scheme, 8) for a, b in pairs)
    assert squared_error(x, *found, scheme, 8) <= 1.02 * best


def direct_divergence(bins: list[float], first: int, last: int, levels: int) -> float:
    """Migacz's steps one by one, with the same smoothing."""
    p = list(bins[first:last])
    p[0] += sum(bins[:first])
    p[-1] += sum(bins[last:])
    n, q = len(p), [0.0] * len(p)
    for level in range(levels):
        members = [i for i in range(n) if i * levels // n == level]
        held = [i for i in members if p[i] > 0]
        for i in held:
            q[i] = sum(bins[first + j] for j in members) / len(held)
    held = [i for i in range(n) if p[i] > 0]
    q_sum, p_sum = sum(q), sum(p)
    total = 0.0
    for i in held:
        share = q[i] / q_sum * (1 - 1e-6) + 1e-6 / len(held)
        total += p[i] / p_sum * np.log(p[i] / p_sum / share)
    return total


def test_the_divergence_is_that_of_a_direct_computation() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        size = int(random.integers(12, 40))
        bins = random.poisson(random.uniform(0.3, 9), size).astype(float)
        first, last = int(random.integers(0, 4)), size - int(random.integers(0, 4))
        levels = int(random.integers(2, 8))
        if not bins[first:last].any():
            continue
        expected = direct_divergence(list(bins), first, last, levels)
        found = clipped_divergence(bins, first, last, levels)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_entropy_drops_a_lone_outlier_and_keeps_an_even_spread() -> None:
    random = np.random.default_rng(0)
    even = random.uniform(0, 1, 100_000).astype(np.float32)
    outlier = np.append(np.abs(random.normal(size=100_000)), 40).astype(np.float32)
    kept = choose_range(histogram_of(even), "kl", 100, bits=8, mirrored=False)
    cut = choose_range(histogram_of(outlier), "kl", 100, bits=8, mirrored=False)
    assert kept[1] > 0.9
    assert cut[1] < 12
