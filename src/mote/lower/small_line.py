"""Requantisation of the small kernels: a line a channel, with one shift a layer.

    result = ((sum << scale) + bias) * multiplier >> (32 + shift)

rounded down, and saturated. Scale and shift are those of the layer. Multipliers have 31 bits; each
is 4 bytes, of which the lowest one is the last of the one before, unless that one has its upper bit
set. A line is accepted where it changes from each result to the next at the same sum as the layer's
own requantisation (``requantization_line.py``).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.ir.tensor import Array
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.requantization_line import MULTIPLIER_END, Steps, find_steps, intercepts

LEAST_SCALE, GREATEST_SCALE = 8, 14
"""Sums of channels that share a lane have 8 bits of scale; more than 14 give no more lines."""
SCALES = 6
"""How many scales are tried: offsets need some room, and finer ones have more lines."""
MOST_SHIFT = 21
"""So that 64 bits hold results of 8 bits in front of it."""
NEAR = {3: 64, 4: 64}
"""How many multipliers on each side of the channel's own are tried, by bytes of their own."""
MOST_NEAR = 2048
"""The same where nothing else gives a line."""


@dataclass(frozen=True)
class Lines:
    """Of all channels of a layer.

    Args:
        multiplier: ``[O]``, below 2**31; or one of all channels.
        bias: ``[O]``, int32: the layer's own, scaled, with the rounding and the zero point.
        has_four: ``[O]``: multipliers of 4 bytes of their own, not 3; the first one's is.
        scale, shift: As the module says.
    """

    multiplier: Ints
    bias: Ints
    has_four: NDArray[np.bool_]
    scale: int
    shift: int

    @property
    def octets(self) -> Array:
        """The multipliers as kernels read them, where not all channels have one."""
        words = self.multiplier | np.append(self.has_four[1:], False) * MULTIPLIER_END
        pairs = zip(words.tolist(), self.has_four.tolist(), strict=True)
        octets = [m.to_bytes(4, "little")[0 if whole else 1 :] for m, whole in pairs]
        return np.frombuffer(b"".join(octets), np.uint8)


def find_one_line(channels: Channels) -> Lines | None:
    """The same for channels with one multiplier, which then share their line but for the bias."""
    assert channels.is_uniform
    low, high = channels.bounds
    one = replace(
        select_channels(channels, [0]),
        weights=np.ones((1, 1), np.int64),
        x_low=low.min(keepdims=True)[:, None],
        x_high=high.max(keepdims=True)[:, None],
        bias=np.zeros(1, np.int64),
    )
    found = find_lines(one)
    if found is None:
        return None
    bias = (channels.bias << found.scale) + found.bias[0]
    return replace(found, bias=bias) if np.abs(bias).max() < MULTIPLIER_END else None


def find_lines(channels: Channels) -> Lines | None:
    """Lines of all channels in few bytes; None when some channel has none."""
    steps = find_steps(channels)
    low, high = channels.bounds
    largest = int(max(np.abs(low).max(), np.abs(high).max(), 1))
    real = channels.multiplier / 2.0 ** (31 + channels.right)
    behind = math.ceil(math.log2(MULTIPLIER_END / real.max())) - 1 - 32
    most = min(GREATEST_SCALE, math.floor(math.log2((MULTIPLIER_END - 1) / largest)))
    most = min(most, MOST_SHIFT - behind)
    for scale in range(most, max(LEAST_SCALE, most - SCALES + 1) - 1, -1):
        if scale + behind < 0:
            return None
        found = _find(channels, steps, scale, scale + behind)
        if found is not None:
            return found
    return None


def _find(channels: Channels, steps: Steps, scale: int, shift: int) -> Lines | None:
    real = channels.multiplier / 2.0 ** (31 + channels.right)
    found: list[tuple[int, int, bool]] = []
    for channel, exact in enumerate(real * 2.0 ** (32 + shift - scale)):
        near = [(4, 0, NEAR[4]), (4, 0, MOST_NEAR)]
        if found:
            near.insert(0, (3, found[-1][0] >> 24, NEAR[3]))
        for length, lowest, count in near:
            tried = _near(exact, length, lowest, count)
            line = _line(channels, steps, channel, tried, scale, shift)
            if line is not None:
                found.append((*line, length == 4))
                break
        if len(found) == channel:
            return None
    multiplier, bias, has_four = (np.array(column) for column in zip(*found, strict=True))
    return Lines(multiplier, bias, has_four, scale, shift)


def _line(
    channels: Channels,
    steps: Steps,
    channel: int,
    near: Ints,
    scale: int,
    shift: int,
) -> tuple[int, int] | None:
    """The first one of some multipliers with which a channel has a line, and the bias."""
    least, end = intercepts(steps, channel, near, 1 << scale, shift)
    # Sums have no bias: what is added to them is.
    of_layer = int(channels.bias[channel]) << scale
    offset = -(-least // near)
    low, high = int(steps.low[channel]) << scale, int(steps.high[channel]) << scale
    fits = np.flatnonzero(
        (offset * near < end)
        & (low + offset >= -MULTIPLIER_END)
        & (high + offset < MULTIPLIER_END)
        & (np.abs(of_layer + offset) < MULTIPLIER_END)
    )
    return (int(near[fits[0]]), of_layer + int(offset[fits[0]])) if fits.size else None


def _near(exact: float, length: int, lowest: int, count: int) -> Ints:
    """Multipliers about a real number, the nearest first, then ever steeper ones: channels with few
    results may have these, and offsets that fit.

    ``length``: bytes that are free, the upper ones; ``lowest``: the others; ``count``: multipliers
    on each side.
    """
    unit = 1 << 8 * (4 - length)
    around = np.arange(-count, count + 1)
    near: Ints = (round((exact - lowest) / unit) + around) * unit + lowest
    near = near[np.argsort(np.abs(near - exact), kind="stable")]
    steep = (max(round(exact), 1) << np.arange(1, 31)) // unit * unit + lowest
    near = np.concatenate([near, steep])
    return near[(near > 0) & (near < MULTIPLIER_END)]
