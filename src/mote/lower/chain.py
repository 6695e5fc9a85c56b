"""Convolution with three multiply-accumulates in an instruction, where that pays.

``kernels/include/mote_chain.h`` says how. The weights take two bytes each: the plan weighs that
against the cycles that it saves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, Rounding
from mote.lower.chain_layout import AT_ONCE, TABLE_WORDS, find_chain, stream
from mote.lower.chain_split import SPLIT_TABLE_WORDS, find_split, split_stream
from mote.lower.chain_split_affine import (
    MOST_CHANNELS,
    find_split_affine,
    split_affine_stream,
)
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.convolution_cycles import Cycles, chain_cycles, dsp_cycles_with_loads, of_layer
from mote.lower.dsp_layout import SHIFTS
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
"""Where SMLAL takes a cycle, and nothing is faster."""
DUAL_CORES = ("cortex-m7",)
"""Of these, which issue a load with a multiplication."""
FOUR = 4
"""Taps whose loads and multiplications alternate."""


def chain_or(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    core: Core,
    cycles: float,
) -> tuple[Step, float]:
    """The layer as a chain where that is proven and faster, then ``step``; and its cycles.

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
    found = next(chain_forms(step, graph, channels, computed), None)
    if found is None:
        return step, cycles
    chain, form = found
    chain = in_order_of(core, chain, FOUR)
    sharing = [
        n for n in graph.nodes if n.op.kind == step.node.op.kind and shares_weights(n, step.node)
    ]
    if sum(_saved(graph, node, len(computed), form) for node in sharing) <= 0:
        return step, cycles
    each = _cycles(graph, step.node, len(computed), form)
    fewer = min(cycles, of_layer(chain, graph, each))
    return replace(chain, frugal=step, frugal_cycles=round(cycles - fewer)), fewer


@dataclass(frozen=True)
class Form:
    """How sums are taken.

    Args:
        pieces: Into how many the taps are cut; 0: not at all.
        is_affine: True where lines requantise them.
    """

    pieces: int = 0
    is_affine: bool = False

    @property
    def table_words(self) -> int:
        """Of the stream, for each four channels, besides weights and what sums start at."""
        return SPLIT_TABLE_WORDS if self.pieces and not self.is_affine else TABLE_WORDS


def in_order_of(core: Core, step: Step, taps: int) -> Step:
    """A chain with lines of so many taps, by the kernel whose instructions are in the order that a
    core likes."""
    kernel = KERNELS.get(f"{step.kernel.name}_dual")
    if kernel is None or core.name not in DUAL_CORES or taps % FOUR:
        return step
    return replace(step, kernel=kernel)


def shares_weights(node: Node, other: Node) -> bool:
    """True when two layers have their weights in common, and so one layout of them."""
    return node.inputs[1:] == other.inputs[1:]


def chain_forms(
    step: Step, graph: Graph, channels: Channels, computed: Sequence[int]
) -> Iterator[tuple[Step, Form]]:
    """The layer as chains, the better first, and how they take sums: of all taps where that is
    proven, then in pieces, with lines where these are proven.

    None at all where its shifts are too large. Arguments as ``chain_or``.
    """
    chosen = select_channels(channels, computed)
    if chosen.right.min() < SHIFTS.start or chosen.right.max() >= SHIFTS.stop:
        return
    chain = find_chain(chosen, lambda c: c.bounds)
    if chain is not None:
        yield _chain(step, graph, channels, computed, stream(chosen, chain, computed), Form())
    affine = None
    if graph.result(step.node).shape[-1] <= MOST_CHANNELS:
        affine = find_split_affine(chosen, chosen)
    if affine is not None:
        words = split_affine_stream(chosen, affine, computed)
        yield _chain(step, graph, channels, computed, words, Form(affine.split.pieces, True))
    split = find_split(chosen)
    words = split_stream(chosen, split, computed)
    yield _chain(step, graph, channels, computed, words, Form(split.pieces))


def _chain(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    words: Ints,
    form: Form,
) -> tuple[Step, Form]:
    """``words``: of the weights."""
    node = step.node
    fours = -(-len(computed) // AT_ONCE)
    sizes = {k: v for k, v in row_geometry(graph, node).items() if k != "groups"}
    taps = 4 * -(-graph.operands(node)[1].elements // sizes["y_channels"] // 4)
    is_padded = reads_outside(graph, node)
    name = "_split" * (form.pieces > 0) + ("_affine" if form.is_affine else _suffix(channels))
    chain = Step(
        node=node,
        kernel=KERNELS[f"mote_conv_2d_s8_dsp_chain{name}"],
        parameters=(
            *sizes.items(),
            ("fours", fours),
            ("is_padded", int(is_padded)),
            *result_range(channels).items(),
        ),
        constants=(
            Constant(
                "weights",
                words.astype(np.uint32).view(np.int32),
                is_weights=True,
                table_bytes=4 * fours * form.table_words,
            ),
            *(constant for constant in step.constants if constant.field == "constants"),
        ),
        scratch_bytes=8 * taps + (sizes["x_channels"] if is_padded else 0),
        split=split_windows(
            row_shape(graph.result(node))[1],
            layer_window(graph, node),
            _cycles(graph, node, len(computed), form),
        ),
    )
    return chain, form


def _cycles(graph: Graph, node: Node, channels: int, form: Form) -> Cycles:
    """Of a call that computes some rows, and so many channels of them."""
    sizes = row_geometry(graph, node)
    taps = sizes["kernel_height"] * sizes["kernel_width"] * sizes["x_channels"]
    fours = -(-channels // AT_ONCE)
    row = sizes["y_width"], fours, 4 * -(-taps // 4), sizes["kernel_height"]
    return chain_cycles(*row, form.pieces, form.is_affine)


def _saved(graph: Graph, node: Node, channels: int, form: Form) -> float:
    """Cycles of SMLAD less those of a chain, in one call."""
    sizes = row_geometry(graph, node)
    taps = sizes["kernel_height"] * sizes["kernel_width"] * sizes["x_channels"]
    shape = sizes["y_width"], -(-channels // 2), taps, sizes["kernel_height"]
    rows = sizes["y_height"]
    return dsp_cycles_with_loads(*shape)(rows) - _cycles(graph, node, channels, form)(rows)


def _suffix(channels: Channels) -> str:
    if channels.rounding is Rounding.SINGLE:
        return "_single"
    return "_positive" if channels.y_zero == -128 else ""


def reads_outside(graph: Graph, node: Node) -> bool:
    """True when some window is in part outside the image."""
    assert isinstance(node.op, Conv2D | DepthwiseConv2D)
    sizes, x_height = row_geometry(graph, node), graph.operands(node)[0].shape[1]
    top, left = node.op.padding.top, node.op.padding.left
    last_column = (sizes["y_width"] - 1) * sizes["stride_width"] - left
    last_row = (graph.result(node).shape[1] - 1) * sizes["stride_height"] - top
    reach_down = (sizes["kernel_height"] - 1) * sizes["dilation_height"] + 1
    reach_right = (sizes["kernel_width"] - 1) * sizes["dilation_width"] + 1
    return (
        max(top, left) > 0
        or last_column + reach_right > sizes["x_width"]
        or last_row + reach_down > x_height
    )
