"""Channels whose result no input changes: which they are, and which of them to compute at all."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mote.lower.channels import Channels, Ints

Mask = NDArray[np.bool_]
MAX_CONSTANT_SHIFT = 14
"""Right shift up to which any int8 result has a bias below 2**23."""
MAX_GAP = 255
"""Channels from a computed one to the next."""
INSTRUCTIONS_TO_COPY = 0.75
"""For the result of one channel, beside those of one pixel."""
INSTRUCTIONS_TO_COPY_PIXEL = 10


def constant_results(channels: Channels) -> tuple[Mask, Ints]:
    """(which channels never change their result, the results of those).

    As requantisation is monotone, a channel is constant when the ends of its accumulator's range
    give one result.
    """
    low, high = channels.bounds
    value = channels.results(low)
    return value == channels.results(high), value


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


def computed_channels(constant: Mask, instructions: float) -> list[int]:
    """The channels to compute: all, or without the constant ones where copying is less work.

    The steps from one to the next fit 8 bits, and there is at least one.
    ``instructions``: cost of computing one result.
    """
    count = len(constant)
    if constant.sum() * instructions < INSTRUCTIONS_TO_COPY * count + INSTRUCTIONS_TO_COPY_PIXEL:
        return list(range(count))
    computed: list[int] = []
    last = 0
    for channel in range(count):
        must_stand = channel - last == MAX_GAP or (channel == count - 1 and not computed)
        if must_stand or not constant[channel]:
            computed.append(channel)
            last = channel
    return computed


def most_common(values: Ints) -> int:
    """The value that occurs most often; 0 when there is none."""
    found, counts = np.unique(values, return_counts=True)
    return int(found[counts.argmax()]) if len(found) else 0
