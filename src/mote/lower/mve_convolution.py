"""Convolution for cores with MVE as kernel calls."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.channels import Channels, select_channels
from mote.lower.constant_channels import computed_channels, constant_results
from mote.lower.convolution_cycles import mve_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.mve_layout import LANES, mve_constants
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step


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
    cycles = mve_cycles(sizes["y_width"], len(computed), taps, sizes["kernel_height"])
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
