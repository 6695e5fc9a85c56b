"""Requantisation of the small kernels: a line a channel, in 3 or 4 bytes, with one shift a layer.

    result = ((sum << scale) + bias) * multiplier >> (32 + shift)

rounded down, and saturated. Scale and shift are those of the layer; multipliers stand 3 bytes apart
where lines are found whose lowest byte is the last one of the multiplier before, else 4. A line is
accepted where it changes from each result to the next at the same sum as the layer's own
requantisation (``requantization_line.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.tensor import Array
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.requantization_line import MULTIPLIER_END, Steps, find_steps, intercepts
from mote.lower.step import Constant

LEAST_SCALE, GREATEST_SCALE = 8, 14
"""Sums of channels that share a lane have 8 bits of scale; more than 14 give no more lines."""
SCALES = 6
"""How many scales are tried: offsets need some room, and finer ones have more lines."""
MOST_SHIFT = 21
"""So that 64 bits hold results of 8 bits in front of it."""
NEAR = 64
"""How many multipliers on each side of the channel's own are tried."""
BYTES = (3, 4)
"""From one multiplier to the next."""


@dataclass(frozen=True)
class Lines:
    """Of all channels of a layer.

    Args:
        multiplier: ``[O]``, below 2**31.
        bias: ``[O]``, int32: the layer's own, scaled, with the rounding and the zero point.
        scale, shift: As the module says.
        bytes: From one multiplier to the next; 0: all have one.
    """

    multiplier: Ints
    bias: Ints
    scale: int
    shift: int
    bytes: int

    @property
    def parameters(self) -> dict[str, int]:
        """Scalar fields of kernels."""
        return {"scale": self.scale, "shift": self.shift, "multiplier_bytes": self.bytes}

    def constants(self, multiple_of: int = 1) -> tuple[Constant, Constant]:
        """Biases and multipliers, filled up to a multiple of so many channels."""
        missing = (0, -len(self.bias) % multiple_of)
        if self.bytes == 0:
            missing = (0, 0)
        octets = np.pad(self.multiplier, missing).astype("<u4").view(np.uint8).reshape(-1, 4)
        packed: Array = octets.reshape(-1)
        if self.bytes == 3:
            # The first one's lowest byte stands for itself.
            packed = np.concatenate([octets[0, :1], octets[:, 1:].reshape(-1)])
        return (
            Constant("bias", np.pad(self.bias, missing).astype(np.int32), True),
            Constant("multiplier", packed, False),
        )


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
    found = find_lines(one, (4,))
    if found is None:
        return None
    bias = (channels.bias << found.scale) + found.bias[0]
    return replace(found, bias=bias, bytes=0) if np.abs(bias).max() < MULTIPLIER_END else None


def find_lines(channels: Channels, sizes: Sequence[int] = BYTES) -> Lines | None:
    """Lines of all channels in as few bytes as go; None when some channel has none."""
    steps = find_steps(channels)
    low, high = channels.bounds
    largest = int(max(np.abs(low).max(), np.abs(high).max(), 1))
    real = channels.multiplier / 2.0 ** (31 + channels.right)
    behind = math.ceil(math.log2(MULTIPLIER_END / real.max())) - 1 - 32
    most = min(GREATEST_SCALE, math.floor(math.log2((MULTIPLIER_END - 1) / largest)))
    most = min(most, MOST_SHIFT - behind)
    for size in sizes:
        for scale in range(most, max(LEAST_SCALE, most - SCALES + 1) - 1, -1):
            if scale + behind < 0:
                return None
            found = _find(channels, steps, scale, scale + behind, size)
            if found is not None:
                return found
    return None


def _find(channels: Channels, steps: Steps, scale: int, shift: int, size: int) -> Lines | None:
    real = channels.multiplier / 2.0 ** (31 + channels.right)
    low, high = channels.bounds
    multipliers, offsets = [], []
    before = 0
    for channel, exact in enumerate(real * 2.0 ** (32 + shift - scale)):
        near = _near(exact, before, size)
        least, end = intercepts(steps, channel, near, 1 << scale, shift)
        offset = -(-least // near)
        ends = (int(low[channel]) << scale) + offset, (int(high[channel]) << scale) + offset
        fits = np.flatnonzero(
            (offset * near < end) & (ends[0] >= -MULTIPLIER_END) & (ends[1] < MULTIPLIER_END)
        )
        if not fits.size:
            return None
        multipliers.append(int(near[fits[0]]))
        offsets.append(int(offset[fits[0]]))
        before = multipliers[-1] >> 24
    # Sums have no bias: what is added to them is.
    bias = (channels.bias << scale) + np.array(offsets)
    if np.abs(bias).max() >= MULTIPLIER_END:
        return None
    return Lines(np.array(multipliers), bias, scale, shift, size)


def _near(exact: float, before: int, size: int) -> Ints:
    """Multipliers about a real number, the nearest first, then ever steeper ones: channels with few
    results may have these, and offsets that fit.

    ``before``: the last byte of the multiplier before, which is the lowest one of those of 3 bytes.
    """
    around = np.arange(-NEAR, NEAR + 1)
    unit, lowest = (256, before) if size == 3 else (1, 0)
    near: Ints = (round((exact - lowest) / unit) + around) * unit + lowest
    near = near[np.argsort(np.abs(near - exact), kind="stable")]
    steep = (max(round(exact), 1) << np.arange(1, 31)) // unit * unit + lowest
    near = np.concatenate([near, steep])
    return near[(near > 0) & (near < MULTIPLIER_END)]
