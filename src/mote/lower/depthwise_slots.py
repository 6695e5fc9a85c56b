"""Depthwise convolution with 3 x 3, 5 x 5 or 7 x 7 taps with SMLAL, where that is proven.

``kernels/include/mote_depthwise_slots.h`` says how it computes: three sums share 64 bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.constant_channels import computed_channels, constant_results, most_common
from mote.lower.convolution_cycles import CALL, Cycles
from mote.lower.depthwise_cycles import depthwise_slots_cycles
from mote.lower.geometry import geometry, layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.requantization_line import Line, find_line, find_steps
from mote.lower.rows_per_call import split_windows
from mote.lower.split import row_shape
from mote.lower.step import Constant, Step
from mote.target.target import Core

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
"""Where SMLAL takes a cycle."""
SLOT = 21
"""Bits from a value of a word to the other; what sums of a slot start at keeps them in it."""
PARAMETER_WORDS = 4
"""Of a channel beside its weights; one of them holds the bias."""
BLOCK_BYTES, WORD_BYTES = 8, 4
PLANE = 4
"""Rows of a map that is computed at once."""


@dataclass(frozen=True)
class Form:
    """One of the kernels.

    Args:
        name: How theirs ends.
        taps: Of a row, and of a column, of the window.
        stride: Horizontal.
        results: Of a block.
        is_row: True where a block is a row.
        weights: Which taps of a row are the lower and the upper value of each word; none where
            there is no such tap.
        beside: Words of x on both sides of a row that are outside the image.
        row_cycles: What a row of the window takes, of a block.
        plane_cycles: What a channel of a map of 4 rows takes at once; 0 where that is not possible.
    """

    name: str
    taps: int
    stride: int
    results: int
    is_row: bool
    weights: tuple[tuple[int, int], ...]
    beside: int
    row_cycles: int
    plane_cycles: int = 0


_THREE = ((0, -1), (2, 1))
_FIVE = ((1, 0), (3, 2), (5, 4))
_SEVEN = ((0, -1), (2, 1), (4, 3), (6, 5))
_EVEN_AND_ODD = ((1, -1), (5, 3), (2, 0), (6, 4))
FORMS = (
    Form("3_by_4", 3, 1, 4, True, _THREE, 0, 9, 262),
    Form("3_by_8", 3, 1, 8, True, _THREE, 0, 16),
    Form("3_by_9", 3, 1, 9, True, _THREE, 0, 21),
    Form("5_by_4", 5, 1, 4, True, _FIVE, 0, 11, 328),
    Form("5_by_8", 5, 1, 8, True, _FIVE, 0, 21),
    Form("7_by_8", 7, 1, 8, True, _SEVEN, 0, 26),
    Form("7_two_by_4", 7, 2, 4, True, _EVEN_AND_ODD, 0, 18),
    Form("7_two_by_8", 7, 2, 8, False, _EVEN_AND_ODD, 2, 46),
)


def find_form(sizes: Mapping[str, int]) -> Form | None:
    """The kernel for a layer of such sizes, whose windows each read some row; None without any."""
    taps, stride, width = (sizes[name] for name in ("kernel_width", "stride_width", "y_width"))
    is_regular = (
        sizes["kernel_height"] == taps
        and sizes["dilation_height"] == sizes["dilation_width"] == 1
        and sizes["x_channels"] == sizes["y_channels"]
        and sizes["pad_left"] == taps // 2
        and sizes["x_width"] == stride * width
    )
    for form in FORMS:
        fits = width == form.results if form.is_row else width % form.results == 0
        if is_regular and (form.taps, form.stride) == (taps, stride) and fits:
            return form
    return None


def find_starts(channels: Channels, x_zero: int) -> tuple[Ints, list[Line]] | None:
    """What the sums of each channel start at, on inputs less their zero point, and its line.

    Sums of any of the products, each with an input less its zero point, then are from 0 to below
    2**21. None where there is no such start.
    """
    steps = find_steps(channels)
    products = (
        channels.weights * (channels.x_low - x_zero),
        channels.weights * (channels.x_high - x_zero),
        np.zeros_like(channels.weights),
    )
    least, greatest = np.min(products, axis=0).sum(1), np.max(products, axis=0).sum(1)
    bias = channels.bias + x_zero * channels.weights.sum(1)
    lines = []
    for i, (low, high) in enumerate(zip(least + bias, greatest + bias, strict=True)):
        offsets = -int(low), 2**SLOT - 1 - int(high)
        line = find_line(channels, steps, i, offsets) if offsets[0] <= offsets[1] else None
        if line is None:
            return None
        lines.append(line)
    return bias + np.array([line.offset for line in lines]), lines


def slots_or(step: Step, graph: Graph, channels: Channels, core: Core) -> Step:
    """The layer with SMLAL where that is proven and faster, before ``step``, which computes it
    otherwise."""
    found = slots_step(graph, step.node, channels) if core.name in CORES else None
    if found is None or step.split is None or found.split is None:
        return step
    images, height, _ = row_shape(graph.result(step.node))
    known, fewer = (images * height * s.row_cycles for s in (step.split, found.split))
    return (
        replace(found, frugal=step, frugal_cycles=round(known - fewer)) if fewer < known else step
    )


def slots_step(graph: Graph, node: Node, channels: Channels) -> Step | None:
    """One layer whose windows each read some row, with SMLAL; None where that is not proven."""
    plane, sizes = geometry(graph, node), row_geometry(graph, node)
    form = find_form(plane)
    if form is None:
        return None
    constant, value = constant_results(channels)
    common = most_common(value[constant])
    computed = computed_channels(constant & (value == common), channels.weights.shape[1] // 2)
    chosen = select_channels(channels, computed)
    found = find_starts(chosen, sizes["x_zero"])
    if found is None:
        return None
    words = _stream(chosen, form, computed, *found)
    parameters = {name: sizes[name] for name in ("y_height", "y_width", "stride_height", "x_zero")}
    parameters |= {"channels": sizes["x_channels"], "first": computed[0]}
    parameters |= {"is_cut": int(len(computed) < len(constant)), "constant": common}
    parameters |= {k: v for k, v in result_range(chosen).items() if k != "y_zero"}
    split = split_windows(
        plane["y_height"], layer_window(graph, node), _cycles(form, plane, len(computed))
    )
    blocks = split.rows * sizes["y_width"] // form.results
    return Step(
        node=node,
        kernel=KERNELS[f"mote_depthwise_conv_2d_s8_dsp_slots_{form.name}"],
        parameters=tuple(parameters.items()),
        constants=(
            Constant(
                "weights",
                words.reshape(-1).astype(np.int32),
                is_weights=True,
                table_bytes=WORD_BYTES * (PARAMETER_WORDS - 1) * len(words),
            ),
        ),
        scratch_bytes=BLOCK_BYTES * blocks + WORD_BYTES * _words(form, sizes, split.rows),
        split=split,
    )


def _words(form: Form, sizes: Mapping[str, int], rows: int) -> int:
    """What the windows of so many rows of results cover."""
    row = form.stride * ((sizes["y_width"] + 1) // 2 + form.beside)
    return ((rows - 1) * sizes["stride_height"] + form.taps) * row


def _cycles(form: Form, sizes: Mapping[str, int], channels: int) -> Cycles:
    of_image = sizes["x_height"] * ((sizes["x_width"] + 1) // 2)
    found = depthwise_slots_cycles(
        sizes["y_width"] // form.results,
        form.taps * form.row_cycles,
        form.results,
        lambda rows: min(_words(form, sizes, rows), of_image),
        channels,
    )
    is_plane = sizes["x_height"] == sizes["y_height"] == PLANE and sizes["stride_height"] == 1
    if not form.plane_cycles or not is_plane:
        return found
    plane = CALL + channels * form.plane_cycles
    return lambda rows: plane if rows == PLANE else found(rows)


def _stream(
    channels: Channels, form: Form, computed: Sequence[int], starts: Ints, lines: Sequence[Line]
) -> Ints:
    """``[channels, words]``, as ``mote_slots_channel`` says."""
    taps = channels.weights.reshape(-1, form.taps, form.taps)
    taps = np.pad(taps, ((0, 0), (0, 0), (0, 1)))  # none, before the first or behind the last
    lower, upper = (taps[:, :, list(places)] for places in zip(*form.weights, strict=True))
    weights = (lower + (upper << SLOT)).reshape(len(taps), -1)
    table = [(line.multiplier, line.constant) for line in lines]
    gaps = np.diff(computed, append=computed[-1])
    return np.column_stack([gaps, weights, np.array(table), starts])
