"""A layer with weights as the kernels see it, and the proof that its sums do not overflow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.errors import UnsupportedModelError
from mote.ir.graph import Node
from mote.ir.ops import Rounding
from mote.reference.fixed_point import requantize

Ints = NDArray[np.int64]
INT32_END = 2**31


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
        largest = max(128, int(-self.x_low.min()), int(self.x_high.max()))
        result: Ints = np.abs(self.weights).sum(1) * largest + np.abs(self.bias)
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
