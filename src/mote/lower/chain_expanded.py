"""Chained convolutions whose weights take a byte each in flash, and are expanded into RAM.

``kernels/include/mote_line_expand.h`` says how. RAM holds the words from the first call of the
layer to its last, and is read without the wait states of flash.
"""

from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph
from mote.lower.chain_layout import AT_ONCE, in_sequence
from mote.lower.channels import Ints
from mote.lower.split import row_shape
from mote.lower.step import Step

STARTS, TABLE = 4, 10
"""Words of the stream before and behind the weights of four channels."""
SLOT_BITS = 21
LINE_WORDS = 9
"""Of the packed stream, for each four channels: first sums, multipliers and constants."""
LINE_BYTES = 5
"""Of a channel's nine there: what is no bias."""
PLACES = [2, 7]
"""Words of the table with ways from place to place; the others are multipliers and constants."""
FIRST_BITS, CONSTANT_BITS = 22, 19
"""Of signed numbers in the packed stream."""
LOW_BITS = 10
"""Of a constant, beside a first sum."""
MOST_PLACES = 2**8
IN_SEQUENCE, BY_PLACE = 1, 2
"""How ``expands`` says where the results of channels go."""
CYCLES_OF_WEIGHT = 2.6
"""That is expanded."""
CYCLES_OF_FOUR = 75
"""Channels, besides: their lines."""


def expanded(chain: Step, graph: Graph) -> Step | None:
    """The chain with its weights expanded by the first call: less flash, more RAM; None where its
    numbers do not fit, or channels without lines stand behind them.

    Args:
        chain: With windows that do not slide.
        graph: The graph of the layer.
    """
    (weights, *others) = chain.constants
    if weights.array.ndim == 1:
        return None
    words = _words(chain)
    packed = pack(words)
    if packed is None:
        return None
    places = find_places(words)
    outputs = graph.result(chain.node).shape[-1]
    is_in_sequence = outputs >= AT_ONCE and places.tolist() == in_sequence(outputs)
    if not is_in_sequence:
        if places.max() >= MOST_PLACES:
            return None
        packed = np.concatenate([packed.reshape(-1), places.astype(np.uint8).view(np.int32)])
    table_bytes = (LINE_BYTES + (not is_in_sequence)) * len(places)
    split = chain.split
    assert split is not None
    images, height, _ = row_shape(graph.result(chain.node))
    once = expansion_cycles(chain)
    expands = IN_SEQUENCE if is_in_sequence else BY_PLACE
    return replace(
        chain,
        parameters=tuple((k, expands if k == "expands" else v) for k, v in chain.parameters),
        constants=(replace(weights, array=packed, table_bytes=table_bytes), *others),
        state_bytes=words.nbytes,
        split=replace(split, row_cycles=split.row_cycles + once / (images * height)),
    )


def expansion_cycles(chain: Step) -> float:
    """Of the first call, besides what every call takes."""
    fours, length = (int(n) for n in _words(chain).shape)
    return fours * (CYCLES_OF_FOUR + 2 * CYCLES_OF_WEIGHT * (length - STARTS - TABLE))


def _words(chain: Step) -> Ints:
    """The stream: ``[fours, 14 + 2 * taps]``."""
    fours = dict(chain.parameters)["fours"]
    assert isinstance(fours, int)
    return chain.constants[0].array.reshape(fours, -1)


def pack(words: Ints) -> Ints | None:
    """The stream with the four weights of a tap in a word, and lines in nine bytes a channel:
    ``[fours, taps + 9]``; None where a number does not fit.

    Args:
        words: ``[fours, 14 + 2 * taps]``, as ``mote_line_job`` says.
    """
    table = np.delete(words[:, -TABLE:].astype(np.int64), PLACES, axis=1).reshape(-1, 2)
    multiplier, constant = table.T
    first = first_sums(words)
    if not (_fits(first, FIRST_BITS) and _fits(constant, CONSTANT_BITS) and multiplier.min() >= 0):
        return None
    pairs = words[:, STARTS:-TABLE].astype(np.int64)
    a = (pairs + 128) % 256 - 128
    b = (pairs - a) >> SLOT_BITS
    quads = np.stack([a, b], axis=-1).astype(np.int8).reshape(len(words), -1).view(np.int32)
    low = constant % 2**LOW_BITS
    lines = [
        (first << LOW_BITS | low).astype(np.int32),
        (multiplier << 1 | constant >> LOW_BITS & 1).astype(np.uint32).view(np.int32),
        (constant >> LOW_BITS + 1).astype(np.int8).view(np.int32),
    ]
    return np.concatenate([quads, *(part.reshape(len(words), -1) for part in lines)], axis=1)


def first_sums(words: Ints) -> Ints:
    """``[4 * fours]`` numbers (p, q) of each pair of channels, p not below 0, with which the sums
    start at (p + q * 2^21) * (1 + 2^21), modulo 2^64.

    Others than the biases, where p is one below 0, but with the same start.
    """
    starts = words[:, :STARTS].astype(np.int64).reshape(-1, 2)
    inverse = pow(1 + 2**SLOT_BITS, -1, 2**64)
    wholes = [(low % 2**32 + (high << 32)) * inverse % 2**64 for low, high in starts.tolist()]
    signed = [n - 2**64 if n >= 2**63 else n for n in wholes]
    return np.array([(n % 2**SLOT_BITS, n >> SLOT_BITS) for n in signed]).reshape(-1)


def find_places(words: Ints) -> Ints:
    """``[4 * fours]``: of the channels in a pixel of the result."""
    first, second = words[:, -TABLE:].astype(np.int64)[:, PLACES].T
    ways = first & 0xFFFF, first >> 16, (second + 2**15) % 2**16 - 2**15, second >> 16
    return np.cumsum(np.stack(ways, axis=1), axis=1).reshape(-1)


def _fits(values: Ints, bits: int) -> bool:
    return bool((np.abs(2 * values + 1) < 2**bits).all())
