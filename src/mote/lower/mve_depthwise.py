"""Depthwise convolution 3 x 3 for cores with MVE as kernel calls."""

from collections.abc import Mapping

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.channels import Channels, select_channels
from mote.lower.constant_channels import computed_channels, constant_results, most_common
from mote.lower.convolution_cycles import mve_depthwise_3x3_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.mve_layout import LANES, blocks_of
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

EIGHT = 8
"""Channels whose columns are put side by side."""
COLUMN_BYTES = 4
MAX_COLUMNS = (2**16 - 1) // (EIGHT * COLUMN_BYTES)
INSTRUCTIONS = 8
"""Of a result."""

_SAME = ("x_width", "y_height", "y_width", "stride_height", "stride_width", "pad_left", "x_zero")


def fits_mve_3x3(sizes: Mapping[str, int]) -> bool:
    """True when a plain 3 x 3 layer has enough channels and is not too wide."""
    return sizes["x_channels"] >= EIGHT and _columns(sizes) <= MAX_COLUMNS


def _columns(sizes: Mapping[str, int]) -> int:
    """Of the input that a row of the result reads, those outside included."""
    return (sizes["y_width"] - 1) * sizes["stride_width"] + 3


def lower_mve_depthwise_3x3(graph: Graph, node: Node, channels: Channels) -> Step:
    """One layer whose sizes ``fits_mve_3x3`` takes and whose channels ``fits_mve``."""
    sizes = row_geometry(graph, node)
    count = sizes["x_channels"]
    constant, value = constant_results(channels)
    common = most_common(value[constant])
    computed = computed_channels(constant & (value == common), INSTRUCTIONS)
    places = np.array(computed)
    eights = [places[places // EIGHT == i] for i in range(-(-count // EIGHT))]
    in_fours = np.concatenate([blocks_of(each) for each in eights if len(each)])
    chosen = select_channels(channels, in_fours.tolist())
    firsts = np.minimum(in_fours // EIGHT * EIGHT, count - EIGHT)
    quads = [-(-len(each) // LANES) for each in eights]
    is_cut = len(computed) < count
    # [channels, ky, kx] -> [channels, kx, ky]
    weights = chosen.weights.reshape(-1, 3, 3).swapaxes(1, 2).reshape(-1, 9)
    parameters = {name: sizes[name] for name in _SAME} | {"channels": count}
    parameters |= {"constant": common, "is_cut": int(is_cut), **result_range(chosen)}
    cycles = mve_depthwise_3x3_cycles(
        sizes["y_width"], sizes["stride_width"], sum(map(bool, quads)), sum(quads)
    )
    single = channels.rounding is Rounding.SINGLE
    return Step(
        node=node,
        kernel=KERNELS["mote_depthwise_conv_2d_s8_mve_3x3" + "_single" * single],
        parameters=tuple(parameters.items()),
        constants=(
            Constant("weights", weights.astype(np.int8), True),
            Constant("bias", chosen.bias.astype(np.int32), True),
            Constant("multiplier", chosen.multiplier.astype(np.int32), False),
            Constant("finish", (-chosen.right).astype(np.int16), False),
            Constant("lanes", (in_fours - firsts).astype(np.uint8), False),
            Constant("quads", np.array(quads, np.uint8), False),
        ),
        scratch_bytes=EIGHT * COLUMN_BYTES * _columns(sizes) + 16,
        split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
    )
