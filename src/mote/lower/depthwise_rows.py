"""Depthwise convolution 3 x 3 with DSP, all channels of a row at a time.

``kernels/include/mote_depthwise_row.h``, ``mote_depthwise_fours.h`` and ``mote_depthwise_threes.h``
say how, and why their requantisation is exact.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.convolution_cycles import depthwise_row_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

IN_REGISTERS = range(3, 7)
"""Pixels of a row that are in registers at once; others are computed four by four."""
SCALE = 256
"""Of weights and sums."""
RIGHT = range(1, 17)
"""Right shifts for which the rounding offset, with the zero point, stays below 2**30."""
TABLE_BYTES = 7
"""Of a channel's 20: multiplier, shift, step to the next one, and one that is 0."""


def fits_rows(sizes: dict[str, int], channels: Channels, bits: int) -> bool:
    """True when a kernel computes this 3 x 3 layer by rows, and its sums fit 32 bits."""
    return bool(
        bits == 8
        and _is_regular(sizes)
        and (channels.rounding is Rounding.SINGLE or channels.y_zero == -128)
        and channels.right.min() >= RIGHT.start
        and channels.right.max() < RIGHT.stop
        and SCALE * channels.magnitude.max() < 2**31
    )


def _is_regular(sizes: dict[str, int]) -> bool:
    width = sizes["y_width"]
    if sizes["stride_width"] == 2:
        return width % 3 == 0
    is_padded = sizes["pad_left"] == 1 and width == sizes["x_width"]
    return is_padded and (width in IN_REGISTERS or width % 4 == 0)


def _at_once(sizes: dict[str, int]) -> str:
    """How many pixels of a row are computed at once, as the names of kernels say it."""
    width = sizes["y_width"]
    if sizes["stride_width"] == 2:
        return "threes"
    return f"row_{width}" if width in IN_REGISTERS else "fours"


def lower_depthwise_rows(
    graph: Graph, node: Node, channels: Channels, computed: Sequence[int], constant: int
) -> Step:
    """One layer that ``fits_rows``.

    Args:
        graph: The graph of the layer.
        node: The layer.
        channels: All of its channels.
        computed: Those to compute, in ascending order.
        constant: The result of the others.
    """
    sizes = row_geometry(graph, node)
    chosen = select_channels(channels, computed)
    width = sizes["y_width"]
    same = ("y_height", "y_width", "stride_height", "x_zero")
    parameters = {name: sizes[name] for name in same}
    parameters |= {"channels": sizes["x_channels"], "first": computed[0]}
    parameters |= {"is_cut": int(len(computed) < len(channels.bias)), "constant": constant}
    parameters |= {"left_pad": sizes["pad_left"], "right_pad": _right_pad(sizes)}
    parameters |= {"double_rounding": int(channels.rounding is Rounding.DOUBLE)}
    parameters |= result_range(chosen)
    at_once = _at_once(sizes)
    cycles = depthwise_row_cycles(width, len(computed), at_once)
    return Step(
        node=node,
        kernel=KERNELS[f"mote_depthwise_conv_2d_s8_dsp_{at_once}"],
        parameters=tuple(parameters.items()),
        constants=(
            Constant(
                "weights",
                channel_words(chosen, computed),
                is_weights=True,
                table_bytes=TABLE_BYTES * len(computed),
            ),
        ),
        split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
    )


def channel_words(channels: Channels, places: Sequence[int]) -> np.ndarray:
    """``[5 * channels]`` words, as ``mote_depthwise_channel`` says.

    ``places``: of the channels in a pixel, in ascending order.
    """
    w = channels.weights  # by rows of the window
    gaps = np.diff(places, append=places[-1])
    zeros = np.zeros_like(gaps)
    head = [channels.right + 6, gaps, zeros, w[:, 8]]
    rows = [w[:, i] for i in (1, 0, 4, 3, 6, 2, 7, 5)]
    octets: Ints = np.stack(head + rows, axis=1) % 256
    words = octets.astype(np.uint8).view("<i4")
    return np.column_stack(
        [words, (SCALE * channels.bias).astype(np.int32), channels.multiplier.astype(np.int32)]
    ).reshape(-1)


def _right_pad(sizes: dict[str, int]) -> int:
    """Columns right of the image that the last window reads."""
    columns = (sizes["y_width"] - 1) * sizes["stride_width"] + 3
    return max(0, columns - sizes["pad_left"] - sizes["x_width"])
