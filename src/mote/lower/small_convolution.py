"""Convolution in as few bytes of code and constants as go, as kernel calls.

``kernels/mote_conv_2d_s8_dsp_small.c`` and ``mote_depthwise_conv_2d_s8_dsp_small.c`` say how. They
are the last forms of their layers: slower than others, but one kernel serves layers of all shapes.
"""

from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.tensor import Array
from mote.lower.channels import Channels
from mote.lower.convolution_cycles import Cycles, of_layer, small_cycles, small_depthwise_cycles
from mote.lower.dsp_layout import in_fours, lane_bytes, pack_lanes, pair_channels
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.small_line import Lines, find_lines
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
OCTET = 256
"""End of the fields of one byte."""


def with_small(step: Step, graph: Graph, channels: Channels, core: Core) -> Step:
    """The step with ``small_form`` as its last one."""
    last = small_form(graph, step.node, channels, core)
    return step if last is None else _appended(step, graph, last)


def small_form(graph: Graph, node: Node, channels: Channels, core: Core) -> Step | None:
    """A convolution through the small kernel; None where that does not compute its channels.

    Args:
        graph: The graph of the layer.
        node: The layer, of one group.
        channels: All of its channels, settled where constant.
        core: What it is for.
    """
    sizes = row_geometry(graph, node)
    names = ("kernel_height", "kernel_width", "stride_height", "stride_width")
    dilation = max(sizes.pop("dilation_height"), sizes.pop("dilation_width"))
    largest = max(sizes[name] for name in (*names, "pad_left"))
    pairs = pair_channels(channels, 8)
    if core.name not in CORES or pairs.is_wide or dilation > 1 or largest >= OCTET:
        return None
    lines = find_lines(channels)
    if lines is None:
        return None
    lanes = in_fours(pack_lanes(pairs))
    taps = lanes.shape[1]
    parameters = {name: size for name, size in sizes.items() if name != "groups"}
    weights = lane_bytes(lanes).astype(np.int8)
    small = _step(
        graph,
        node,
        "mote_conv_2d_s8_dsp_small",
        (parameters, channels, lines),
        (weights, 2),
        small_cycles(sizes["y_width"], len(pairs.bias), taps, sizes["kernel_height"]),
    )
    return replace(small, scratch_bytes=(5 if sizes["x_channels"] % 4 else 4) * taps)


def with_small_depthwise(step: Step, graph: Graph, channels: Channels, core: Core) -> Step:
    """The step with ``small_depthwise_form`` as its last one."""
    last = small_depthwise_form(graph, step.node, channels, core)
    return step if last is None else _appended(step, graph, last)


def small_depthwise_form(graph: Graph, node: Node, channels: Channels, core: Core) -> Step | None:
    """``small_form`` for a plain 3 x 3 depthwise convolution."""
    lines = find_lines(channels) if core.name in CORES else None
    if lines is None:
        return None
    sizes = row_geometry(graph, node)
    names = ("y_height", "y_width", "stride_height", "stride_width", "x_zero")
    read = (sizes["y_width"] - 1) * sizes["stride_width"] + 3 - sizes["pad_left"]
    parameters = {name: sizes[name] for name in names}
    parameters |= {"channels": sizes["x_channels"], "columns": min(read, sizes["x_width"])}
    parameters |= {"left_pad": sizes["pad_left"], "right_pad": max(read - sizes["x_width"], 0)}
    return _step(
        graph,
        node,
        "mote_depthwise_conv_2d_s8_dsp_small",
        (parameters, channels, lines),
        (channels.weights.astype(np.int8), 1),
        small_depthwise_cycles(sizes["y_width"], sizes["x_channels"], sizes["stride_width"]),
    )


def _step(
    graph: Graph,
    node: Node,
    kernel: str,
    layer: tuple[dict[str, int], Channels, Lines],
    weights: tuple[Array, int],
    cycles: Cycles,
) -> Step:
    """``weights``: with how many channels these hold at a time."""
    parameters, channels, lines = layer
    array, multiple_of = weights
    limits = {name: v for name, v in result_range(channels).items() if name != "y_zero"}
    height = row_shape(graph.result(node))[1]
    return Step(
        node=node,
        kernel=KERNELS[kernel],
        parameters=tuple({**parameters, **limits, **lines.parameters}.items()),
        constants=(Constant("weights", array, True), *lines.constants(multiple_of)),
        split=split_windows(height, layer_window(graph, node), cycles),
    )


def _appended(step: Step, graph: Graph, last: Step) -> Step:
    """The step with one more form behind all that it has."""
    if step.frugal is not None:
        return replace(step, frugal=_appended(step.frugal, graph, last))
    cycles = _cycles(last, graph) - _cycles(step, graph)
    return replace(step, frugal=last, frugal_cycles=max(1, round(cycles)))


def _cycles(step: Step, graph: Graph) -> float:
    assert step.split is not None
    row = step.split.row_cycles
    return of_layer(step, graph, lambda rows: rows * row)
