"""Scales and zero points: what a range promises about every value inside it."""

import numpy as np
import pytest

from mote.ir import DType, Quantization
from mote.quantization import to_integers, to_reals
from mote.quantization.fixed_point import fraction_bits, from_fixed_point, to_fixed_point
from mote.quantization.scheme import (
    activation_quantization,
    affine,
    float32_at_least,
    full_range,
    review_affine,
    symmetric,
    weight_quantization,
    weight_scales,
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


@pytest.mark.parametrize(("low", "high"), RANGES)
@pytest.mark.parametrize("bits", [4, 8, 16])
def test_equation_8_is_tflites_grid_with_the_opposite_zero_point(
    low: float, high: float, bits: int
) -> None:
    low, high = min(low, 0.0), max(high, 0.0)
    scale, tflite = affine(low, high, bits)
    same, review = review_affine(low, high, bits)
    assert scale == same == (high - low) / (2**bits - 1)
    assert review == -tflite
    reals = np.linspace(low, high, 999)
    least, greatest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    by_tflite = np.clip(np.round(reals / scale) + tflite, least, greatest)
    by_review = np.clip(np.round(reals / scale) - review, least, greatest)
    np.testing.assert_array_equal(by_tflite, by_review)
    np.testing.assert_allclose(scale * (by_review + review), reals, atol=scale * 0.501)


def test_symmetric_scales_of_tflite_and_of_equation_9_differ_by_half_a_step_of_range() -> None:
    assert symmetric(2.54, 8) == 2.54 / 127
    assert full_range(-2.55, 1.0, 8) == full_range(-1.0, 2.55, 8) == 2.55 / 127.5
    assert symmetric(1.0, 4) == 1 / 7
    assert full_range(-1, 1, 4) == 1 / 7.5


@pytest.mark.parametrize("scheme", ["symmetric", "full-range", "fixed-point"])
def test_symmetric_schemes_have_the_zero_point_0_and_miss_by_at_most_half_a_step(
    scheme: str,
) -> None:
    q = activation_quantization(-0.7, 1.9, 1e-30, scheme=scheme)  # type: ignore[arg-type]
    assert q.zero_point == 0
    reals = np.linspace(-0.7, 1.9 - q.scale / 2, 5001)
    assert np.abs(to_reals(to_integers(reals, q), q) - reals).max() <= q.scale * 0.5001


def test_int16_is_symmetric_with_32767_steps_to_each_side() -> None:
    q = activation_quantization(-3.0, 1.0, 1e-30, dtype=DType.INT16)
    assert (q.scale, q.zero_point) == (float32_at_least(3 / 32767), 0)
    assert to_integers(np.array([-3.0, 3.0]), q, DType.INT16).tolist() == [-32767, 32767]


@pytest.mark.parametrize("greatest", [1e-9, 0.3, 0.99, 1.0, 127.0, 127.1, 128.0, 5e6])
@pytest.mark.parametrize("bits", [4, 8, 16])
def test_fixed_point_keeps_as_many_fraction_bits_as_the_range_leaves(
    greatest: float, bits: int
) -> None:
    n = fraction_bits(greatest, bits)
    top = 2 ** (bits - 1) - 1
    assert greatest * 2.0**n <= top < greatest * 2.0 ** (n + 1)


@pytest.mark.parametrize("n", [-3, 0, 5, 11])
def test_equation_3_misses_by_less_than_a_step_and_never_upwards(n: int) -> None:
    reals = np.random.default_rng(n + 3).uniform(-100, 100, 4000) * 2.0**-n
    step = 2.0**-n
    floored = reals - from_fixed_point(to_fixed_point(reals, n, 8, floor=True), n)
    assert (floored >= 0).all()
    assert (floored < step).all()
    nearest = reals - from_fixed_point(to_fixed_point(reals, n, 8), n)
    assert np.abs(nearest).max() <= step / 2


def test_weights_in_fixed_point_have_power_of_two_scales_that_hold_them() -> None:
    greatest = np.array([0.3, 1.0, 5.0, 127.0])
    scales = weight_scales(greatest, np.zeros(4), scheme="fixed-point")
    assert scales == (2.0**-8, 2.0**-6, 2.0**-4, 1.0)
    assert weight_scales(greatest, np.full(4, 0.2), scheme="fixed-point") == (0.25, 0.25, 0.25, 1.0)
    assert weight_scales(greatest, np.zeros(4), bits=4)[1] == float32_at_least(1 / 7)
