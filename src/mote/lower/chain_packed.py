"""Chained convolutions with one word of scratch a tap, where that pays.

``kernels/include/mote_chain_packed.h`` says how, ``requantization_line.py`` what is proven of the
requantisation. Inputs count from 0 here, 128 above what they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.chain import CORES, reads_outside, shares_weights
from mote.lower.chain_layout import AT_ONCE, SLOT, TABLE_WORDS, channel_words
from mote.lower.chain_split import (
    SPLIT_TABLE_WORDS,
    SplitChain,
    find_split,
    split_stream,
    sums_of_pieces,
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
from mote.lower.requantization_line import Line, Steps, find_line, find_steps
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

ABOVE = 128
"""What is added to inputs."""
ATTEMPTS = 3
"""How many numbers of pieces are tried: smaller ones leave more room for offsets."""
FARTHER = 2**11
"""What the first pixel is multiplied with in a word."""
MOST_CHANNELS = 2**15
"""Ways from a channel's place to another's have 16 bits."""


@dataclass(frozen=True)
class PackedChain:
    """Channels in the order in which they are computed, their taps in pieces.

    Args:
        split: The order, and the pieces.
        starts: ``[2, pairs, pieces]``, what sums of A and of B start at.
        lines: ``[2, pairs]``, of A and of B.
    """

    split: SplitChain
    starts: Ints
    lines: tuple[tuple[Line, ...], tuple[Line, ...]]


def from_zero(channels: Channels) -> Channels:
    """The channels of inputs that count from 0."""
    return replace(
        channels,
        x_low=channels.x_low + ABOVE,
        x_high=channels.x_high + ABOVE,
        bias=channels.bias - ABOVE * channels.weights.sum(1),
    )


def find_packed(channels: Channels) -> PackedChain | None:
    """The fewest pieces of which no slot overflows, and lines; None where few more have none."""
    steps, pieces = find_steps(channels), 1
    for _ in range(ATTEMPTS):
        split = find_split(channels, pieces)
        chain = _with_lines(channels, steps, split)
        if chain is not None:
            return chain
        pieces = split.pieces + 1
    return None


def _with_lines(channels: Channels, steps: Steps, split: SplitChain) -> PackedChain | None:
    """Starts in whose sum each line finds its offset.

    Of two pixels p and q, the slots of a piece are A(p) + a, A(p) + a + B(q) + b, and B(p) + b. As
    the first two are in [0, SLOT), the third is in (-SLOT, SLOT).
    """
    above = from_zero(channels)
    least, greatest = sums_of_pieces(above, split.taps)
    lines: tuple[list[Line], list[Line]] = [], []
    starts = []
    for a, b in np.reshape(split.order, (-1, 2)).tolist():
        # A start from -greatest to -least of B takes no room from A.
        second = _start(channels, steps, above.bias, b, -greatest[b], -least[b])
        if second is None:
            return None
        ends = least[b] + second[1], greatest[b] + second[1]
        low, high = least[a] + np.minimum(ends[0], 0), greatest[a] + np.maximum(ends[1], 0)
        first = _start(channels, steps, above.bias, a, -low, SLOT - 1 - high)
        if first is None:
            return None
        for found, (line, _) in zip(lines, (first, second), strict=True):
            found.append(line)
        starts.append([first[1], second[1]])
    return PackedChain(split, np.swapaxes(starts, 0, 1), (tuple(lines[0]), tuple(lines[1])))


def _start(
    channels: Channels, steps: Steps, bias: Ints, channel: int, low: Ints, high: Ints
) -> tuple[Line, Ints] | None:
    """The line of a channel, and between which of ``low`` and ``high`` each piece starts for it."""
    first = int(low.sum() - bias[channel])
    line = find_line(channels, steps, channel, (first, int(high.sum() - bias[channel])))
    if line is None:
        return None
    more = line.offset - first
    before = np.concatenate([[0], np.cumsum(high - low)[:-1]])
    return line, low + np.clip(more - before, 0, high - low)


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
        yield form(packed_stream(chosen, chain, computed), chain.split.pieces, False)
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


def packed_stream(channels: Channels, chain: PackedChain, places: Sequence[int]) -> Ints:
    """Words as ``mote_packed_job`` says; ``places``: of the channels in a pixel of the result."""
    order, taps = list(chain.split.order), chain.split.taps
    fours = len(order) // AT_ONCE
    words = channel_words(select_channels(channels, order), SLOT)
    a, b = chain.starts
    first = a + SLOT * (a + b) + SLOT * SLOT * b
    sums = np.stack([first, first + FARTHER * a + 2**32 * b], axis=1)
    starts = np.stack([sums % 2**32, sums >> 32], axis=2).reshape(fours, 8, -1)
    parts = []
    for piece in range(chain.split.pieces):
        of_taps = words[:, piece * taps : (piece + 1) * taps]
        parts += [starts[:, :, piece], of_taps.reshape(fours, -1)]
    each = np.concatenate([*parts, _table(chain, np.asarray(places)[order])], axis=1)
    return np.concatenate([[4 * taps], each.ravel()])


def _table(chain: PackedChain, placed: Ints) -> Ints:
    """``[fours, 10]``: lines, and the ways from a channel's place to the next one's."""
    fours = len(placed) // AT_ONCE
    lines = [[(line.multiplier, line.constant) for line in one] for one in chain.lines]
    numbers = np.swapaxes(lines, 0, 1).reshape(fours, 2, 4)
    places = placed.reshape(fours, AT_ONCE)
    way = np.diff(places, axis=1)
    ways = [places[:, 0] + (way[:, 0] << 16), way[:, 1] % 2**16 + (way[:, 2] << 16)]
    halves = [np.insert(numbers[:, i], 2, ways[i], axis=1) for i in range(2)]
    return np.concatenate(halves, axis=1)
