"""The constants that turn accumulators into int8, and the proof that nothing overflows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Activation, Rounding
from mote.ir.tensor import Array
from mote.lower.step import Constant
from mote.reference.fixed_point import activation_range, channel_multipliers, requantize

Ints = NDArray[np.int64]
INT32_END = 2**31
MAX_CONSTANT_SHIFT = 14
"""Right shift up to which any int8 result has a bias below 2**23."""


@dataclass(frozen=True)
class Channels:
    """A layer with weights as the kernels see it: raw inputs, input zero point in the bias.

    Args:
        weights: ``[O, K]``, the taps of each output channel.
        bias: ``[O]``.
        multiplier: ``[O]``, Q31 in [2**30, 2**31), or 0.
        right: ``[O]``, right shift of the high half of the product: TFLite's shift negated.
        y_zero: Zero point of the result.
        y_range: Least and greatest result.
        rounding: Of the requantisation.
    """

    weights: Ints
    bias: Ints
    multiplier: Ints
    right: Ints
    y_zero: int
    y_range: tuple[int, int]
    rounding: Rounding

    @property
    def bounds(self) -> tuple[Ints, Ints]:
        """Least and greatest accumulator of each channel over all int8 inputs."""
        low = np.minimum(self.weights * -128, self.weights * 127).sum(1) + self.bias
        high = np.maximum(self.weights * -128, self.weights * 127).sum(1) + self.bias
        return low, high

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


def prepare_channels(
    graph: Graph, node: Node, matrix: Array, activation: Activation, rounding: Rounding
) -> Channels:
    """The channels of a layer whose weights are ``matrix`` ``[O, K]``, proven not to overflow.

    Raises:
        UnsupportedModelError: Some accumulator, or its requantised value, could leave int32.
    """
    x, weight, bias = graph.operands(node)
    y = graph.result(node)
    weights = matrix.astype(np.int64)
    multiplier, shift = channel_multipliers(x, weight, y, rounding)
    channels = Channels(
        weights=weights,
        bias=bias.array.astype(np.int64) - x.q.zero_point * weights.sum(1),
        multiplier=multiplier.astype(np.int64),
        right=-shift.astype(np.int64),
        y_zero=y.q.zero_point,
        y_range=activation_range(activation, y.q, y.dtype),
        rounding=rounding,
    )
    _check_range(node, channels)
    return channels


def _check_range(node: Node, channels: Channels) -> None:
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


def constant_results(channels: Channels) -> tuple[NDArray[np.bool_], Ints]:
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
