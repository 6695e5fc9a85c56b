"""Convolution with two pixels in a word: the proof that their sums stay apart, and the kernel call.

``kernels/include/mote_dot_swar.h`` says how. The sum of a block of taps must fit 16 bits whatever
the inputs are; sums over all blocks are int32 as ever.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels, Ints
from mote.lower.convolution_cycles import swar_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.narrow_requantization import narrow
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

WORD = 4
"""Weights that are read at a time, and taps of a long block."""
SHORT = 2
"""Taps of a short block."""
FEWEST_CHANNELS = 4
"""That pay for putting the inputs in words."""
SLOT = 2**15
"""Sums of a block are at least -SLOT and below SLOT."""


def short_channels(channels: Channels) -> NDArray[np.bool_] | None:
    """``[O]``: whose sums of four taps do not fit 16 bits; None when some of two do not either."""
    ends = channels.weights * channels.x_low, channels.weights * channels.x_high
    low, high = in_words(np.minimum(*ends)), in_words(np.maximum(*ends))

    def fit(taps: int) -> NDArray[np.bool_]:
        least, greatest = (v.reshape(len(v), -1, taps).sum(2) for v in (low, high))
        return np.asarray((least >= -SLOT).all(1) & (greatest < SLOT).all(1))

    return ~fit(WORD) if fit(SHORT).all() else None


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
    is_short = short_channels(channels)
    sizes = row_geometry(graph, node)
    pixels = graph.result(node).elements // sizes["y_channels"]
    if is_short is None or sizes["y_channels"] < FEWEST_CHANNELS or pixels < 2:
        return otherwise
    requantization = narrow(channels)
    if requantization is None:
        return otherwise
    weights = in_words(channels.weights)
    taps = weights.shape[1]
    fixed = {
        name: size for name, size in sizes.items() if name != "groups"
    } | requantization.parameters

    shorts = Constant("shorts", np.packbits(is_short, bitorder="little"), False)
    flush = 1 + float(is_short.mean())

    def step(at_once: int) -> Step:
        cycles = swar_cycles(
            sizes["y_width"],
            sizes["y_channels"],
            taps,
            sizes["kernel_height"],
            flush,
            at_once,
            is_pointwise=sizes["kernel_height"] == sizes["kernel_width"] == 1,
        )
        return Step(
            node=node,
            kernel=KERNELS["mote_conv_2d_s8_swar"],
            parameters=(*fixed.items(), ("pixels", at_once)),
            constants=(
                Constant("weights", weights.astype(np.int8), True),
                requantization.constant,
                shorts,
            ),
            scratch_bytes=2 * at_once * taps,
            split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
        )

    # Two pixels a time cost half a cycle more a product.
    extra = max(pixels * sizes["y_channels"] * taps // 2, 1)
    return replace(step(4), frugal=step(2), frugal_cycles=extra)
