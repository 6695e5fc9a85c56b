"""The least and the greatest stored integer of every channel of a tensor."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mote.ir.ops import Shape
from mote.ir.tensor import Array, DType, Tensor

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """Bounds that hold for every input of the network, at every position.

    Args:
        low, high: ``[C]``, stored integers of each index of the last axis; one for a scalar.
    """

    low: Ints
    high: Ints

    def __post_init__(self) -> None:
        assert self.low.shape == self.high.shape == (self.low.size,)
        assert (self.low <= self.high).all()

    @property
    def is_constant(self) -> Mask:
        """``[C]``: which channels have one value, whatever the input."""
        return np.asarray(self.low == self.high)

    def contains(self, values: Array) -> bool:
        """True when every value ``[..., C]`` lies inside."""
        return bool(((self.low <= values) & (values <= self.high)).all())

    def hull(self, other: "Interval") -> "Interval":
        """The least interval around both, channel by channel."""
        return Interval(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def over_all(self, count: int) -> "Interval":
        """``count`` channels, each with the interval around all channels."""
        return Interval(np.full(count, self.low.min()), np.full(count, self.high.max()))

    def moved(self, move: Callable[[Ints], Ints]) -> "Interval":
        """Both ends after the same rearrangement of channels."""
        return Interval(move(self.low), move(self.high))

    def clipped(self, low: int, high: int) -> "Interval":
        """Behind a clamp."""
        return self.moved(lambda ends: np.clip(ends, low, high))


def channels(shape: Shape) -> int:
    """Length of the last axis; 1 for a scalar."""
    return shape[-1] if shape else 1


def type_interval(tensor: Tensor) -> Interval:
    """All that the tensor's integer type can hold."""
    low, high = tensor.dtype.range
    count = channels(tensor.shape)
    return Interval(np.full(count, low, np.int64), np.full(count, high, np.int64))


def interval_of_constant(tensor: Tensor) -> Interval:
    """What a constant holds, channel by channel."""
    rows = tensor.array.astype(np.int64).reshape(-1, channels(tensor.shape))
    return Interval(rows.min(0), rows.max(0))


def regrouped(x: Interval, count: int) -> Interval:
    """The same elements in the same order, seen with ``count`` channels.

    Element e has channel e modulo the number of channels, so that channel d takes the elements of
    those channels c with c = d modulo the greatest common divisor of both numbers.
    """
    step = math.gcd(len(x.low), count)
    low, high = x.low.reshape(-1, step).min(0), x.high.reshape(-1, step).max(0)
    return Interval(np.tile(low, count // step), np.tile(high, count // step))


def over_table(x: Interval, table: NDArray[Any], first: int) -> Interval:
    """What a function of integers gives: ``table[x - first]``, for each channel.

    ``table``: ``[inputs]``, the same for every channel, or ``[inputs, C]``.
    """
    count = max(len(x.low), table.shape[1] if table.ndim > 1 else 1)
    lows, highs = np.broadcast_to(x.low, count), np.broadcast_to(x.high, count)
    low, high = np.empty(count, np.int64), np.empty(count, np.int64)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for c, ends in enumerate(zip(lows.tolist(), highs.tolist(), strict=True)):
        if table.ndim > 1 or ends not in found:
            column = table[ends[0] - first : ends[1] - first + 1]
            column = column[:, c] if table.ndim > 1 else column
            found[ends] = int(column.min()), int(column.max())
        low[c], high[c] = found[ends]
    return Interval(low, high)


INTEGERS = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32)
"""Types of activations that have intervals."""
