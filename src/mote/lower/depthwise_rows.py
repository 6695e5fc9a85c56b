"""Depthwise convolution 3 x 3 with DSP, all channels of a row at a time.

``kernels/include/mote_depthwise_row.h``, ``mote_depthwise_sixes.h`` and
``mote_depthwise_threes.h`` say how. Their requantisation is a line, found and proved here.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels
from mote.lower.depthwise_cycles import depthwise_row_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization_line import SCALE, find_scaled_line, find_steps
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

IN_REGISTERS = range(3, 7)
"""Pixels of a row that are in registers at once; others are computed six at a time."""
OVER = {0: "", 2: "_two", 3: "_three", 4: "_four"}
"""How many may be over, as the names of kernels say it."""
TABLE_BYTES = 5
"""Of a channel's 18: multiplier, and step to the next one."""


def row_channels(sizes: dict[str, int], channels: Channels, bits: int) -> Channels | None:
    """The channels of a 3 x 3 layer for a kernel that computes it by rows.

    Biases and multipliers are those of scaled lines (``requantization_line.py``). None where there
    is no such kernel, or no line for a channel.
    """
    if bits != 8 or not _is_regular(sizes):
        return None
    steps = find_steps(channels)
    bias, multiplier = SCALE * channels.bias, np.zeros_like(channels.multiplier)
    for i in range(len(bias)):
        line = find_scaled_line(channels, steps, i)
        if line is None:
            return None
        bias[i] += line.offset
        multiplier[i] = line.multiplier
    return replace(channels, bias=bias, multiplier=multiplier)


def _is_regular(sizes: dict[str, int]) -> bool:
    width = sizes["y_width"]
    if sizes["stride_width"] == 2:
        return width >= 3 and width % 3 != 1
    is_padded = sizes["pad_left"] == 1 and width == sizes["x_width"]
    return is_padded and (width in IN_REGISTERS or (width > 6 and width % 6 in OVER))


def _at_once(sizes: dict[str, int]) -> str:
    """How many pixels of a row are computed at once, as the names of kernels say it."""
    width = sizes["y_width"]
    if sizes["stride_width"] == 2:
        return "threes_two" if width % 3 else "threes"
    if width in IN_REGISTERS:
        return f"row_{width}"
    return "sixes" + OVER[width % 6]


def lower_depthwise_rows(
    graph: Graph, node: Node, channels: Channels, computed: Sequence[int], of: int, constant: int
) -> Step:
    """One layer that has ``row_channels``.

    Args:
        graph: The graph of the layer.
        node: The layer.
        channels: Its ``row_channels``.
        computed: Which these are, in ascending order.
        of: How many there are.
        constant: The result of the others.
    """
    sizes = row_geometry(graph, node)
    width = sizes["y_width"]
    same = ("y_height", "y_width", "stride_height", "x_zero")
    parameters = {name: sizes[name] for name in same}
    parameters |= {"computed": len(computed)}
    parameters |= {"channels": sizes["x_channels"], "first": computed[0]}
    parameters |= {"is_cut": int(len(computed) < of), "constant": constant}
    parameters |= {"left_pad": sizes["pad_left"], "right_pad": _right_pad(sizes)}
    parameters |= dict(zip(("y_min", "y_max"), channels.y_range, strict=True))
    at_once = _at_once(sizes)
    parameters |= {"last": _last_turn(sizes)}
    cycles = depthwise_row_cycles(width, len(computed), at_once)
    step = Step(
        node=node,
        kernel=KERNELS[f"mote_depthwise_conv_2d_s8_dsp_{at_once}"],
        parameters=tuple(parameters.items()),
        constants=(
            Constant(
                "weights",
                channel_words(channels, computed),
                is_weights=True,
                table_bytes=TABLE_BYTES * len(computed),
            ),
        ),
        split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
    )
    return _with_sixes(step, graph, len(computed)) if at_once == "row_6" else step


def _with_sixes(step: Step, graph: Graph, channels: int) -> Step:
    """A layer with rows of six pixels, then the same by the kernel for longer ones, of which other
    layers may need the code anyway."""
    images, height, width, _ = graph.result(step.node).shape
    cycles = depthwise_row_cycles(width, channels, "sixes")
    own = depthwise_row_cycles(width, channels, "row_6")
    split = step.split
    assert split is not None
    sixes = replace(
        step,
        kernel=KERNELS["mote_depthwise_conv_2d_s8_dsp_sixes"],
        parameters=tuple((k, 1 if k == "last" else v) for k, v in step.parameters),
        split=split_windows(height, layer_window(graph, step.node), cycles),
    )
    more = images * (cycles(height) - own(height))
    return replace(step, frugal=sixes, frugal_cycles=round(more))


def channel_words(channels: Channels, places: Sequence[int]) -> np.ndarray:
    """The words of ``mote_depthwise_channel`` of all channels, then their forms in halfwords.

    ``places``: of the channels in a pixel, in ascending order.
    """
    w = channels.weights  # by rows of the window
    octets = np.ascontiguousarray(w[:, [1, 0, 4, 3, 6, 2, 7, 5]], np.int8)
    words = np.column_stack(
        [
            octets.view("<i4"),
            channels.bias.astype(np.int32),
            channels.multiplier.astype(np.int32),
        ]
    )
    gaps = np.diff(places, append=places[-1])
    forms = (gaps << 8 | w[:, 8] % 256).astype("<u2")
    forms = np.append(forms, np.zeros(len(forms) % 2, "<u2"))
    return np.concatenate([words.reshape(-1), forms.view("<i4")])


def _last_turn(sizes: dict[str, int]) -> int:
    """The column of x at which the last six or three pixels of a row start, or 0."""
    width = sizes["y_width"]
    if width in IN_REGISTERS and sizes["stride_width"] == 1:
        return 0
    if sizes["stride_width"] == 2:
        return 2 * (width - width % 3) - 5 - sizes["pad_left"]
    return width - width % 6 - 5


def _right_pad(sizes: dict[str, int]) -> int:
    """Columns right of the image that the last window reads."""
    columns = (sizes["y_width"] - 1) * sizes["stride_width"] + 3
    return max(0, columns - sizes["pad_left"] - sizes["x_width"])
