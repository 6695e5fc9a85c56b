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
START_WORDS = 4
"""Of the stream, for each piece of four channels: first values of the sums."""


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


def find_split(channels: Channels) -> SplitChain:
    """The fewest pieces of which no slot overflows; of four int8 taps none can.

    Of two pixels p and q, the slots are A(p) + offset, A(p) + B(q) + offset, and B(p), without
    bias. As A(p) + offset and A(p) + B(q) + offset are in a slot, B(p) is in the third.
    """
    ends = channels.weights * channels.x_low, channels.weights * channels.x_high
    low, high = np.minimum(*ends), np.maximum(*ends)
    order = pair_by_size((high - low).sum(1))
    fours = -(-channels.weights.shape[1] // 4)
    for pieces in range(1, fours + 1):
        taps = 4 * -(-fours // pieces)
        least, greatest = (_slot_ends(_sums(x, taps), order, i) for i, x in enumerate((low, high)))
        if (greatest - least).max() < SLOT:
            break
    return SplitChain(tuple(order), taps, -least)


def _sums(values: Ints, taps: int) -> Ints:
    """``[O, pieces]`` of ``[O, K]``."""
    starts = np.arange(0, values.shape[1], taps)
    result: Ints = np.add.reduceat(values, starts, axis=1)
    return result


def _slot_ends(sums: Ints, order: Sequence[int], is_greatest: int) -> Ints:
    """``[pairs, pieces]``: an end of the first two slots, of the same end of sums."""
    a, b = sums[order[0::2]], sums[order[1::2]]
    result: Ints = np.maximum(a, a + b) if is_greatest else np.minimum(a, a + b)
    return result


def split_stream(channels: Channels, chain: SplitChain, places: Sequence[int]) -> Ints:
    """Words as ``mote_chain_split.h`` says; ``places``: of the channels in a pixel."""
    chosen = select_channels(channels, chain.order)
    fours = len(chain.order) // AT_ONCE
    words = channel_words(chosen, SLOT)
    starts = chain.offsets + SLOT * chain.offsets
    starts = np.stack([starts % 2**32, starts >> 32], axis=1).reshape(fours, START_WORDS, -1)
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
    return np.concatenate([[8 * chain.taps], each.ravel()])
