"""Where channels stand in the words of a chained convolution, and the proof that no slot overflows.

``kernels/include/mote_chain.h`` says how. Two channels share a word, and their sums the slots of a
64-bit accumulator, which must hold them for any input: channels with large sums go with channels
with small ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.requantization_line import Line

SLOT = 2**21
"""Values of a slot. The third one of an accumulator holds as many again below 0."""
AT_ONCE = 4
"""Channels that a tap's words hold."""
TABLE_WORDS = 10
"""Of the stream, for each four channels: offsets, multipliers, places and shifts."""
Bounds = Callable[[Channels], tuple[Ints, Ints]]
"""Least and greatest sum of each channel, bias included, whatever the input."""


@dataclass(frozen=True)
class Chain:
    """Channels in the order in which they are computed.

    Args:
        order: Indices of channels, a multiple of four: A and B of each pair. Every channel stands
            there at least once.
        offsets: Of each pair, what the first two slots start at, bias apart.
    """

    order: tuple[int, ...]
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class AffineChain:
    """Channels in the order in which they are computed, a multiple of four: A and B of each pair.

    Args:
        order: Indices of channels; each stands there at least once.
        lines: Of each. The offsets of A are what the first two slots start at, those of B are added
            to its bias.
        is_wide: True where sums of each channel fill a slot alone.
        rest: Indices of channels that are computed otherwise; every other stands in ``order``.
    """

    order: tuple[int, ...]
    lines: tuple[Line, ...]
    is_wide: bool = False
    rest: tuple[int, ...] = ()


def find_chain(channels: Channels, bounds: Bounds) -> Chain | None:
    """An order and an offset for which no slot overflows; None without any.

    Of two pixels p and q, the slots are A(p) + offset, A(p) + 2 * B(q) + offset, and 2 * B(p).
    """
    low, high = bounds(channels)
    order = pair_by_size(high - low)
    a, b = np.reshape(order, (-1, 2)).T
    least = np.minimum(low[a], low[a] + 2 * low[b])
    greatest = np.maximum(high[a], high[a] + 2 * high[b])
    alone = 2 * np.maximum(high[b] + 1, -low[b])
    if (greatest - least).max() >= SLOT or alone.max() > SLOT:
        return None
    return Chain(tuple(order), tuple((-least).tolist()))


def pair_by_size(sizes: Ints) -> list[int]:
    """Channels such that the largest stands before the smallest, and so on, filled up to fours."""
    ranked = [int(i) for i in np.argsort(-sizes, kind="stable")]
    ranked += ranked[-1:] * (-len(ranked) % AT_ONCE)
    half = len(ranked) // 2
    return [i for pair in zip(ranked[:half], reversed(ranked[half:]), strict=True) for i in pair]


def in_sequence(count: int) -> list[int]:
    """So many channels in their own order; some stand in the last two fours."""
    fours = [min(i, max(count - AT_ONCE, 0)) for i in range(0, count, AT_ONCE)]
    return [min(first + i, count - 1) for first in fours for i in range(AT_ONCE)]


def stream(channels: Channels, chain: Chain, places: Sequence[int]) -> Ints:
    """``[fours, 14 + 2 * K up to a multiple of 4]`` words, as ``mote_chain_job`` says.

    ``places``: of the channels in a pixel of the result.
    """
    chosen = select_channels(channels, chain.order)
    words = channel_words(chosen, 2 * SLOT)
    bias_a, bias_b = chosen.bias[0::2], 2 * chosen.bias[1::2]
    offsets = np.asarray(chain.offsets)
    first = offsets + bias_a
    sums = first + SLOT * (first + bias_b) + SLOT * SLOT * bias_b
    starts = np.stack([sums % 2**32, sums >> 32], axis=1)
    placed = np.asarray(places)[list(chain.order)]
    table = np.stack([chosen.multiplier, placed << 8 | chosen.right - 1], axis=1)
    table = np.concatenate([2 * offsets[:, None], table.reshape(-1, 4)], axis=1)
    fours = len(chain.order) // AT_ONCE
    parts = (starts.reshape(fours, -1), words.reshape(fours, -1), table.reshape(fours, -1))
    return np.concatenate(parts, axis=1)


def channel_words(chosen: Channels, distance: int) -> Ints:
    """``[fours, K up to a multiple of 4, 2]`` words of A and B, and of C and D."""
    weights = np.pad(chosen.weights, ((0, 0), (0, -chosen.weights.shape[1] % 4)))
    words = weights[0::2] + distance * weights[1::2]
    return words.reshape(-1, 2, weights.shape[1]).transpose(0, 2, 1)
