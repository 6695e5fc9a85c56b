"""Convolution for cores with MVE as kernel calls."""

from collections.abc import Mapping

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.channels import Channels, select_channels
from mote.lower.constant_channels import computed_channels, constant_results
from mote.lower.convolution_cycles import Cycles, mve_cycles, mve_pixel_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.mve_layout import LANES, mve_constants
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

MOST_CHANNELS_IN_PAIRS = 0xFFF0
"""Results of a pixel up to which those of two lie within 16 bits."""


def lower_mve_convolution(graph: Graph, node: Node, channels: Channels) -> Step:
    """One convolution whose channels ``fits_mve`` takes."""
    sizes = row_geometry(graph, node)
    taps = channels.weights.shape[1]
    constant, value = constant_results(channels)
    computed = computed_channels(constant, (21 + 10 * -(-taps // 16)) / LANES)
    is_cut = len(computed) < len(constant)
    chosen = select_channels(channels, computed)
    parameters = {name: size for name, size in sizes.items() if name != "groups"}
    parameters |= {"blocks": -(-len(computed) // LANES) * is_cut, **result_range(channels)}
    cycles = _cycles(sizes, len(computed), taps, is_cut)
    single = channels.rounding is Rounding.SINGLE
    return Step(
        node=node,
        kernel=KERNELS["mote_conv_2d_s8_mve" + "_single" * single],
        parameters=tuple(parameters.items()),
        constants=(
            *mve_constants(chosen, np.array(computed) if is_cut else None, len(computed)),
            *([Constant("constants", value.astype(np.int8), False)] if is_cut else []),
        ),
        scratch_bytes=-(-taps // 4) * 4,
        split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
    )


def _cycles(sizes: Mapping[str, int], channels: int, taps: int, is_cut: bool) -> Cycles:
    """Of a call that computes some rows; the conditions are those of the kernel."""
    reach = (sizes["y_width"] - 1) * sizes["stride_width"]
    is_pixel = (
        sizes["kernel_height"] == sizes["kernel_width"] == 1
        and sizes["pad_left"] == 0
        and reach < sizes["x_width"]
        and sizes["y_channels"] < MOST_CHANNELS_IN_PAIRS
        and not is_cut
    )
    if is_pixel:
        return mve_pixel_cycles(sizes["y_width"], channels, taps)
    return mve_cycles(sizes["y_width"], channels, taps, sizes["kernel_height"])
