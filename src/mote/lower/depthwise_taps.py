"""Depthwise convolution of any window with SMLAD as kernel calls.

``kernels/include/mote_depthwise_conv_2d_dsp.h`` says how it computes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import DepthwiseConv2D, Rounding
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.constant_channels import computed_channels, constant_results, most_common
from mote.lower.convolution_cycles import Cycles
from mote.lower.depthwise_cycles import depthwise_taps_cycles
from mote.lower.dsp_layout import dsp_shift_bits, dsp_shifts
from mote.lower.geometry import geometry, layer_window, row_geometry, weight_bits
from mote.lower.kernels import KERNELS
from mote.lower.requantization import pack_weights, result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step
from mote.reference.fixed_point import wrap_int32

MOST_TAPS = 7
"""Columns of the kernel that the assembly takes at a time; it has forms for odd numbers."""
CHANNELS = 2
"""Of which x stands in scratch."""
BLOCK = 4
"""Neighbouring results that are computed together."""
MOST_WORDS = 1024
"""Of x in scratch, where fewer rows at once need no more."""
MOST_SCRATCH_BYTES = 16_384
"""For one row of results; wider images are not for this kernel."""
BLOCK_BYTES, RUN_BYTES, WORD_BYTES = 16, 12, 4

_SAME = (
    *("x_width", "x_channels", "y_height", "y_width", "y_channels", "kernel_height"),
    *("stride_height", "stride_width", "dilation_height", "dilation_width", "pad_left", "x_zero"),
)


@dataclass(frozen=True)
class Taps:
    """How a window is divided.

    Args:
        phases: Of results (height, width): those of one phase read as if there were no dilation.
        step: Rows and columns of a phase from one of its results to the next.
        chunks: Of the kernel's columns.
        taps: Columns of a chunk.
    """

    phases: tuple[int, int]
    step: tuple[int, int]
    chunks: int
    taps: int

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The kernel's column at each place of each chunk; some do not exist."""
        step, taps = self.step[1], self.taps
        if step > 2:
            return tuple(tuple(p * step + i for p in range(taps)) for i in range(self.chunks))
        order = [p for first in range(step) for p in range(first, taps, step)]
        return tuple(tuple(i * taps + p for p in order) for i in range(self.chunks))


