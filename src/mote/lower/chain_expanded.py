"""Chained convolutions whose weights take a byte each in flash, and are expanded into RAM.

``kernels/include/mote_line_expand.h`` says how. RAM holds the words from the first call of the
layer to its last, and is read without the wait states of flash.
"""

from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph
from mote.lower.channels import Ints
from mote.lower.split import row_shape
from mote.lower.step import Step

STARTS, TABLE = 4, 10
"""Words of the stream before and behind the weights of four channels."""
SLOT_BITS = 21
CYCLES_OF_WEIGHT = 2.6
"""That is expanded."""
CYCLES_OF_FOUR = 45
"""Channels, besides: what is copied."""


def expanded(chain: Step, graph: Graph) -> Step:
    """The chain with its weights expanded by the first call: less flash, more RAM.

    Args:
        chain: With windows that do not slide.
        graph: The graph of the layer.
    """
    (weights, *others) = chain.constants
    words = _words(chain)
    split = chain.split
    assert split is not None
    images, height, _ = row_shape(graph.result(chain.node))
    once = expansion_cycles(chain)
    return replace(
        chain,
        parameters=tuple((k, 1 if k == "expands" else v) for k, v in chain.parameters),
        constants=(replace(weights, array=pack(words)), *others),
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


def pack(words: Ints) -> Ints:
    """The stream with the four weights of a tap in a word: ``[fours, 14 + taps]``.

    Args:
        words: ``[fours, 14 + 2 * taps]``, as ``mote_line_job`` says.
    """
    pairs = words[:, STARTS:-TABLE].astype(np.int64)
    first = (pairs + 128) % 256 - 128
    second = (pairs - first) >> SLOT_BITS
    quads = np.stack([first, second], axis=-1).reshape(len(words), -1, 4)
    bytes_of = quads.astype(np.int8).astype(np.uint8).astype(np.uint32)
    packed = (bytes_of << np.array([0, 8, 16, 24], np.uint32)).sum(axis=-1, dtype=np.uint32)
    return np.concatenate(
        [words[:, :STARTS], packed.view(np.int32), words[:, -TABLE:]], axis=1
    ).astype(np.int32)
