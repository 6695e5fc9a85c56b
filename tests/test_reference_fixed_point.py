"""The fixed-point arithmetic, against exact rational numbers."""

import math
from fractions import Fraction

import numpy as np
import pytest

from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Activation, Rounding
from mote.reference.fixed_point import (
    activation_range,
    channel_multipliers,
    multiply_smaller_than_one,
    quantize_multiplier,
    requantize,
    round_half_away,
    rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
)
from mote.reference.single_rounding import exact_multiplier

HALF = Fraction(1, 2)


def half_up(x: Fraction) -> int:
    return math.floor(x + HALF)


def half_away(x: Fraction) -> int:
    return half_up(x) if x >= 0 else -half_up(-x)


def int32s(seed: int, size: int) -> list[int]:
    """Values of all magnitudes, the ends included."""
    rng = np.random.default_rng(seed)
    values = [
        int(v) >> int(s)
        for v, s in zip(rng.integers(-(2**31), 2**31, size), rng.integers(0, 31, size), strict=True)
    ]
    return [0, 1, -1, 2**30, -(2**30), 2**31 - 1, -(2**31), *values]


def test_a_real_multiplier_is_held_to_31_bits() -> None:
    rng = np.random.default_rng(0)
    for real in 2.0 ** rng.uniform(-31, 20, 500):
        multiplier, shift = quantize_multiplier(float(real))
        assert 2**30 <= multiplier < 2**31
        held = multiplier * Fraction(2) ** (shift - 31)
        assert abs(held - Fraction(float(real))) <= HALF * Fraction(2) ** (shift - 31)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (0.5, (2**30, 0)),
        (1.0, (2**30, 1)),
        (1 - 2.0**-40, (2**30, 1)),
        (2.0**-32, (2**30, -31)),
        (2.0**-33, (0, 0)),
        (3.0, (3 * 2**29, 2)),
    ],
)
def test_multipliers_at_the_ends(real: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(real) == expected


def test_high_multiplication_rounds_halves_up_and_saturates() -> None:
    a = int32s(1, 300)
    b = int32s(2, 300)
    expected = [
        min(half_up(Fraction(2 * x * y, 2**32)), 2**31 - 1) for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_array_equal(saturating_rounding_doubling_high_mul(a, b), expected)


def test_division_by_a_power_of_two_rounds_halves_away_from_zero() -> None:
    for exponent in (0, 1, 2, 7, 30, 31):
        x = int32s(exponent, 300)
        expected = [half_away(Fraction(v, 2**exponent)) for v in x]
        np.testing.assert_array_equal(rounding_divide_by_power_of_two(x, exponent), expected)


def test_double_rounding_rounds_the_high_product_and_then_the_division() -> None:
    rng = np.random.default_rng(3)
    for shift in (-31, -9, -1, 0, 1, 5):
        x = [v >> max(shift, 0) for v in int32s(shift + 40, 200)]
        multiplier = int(rng.integers(2**30, 2**31))
        high = [half_up(Fraction(v * 2 ** max(shift, 0) * multiplier, 2**31)) for v in x]
        expected = [half_away(Fraction(h, 2 ** max(-shift, 0))) for h in high]
        np.testing.assert_array_equal(requantize(x, multiplier, shift, Rounding.DOUBLE), expected)
        if shift <= 0:
            np.testing.assert_array_equal(multiply_smaller_than_one(x, multiplier, shift), expected)


def test_single_rounding_rounds_the_product_once() -> None:
    rng = np.random.default_rng(4)
    for shift in (-31, -9, -1, 0, 1, 5):
        x = [v >> (max(shift, 0) + 1) for v in int32s(shift + 40, 200)]
        multiplier = int(rng.integers(2**30, 2**31))
        expected = [half_up(Fraction(v * multiplier) * Fraction(2) ** (shift - 31)) for v in x]
        np.testing.assert_array_equal(requantize(x, multiplier, shift, Rounding.SINGLE), expected)


def test_the_two_rounding_rules_differ_where_they_must() -> None:
    multiplier, shift = quantize_multiplier(0.125)
    assert int(requantize(-4, multiplier, shift, Rounding.SINGLE)) == 0  # -0.5 up
    assert int(requantize(-4, multiplier, shift, Rounding.DOUBLE)) == -1  # -0.5 away from zero


def test_floats_round_like_c() -> None:
    x = np.array([0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, -0.49999997, 8388609.0], np.float32)
    expected = np.array([1, -1, 2, 3, -3, 0, 0, 8388609], np.float32)
    np.testing.assert_array_equal(round_half_away(x), expected)


def test_single_rounding_multipliers_agree_with_real_numbers_for_every_accumulator() -> None:
    """Brute force over every accumulator that does not saturate."""
    rng = np.random.default_rng(5)
    reals = [*(2.0 ** rng.uniform(-11, 1, 40)), *(2.0 ** np.arange(-10.0, 2)), 0.75, 1 / 3, 0.1]
    moved = 0
    for real in map(float, reals):
        zero = int(rng.integers(-128, 128))
        nominal, shift = quantize_multiplier(real)
        multiplier = exact_multiplier(real, nominal, shift, -128 - zero, 127 - zero)
        moved += multiplier != nominal
        reach = math.ceil(260 / real)
        accumulators = np.arange(-reach, reach + 1)
        expected = round_half_away(accumulators * real) + zero
        found = requantize(accumulators, multiplier, shift, Rounding.SINGLE) + zero
        np.testing.assert_array_equal(np.clip(found, -128, 127), np.clip(expected, -128, 127))
    assert moved > 10, "the search had nothing to do"


def test_every_channel_gets_its_multiplier() -> None:
    x = Tensor("x", (1, 4), DType.INT8, Quantization((0.5,), (0,)))
    y = Tensor("y", (1, 3), DType.INT8, Quantization((0.25,), (0,)))
    data = np.zeros((3, 4), np.int8)
    whole = Tensor("w", (3, 4), DType.INT8, Quantization((0.25,), (0,)), data)
    rows = Tensor("w", (3, 4), DType.INT8, Quantization((0.25, 0.5, 1.0), (0,) * 3, 0), data)
    multipliers, shifts = channel_multipliers(x, whole, y, Rounding.DOUBLE)
    assert (multipliers.tolist(), shifts.tolist()) == ([2**30] * 3, [0] * 3)
    multipliers, shifts = channel_multipliers(x, rows, y, Rounding.DOUBLE)
    assert (multipliers.tolist(), shifts.tolist()) == ([2**30] * 3, [0, 1, 2])
    assert (multipliers.dtype, shifts.dtype) == (np.int32, np.int8)


@pytest.mark.parametrize(
    ("activation", "scale", "zero", "expected"),
    [
        (Activation.NONE, 0.1, 5, (-128, 127)),
        (Activation.RELU, 0.1, 5, (5, 127)),
        (Activation.RELU, 0.1, -128, (-128, 127)),
        (Activation.RELU6, 0.1, -128, (-128, -68)),
        (Activation.RELU6, 0.01, 0, (0, 127)),
        (Activation.RELU6, 4.0, 0, (0, 2)),  # 1.5 rounds away from zero
        (Activation.RELU_N1_TO_1, 0.4, 3, (0, 6)),  # 2.5 rounds away from zero on both sides
    ],
)
def test_activations_become_integer_bounds(
    activation: Activation, scale: float, zero: int, expected: tuple[int, int]
) -> None:
    q = Quantization((float(np.float32(scale)),), (zero,))
    assert activation_range(activation, q, DType.INT8) == expected


@pytest.mark.parametrize("rounding", Rounding)
def test_a_multiplier_beyond_int8_is_held_at_the_largest(rounding: Rounding) -> None:
    x, weight, y = (
        Tensor(name, (1, 1), DType.INT8, Quantization((scale,), (0,)))
        for name, scale in (("x", 3e38), ("w", 3e38), ("y", 1e-38))
    )
    multipliers, shifts = channel_multipliers(x, weight, y, rounding)
    assert (multipliers.tolist(), shifts.tolist()) == ([2**31 - 1], [30])


def test_an_activation_bound_beyond_float32_is_the_end_of_the_type() -> None:
    tiny = Quantization((1e-45,), (-128,))
    assert activation_range(Activation.RELU6, tiny, DType.INT8) == (-128, 127)
