"""Layers with weights in as few bytes of code and constants as go, as kernel calls.

``kernels/mote_conv_2d_s8_dsp_small.c`` says how. These are the last forms of their layers: slower
than others, but one kernel serves layers of all shapes.
"""

from dataclasses import dataclass, replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D
from mote.ir.tensor import Array
from mote.lower.chain import reads_outside
from mote.lower.channels import Channels
from mote.lower.convolution_cycles import of_layer, small_cycles, small_depthwise_cycles
from mote.lower.dsp_layout import in_fours, lane_bytes, pack_lanes, pair_channels
from mote.lower.geometry import layer_sizes, layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.rows_per_call import split_windows
from mote.lower.small_line import Lines, find_lines
from mote.lower.split import Split, row_shape, split_pointwise
from mote.lower.step import Constant, Step
from mote.target.target import Core

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
FOUR_BITS, OCTET, CHANNELS_END = 2**4, 2**8, 2**12
"""Ends of the fields of the kernel's struct."""
INT8 = (-128, 127)
LANES_SCALE = 8
"""Bits of scale that sums of channels have which share a lane."""


@dataclass(frozen=True)
class _Layer:
    """Weights with biases as the kernel reads them, before the multipliers; and scratch."""

    lines: Lines
    weights: Array
    scratch_bytes: int


def with_small(step: Step, graph: Graph, channels: Channels, core: Core) -> Step:
    """The step with ``small_form`` as its last one."""
    last = small_form(graph, step.node, channels, core)
    return step if last is None else _appended(step, graph, last)


def small_form(graph: Graph, node: Node, channels: Channels, core: Core) -> Step | None:
    """A convolution, or a plain 3 x 3 depthwise one, through the small kernel; None where that does
    not compute its channels.

    Args:
        graph: The graph of the layer.
        node: The layer, of one group or as many as channels.
        channels: All of its channels, settled where constant.
        core: What it is for.
    """
    assert isinstance(node.op, Conv2D | DepthwiseConv2D)
    sizes = row_geometry(graph, node) | {"pad_top": node.op.padding.top}
    dilation = max(sizes.pop("dilation_height"), sizes.pop("dilation_width"))
    if core.name not in CORES or dilation > 1 or not _fits(sizes, channels):
        return None
    is_inside = not reads_outside(graph, node)
    if isinstance(node.op, DepthwiseConv2D):
        cycles = small_depthwise_cycles(sizes["y_width"], sizes["x_channels"])
        layer = _depthwise(channels, is_inside=is_inside)
    else:
        is_pixel = is_inside and sizes["kernel_height"] * sizes["kernel_width"] == 1
        cycles = small_cycles(sizes["y_width"], *_pairs_and_taps(channels))
        layer = _dense(channels, is_in_place=is_pixel)
    height = row_shape(graph.result(node))[1]
    split = split_windows(height, layer_window(graph, node), cycles)
    return _step(node, layer, {n: v for n, v in sizes.items() if n != "groups"}, split)


def small_head(graph: Graph, node: Node, channels: Channels, core: Core) -> Step | None:
    """A fully connected layer as a convolution of one pixel, otherwise as ``small_form``."""
    sizes = layer_sizes(graph, node)
    ones = ("x_width", "y_width", "kernel_height", "kernel_width", "stride_height", "stride_width")
    parameters = {"x_channels": sizes["inputs"], "y_channels": sizes["outputs"]}
    parameters |= dict.fromkeys(ones, 1) | {"pad_left": 0, "pad_top": 0}
    parameters |= {"y_height": sizes["batches"], "x_zero": 0}
    if core.name not in CORES or not _fits(parameters, channels):
        return None
    split = split_pointwise(graph.result(node), ("y_height",))
    return _step(node, _dense(channels, is_in_place=True), parameters, split)


def _depthwise(channels: Channels, *, is_inside: bool) -> _Layer | None:
    lines = find_lines(channels)
    if lines is None:
        return None
    biases = lines.bias.astype("<i4").view(np.int8).reshape(-1, 4)
    weights = np.concatenate([channels.weights.astype(np.int8), biases], axis=1)
    return _Layer(lines, weights.reshape(-1), 0 if is_inside else channels.weights.size)


def _pairs_and_taps(channels: Channels) -> tuple[int, int]:
    outputs, taps = channels.weights.shape
    return -(-outputs // 2), -(-taps // 4) * 4


def _dense(channels: Channels, *, is_in_place: bool) -> _Layer | None:
    """``is_in_place``: windows are one pixel, and none is outside the image."""
    pairs = pair_channels(channels, 8)
    lines = None if pairs.is_wide else find_lines(channels)
    if lines is None:
        return None
    lanes = in_fours(pack_lanes(pairs))
    biases = np.pad(lines.bias, (0, len(lines.bias) % 2)).astype("<i4").view(np.int8)
    packed = lane_bytes(lanes).astype(np.int8).reshape(len(lanes), -1)
    weights = np.concatenate([packed, biases.reshape(-1, 8)], axis=1).reshape(-1)
    taps = lanes.shape[1]
    scratch = 0 if is_in_place and taps == channels.weights.shape[1] else 2 * taps
    end = len(weights) - 4 * (len(lines.bias) % 2)
    return _Layer(replace(lines, scale=lines.scale - LANES_SCALE), weights[:end], scratch)


def _step(node: Node, layer: _Layer | None, sizes: dict[str, int], split: Split) -> Step | None:
    if layer is None:
        return None
    lines, octets = layer.lines, layer.lines.octets.view(np.int8)
    rule = {"scale": lines.scale, "shift": lines.shift}
    kind = {"is_depthwise": int(isinstance(node.op, DepthwiseConv2D))}
    array = np.concatenate([layer.weights, octets])
    return Step(
        node=node,
        kernel=KERNELS["mote_conv_2d_s8_dsp_small"],
        parameters=tuple((sizes | rule | kind).items()),
        constants=(Constant("weights", array, True, table_bytes=octets.size),),
        scratch_bytes=layer.scratch_bytes,
        split=split,
    )


def _fits(sizes: dict[str, int], channels: Channels) -> bool:
    """True when the fields of the struct hold the layer's sizes, and int8 its limits."""
    few = ("kernel_height", "kernel_width", "stride_height", "stride_width", "pad_left", "pad_top")
    return (
        channels.y_range == INT8
        and all(sizes[name] < CHANNELS_END for name in ("x_channels", "y_channels"))
        and all(sizes[name] < OCTET for name in ("x_width", "y_width", "y_height"))
        and all(sizes[name] < FOUR_BITS for name in few)
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
