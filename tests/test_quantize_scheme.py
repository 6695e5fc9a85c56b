"""Scales and zero points: what a range promises about every value inside it."""

import numpy as np
import pytest

from mote.ir import Quantization
from mote.quantization import to_integers, to_reals
from mote.quantization.scheme import (
    activation_quantization,
    float32_at_least,
    weight_quantization,
)

RANGES = [
    (-1.0, 1.0),
    (0.0, 6.0),
    (-3.7, 0.0),
    (-0.1, 12.3),
    (2.0, 5.0),
    (-9.0, -4.0),
    (-1e-6, 3e7),
]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_a_value_in_range_is_off_by_at_most_half_a_step(low: float, high: float) -> None:
    q = activation_quantization(low, high, 1e-30)
    reals = np.linspace(low, high, 10_001)
    steps = (to_integers(reals, q).astype(np.float64) - q.zero_point) * q.scale
    assert np.abs(reals - steps).max() <= q.scale / 2 * (1 + 1e-9)


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_zero_is_exact_and_the_scale_a_float32(low: float, high: float) -> None:
    q = activation_quantization(low, high, 1e-30)
    assert to_reals(to_integers(np.zeros(1), q), q) == 0
    assert -128 <= q.zero_point <= 127
    assert float(np.float32(q.scale)) == q.scale
    assert q.scale >= (max(high, 0) - min(low, 0)) / 255


def test_values_outside_the_range_saturate() -> None:
    q = activation_quantization(-1, 1, 1e-30)
    np.testing.assert_array_equal(to_integers(np.array([-9.0, 9.0]), q), [-128, 127])


def test_the_least_scale_bounds_a_range_without_extent() -> None:
    assert activation_quantization(0.0, 0.0, 0.5) == Quantization((0.5,), (-128,))


@pytest.mark.parametrize(("axis", "shape"), [(0, (5, 3, 3, 2)), (3, (1, 3, 3, 5)), (0, (5, 7))])
def test_the_greatest_weight_of_each_channel_is_127_steps(
    axis: int, shape: tuple[int, ...]
) -> None:
    weight = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    q = weight_quantization(weight, axis, np.zeros(5))
    integers = to_integers(weight, q)
    per_channel = np.moveaxis(integers, axis, 0).reshape(5, -1)
    np.testing.assert_array_equal(np.abs(per_channel.astype(int)).max(axis=1), [127] * 5)
    assert q.zero_points == (0,) * 5
    assert q.axis == axis
    scales = np.array(q.scales).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    assert (np.abs(weight - to_reals(integers, q)) <= scales / 2 * (1 + 1e-6)).all()


def test_weights_never_become_minus_128() -> None:
    q = Quantization((1.0,), (0,), axis=0)
    assert to_integers(np.full((1, 1), -500.0), q).item() == -127


def test_a_scale_is_rounded_up_so_that_it_never_clips() -> None:
    for real in np.random.default_rng(0).uniform(1e-6, 1e6, 200):
        scale = float32_at_least(real)
        assert real <= scale <= real * (1 + 2**-23)
        assert float(np.float32(scale)) == scale
