"""Convolution with two pixels in a word: the proof that their sums stay apart, and the kernel call.

``kernels/include/mote_dot_swar.h`` says how. The sum of a block of taps must fit 16 bits whatever
the inputs are; sums over all blocks are int32 as ever.
"""

from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels, Ints
from mote.lower.convolution_cycles import swar_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.narrow_requantization import narrow
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

BLOCKS = (4, 2)
"""Taps whose products the kernel sums in 16 bits, the fastest first."""
WORD = 4
"""Weights that are read at a time."""
FEWEST_CHANNELS = 4
"""That pay for putting the inputs in words."""
SLOT = 2**15
"""Sums of a block are at least -SLOT and below SLOT."""


def taps_of_a_block(channels: Channels) -> int | None:
    """How many taps in a row have sums of 16 bits, wherever a block starts; None if no number."""
    ends = channels.weights * channels.x_low, channels.weights * channels.x_high
    low, high = in_words(np.minimum(*ends)), in_words(np.maximum(*ends))
    for taps in BLOCKS:
        least, greatest = (v.reshape(len(v), -1, taps).sum(2) for v in (low, high))
        if least.min() >= -SLOT and greatest.max() < SLOT:
            return taps
    return None


def in_words(values: Ints) -> Ints:
    """``[O, taps]`` filled up with zeros to whole words."""
    return np.pad(values, ((0, 0), (0, -values.shape[1] % WORD)))


def swar_step(graph: Graph, node: Node, channels: Channels, otherwise: Step) -> Step:
    """One convolution without groups and with weights of 8 bits.

    Args:
        graph, node: The layer.
        channels: Its channels.
        otherwise: The step where the proof fails or the layer is too small.
    """
    block = taps_of_a_block(channels)
    sizes = row_geometry(graph, node)
    pixels = graph.result(node).elements // sizes["y_channels"]
    if block is None or sizes["y_channels"] < FEWEST_CHANNELS or pixels < 2:
        return otherwise
    requantization = narrow(channels)
    if requantization is None:
        return otherwise
    weights = in_words(channels.weights)
    taps = weights.shape[1]
    fixed = {
        name: size for name, size in sizes.items() if name != "groups"
    } | requantization.parameters

    def step(at_once: int) -> Step:
        cycles = swar_cycles(
            sizes["y_width"], sizes["y_channels"], taps, sizes["kernel_height"], block, at_once
        )
        return Step(
            node=node,
            kernel=KERNELS["mote_conv_2d_s8_swar"],
            parameters=(*fixed.items(), ("pixels", at_once), ("block", block)),
            constants=(Constant("weights", weights.astype(np.int8), True), requantization.constant),
            scratch_bytes=2 * at_once * taps,
            split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
        )

    # Two pixels a time cost half a cycle more a product.
    extra = max(pixels * sizes["y_channels"] * taps // 2, 1)
    return replace(step(4), frugal=step(2), frugal_cycles=extra)
