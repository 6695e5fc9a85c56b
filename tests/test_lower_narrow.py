"""Requantisation in products of 32 bits: what is proven equals the reference for every sum."""

from dataclasses import replace

import numpy as np
import pytest

from mote.ir.ops import Rounding
from mote.lower.channels import Channels, Ints
from mote.lower.narrow_requantization import Narrow, narrow

COUNT = 16
FAST = 12
"""Layers of each kind in the default run."""


def random_channels(rng: np.random.Generator, rounding: Rounding) -> Channels:
    """A layer of few taps, so that all sums can be tried."""
    weights = rng.integers(-128, 128, (COUNT, 3))
    low = rng.integers(-128, 60, (COUNT, 3))
    y_min, y_max = np.sort(rng.choice([-128, 127, *rng.integers(-128, 128, 2)], 2, replace=False))
    return Channels(
        weights=weights,
        x_low=low,
        x_high=rng.integers(low, 128),
        bias=rng.integers(-40_000, 40_000, COUNT),
        multiplier=np.where(rng.random(COUNT) < 0.1, 0, rng.integers(2**30, 2**31, COUNT)),
        right=rng.integers(5, 11, COUNT),
        y_zero=int(rng.integers(-128, 128)),
        y_range=(int(y_min), int(y_max)),
        rounding=rounding,
    )


def every_sum(channels: Channels) -> Ints:
    """``[sums, O]`` all accumulators of each channel, the last one again where others have more."""
    low, high = channels.bounds
    steps = np.arange((high - low).max() + 1)[:, None]
    found: Ints = np.minimum(low + steps, high)
    return found


def check(channels: Channels, found: Narrow) -> None:
    sums = every_sum(channels)
    np.testing.assert_array_equal(found.results(sums - channels.bias), channels.results(sums))


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize(
    "layers", [FAST, pytest.param(300, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_every_sum_gives_the_result_of_the_reference(rounding: Rounding, layers: int) -> None:
    rng = np.random.default_rng(7)
    proven = [
        (channels, found)
        for channels in (random_channels(rng, rounding) for _ in range(layers))
        if (found := narrow(channels))
    ]
    assert len(proven) > layers / 2
    for channels, found in proven:
        check(channels, found)


def test_halves_away_from_zero_take_a_bend_where_both_signs_occur() -> None:
    rng = np.random.default_rng(3)
    channels = replace(
        random_channels(rng, Rounding.DOUBLE),
        multiplier=rng.integers(2**30, 2**31, COUNT),
        right=np.full(COUNT, 8),
        bias=np.zeros(COUNT, np.int64),
        x_low=np.full((COUNT, 3), -128),
        x_high=np.full((COUNT, 3), 127),
        y_range=(-128, 127),
    )
    both, positive = (narrow(replace(channels, y_zero=zero)) for zero in (3, -128))
    assert both is not None
    assert positive is not None
    assert both.is_bent
    assert not positive.is_bent
    check(replace(channels, y_zero=3), both)
    check(replace(channels, y_zero=-128), positive)


@pytest.mark.parametrize("right", [0, 1, 3])
def test_steep_layers_have_no_constants(right: int) -> None:
    channels = random_channels(np.random.default_rng(5), Rounding.SINGLE)
    steep = replace(
        channels,
        multiplier=np.full(COUNT, 2**31 - 1),
        right=np.full(COUNT, right),
        y_range=(-128, 127),
    )
    assert narrow(steep) is None


def test_results_that_spread_over_too_many_sums_have_no_constants() -> None:
    channels = random_channels(np.random.default_rng(5), Rounding.SINGLE)
    taps = COUNT, 256
    flat = replace(
        channels,
        weights=np.full(taps, 127),
        x_low=np.full(taps, -128),
        x_high=np.full(taps, 127),
        multiplier=np.full(COUNT, 2**30),
        y_range=(-128, 127),
    )
    assert narrow(replace(flat, right=np.full(COUNT, 10))) is not None
    assert narrow(replace(flat, right=np.full(COUNT, 14))) is None
