"""Chained convolutions with one word of scratch a tap, where that pays.

``kernels/include/mote_chain_packed.h`` says how, ``requantization_line.py`` what is proven of the
requantisation. Inputs count from 0 here, 128 above what they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.chain import CORES, reads_outside, shares_weights
from mote.lower.chain_layout import AT_ONCE, TABLE_WORDS
from mote.lower.chain_split import SPLIT_TABLE_WORDS, find_split, split_stream
from mote.lower.chain_split_affine import (
    MOST_CHANNELS,
    SplitAffineChain,
    find_split_affine,
    split_affine_stream,
)
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.convolution_cycles import (
    Cycles,
    dsp_cycles_with_loads,
    of_layer,
    packed_chain_cycles,
)
from mote.lower.dsp_layout import SHIFTS
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

ABOVE = 128
"""What is added to inputs."""
FARTHER = 2**11
"""What the first pixel is multiplied with in a word."""


def from_zero(channels: Channels) -> Channels:
    """The channels of inputs that count from 0."""
    return replace(
        channels,
        x_low=channels.x_low + ABOVE,
        x_high=channels.x_high + ABOVE,
        bias=channels.bias - ABOVE * channels.weights.sum(1),
    )


def find_packed(channels: Channels) -> SplitAffineChain | None:
    """The fewest pieces of which no slot overflows, and lines; None where few more have none."""
    return find_split_affine(channels, from_zero(channels))


def packed_or(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    core: Core,
    cycles: float,
) -> tuple[Step, float]:
    """The layer as such a chain where that is proven and faster, then ``step``; and its cycles.

    Where it is slower than ``step`` on four pixels, but not than that on two, it stands between.

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
    best = next(packed_forms(step, graph, channels, computed), None)
    if best is None:
        return step, cycles
    packed, cycles_of = best
    node, count = step.node, len(computed)
    known = of_layer(packed, graph, cycles_of(node))
    sharing = [n for n in graph.nodes if n.op.kind == node.op.kind and shares_weights(n, node)]
    if sum(_saved(graph, n, count, cycles_of(n)) for n in sharing) > 0:
        fewer = min(cycles, known)
        return replace(packed, frugal=step, frugal_cycles=round(cycles - fewer)), fewer
    if len(sharing) > 1 or step.frugal is None:
        return step, cycles
    return _before_the_last(step, packed, known - cycles), cycles


def packed_forms(
    step: Step, graph: Graph, channels: Channels, computed: Sequence[int]
) -> Iterator[tuple[Step, Callable[[Node], Cycles]]]:
    """The layer as such chains, the better first, and what calls cost in layers with its weights:
    with lines where they are proven, then with requantisation in two steps where that is its rule.

    Arguments as ``packed_or``.
    """
    node, count = step.node, len(computed)
    chosen = select_channels(channels, computed)
    if graph.result(node).shape[-1] > MOST_CHANNELS:
        return
    if chosen.right.min() < SHIFTS.start or chosen.right.max() >= SHIFTS.stop:
        return

    def form(words: Ints, pieces: int, is_double: bool) -> tuple[Step, Callable[[Node], Cycles]]:
        def cycles_of(layer: Node) -> Cycles:
            return _cycles(graph, layer, count, pieces, is_double)

        return _packed_step(step, graph, words, count, is_double, cycles_of(node)), cycles_of

    chain = find_packed(chosen)
    if chain is not None:
        yield form(split_affine_stream(chosen, chain, computed, FARTHER), chain.split.pieces, False)
    if channels.rounding is Rounding.DOUBLE:
        split = find_split(from_zero(chosen))
        words = split_stream(from_zero(chosen), split, computed, FARTHER)
        yield form(words, split.pieces, True)


def _before_the_last(step: Step, packed: Step, more: float) -> Step:
    """A step on four pixels, with the chain before its form on two where that is slower yet."""
    assert step.frugal is not None
    more = max(round(more), 0)
    if more >= step.frugal_cycles:
        return step
    packed = replace(packed, frugal=step.frugal, frugal_cycles=step.frugal_cycles - more)
    return replace(step, frugal=packed, frugal_cycles=more)


def _packed_step(
    step: Step, graph: Graph, words: Ints, count: int, is_double: bool, cycles: Cycles
) -> Step:
    """``words``: of the weights of ``count`` channels; ``is_double``: without lines."""
    node, fours = step.node, -(-count // AT_ONCE)
    sizes = {k: v for k, v in row_geometry(graph, node).items() if k != "groups"}
    taps = sizes["kernel_height"] * sizes["kernel_width"] * sizes["x_channels"]
    others = {k: v for k, v in step.parameters if k in ("y_zero", "y_min", "y_max")}
    table_words = SPLIT_TABLE_WORDS if is_double else TABLE_WORDS
    return Step(
        node=node,
        kernel=KERNELS["mote_conv_2d_s8_dsp_chain_packed" + "_double" * is_double],
        parameters=(
            *sizes.items(),
            ("fours", fours),
            ("is_padded", int(reads_outside(graph, node))),
            *others.items(),
        ),
        constants=(
            Constant(
                "weights",
                words.astype(np.uint32).view(np.int32),
                is_weights=True,
                table_bytes=4 * table_words * fours,
            ),
            *(constant for constant in step.constants if constant.field == "constants"),
        ),
        scratch_bytes=16 * -(-taps // 4),
        split=split_windows(row_shape(graph.result(node))[1], layer_window(graph, node), cycles),
    )


def _cycles(graph: Graph, node: Node, channels: int, pieces: int, is_double: bool) -> Cycles:
    """Of a call that computes some rows, and so many channels of them."""
    sizes = row_geometry(graph, node)
    return packed_chain_cycles(
        sizes["y_width"],
        -(-channels // AT_ONCE),
        sizes["x_channels"],
        (sizes["kernel_height"], sizes["kernel_width"]),
        pieces,
        reads_outside(graph, node),
        is_double,
    )


def _saved(graph: Graph, node: Node, channels: int, chain: Cycles) -> float:
    """Cycles of SMLAD less those of such a chain, in one call."""
    sizes = row_geometry(graph, node)
    taps = sizes["kernel_height"] * sizes["kernel_width"] * sizes["x_channels"]
    shape = sizes["y_width"], -(-channels // 2), taps, sizes["kernel_height"]
    rows = sizes["y_height"]
    return dsp_cycles_with_loads(*shape)(rows) - chain(rows)