def divide_taps(sizes: Mapping[str, int]) -> Taps | None:
    """How the kernel divides the window of a layer; None where it cannot."""
    strides = sizes["stride_height"], sizes["stride_width"]
    dilations = sizes["dilation_height"], sizes["dilation_width"]
    common = [gcd(s, d) for s, d in zip(strides, dilations, strict=True)]
    step = strides[0] // common[0], strides[1] // common[1]
    width = sizes["kernel_width"]
    chunks = -(-width // MOST_TAPS) if step[1] <= 2 else min(step[1], width)
    taps = -(-width // (chunks if step[1] <= 2 else step[1])) | 1
    if taps > MOST_TAPS:
        return None
    return Taps((dilations[0] // common[0], dilations[1] // common[1]), step, chunks, taps)


def fits_taps(sizes: Mapping[str, int], bits: int) -> bool:
    """True when the kernel divides the window, each reads some row of the image, there are two
    channels, and a row of results needs little scratch."""
    taps = divide_taps(sizes)
    if taps is None or sizes["x_channels"] < CHANNELS:
        return False
    if scratch_bytes(sizes, taps, bits, 1) > MOST_SCRATCH_BYTES:
        return False
    rows = range(0, sizes["kernel_height"] * sizes["dilation_height"], sizes["dilation_height"])
    starts = [y * sizes["stride_height"] - sizes["pad_top"] for y in range(sizes["y_height"])]
    return all(any(0 <= s + r < sizes["x_height"] for r in rows) for s in starts)


def _rows_of_words(sizes: Mapping[str, int], taps: Taps, rows: int) -> int:
    """The most rows of words that so many rows of results need."""
    step = 2 if rows == 1 or taps.step[0] % 2 == 0 else 1
    height = -(-sizes["kernel_height"] // 2) * 2
    needed = ((rows - 1) * taps.step[0] + height - 2) // step + 1
    # A row of the image stands in one word of each column, in two with a step of 1.
    image = -(-sizes["x_height"] // sizes["dilation_height"]) + 1
    return min(needed, image if step == 1 else image // 2 + 1)


def _row_words(sizes: Mapping[str, int], taps: Taps) -> int:
    results = max(-(-sizes["y_width"] // taps.phases[1]), BLOCK) - 1
    step = taps.step[1]
    if step > 2:
        return step * (results + taps.taps)
    return results * step + taps.chunks * taps.taps


def scratch_bytes(sizes: Mapping[str, int], taps: Taps, bits: int, rows: int) -> int:
    """What calls take that compute so many rows of results at once, or fewer; weights of 4 bits
    are unpacked channel by channel."""
    blocks = -(-sizes["y_width"] // taps.phases[1] // BLOCK)
    weights = taps.chunks * taps.taps * -(-sizes["kernel_height"] // 2)
    most = max(_rows_of_words(sizes, taps, n) for n in range(1, rows + 1))
    words = weights + CHANNELS * most * _row_words(sizes, taps)
    runs = taps.step[1] if taps.step[1] > 2 else 1
    if bits == 4:
        words += -(-taps.chunks * taps.taps * sizes["kernel_height"] // WORD_BYTES)
    return RUN_BYTES * runs + BLOCK_BYTES * rows * blocks + WORD_BYTES * words


def _rows_at_once(sizes: Mapping[str, int], taps: Taps) -> int:
    """Rows of results of a phase for which little of x stands in scratch."""
    results = -(-sizes["y_height"] // taps.phases[0])
    rows = 1
    while (
        rows < results
        and _rows_of_words(sizes, taps, rows + 1) * _row_words(sizes, taps) * CHANNELS <= MOST_WORDS
    ):
        rows += 1
    return -(-results // -(-results // rows))


def _cycles(
    sizes: Mapping[str, int], taps: Taps, bits: int, channels: int
) -> Callable[[int], Cycles]:
    """Of calls, by rows of results of a phase at once; all phases are counted as one."""
    pair_rows, width = -(-sizes["kernel_height"] // 2), taps.chunks * taps.taps
    blocks = taps.phases[1] * -(-sizes["y_width"] // taps.phases[1] // BLOCK)
    columns = taps.phases[1] * min(_row_words(sizes, taps), sizes["x_width"])
    of_rows = depthwise_taps_cycles(
        blocks,
        pair_rows,
        width,
        lambda rows: _rows_of_words(sizes, taps, rows) * columns,
        pair_rows * width * (2 if bits == 4 else 1),
    )
    return lambda rows: of_rows(channels, rows)


def _weight_bytes(weights: Ints, sizes: Mapping[str, int], taps: Taps) -> Ints:
    """``[channels, kernel_height * kernel_width]`` weights in the order of the kernel."""
    height, width = sizes["kernel_height"], sizes["kernel_width"]
    rows = weights.reshape(-1, height, width)
    missing = max(map(max, taps.columns)) + 1 - width
    rows = np.pad(rows, ((0, 0), (0, 0), (0, max(missing, 0))))
    parts = []
    for columns in taps.columns:
        chunk = rows[:, :, list(columns)]
        even = chunk[:, : height // 2 * 2].reshape(len(rows), height // 2, 2, taps.taps)
        pairs = even.swapaxes(2, 3).reshape(len(rows), -1, 2)
        count = pairs.shape[1] // 2 * 2
        fours = pairs[:, :count].reshape(len(rows), -1, 2, 2).swapaxes(2, 3)
        parts += [fours.reshape(len(rows), -1), pairs[:, count:].reshape(len(rows), -1)]
        parts.append(chunk[:, height // 2 * 2 :].reshape(len(rows), -1))
    found: Ints = np.concatenate(parts, axis=1)
    return found


def lower_depthwise_taps(graph: Graph, node: Node, channels: Channels) -> Step:
    """One layer that ``fits_taps`` and whose channels ``fits_dsp``."""
    assert isinstance(node.op, DepthwiseConv2D)
    plane, sizes = geometry(graph, node), row_geometry(graph, node)
    bits = weight_bits(graph, node)
    taps = divide_taps(plane)
    assert taps is not None
    constant, value = constant_results(channels)
    common = most_common(value[constant])
    instructions = channels.weights.shape[1] + 20
    computed = computed_channels(constant & (value == common), instructions)
    is_cut = len(computed) < len(constant)
    gaps = np.diff(computed, prepend=0).astype(np.uint8)
    chosen = select_channels(channels, computed)
    shift_bits = dsp_shift_bits(chosen.right)
    bias = 2 * (chosen.bias + sizes["x_zero"] * chosen.weights.sum(1))
    weights = _weight_bytes(chosen.weights, plane, taps)
    rows = _rows_at_once(plane, taps)
    parameters = {name: sizes[name] for name in _SAME} | {
        "phases_height": taps.phases[0],
        "phases_width": taps.phases[1],
        "chunks": taps.chunks,
        "taps": taps.taps,
        "computed": len(computed),
        "constant": common,
        **result_range(chosen),
        "shift_bits": shift_bits,
    }
    single = channels.rounding is Rounding.SINGLE
    cycles = _cycles(plane, taps, bits, len(computed))
    split = split_windows(plane["y_height"], layer_window(graph, node), cycles(rows))
    rows = min(rows, -(-split.rows // taps.phases[0]))
    step = Step(
        node=node,
        kernel=KERNELS[f"mote_depthwise_conv_2d_s8{'_w4' * (bits == 4)}_dsp{'_single' * single}"],
        parameters=(*parameters.items(), ("rows_at_once", rows)),
        constants=(
            Constant("weights", pack_weights(weights, bits), True),
            Constant("bias", wrap_int32(bias).astype(np.int32), True),
            Constant("multiplier", chosen.multiplier.astype(np.int32), False),
            Constant("shift", dsp_shifts(chosen.right, shift_bits), False),
            *([Constant("gaps", gaps, False)] if is_cut else []),
        ),
        scratch_bytes=scratch_bytes(plane, taps, bits, rows),
        split=split,
    )
    if rows == 1:
        return step
    images_rows = plane["batches"] * plane["y_height"]
    extra = images_rows * (cycles(1)(1) - cycles(rows)(rows) / rows)
    frugal = replace(
        step,
        parameters=(*parameters.items(), ("rows_at_once", 1)),
        scratch_bytes=scratch_bytes(plane, taps, bits, 1),
    )
    return replace(step, frugal=frugal, frugal_cycles=max(round(extra), 0))
