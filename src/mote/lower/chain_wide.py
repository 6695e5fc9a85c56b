"""Chained convolutions of one pixel where each channel alone fits a slot, and a few have no line.

``kernels/include/mote_chain_affine.h`` (``MOTE_WIDE``) and ``mote_line_rest.h`` say how.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Rounding
from mote.ir.tensor import Array
from mote.lower.chain_layout import SLOT, AffineChain, in_sequence
from mote.lower.channels import Channels
from mote.lower.dsp_layout import SHIFTS
from mote.lower.requantization_line import Line, find_line, find_steps

MOST_REST = 64
"""So many channels have at most one that is computed apart."""


def find_wide_chain(channels: Channels) -> AffineChain | None:
    """Lines for which every channel, with its offset, has a slot of its own, but for a few that
    have none; None where these are more."""
    low, high = channels.bounds
    steps = find_steps(channels)
    lines: dict[int, Line] = {}
    for i, (least, greatest) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        line = None
        if greatest - least < SLOT:
            line = find_line(channels, steps, i, (-least, SLOT - 1 - greatest))
        if line is not None:
            lines[i] = line
        elif MOST_REST * (i + 1 - len(lines)) > len(low):
            return None
    rest = tuple(i for i in range(len(low)) if i not in lines)
    if not all(_is_finished(channels, i) for i in rest):
        return None
    with_lines = list(lines)
    order = tuple(with_lines[k] for k in in_sequence(len(with_lines)))
    return AffineChain(order, tuple(lines[i] for i in order), is_wide=True, rest=rest)


def _is_finished(channels: Channels, channel: int) -> bool:
    """True when ``mote_finish`` requantises its sums."""
    return channels.right[channel] in SHIFTS and channels.magnitude[channel] < 2**30


def rest_words(
    words: Array, channels: Channels, rest: Sequence[int], places: Sequence[int]
) -> Array:
    """The stream, and behind it words of the channels without lines as ``mote_line_rest.h`` says;
    as it is where there are none.

    ``places``: of the channels in a pixel of the result.
    """
    if not rest:
        return words
    head = [len(rest), int(channels.rounding is Rounding.DOUBLE)]
    parts = [words.ravel(), np.array(head)]
    for i in rest:
        right = int(channels.right[i])
        zero = (2 * channels.y_zero + 1) << (right - 1)
        line = places[i], channels.bias[i], channels.multiplier[i], right, zero
        parts.append(np.array(line))
        weights = np.pad(channels.weights[i], (0, -channels.weights.shape[1] % 4))
        parts.append(weights.astype(np.int8).view(np.int32))
    return np.concatenate(parts).astype(np.int32)
