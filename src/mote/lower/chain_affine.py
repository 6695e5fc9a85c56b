"""Chained convolution whose requantisation is a line, where that is proven and faster.

``kernels/include/mote_chain_affine.h`` says how, ``requantization_line.py`` what is proven of the
line. Two channels share a word, and their sums the slots of a 64-bit accumulator.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.lower.chain import CORES, in_order_of, reads_outside, shares_weights
from mote.lower.chain_expanded import expanded, expansion_cycles
from mote.lower.chain_layout import AT_ONCE, SLOT, AffineChain, in_sequence, pair_by_size
from mote.lower.chain_wide import find_wide_chain, rest_words
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.convolution_cycles import (
    Windows,
    affine_chain_cycles,
    dsp_cycles_with_loads,
    of_layer,
    sliding_chain_cycles,
)
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.requantization_line import Line, Steps, find_line, find_steps
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

TABLE_WORDS = 10
"""Of the stream, for each four channels: multipliers, constants and places."""
AFFINE = "mote_conv_2d_s8_dsp_chain_affine"
"""The kernel for any window."""
POINTS, SLIDE, WIDE, REST, ONE = "_points", "_slide", "_wide", "_rest", "_one"
"""In the names of kernels for windows of one pixel, windows that slide, sums that fill slots, a
few channels without lines, and the last window alone."""
MOST_COPIED = 1024
"""Bytes of copies."""
MOST_COPIED_SLIDING = 2048
"""Where windows slide; rows of words are several times as many bytes already."""
WORTH_COPYING = 0.98
"""Times the cycles without copies."""
SLIDING_INPUTS = 3
"""Channels of a pixel that is read, for windows that slide."""
MOST_ROWS = 16
"""Of the result, for which is copied what they read."""
WINDOW = "kernel_height", "kernel_width", "stride_height", "stride_width", "pad_left"
WINDOW_END = 2**8
"""Of these, which have 8 bits."""
MOST_CHANNELS = 2**15
"""Ways from a channel's place to another's have 16 bits."""


def affine_chain_or(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    core: Core,
    cycles: float,
) -> tuple[Step, float]:
    """The layer as such a chain where that is proven and faster, then ``step``; and its cycles.

    Args:
        step: The layer with SMLAD, 8-bit weights.
        graph: The graph of the layer.
        channels: All of its channels, settled where constant.
        computed: The channels to compute.
        core: Whose cycles count.
        cycles: Of ``step``.
    """
    if core.name not in CORES:
        return step, cycles
    chain = next(_chain_steps(step, graph, channels, computed), None)
    if chain is None:
        return step, cycles
    is_wide = WIDE in chain.kernel.name
    chain = in_order_of(core, chain, channels.weights.shape[1])
    sharing = [
        n for n in graph.nodes if n.op.kind == step.node.op.kind and shares_weights(n, step.node)
    ]
    if sum(_saved(graph, node, len(computed), is_wide) for node in sharing) <= 0:
        return step, cycles
    windows = windows_of(graph, step.node, len(computed), is_wide)
    fewer = min(cycles, of_layer(chain, graph, affine_chain_cycles(windows, 0)))
    chain = _with_expanded(replace(chain, frugal=step, frugal_cycles=round(cycles - fewer)), graph)
    if POINTS in chain.kernel.name:
        return _with_last_alone(chain, graph, windows, fewer)
    copying, fewest = _copying(chain, graph, windows)
    if fewest <= WORTH_COPYING * fewer:
        chain = replace(copying, frugal=chain, frugal_cycles=round(fewer - fewest))
        fewer = fewest
    if windows.inputs != SLIDING_INPUTS:
        return chain, fewer
    sliding, fewest = _sliding(chain, graph, windows)
    if fewest > WORTH_COPYING * fewer:
        return chain, fewer
    return replace(sliding, frugal=chain, frugal_cycles=round(fewer - fewest)), fewest


def _with_last_alone(
    chain: Step, graph: Graph, windows: Windows, cycles: float
) -> tuple[Step, float]:
    """The chain with a kernel that computes a last window alone where that is faster, then
    ``chain``; and its cycles."""
    form = _last_alone(chain, graph, windows)
    if form is None:
        return chain, cycles
    fewer = of_layer(form, graph, affine_chain_cycles(replace(windows, is_alone=True), 0))
    if fewer >= cycles:
        return chain, cycles
    return replace(form, frugal=chain, frugal_cycles=round(cycles - fewer)), fewer


def _last_alone(chain: Step, graph: Graph, windows: Windows) -> Step | None:
    """The chain with that kernel; None where it has none besides."""
    kernel = KERNELS.get(f"{chain.kernel.name}{ONE}")
    if kernel is None:
        return None
    cycles = affine_chain_cycles(replace(windows, is_alone=True), 0)
    height, window = row_shape(graph.result(chain.node))[1], layer_window(graph, chain.node)
    return replace(chain, kernel=kernel, split=split_windows(height, window, cycles))


def _with_expanded(chain: Step, graph: Graph) -> Step:
    """The chain, then, where that is faster than what comes next, the one with less flash."""
    less = expanded(chain, graph)
    if less is None or (once := round(expansion_cycles(chain))) >= chain.frugal_cycles:
        return chain
    less = replace(less, frugal_cycles=chain.frugal_cycles - once)
    return replace(chain, frugal=less, frugal_cycles=once)


def find_affine_chain(channels: Channels) -> AffineChain | None:
    """An order and lines for which no slot overflows; None without any. The channels' own order
    is the first that is tried: it takes no bytes.

    Of two pixels p and q, the slots are A(p) + offset, A(p) + B(q) + offset, and B(p).
    """
    low, high = channels.bounds
    steps = find_steps(channels)
    return _in_order(channels, steps, in_sequence(len(low))) or _in_order(
        channels, steps, pair_by_size(high - low)
    )


def _in_order(channels: Channels, steps: Steps, order: Sequence[int]) -> AffineChain | None:
    low, high = channels.bounds
    lines: list[Line] = []
    for a, b in np.reshape(order, (-1, 2)).tolist():
        room = SLOT - (int(high[a] + max(high[b], 0)) - int(low[a] + min(low[b], 0)))
        if room <= 0:
            return None
        shift = room // 4
        second = find_line(channels, steps, b, (-shift, shift))
        if second is None or not -SLOT <= low[b] + second.offset <= high[b] + second.offset < SLOT:
            return None
        least = int(low[a] + min(low[b] + second.offset, 0))
        greatest = int(high[a] + max(high[b] + second.offset, 0))
        last = SLOT - 1 - greatest
        first = find_line(channels, steps, a, (-least, last))
        if first is None:
            return None
        lines += [first, second]
    return AffineChain(tuple(order), tuple(lines))


def _chain_steps(
    step: Step, graph: Graph, channels: Channels, computed: Sequence[int]
) -> Iterator[Step]:
    """The layer as such chains, as far as they are proven: with less to do for sums before that
    whose sums fill slots, which is for windows of one pixel. Arguments as ``affine_chain_or``."""
    sizes = row_geometry(graph, step.node)
    dilations = sizes["dilation_height"], sizes["dilation_width"]
    if dilations != (1, 1) or sizes["y_channels"] > MOST_CHANNELS:
        return
    if any(sizes[name] >= WINDOW_END for name in WINDOW):
        return
    chosen = select_channels(channels, computed)
    narrow = find_affine_chain(chosen)
    if narrow is not None:
        yield _chain_step(step, graph, channels, computed, narrow)
    if not _is_points(graph, step.node):
        return
    wide = find_wide_chain(chosen)
    if wide is not None:
        yield _chain_step(step, graph, channels, computed, wide)


def _is_points(graph: Graph, node: Node) -> bool:
    sizes = row_geometry(graph, node)
    return sizes["kernel_height"] * sizes["kernel_width"] == 1 and not _borders(graph, node)


def _chain_step(
    step: Step, graph: Graph, channels: Channels, computed: Sequence[int], chain: AffineChain
) -> Step:
    """The layer as that chain."""
    node = step.node
    left_out = ("groups", "dilation_height", "dilation_width")
    sizes = {k: v for k, v in row_geometry(graph, node).items() if k not in left_out}
    chosen = select_channels(channels, computed)
    words = stream(chosen, chain, computed)
    fours, taps = len(words), chosen.weights.shape[1]
    windows = windows_of(graph, node, len(computed), chain.is_wide)
    height, window = row_shape(graph.result(node))[1], layer_window(graph, node)
    beside, form = 0, ""
    if _is_points(graph, node):
        form = POINTS
    elif windows.borders or sizes["kernel_width"] > 1:
        beside = sizes["kernel_height"] * (4 + windows.three * sizes["x_channels"])
    return Step(
        node=node,
        kernel=KERNELS[f"{AFFINE}{form}{WIDE * chain.is_wide}{REST * bool(chain.rest)}"],
        parameters=(
            *sizes.items(),
            ("fours", fours),
            ("copies", 0),
            ("slides", 0),
            ("expands", 0),
            *((k, v) for k, v in result_range(channels).items() if k != "y_zero"),
        ),
        constants=(
            Constant(
                "weights",
                rest_words(words.astype(np.uint32).view(np.int32), chosen, chain.rest, computed),
                is_weights=True,
                table_bytes=4 * TABLE_WORDS * fours,
            ),
            *(constant for constant in step.constants if constant.field == "constants"),
        ),
        scratch_bytes=8 * taps + beside,
        split=split_windows(height, window, affine_chain_cycles(windows, 0)),
    )


def windows_of(graph: Graph, node: Node, channels: int, is_wide: bool = False) -> Windows:
    """What a row of the result reads and computes, for so many channels."""
    sizes = row_geometry(graph, node)
    return Windows(
        pixels=sizes["y_width"],
        fours=-(-channels // AT_ONCE),
        inputs=sizes["x_channels"],
        kernel=(sizes["kernel_height"], sizes["kernel_width"]),
        stride=(sizes["stride_height"], sizes["stride_width"]),
        borders=_borders(graph, node),
        is_wide=is_wide,
        is_alone=is_wide,
    )


def _borders(graph: Graph, node: Node) -> int:
    """At how many of the left and right borders windows reach outside; 1 if only above or below."""
    sizes = row_geometry(graph, node)
    last = (sizes["y_width"] - 1) * sizes["stride_width"] - sizes["pad_left"]
    sides = (sizes["pad_left"] > 0) + (last + sizes["kernel_width"] > sizes["x_width"])
    return sides or int(reads_outside(graph, node))


def _saved(graph: Graph, node: Node, channels: int, is_wide: bool) -> float:
    """Cycles of SMLAD less those of such a chain, in one call that copies no rows."""
    sizes = row_geometry(graph, node)
    taps = sizes["kernel_height"] * sizes["kernel_width"] * sizes["x_channels"]
    shape = sizes["y_width"], -(-channels // 2), taps, sizes["kernel_height"]
    rows = sizes["y_height"]
    chained = affine_chain_cycles(windows_of(graph, node, channels, is_wide), 0)(rows)
    return dsp_cycles_with_loads(*shape)(rows) - chained


def affine_forms(
    step: Step, graph: Graph, channels: Channels, computed: Sequence[int]
) -> Iterator[Step]:
    """The layer as such chains: without copies, and with those of each number of rows, with weights
    in flash or expanded into RAM; also where windows slide over them. Arguments as
    ``affine_chain_or``."""
    for chain in _chain_steps(step, graph, channels, computed):
        windows = windows_of(graph, step.node, len(computed))
        alone = _last_alone(chain, graph, windows)
        found = [chain, *([] if alone is None else [alone])]
        if WIDE not in chain.kernel.name:
            any_window = replace(chain, kernel=KERNELS[AFFINE])
            found += [any_window, *(form for form, _ in _copied(any_window, graph, windows, 0))]
            if windows.inputs == SLIDING_INPUTS:
                yield from (form for form, _ in _slid(chain, graph, windows))
        for form in found:
            yield form
            if held := expanded(form, graph):
                yield held


def _copying(chain: Step, graph: Graph, windows: Windows) -> tuple[Step, float]:
    """The step that first copies what some rows of the result read, as many as are best; and its
    cycles."""
    return _fastest(_copied(chain, graph, windows, 0), chain)


def _sliding(chain: Step, graph: Graph, windows: Windows) -> tuple[Step, float]:
    """The step with windows that slide over as many copies as are best; and its cycles."""
    return _fastest(_slid(chain, graph, windows), chain)


def _fastest(forms: Iterator[tuple[Step, float]], chain: Step) -> tuple[Step, float]:
    return min(forms, key=lambda one: one[1], default=(chain, math.inf))


def _copied(
    chain: Step, graph: Graph, windows: Windows, sliding: int
) -> Iterator[tuple[Step, float]]:
    """The step that first copies what 1, 2, ... rows of the result read, with its cycles.

    ``sliding``: bytes besides copies where windows slide, else 0.
    """
    height, window = row_shape(graph.result(chain.node))[1], layer_window(graph, chain.node)
    words = sliding or 8 * windows.kernel[0] * windows.kernel[1] * windows.inputs
    of = sliding_chain_cycles if sliding else affine_chain_cycles
    most = MOST_COPIED_SLIDING if sliding else MOST_COPIED
    for copies in range(1, windows.most_copied(most, min(height, MOST_ROWS)) + 1):
        cycles = of(windows, copies)
        step = replace(
            chain,
            parameters=tuple((k, copies if k == "copies" else v) for k, v in chain.parameters),
            scratch_bytes=words + windows.copied_bytes(copies),
            split=split_windows(height, window, cycles),
        )
        yield step, of_layer(step, graph, cycles)


def _slid(chain: Step, graph: Graph, windows: Windows) -> Iterator[tuple[Step, float]]:
    """The step with windows that slide over words made once, of copies: other scratch, taps by
    columns; with its cycles."""
    (height, width), inputs = windows.kernel, windows.inputs
    (weights, *others) = chain.constants
    words = weights.array.reshape(windows.fours, -1)
    by_rows = words[:, 4:-TABLE_WORDS].reshape(-1, height, width, 2 * inputs)
    taps = by_rows.transpose(0, 2, 1, 3).reshape(len(words), -1)
    words = np.concatenate([words[:, :4], taps, words[:, -TABLE_WORDS:]], axis=1)
    slides = 2 * inputs * height * (windows.stride[1] + windows.sliding_columns)
    if slides >= 2**16:
        return
    by_columns = replace(
        chain,
        kernel=KERNELS[f"{AFFINE}{SLIDE}"],
        parameters=tuple((k, slides if k == "slides" else v) for k, v in chain.parameters),
        constants=(replace(weights, array=words), *others),
    )
    yield from _copied(by_columns, graph, windows, 4 * slides + 2 * inputs * windows.stride[1])


def stream(channels: Channels, chain: AffineChain, places: Sequence[int]) -> Ints:
    """``[fours, 14 + 2 * K]`` words, as ``mote_line_job`` says.

    ``places``: of the channels in a pixel of the result.
    """
    chosen = select_channels(channels, chain.order)
    weights = chosen.weights
    a, b = weights[0::2], weights[1::2]
    words = (a + SLOT * b).reshape(-1, 2, weights.shape[1]).transpose(0, 2, 1)
    sums = chosen.bias + np.array([line.offset for line in chain.lines])
    first, second = sums[0::2], sums[1::2]
    start = first + SLOT * (first + second) + SLOT * SLOT * second
    starts = np.stack([start % 2**32, start >> 32], axis=1)
    fours = len(chain.order) // AT_ONCE
    placed = np.asarray(places)[list(chain.order)].reshape(fours, AT_ONCE)
    way = np.diff(placed, axis=1)
    lines = np.array([(line.multiplier, line.constant) for line in chain.lines])
    m_a, c_a, m_b, c_b, m_c, c_c, m_d, c_d = lines.reshape(fours, -1).T
    ways = placed[:, 0] + (way[:, 0] << 16), way[:, 1] % 2**16 + (way[:, 2] << 16)
    table = np.stack([m_a, c_a, ways[0], m_b, c_b, m_c, c_c, ways[1], m_d, c_d], axis=1)
    parts = (starts.reshape(fours, -1), words.reshape(fours, -1), table)
    return np.concatenate(parts, axis=1)
