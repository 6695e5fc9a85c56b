"""Convolution 1 x 1 of eight input channels with two pixels in registers.

``kernels/include/mote_eight.h`` says how, ``requantization_line.py`` what is proven of the lines.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.tensor import Array
from mote.lower.chain import CORES, reads_outside
from mote.lower.channels import Channels
from mote.lower.convolution_cycles import Cycles, eight_cycles, of_layer
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization_line import SCALE, find_scaled_line, find_steps
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

INPUTS = 8
"""Channels of a pixel that is read."""
WORDS, TABLE_BYTES = 6, 4
"""Of a channel; of these, what the model did not learn: the multiplier."""
ORDER = (0, 2, 1, 3, 4, 6, 5, 7)
"""Of the taps in the lanes of four words."""


def eight_or(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    core: Core,
    cycles: float,
) -> tuple[Step, float]:
    """The layer with two pixels in registers where that is faster, then ``step``; and its cycles.

    Args:
        step: The layer in another form.
        graph: The graph of the layer.
        channels: All of its channels, settled where constant.
        computed: The channels to compute.
        core: Whose cycles count.
        cycles: Of ``step``.
    """
    eight = eight_form(graph, step.node, channels, computed) if core.name in CORES else None
    if eight is None:
        return step, cycles
    known = of_layer(eight, graph, _cycles(graph, step.node))
    if known >= cycles:
        return step, cycles
    return replace(eight, frugal=step, frugal_cycles=round(cycles - known)), known


def eight_form(
    graph: Graph, node: Node, channels: Channels, computed: Sequence[int]
) -> Step | None:
    """The layer with two pixels in registers; None where it has other windows or inputs, results
    that are always the same, limits besides those of int8, or a channel without a line."""
    sizes = row_geometry(graph, node)
    if sizes["kernel_height"] * sizes["kernel_width"] > 1 or sizes["x_channels"] != INPUTS:
        return None
    if reads_outside(graph, node) or len(computed) < len(channels.bias):
        return None
    words = _words(channels) if channels.y_range == (-128, 127) else None
    if words is None:
        return None
    names = ("x_width", "y_height", "y_width", "y_channels", "stride_height", "stride_width")
    height = row_shape(graph.result(node))[1]
    return Step(
        node=node,
        kernel=KERNELS["mote_conv_2d_s8_dsp_eight"],
        parameters=tuple((name, sizes[name]) for name in names),
        constants=(
            Constant(
                "weights", words, is_weights=True, table_bytes=TABLE_BYTES * len(words) // WORDS
            ),
        ),
        split=split_windows(height, layer_window(graph, node), _cycles(graph, node)),
    )


def _cycles(graph: Graph, node: Node) -> Cycles:
    sizes = row_geometry(graph, node)
    return eight_cycles(sizes["y_width"], sizes["y_channels"])


def _words(channels: Channels) -> Array | None:
    """``[6 * channels]`` words, as ``mote_eight_job`` says; None where a channel has no line."""
    steps, parts = find_steps(channels), []
    for i, weights in enumerate(channels.weights):
        line = find_scaled_line(channels, steps, i)
        if line is None:
            return None
        lanes = (SCALE * weights[list(ORDER)]).astype("<i2").view("<i4")
        start = SCALE * int(channels.bias[i]) + line.offset
        parts.append([start, *lanes.tolist(), line.multiplier])
    result: Array = np.array(parts, np.int32).reshape(-1)
    return result
