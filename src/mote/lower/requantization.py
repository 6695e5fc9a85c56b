"""From accumulators to int8: the constants, and the proof that nothing overflows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.errors import UnsupportedModelError
from mote.ir.graph import Node
from mote.ir.ops import Rounding
from mote.ir.tensor import Array
from mote.lower.step import Constant
from mote.reference.fixed_point import requantize

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
INT32_END = 2**31
MAX_CONSTANT_SHIFT = 14
"""Right shift up to which any int8 result has a bias below 2**23."""


@dataclass(frozen=True)
class Channels:
    """A layer with weights as the kernels see it: raw inputs, input zero point in the bias.

    Args:
        weights: ``[O, K]``, the taps of each output channel.
        x_low, x_high: ``[O, K]``, least and greatest input that each tap meets.
        bias: ``[O]``.
        multiplier: ``[O]``, Q31 in [2**30, 2**31), or 0.
        right: ``[O]``, right shift of the high half of the product: TFLite's shift negated.
        y_zero: Zero point of the result.
        y_range: Least and greatest result.
        rounding: Of the requantisation.
    """

    weights: Ints
    x_low: Ints
    x_high: Ints
    bias: Ints
    multiplier: Ints
    right: Ints
    y_zero: int
    y_range: tuple[int, int]
    rounding: Rounding

    @property
    def bounds(self) -> tuple[Ints, Ints]:
        """Least and greatest accumulator of each channel."""
        ends = self.weights * self.x_low, self.weights * self.x_high
        return np.minimum(*ends).sum(1) + self.bias, np.maximum(*ends).sum(1) + self.bias

    @property
    def magnitude(self) -> Ints:
        """Bound of the accumulator of each channel at any moment, in any order of summation."""
        result: Ints = np.abs(self.weights).sum(1) * 128 + np.abs(self.bias)
        return result

    @property
    def is_uniform(self) -> bool:
        """True when all channels share one multiplier and shift."""
        return len(set(zip(self.multiplier.tolist(), self.right.tolist(), strict=True))) == 1

    def results(self, accumulator: Ints) -> Ints:
        """The int8 results of accumulators ``[O]``."""
        scaled = requantize(accumulator, self.multiplier, -self.right, self.rounding)
        return np.clip(scaled + self.y_zero, *self.y_range)


def check_range(node: Node, channels: Channels) -> None:
    """Prove that no sum, shifted sum or requantised sum leaves int32, whatever the inputs.

    Raises:
        UnsupportedModelError: One could.
    """
    shifted = channels.magnitude * 2 ** np.maximum(-channels.right, 0)
    result = [
        math.ceil(m * q / 2 ** (31 + r)) + 256
        for m, q, r in zip(
            channels.magnitude.tolist(),
            channels.multiplier.tolist(),
            channels.right.tolist(),
            strict=True,
        )
    ]
    worst = max(int(shifted.max()), *result)
    if worst < INT32_END:
        return
    raise UnsupportedModelError(
        f"node '{node.name}'",
        f"a sum could reach {worst:,}, allowed: below {INT32_END:,} (int32)",
        hint="split the layer, or quantise it with larger scales",
    )


def constant_results(channels: Channels) -> tuple[Mask, Ints]:
    """(which channels never change their result, the results of those).

    As requantisation is monotone, a channel is constant when the ends of its accumulator's range
    give one result.
    """
    low, high = channels.bounds
    value = channels.results(low)
    return value == channels.results(high), value


def select_channels(channels: Channels, indices: Sequence[int]) -> Channels:
    """Some of the channels."""
    chosen = list(indices)
    return replace(
        channels,
        weights=channels.weights[chosen],
        x_low=channels.x_low[chosen],
        x_high=channels.x_high[chosen],
        bias=channels.bias[chosen],
        multiplier=channels.multiplier[chosen],
        right=channels.right[chosen],
    )


def settle_constant_channels(channels: Channels) -> Channels:
    """Channels whose result never changes, with zero weights and an ordinary multiplier.

    Dead channels often have extreme scales, which no fast requantisation would take.
    """
    constant, value = constant_results(channels)
    if not constant.any():
        return channels
    alive = channels.right[~constant]
    right = int(np.clip(alive.min(initial=MAX_CONSTANT_SHIFT), 1, MAX_CONSTANT_SHIFT))
    settled = replace(
        channels,
        weights=np.where(constant[:, None], 0, channels.weights),
        bias=np.where(constant, (value - channels.y_zero) << (1 + right), channels.bias),
        multiplier=np.where(constant, 2**30, channels.multiplier),
        right=np.where(constant, right, channels.right),
    )
    assert np.array_equal(settled.results(settled.bias)[constant], value[constant])
    return settled


def pack_shifts(right: Ints) -> tuple[int, int, Array]:
    """(base, bits, table): the right shifts as 4-bit entries above a base, 8-bit if they spread."""
    base = int(right.min())
    above = (right - base).astype(np.uint8)
    if above.max() > 15:
        return base, 8, above
    return base, 4, pack_nibbles(above)


def pack_nibbles(values: Array) -> Array:
    """Two entries a byte, the even one in the low half; a missing last entry is 0."""
    padded = np.pad(values, (0, len(values) % 2)).astype(np.uint8)
    result: Array = padded[0::2] | padded[1::2] << 4
    return result


def requantization(channels: Channels) -> tuple[dict[str, int], tuple[Constant, ...]]:
    """Parameters and constants that every portable kernel with weights shares."""
    base, bits, shift = pack_shifts(channels.right)
    parameters = {
        "y_zero": channels.y_zero,
        "y_min": channels.y_range[0],
        "y_max": channels.y_range[1],
        "shift_base": base,
        "shift_bits": bits,
        "double_rounding": int(channels.rounding is Rounding.DOUBLE),
    }
    constants = (
        Constant("bias", channels.bias.astype(np.int32), True),
        Constant("multiplier", channels.multiplier.astype(np.int32), False),
        Constant("shift", shift, False),
    )
    return parameters, constants
