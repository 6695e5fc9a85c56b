"""Requantisation as one line: a multiplier, a constant and a shift that is the same for all layers.

The result of a channel is a step function of its sum that never falls: it is known by the least sum
of each result. A line rounded down,

    result = (sum * multiplier + intercept) >> (32 + SHIFT)

is the same function where it has the same least sums. Integers are looked for that have, among
multipliers near the channel's own and intercepts that the kernel can form. Both of TFLite's
roundings then cost one multiplication and one saturating shift by a constant. Kernels whose sums
are ``SCALE`` times those of the formula have lines without a constant.
"""

from dataclasses import dataclass

import numpy as np

from mote.lower.channels import Channels, Ints

SHIFT = 4
"""Of every line; ``MOTE_LINE_SHIFT`` of ``kernels/include/mote_chain_affine.h``. Channels whose
multiplier is 2**-5 or more, as a real number, have no line."""
WORD = 2**32
MULTIPLIER_END = 2**31
SCALE = 256
"""Of weights and sums in kernels that have weights in the upper bytes of halfwords."""
SCALED_SHIFT = 8
"""Of every line of scaled sums; ``MOTE_ROW_SHIFT`` of ``kernels/include/mote_depthwise_frame.h``.
Channels whose multiplier is 1/2 or more have no line."""
NEAR = 64
"""How far from the channel's own multiplier one is looked for."""


@dataclass(frozen=True)
class Line:
    """``((sum + offset) * multiplier >> 32) + constant`` shifted right by ``SHIFT``, rounded down.

    Saturated to int8 and then to the limits of the layer, it is the result of a sum.
    """

    multiplier: int
    constant: int
    offset: int


@dataclass(frozen=True)
class Steps:
    """The least sum of each result of a channel, and so all that its requantisation does.

    Args:
        results: From one above the least to the greatest.
        least: ``[O, results]``: the least sum that gives at least that result; one above ``high``
            where none does, ``low`` where all do.
        low, high: ``[O]``, least and greatest sum.
    """

    results: Ints
    least: Ints
    low: Ints
    high: Ints


def find_steps(channels: Channels) -> Steps:
    """Least sums of all results, by bisection."""
    low, high = channels.bounds
    results = np.arange(channels.y_range[0] + 1, channels.y_range[1] + 1)
    shape = len(low), len(results)
    below = np.broadcast_to(low[:, None], shape)
    above = np.broadcast_to(high[:, None] + 1, shape)
    while (below < above).any():
        middle = (below + above) >> 1
        reaches = (results <= channels.results(middle.T).T) | (middle > high[:, None])
        above = np.where(reaches, middle, above)
        below = np.where(reaches, below, np.minimum(middle + 1, above))
    return Steps(results, above, low, high)


def find_line(
    channels: Channels, steps: Steps, channel: int, offsets: tuple[int, int]
) -> Line | None:
    """The line of one channel; None when none was found.

    Args:
        channels: All of them.
        steps: Theirs.
        channel: Which.
        offsets: Least and greatest offset to be taken.
    """
    near = _near(channels, channel, SHIFT)
    if not near.size:
        return None
    ends = intercepts(steps, channel, near, 1, SHIFT)
    for multiplier, least, end in zip(near.tolist(), *(e.tolist() for e in ends), strict=True):
        if least >= end:
            continue
        start = (least - offsets[0] * multiplier) % WORD
        more = _first_between(multiplier, WORD, start, start + end - least - 1)
        if more is not None and offsets[0] + more <= offsets[1]:
            offset = offsets[0] + more
            return Line(multiplier, -((offset * multiplier - least) // WORD), offset)
    return None


def find_scaled_line(channels: Channels, steps: Steps, channel: int) -> Line | None:
    """The line of one channel for sums that are ``SCALE`` times those of ``steps``.

    Its constant is 0, and it is shifted by ``SCALED_SHIFT``. None when none was found for which
    scaled sums, with the offset, stay below 2**31. Channels with few results may have steep lines:
    these need small offsets.
    """
    near = _near(channels, channel, SCALED_SHIFT - SCALE.bit_length() + 1)
    if not near.size:
        return None
    steep = near[0] << np.arange(1, 31)
    near = np.concatenate([near, steep[steep < MULTIPLIER_END]])
    least, end = intercepts(steps, channel, near, SCALE, SCALED_SHIFT)
    offsets = -(-least // near)
    most = 2**31 - 1 - SCALE * int(channels.magnitude[channel])
    fits = np.flatnonzero((offsets * near < end) & (np.abs(offsets) <= most))
    return Line(int(near[fits[0]]), 0, int(offsets[fits[0]])) if fits.size else None


def _near(channels: Channels, channel: int, shift: int) -> Ints:
    """Multipliers about 2**(32 + shift) times the channel's own real number, the nearest first;
    none where that is too great."""
    exact = int(channels.multiplier[channel]) * 2.0 ** (shift + 1 - int(channels.right[channel]))
    near: Ints = round(exact) + np.arange(-NEAR, NEAR + 1)
    near = near[(near > 0) & (near < MULTIPLIER_END)]
    near = near[np.argsort(np.abs(near - exact), kind="stable")]
    return near if exact < MULTIPLIER_END else near[:0]


def _first_between(step: int, modulus: int, low: int, high: int) -> int | None:
    """The least n >= 0 with ``low <= n * step mod modulus <= high``, where low < modulus; None
    without any. Multiples of the step are counted round by round, as Euclid's algorithm does."""
    if low == 0 or high >= modulus:
        return 0
    if step == 0:
        return None
    n = -(-low // step)
    if n * step <= high:
        return n
    rounds = _first_between(modulus % step, step, -high % step, -low % step)
    return None if rounds is None else -(-(low + modulus * rounds) // step)


def intercepts(
    steps: Steps, channel: int, multipliers: Ints, scale: int, shift: int
) -> tuple[Ints, Ints]:
    """For each multiplier, least intercept with the channel's steps, and one above the greatest;
    of lines of ``scale`` times the sums that are shifted by ``shift``."""
    least, results = steps.least[channel], steps.results << (32 + shift)
    is_reached, is_left = least <= steps.high[channel], least > steps.low[channel]
    scaled = multipliers[:, None] * scale
    sums = scaled * least
    from_below = np.where(is_reached, results - sums, np.iinfo(np.int64).min).max(
        1, initial=-(2**62)
    )
    from_above = np.where(is_left, results - sums + scaled, 2**62).min(1, initial=2**62)
    from_below = np.where(from_below < -(2**61), from_above - WORD, from_below)
    from_above = np.where(from_above > 2**61, from_below + WORD, from_above)
    return from_below, from_above
