"""Chained convolutions that sum their taps in pieces and requantise by lines: starts and lines.

``kernels/include/mote_chain_split_affine.h`` and ``mote_chain_packed.h`` say how,
``requantization_line.py`` what is proven of the lines. All channels are cut at the same taps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.lower.chain_layout import AT_ONCE, SLOT, channel_words
from mote.lower.chain_split import SplitChain, find_split, sums_of_pieces
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.requantization_line import Line, Steps, find_line, find_steps

ATTEMPTS = 3
"""How many numbers of pieces are tried: smaller ones leave more room for offsets."""
MOST_CHANNELS = 2**15
"""Ways from a channel's place to another's have 16 bits."""


@dataclass(frozen=True)
class SplitAffineChain:
    """Channels in the order in which they are computed, their taps in pieces.

    Args:
        split: The order, and the pieces.
        starts: ``[2, pairs, pieces]``, what sums of A and of B start at.
        lines: ``[2, pairs]``, of A and of B.
    """

    split: SplitChain
    starts: Ints
    lines: tuple[tuple[Line, ...], tuple[Line, ...]]


def find_split_affine(channels: Channels, counted: Channels) -> SplitAffineChain | None:
    """The fewest pieces of which no slot overflows, and lines; None where few more have none.

    ``counted``: the same channels of inputs that count from where the kernel counts them.
    """
    steps, pieces = find_steps(channels), 1
    for _ in range(ATTEMPTS):
        split = find_split(channels, pieces)
        chain = _with_lines(channels, counted, steps, split)
        if chain is not None:
            return chain
        pieces = split.pieces + 1
    return None


def _with_lines(
    channels: Channels, counted: Channels, steps: Steps, split: SplitChain
) -> SplitAffineChain | None:
    """Starts in whose sum each line finds its offset.

    Of two pixels p and q, the slots of a piece are A(p) + a, A(p) + a + B(q) + b, and B(p) + b. As
    the first two are in [0, SLOT), the third is in (-SLOT, SLOT).
    """
    least, greatest = sums_of_pieces(counted, split.taps)
    lines: tuple[list[Line], list[Line]] = [], []
    starts = []
    for a, b in np.reshape(split.order, (-1, 2)).tolist():
        # A start from -greatest to -least of B takes no room from A.
        second = _start(channels, steps, counted.bias, b, -greatest[b], -least[b])
        if second is None:
            return None
        ends = least[b] + second[1], greatest[b] + second[1]
        low, high = least[a] + np.minimum(ends[0], 0), greatest[a] + np.maximum(ends[1], 0)
        first = _start(channels, steps, counted.bias, a, -low, SLOT - 1 - high)
        if first is None:
            return None
        for found, (line, _) in zip(lines, (first, second), strict=True):
            found.append(line)
        starts.append([first[1], second[1]])
    return SplitAffineChain(split, np.swapaxes(starts, 0, 1), (tuple(lines[0]), tuple(lines[1])))


def _start(
    channels: Channels, steps: Steps, bias: Ints, channel: int, low: Ints, high: Ints
) -> tuple[Line, Ints] | None:
    """The line of a channel, and between which of ``low`` and ``high`` each piece starts for it."""
    first = int(low.sum() - bias[channel])
    line = find_line(channels, steps, channel, (first, int(high.sum() - bias[channel])))
    if line is None:
        return None
    more = line.offset - first
    before = np.concatenate([[0], np.cumsum(high - low)[:-1]])
    return line, low + np.clip(more - before, 0, high - low)


def split_affine_stream(
    channels: Channels, chain: SplitAffineChain, places: Sequence[int], packed: int = 0
) -> Ints:
    """Words as ``mote_chain_split_affine.h`` or, with ``packed``, ``mote_packed_job`` says.

    Args:
        channels: In their own order.
        chain: The order, the pieces, the lines.
        places: Of the channels in a pixel of the result.
        packed: What the first window is multiplied with in words of all three; 0: in two words.
    """
    order, taps = list(chain.split.order), chain.split.taps
    fours = len(order) // AT_ONCE
    words = channel_words(select_channels(channels, order), SLOT)
    a, b = chain.starts
    first = a + SLOT * (a + b) + SLOT * SLOT * b
    sums = np.stack([first, first + packed * a + 2**32 * b] if packed else [first], axis=1)
    starts = np.stack([sums % 2**32, sums >> 32], axis=2).reshape(fours, -1, chain.split.pieces)
    parts = []
    for piece in range(chain.split.pieces):
        of_taps = words[:, piece * taps : (piece + 1) * taps]
        parts += [starts[:, :, piece], of_taps.reshape(fours, -1)]
    each = np.concatenate([*parts, _table(chain, np.asarray(places)[order])], axis=1)
    return np.concatenate([[(4 if packed else 8) * taps], each.ravel()])


def _table(chain: SplitAffineChain, placed: Ints) -> Ints:
    """``[fours, 10]``: lines, and the ways from a channel's place to the next one's."""
    fours = len(placed) // AT_ONCE
    lines = [[(line.multiplier, line.constant) for line in one] for one in chain.lines]
    numbers = np.swapaxes(lines, 0, 1).reshape(fours, 2, 4)
    places = placed.reshape(fours, AT_ONCE)
    way = np.diff(places, axis=1)
    ways = [places[:, 0] + (way[:, 0] << 16), way[:, 1] % 2**16 + (way[:, 2] << 16)]
    halves = [np.insert(numbers[:, i], 2, ways[i], axis=1) for i in range(2)]
    return np.concatenate(halves, axis=1)
