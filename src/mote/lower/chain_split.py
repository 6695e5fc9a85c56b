"""Chained convolutions that sum their taps in pieces: where to cut, and the proof for each piece.

``kernels/include/mote_chain_split.h`` says how. All channels are cut at the same taps, into as few
equal pieces as the slots need.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.lower.chain_layout import AT_ONCE, SLOT, channel_words, pair_by_size
from mote.lower.channels import Channels, Ints, select_channels

SPLIT_TABLE_WORDS = 12
"""Of the stream, for each four channels: offsets, biases, multipliers, places and shifts."""


@dataclass(frozen=True)
class SplitChain:
    """Channels in the order in which they are computed, their taps in pieces.

    Args:
        order: Indices of channels, a multiple of four: A and B of each pair. Every channel stands
            there at least once.
        taps: Of each piece, a multiple of 4; the last one may have fewer.
        offsets: ``[pairs, pieces]``, what the first two slots start at.
    """

    order: tuple[int, ...]
    taps: int
    offsets: Ints

    @property
    def pieces(self) -> int:
        """How many there are."""
        return int(self.offsets.shape[1])


def find_split(channels: Channels, at_least: int = 1) -> SplitChain:
    """The fewest pieces, but ``at_least`` if possible, of which no slot overflows.

    Of four int8 taps none can. Of two pixels p and q, the slots are A(p) + offset,
    A(p) + B(q) + offset, and B(p), without bias. As the first two are in [0, SLOT), the third is in
    (-SLOT, SLOT).
    """
    count = channels.weights.shape[1]
    low, high = sums_of_pieces(channels, count)
    order = pair_by_size((high - low)[:, 0])
    fours = -(-count // 4)
    for pieces in range(min(at_least, fours), fours + 1):
        taps = 4 * -(-fours // pieces)
        low, high = sums_of_pieces(channels, taps)
        least, greatest = (_slot_ends(sums, order, i) for i, sums in enumerate((low, high)))
        if (greatest - least).max() < SLOT:
            break
    return SplitChain(tuple(order), taps, -least)


def sums_of_pieces(channels: Channels, taps: int) -> tuple[Ints, Ints]:
    """``[O, pieces]``: least and greatest sum of so many taps each, without bias."""
    ends = channels.weights * channels.x_low, channels.weights * channels.x_high
    starts = np.arange(0, channels.weights.shape[1], taps)
    low: Ints = np.add.reduceat(np.minimum(*ends), starts, axis=1)
    high: Ints = np.add.reduceat(np.maximum(*ends), starts, axis=1)
    return low, high


def _slot_ends(sums: Ints, order: Sequence[int], is_greatest: int) -> Ints:
    """``[pairs, pieces]``: an end of the first two slots, of the same end of sums."""
    a, b = sums[order[0::2]], sums[order[1::2]]
    result: Ints = np.maximum(a, a + b) if is_greatest else np.minimum(a, a + b)
    return result


def split_stream(
    channels: Channels, chain: SplitChain, places: Sequence[int], packed: int = 0
) -> Ints:
    """Words as ``mote_chain_split.h`` says.

    Args:
        channels: In their own order.
        chain: The order, and the pieces.
        places: Of the channels in a pixel of the result.
        packed: How far the third window is from the others in words of all three; 0: in two words.
    """
    chosen = select_channels(channels, chain.order)
    fours = len(chain.order) // AT_ONCE
    words = channel_words(chosen, SLOT)
    first = chain.offsets + SLOT * chain.offsets
    starts = np.stack([first, first + packed * chain.offsets] if packed else [first], axis=1)
    starts = np.stack([starts % 2**32, starts >> 32], axis=2)
    starts = starts.reshape(fours, -1, chain.pieces)
    parts = []
    for piece in range(chain.pieces):
        taps = words[:, piece * chain.taps : (piece + 1) * chain.taps]
        parts += [starts[:, :, piece], taps.reshape(fours, -1)]
    bias = 2 * chosen.bias.reshape(-1, 2)
    offsets = 2 * chain.offsets.sum(1) - bias[:, 0]
    placed = np.asarray(places)[list(chain.order)]
    table = np.stack([chosen.multiplier, placed << 8 | chosen.right - 1], axis=1).reshape(-1, 4)
    table = np.concatenate([offsets[:, None], bias[:, 1:], table], axis=1)
    each = np.concatenate([*parts, table.reshape(fours, SPLIT_TABLE_WORDS)], axis=1)
    return np.concatenate([[(4 if packed else 8) * chain.taps], each.ravel()])
