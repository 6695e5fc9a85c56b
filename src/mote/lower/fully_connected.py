"""Fully connected layers as kernel calls."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import FullyConnected, Rounding
from mote.ir.tensor import DType
from mote.lower.channels import Channels
from mote.lower.constant_channels import settle_constant_channels
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
from mote.lower.geometry import layer_sizes, weight_bits
from mote.lower.input_range import layer_channels
from mote.lower.kernels import KERNELS
from mote.lower.mve_layout import fits_mve, mve_constants
from mote.lower.requantization import pack_weights, requantization, result_range
from mote.lower.small_convolution import small_head
from mote.lower.small_line import find_one_line
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.lower.swar_fully_connected import swar_fully_connected_or
from mote.lower.wide import lower_wide_layer
from mote.target.target import Core

OUTPUTS_AT_A_TIME = 8
"""Of the DSP kernels."""
PORTABLE_CYCLES_MORE = 4.5
"""A multiply-accumulate without DSP, on the Cortex-M4: less code, for heads of a few classes."""


def lower_fully_connected(graph: Graph, node: Node, core: Core) -> Step:
    """One fully connected layer."""
    assert isinstance(node.op, FullyConnected)
    if graph.result(node).dtype is DType.INT16:
        return lower_wide_layer(graph, node)
    channels = layer_channels(graph, node)
    if not channels.is_uniform:
        channels = settle_constant_channels(channels)
    if core.mve and fits_mve(channels, weight_bits(graph, node)):
        return mve_fully_connected(graph, node, channels)
    if core.dsp and fits_dsp(channels, weight_bits(graph, node)):
        step = dsp_fully_connected(graph, node, channels)
        more = round(PORTABLE_CYCLES_MORE * graph.macs(node))
        portable = portable_fully_connected(graph, node, channels)
        if weight_bits(graph, node) == 8:
            portable = _with_small(portable, small_forms(graph, node, channels, core))
        return replace(step, frugal=portable, frugal_cycles=more)
    step = portable_fully_connected(graph, node, channels)
    if core.swar and weight_bits(graph, node) == 8:
        return swar_fully_connected_or(step, graph, node, channels)
    return step


def dsp_fully_connected(graph: Graph, node: Node, channels: Channels) -> Step:
    """A layer whose channels ``fits_dsp`` takes."""
    pairs = pair_channels(channels, weight_bits(graph, node), multiple_of=OUTPUTS_AT_A_TIME)
    single = channels.rounding is Rounding.SINGLE
    lanes = in_fours(pack_lanes(pairs))
    # [blocks, pairs of a block, fours, 4 taps] -> the fours outermost in a block
    blocks = lanes.reshape(-1, OUTPUTS_AT_A_TIME // 2, lanes.shape[1] // 4, 4).swapaxes(1, 2)
    weights, bias, multiplier, _ = pair_constants(pairs, blocks)
    # [blocks, pairs, 2] -> all the A of a block, then all its B
    sums = bias.array.reshape(-1, OUTPUTS_AT_A_TIME // 2, 2).swapaxes(1, 2).reshape(-1)
    requantized = 1 if channels.is_uniform else len(channels.bias)
    shift_bits = dsp_shift_bits(channels.right)
    flags = {"shift_bits": shift_bits, "per_channel": int(not channels.is_uniform)}
    return Step(
        node=node,
        kernel=KERNELS[f"mote_fully_connected_s8{dsp_suffix(pairs)}" + "_single" * single],
        parameters=tuple({**layer_sizes(graph, node), **result_range(channels), **flags}.items()),
        constants=(
            weights,
            Constant("bias", sums, True),
            Constant("multiplier", multiplier.array[:requantized], False),
            Constant("shift", dsp_shifts(channels.right[:requantized], shift_bits), False),
        ),
        split=split_pointwise(graph.result(node), ("batches",)),
    )


def mve_fully_connected(graph: Graph, node: Node, channels: Channels) -> Step:
    """A layer whose channels ``fits_mve`` takes."""
    single = channels.rounding is Rounding.SINGLE
    flags = {"per_channel": int(not channels.is_uniform)}
    return Step(
        node=node,
        kernel=KERNELS["mote_fully_connected_s8_mve" + "_single" * single],
        parameters=tuple({**layer_sizes(graph, node), **result_range(channels), **flags}.items()),
        constants=mve_constants(channels, None, 1 if channels.is_uniform else len(channels.bias)),
        split=split_pointwise(graph.result(node), ("batches",)),
    )


def _with_small(step: Step, small: Sequence[Step]) -> Step:
    """The step with others behind it."""
    if not small:
        return step
    return replace(step, frugal=_with_small(small[0], small[1:]), frugal_cycles=1)


def small_forms(graph: Graph, node: Node, channels: Channels, core: Core) -> list[Step]:
    """In few bytes of code and constants: by a kernel that convolutions share, or on its own."""
    found = (small_head(graph, node, channels, core), small_fully_connected(graph, node, channels))
    return [step for step in found if step is not None]


def small_fully_connected(graph: Graph, node: Node, channels: Channels) -> Step | None:
    """With one multiplier, in few bytes of code and constants; None where that has no line."""
    lines = find_one_line(channels) if channels.is_uniform else None
    if lines is None:
        return None
    limits = {name: v for name, v in result_range(channels).items() if name != "y_zero"}
    rule = {"scale": lines.scale, "shift": lines.shift, "multiplier": int(lines.multiplier[0])}
    return Step(
        node=node,
        kernel=KERNELS["mote_fully_connected_s8_dsp_small"],
        parameters=tuple({**layer_sizes(graph, node), **limits, **rule}.items()),
        constants=(
            Constant("weights", channels.weights.astype(np.int8), True),
            Constant("bias", lines.bias.astype(np.int32), True),
        ),
        split=split_pointwise(graph.result(node), ("batches",)),
    )


def portable_fully_connected(graph: Graph, node: Node, channels: Channels) -> Step:
    """Any layer."""
    sizes = layer_sizes(graph, node)
    parameters, constants = requantization(channels)
    if channels.is_uniform:
        constants = tuple(
            Constant(c.field, c.array[:1], False) if not c.is_weights else c for c in constants
        )
    bits = weight_bits(graph, node)
    weights = Constant("weights", pack_weights(channels.weights, bits), True)
    flags = {"per_channel": int(not channels.is_uniform)}
    unpacked = sizes["inputs"] * (4 if sizes["outputs"] >= 4 else 1)
    return Step(
        node=node,
        kernel=KERNELS["mote_fully_connected_s8" + "_w4" * (bits == 4)],
        parameters=tuple({**sizes, **parameters, **flags}.items()),
        constants=(weights, *constants),
        scratch_bytes=unpacked if bits == 4 else 0,
        split=split_pointwise(graph.result(node), ("batches",)),
    )
