"""Convolution and depthwise convolution as kernel calls."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, Rounding
from mote.ir.tensor import DType
from mote.lower.chain import chain_or, reads_outside
from mote.lower.chain_affine import affine_chain_or
from mote.lower.chain_packed import packed_or
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.constant_channels import (
    computed_channels,
    constant_results,
    most_common,
    settle_constant_channels,
)
from mote.lower.convolution_cycles import (
    Cycles,
    cycles_of_2,
    cycles_of_4,
    depthwise_3x3_cycles,
    dsp_cycles_with_loads,
    dsp_points_cycles,
    of_layer,
    portable_cycles,
    portable_uneven_cycles,
)
from mote.lower.depthwise_rows import lower_depthwise_rows, row_channels
from mote.lower.depthwise_slots import slots_or
from mote.lower.depthwise_taps import fits_taps, lower_depthwise_taps
from mote.lower.dsp_layout import (
    dsp_shift_bits,
    dsp_shifts,
    dsp_suffix,
    fits_dsp,
    in_fours,
    pack_lanes,
    pair_channels,
    pair_constants,
)
from mote.lower.eight_inputs import eight_or
from mote.lower.geometry import geometry, layer_window, row_geometry, weight_bits
from mote.lower.input_range import layer_channels
from mote.lower.kernels import KERNELS
from mote.lower.mve_convolution import lower_mve_convolution
from mote.lower.mve_depthwise import fits_mve_3x3, lower_mve_depthwise_3x3
from mote.lower.mve_layout import fits_mve
from mote.lower.narrow_depthwise import narrow_depthwise_3x3_or
from mote.lower.requantization import pack_weights, requantization, result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.small_convolution import with_small
from mote.lower.split import Split
from mote.lower.step import Constant, Step
from mote.lower.swar_convolution import swar_step
from mote.lower.wide import lower_wide_layer
from mote.lower.winograd import winograd_or
from mote.target.target import Core

INSTRUCTIONS_OF_DEPTHWISE_3X3 = 30
CYCLES_OF_INSTRUCTION = 1.4
MAX_COUNTED_WIDTH = 2**15 - 1


def lower_conv_2d(graph: Graph, node: Node, core: Core) -> Step:
    """One convolution."""
    assert isinstance(node.op, Conv2D)
    if graph.result(node).dtype is DType.INT16:
        return lower_wide_layer(graph, node)
    channels = settle_constant_channels(layer_channels(graph, node))
    sizes = geometry(graph, node)
    bits = weight_bits(graph, node)
    if core.mve and sizes["groups"] == 1 and fits_mve(channels, bits):
        return lower_mve_convolution(graph, node, channels)
    if core.dsp and sizes["groups"] == 1 and fits_dsp(channels, bits):
        return _dsp_step(graph, node, channels, bits, core)
    step = portable_convolution(graph, node, channels)
    if core.swar and sizes["groups"] == 1 and bits == 8:
        return swar_step(graph, node, channels, step)
    return step


def portable_convolution(graph: Graph, node: Node, channels: Channels) -> Step:
    """Any convolution."""
    sizes = geometry(graph, node)
    at_once = 4 if sizes["y_channels"] // sizes["groups"] >= 4 else 1
    taps = channels.weights.shape[1]
    return _portable_step(graph, node, channels, channels.weights, taps, at_once * taps)


def _dsp_step(graph: Graph, node: Node, channels: Channels, bits: int, core: Core) -> Step:
    plain = dsp_convolution(graph, node, channels, bits)
    step, computed, value = plain.step, plain.computed, plain.value
    if bits == 4:
        return step
    known = of_layer(step, graph, plain.cycles)
    if plain.points_cycles:
        step, known = _by_points(step, graph, plain.points_cycles, known)
    step, known = packed_or(step, graph, channels, computed, core, known)
    chained = affine_chain_or(step, graph, channels, computed, core, known)
    if chained[0] is step:
        chained = chain_or(step, graph, channels, computed, core, known)
    step, known = chained
    step, known = eight_or(step, graph, channels, computed, core, known)
    step = winograd_or(step, graph, channels, computed, value, core, known)
    return with_small(step, graph, channels, core)


@dataclass(frozen=True)
class DspConvolution:
    """A convolution with SMLAD.

    Args:
        step: Four pixels at a time, or two.
        computed: The channels to compute.
        value: Results of the others.
        cycles: Of a call.
        points_cycles: Of a call of ``points_form``; None where that does not compute the layer.
    """

    step: Step
    computed: list[int]
    value: Ints
    cycles: Cycles
    points_cycles: Cycles | None


def dsp_convolution(graph: Graph, node: Node, channels: Channels, bits: int) -> DspConvolution:
    """A convolution without groups whose channels ``fits_dsp`` takes."""
    sizes = row_geometry(graph, node)
    taps = channels.weights.shape[1]
    constant, value = constant_results(channels)
    computed = computed_channels(constant, (6 * taps + 90) / 8)
    pairs = pair_channels(select_channels(channels, computed), bits)
    single = channels.rounding is Rounding.SINGLE
    lanes = in_fours(pack_lanes(pairs))
    taps = lanes.shape[1]
    is_cut = len(computed) < len(constant)
    gaps = np.diff(computed, prepend=0)
    gaps = np.pad(gaps, (0, len(gaps) % 2)).astype(np.uint8)
    parameters = {name: size for name, size in sizes.items() if name != "groups"}
    parameters |= {"pairs": len(pairs.bias), **result_range(channels)}
    row = sizes["y_width"], len(pairs.bias), taps, sizes["kernel_height"]
    cycles = dsp_cycles_with_loads(*row)
    copied = taps if sizes["x_channels"] % 4 else 0
    step = Step(
        node=node,
        kernel=KERNELS[f"mote_conv_2d_s8{dsp_suffix(pairs)}" + "_single" * single],
        parameters=(*parameters.items(), ("pixels", 4)),
        constants=(
            *pair_constants(pairs, lanes),
            Constant("gaps", gaps, False),
            *([Constant("constants", value.astype(np.int8), False)] if is_cut else []),
        ),
        scratch_bytes=8 * taps + copied,
        split=_split(graph, node, cycles),
    )
    frugal = replace(
        step, parameters=(*parameters.items(), ("pixels", 2)), scratch_bytes=4 * taps + copied
    )
    groups = graph.result(node).elements // sizes["y_channels"] // 4
    extra = groups * (2 * cycles_of_2(len(pairs.bias), taps) - cycles_of_4(len(pairs.bias), taps))
    extra *= CYCLES_OF_INSTRUCTION
    step = replace(step, frugal=frugal, frugal_cycles=round(extra))
    by_points = None
    if sizes["kernel_height"] * sizes["kernel_width"] == 1 and not reads_outside(graph, node):
        by_points = dsp_points_cycles(*row[:3])
    return DspConvolution(step, computed, value, cycles, by_points)


def points_form(step: Step, graph: Graph, cycles: Cycles) -> Step:
    """A step on four pixels with a kernel that knows no window but a pixel."""
    return replace(
        step,
        kernel=KERNELS[f"{step.kernel.name}_points"],
        split=_split(graph, step.node, cycles),
    )


def _by_points(step: Step, graph: Graph, cycles: Cycles, known: float) -> tuple[Step, float]:
    """The step with a kernel that knows no window but a pixel, before or behind that for any; and
    its cycles.

    Args:
        step: Four pixels at a time; its frugal form takes two.
        graph: The graph of the layer.
        cycles: Of a call of that kernel.
        known: Of ``step``.
    """
    points = points_form(step, graph, cycles)
    fewer = of_layer(points, graph, cycles)
    lost = round(fewer - known)
    if lost <= 0:
        return replace(points, frugal_cycles=step.frugal_cycles - lost), fewer
    if lost > step.frugal_cycles:
        return step, known
    points = replace(points, frugal_cycles=step.frugal_cycles - lost)
    return replace(step, frugal=points, frugal_cycles=lost), known


def lower_depthwise_conv_2d(graph: Graph, node: Node, core: Core) -> Step:
    """One depthwise convolution."""
    assert isinstance(node.op, DepthwiseConv2D)
    if graph.result(node).dtype is DType.INT16:
        return lower_wide_layer(graph, node)
    channels = settle_constant_channels(layer_channels(graph, node))
    sizes = geometry(graph, node)
    bits = weight_bits(graph, node)
    if core.mve and is_plain_3x3(sizes) and fits_mve_3x3(sizes) and fits_mve(channels, bits):
        return lower_mve_depthwise_3x3(graph, node, channels)
    if core.dsp and is_plain_3x3(sizes) and fits_dsp(channels, 8):  # unpacked before they are used
        step = next(depthwise_3x3_forms(graph, node, channels, bits))
        if bits == 8:
            step = with_small(step, graph, channels, core)
        return slots_or(step, graph, channels, core) if bits == 8 else step
    if core.dsp and fits_taps(sizes, bits) and fits_dsp(channels, 8):
        step = lower_depthwise_taps(graph, node, channels)
        return slots_or(step, graph, channels, core) if bits == 8 else step
    step = portable_depthwise(graph, node, channels)
    if core.narrow and is_plain_3x3(sizes) and bits == 8:
        return narrow_depthwise_3x3_or(step, graph, node, channels)
    return step


def portable_depthwise(graph: Graph, node: Node, channels: Channels) -> Step:
    """Any depthwise convolution."""
    in_a_row = channels.weights.T.reshape(1, -1)
    taps = channels.weights.shape[1]
    return _portable_step(graph, node, channels, in_a_row, taps, in_a_row.size)


def is_plain_3x3(sizes: dict[str, int]) -> bool:
    """True for a depthwise window of 3 x 3 pixels that kernels of their own compute."""
    columns = (sizes["y_width"] - 1) * sizes["stride_width"] + 3
    last = (sizes["y_height"] - 1) * sizes["stride_height"]
    return (
        sizes["kernel_height"] == sizes["kernel_width"] == 3
        and sizes["dilation_height"] == sizes["dilation_width"] == 1
        and sizes["stride_width"] in (1, 2)
        and sizes["x_channels"] == sizes["y_channels"]
        and sizes["y_width"] <= MAX_COUNTED_WIDTH
        and sizes["pad_left"] <= 1
        and columns - sizes["pad_left"] - sizes["x_width"] <= 1
        and sizes["pad_top"] <= 2
        and last - sizes["pad_top"] < sizes["x_height"]
    )


def depthwise_3x3_forms(graph: Graph, node: Node, channels: Channels, bits: int) -> Iterator[Step]:
    """A plain 3 x 3 layer whose channels ``fits_dsp`` takes: by rows where that is proven, then
    window by window."""
    sizes = row_geometry(graph, node)
    single = channels.rounding is Rounding.SINGLE
    constant, value = constant_results(channels)
    common = most_common(value[constant])
    computed = computed_channels(constant & (value == common), INSTRUCTIONS_OF_DEPTHWISE_3X3)
    chosen = select_channels(channels, computed)
    by_rows = row_channels(sizes, chosen, bits)
    if by_rows is not None:
        yield lower_depthwise_rows(graph, node, by_rows, computed, len(constant), common)
    is_cut = len(computed) < len(constant)
    gaps = np.diff(computed, prepend=0).astype(np.uint8)
    same = ("x_width", "y_height", "y_width", "stride_height", "stride_width", "pad_left", "x_zero")
    shift_bits = dsp_shift_bits(chosen.right)
    parameters = {name: sizes[name] for name in same}
    parameters |= {"channels": sizes["x_channels"], "computed": len(computed)}
    parameters |= {"constant": common, **result_range(chosen), "shift_bits": shift_bits}
    weights = np.pad(chosen.weights.reshape(1, -1), ((0, 0), (0, 1)))  # read by words
    unpacked = weights.size if bits == 4 else 0
    cycles = depthwise_3x3_cycles(sizes["y_width"], len(computed), sizes["stride_width"], unpacked)
    yield Step(
        node=node,
        kernel=KERNELS[
            "mote_depthwise_conv_2d_s8" + "_w4" * (bits == 4) + "_dsp_3x3" + "_single" * single
        ],
        parameters=tuple(parameters.items()),
        constants=(
            Constant("weights", pack_weights(weights, bits), True),
            Constant("bias", (2 * chosen.bias).astype(np.int32), True),
            Constant("multiplier", chosen.multiplier.astype(np.int32), False),
            Constant("shift", dsp_shifts(chosen.right, shift_bits), False),
            *([Constant("gaps", gaps, False)] if is_cut else []),
        ),
        scratch_bytes=unpacked,
        split=_split(graph, node, cycles),
    )


def _portable_step(
    graph: Graph, node: Node, channels: Channels, weights: Ints, taps: int, unpacked: int
) -> Step:
    """``taps``: of a channel; ``unpacked``: how many 4-bit weights are unpacked at a time."""
    bits = weight_bits(graph, node)
    sizes = row_geometry(graph, node)
    parameters, constants = requantization(channels)
    nibbles = weights.size if bits == 4 else 0
    row = sizes["y_width"], sizes["y_channels"]
    kernel_height = sizes["kernel_height"]
    return Step(
        node=node,
        kernel=KERNELS[f"mote_{node.op.kind}_s8" + "_w4" * (bits == 4)],
        parameters=tuple({**sizes, **parameters}.items()),
        constants=(Constant("weights", pack_weights(weights, bits), True), *constants),
        scratch_bytes=unpacked if bits == 4 else 0,
        split=_split(
            graph,
            node,
            portable_cycles(*row, taps, nibbles, kernel_height),
            portable_uneven_cycles(*row, kernel_height),
        ),
    )


def _split(graph: Graph, node: Node, cycles: Cycles, uneven_cycles: int = 0) -> Split:
    height, window = graph.result(node).shape[1], layer_window(graph, node)
    return split_windows(height, window, cycles, uneven_cycles)
