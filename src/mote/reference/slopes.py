"""Functions of two straight lines that meet at 0, on integers: clamps, leaky relu, abs, negation.

y = clamp(y_zero + requantize(x - x_zero)) with one multiplier below zero and one above, double
rounding. Source: TFLite's ``ReluX``, ``QuantizeLeakyRelu`` and ``AbsEvalQuantized``; the quotients
of scales are formed in float32 there. Clip and negation are ours, by the same rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mote.ir.ops import Function, Relu, Rounding, Unary
from mote.ir.tensor import Array, Tensor
from mote.reference.fixed_point import (
    activation_range,
    bounds_range,
    quantize_multiplier,
    requantize,
)


@dataclass(frozen=True)
class Slopes:
    """(multiplier, shift) below and above zero, and limits of the result.

    A negative multiplier acts before the rounding; ``mirrored`` changes the sign below zero after
    it.
    """

    below: tuple[int, int]
    above: tuple[int, int]
    mirrored: bool
    y_min: int
    y_max: int


_FACTORS: Mapping[Function, Callable[[float], tuple[float, float]]] = {
    Function.ABS: lambda alpha: (-1.0, 1.0),
    Function.CLIP: lambda alpha: (1.0, 1.0),
    Function.LEAKY_RELU: lambda alpha: (alpha, 1.0),
    Function.NEGATE: lambda alpha: (-1.0, -1.0),
}
"""Function -> its slopes below and above zero, given ``alpha``."""

STRAIGHT = frozenset(_FACTORS)
"""The functions that are two straight lines."""


def slopes(op: Relu | Unary, x: Tensor, y: Tensor) -> Slopes:
    """The integer form of such a function."""
    low, high = y.dtype.range
    below, above = 1.0, 1.0
    if isinstance(op, Relu):
        low, high = activation_range(op.activation, y.q, y.dtype)
    else:
        below, above = _FACTORS[op.function](op.alpha)
        if op.function is Function.CLIP:
            low, high = bounds_range((op.alpha, op.beta), y.q, y.dtype)
    mirrored = not isinstance(op, Relu) and op.function is Function.LEAKY_RELU and below < 0
    pairs = _multiplier(x, abs(below) if mirrored else below, y), _multiplier(x, above, y)
    return Slopes(*pairs, mirrored, low, high)


def straight(op: Relu | Unary, value: Array, x: Tensor, y: Tensor) -> Array:
    """The function on stored integers."""
    lines = slopes(op, x, y)
    centred = value.astype(np.int64) - x.q.zero_point
    below, above = (
        requantize(centred, *pair, Rounding.DOUBLE) for pair in (lines.below, lines.above)
    )
    steps = np.where(centred < 0, -below if lines.mirrored else below, above) + y.q.zero_point
    result: Array = np.clip(steps, lines.y_min, lines.y_max).astype(y.dtype.numpy)
    return result


def _multiplier(x: Tensor, factor: float, y: Tensor) -> tuple[int, int]:
    """x_scale * factor / y_scale, each step in float32."""
    with np.errstate(over="ignore"):
        real = np.float32(x.q.scale) * np.float32(factor) / np.float32(y.q.scale)
    multiplier, shift = quantize_multiplier(abs(float(real)))
    return (-multiplier if factor < 0 else multiplier), shift
