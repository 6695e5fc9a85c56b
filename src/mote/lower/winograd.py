"""Winograd's convolution in integers: its proofs, its transformed weights, its forms.

``kernels/include/mote_winograd.h`` says how. Sums come out as a multiple of what they are, modulo
2**32: exact where that multiple of every sum fits int32, which the bounds of each layer decide.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Rounding
from mote.lower.channels import Channels, Ints, select_channels
from mote.lower.convolution_cycles import of_layer
from mote.lower.dsp_layout import SHIFTS, Pairs, in_fours, pair_channels
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.requantization import result_range
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step
from mote.lower.winograd_scheme import SCHEMES, Scheme, scheme_cycles, scheme_uneven_cycles
from mote.target.target import Core

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
"""Where nothing multiplies more than two int16 in a cycle."""
PARTS = [1, 2, 3, 4, 0, 5]
"""Positions in the order of ``kernels/include/mote_winograd_thirds.h``."""


def start_of_sums(low: Ints, high: Ints, bias: Ints, scheme: Scheme) -> Ints | None:
    """At what to start the sums of each channel so that ``factor`` times any of them fits int32.

    Args:
        low, high: ``[O]``, least and greatest sum, bias included, whatever the input.
        bias: ``[O]``.
        scheme: The algorithm.

    Returns:
        ``[O]``, or None where the sums of some channel are too large or too far apart.
    """
    start: Ints = bias - (low + high) // 2 if scheme.is_centred else bias
    farthest = np.maximum(high - bias + start, bias - start - low)
    return start if int(farthest.max()) * scheme.factor < 2**31 else None


def transformed_weights(weights: Ints, scheme: Scheme) -> Ints:
    """``[O, 3, 3, I]`` -> ``[O, positions, 1, I]``, or ``[O, positions, 3 rows, I]``."""
    g = np.array(scheme.weights)
    if scheme.rows == 1:
        rows: Ints = np.einsum("oabc,jb->ojac", weights, g)
        return rows
    found: Ints = np.einsum("ia,oabc,jb->oijc", g, weights, g)
    return found.reshape(len(weights), scheme.positions, 1, -1)


def is_winograd(sizes: dict[str, int]) -> bool:
    """True for a dense convolution of 3 x 3 taps that moves one pixel at a time."""
    steps = ("stride_height", "stride_width", "dilation_height", "dilation_width", "groups")
    return sizes["kernel_height"] == sizes["kernel_width"] == 3 and all(
        sizes[name] == 1 for name in steps
    )


def winograd_step(
    graph: Graph,
    node: Node,
    channels: Channels,
    computed: Sequence[int],
    value: Ints,
    scheme: Scheme,
) -> Step | None:
    """The layer through one of the algorithms; None where its proof fails.

    Args:
        graph: The graph of the layer.
        node: The layer; ``is_winograd``.
        channels: All of its channels, settled where constant.
        computed: The channels to compute.
        value: Results of the others.
        scheme: The algorithm.
    """
    chosen = select_channels(channels, computed)
    low, high = chosen.bounds
    start = start_of_sums(low, high, chosen.bias, scheme)
    shifts_fit = SHIFTS.start <= chosen.right.min() and chosen.right.max() < SHIFTS.stop
    doubled_fit = max(int(high.max()), -int(low.min())) < 2**30
    sizes = row_geometry(graph, node)
    inputs = sizes["x_channels"]
    is_too_thin = scheme.parts > 1 and inputs == 1  # words of several pixels would leave the row
    if start is None or not shifts_fit or not doubled_fit or is_too_thin:
        return None
    pairs = pair_channels(chosen, 8, 4)
    missing = (0, 2 * len(pairs.bias) - len(start))
    rest = np.pad(chosen.bias - start, missing)
    start = np.pad(start - scheme.x_offset * chosen.weights.sum(1), missing)
    weights = transformed_weights(pairs.weights.reshape(-1, 3, 3, inputs), scheme)
    words = in_fours(weights.reshape(-1, inputs))
    words = words.reshape(-1, 4, scheme.positions, scheme.taps * words.shape[1] // 2, 2)
    words = words.transpose(0, 2, 3, 1, 4)
    if scheme.parts > 1:
        words = words[:, PARTS].reshape(len(words), scheme.parts, -1).swapaxes(0, 1)
    parameters = {
        **{name: sizes[name] for name in ("x_width", "x_channels", "y_height", "y_width")},
        **{name: sizes[name] for name in ("y_channels", "pad_left", "x_zero")},
        "pairs": -(-len(computed) // 2),
        **result_range(channels),
    }
    gaps = np.diff(computed, prepend=0)
    gaps = np.pad(gaps, (0, len(gaps) % 2))
    start = scheme.start * start
    if scheme.rows == 1:
        constants = _of_rows(pairs, start, gaps, channels.y_zero)
    else:
        constants = _of_tiles(pairs, start, gaps, rest if scheme.is_centred else None)
    is_cut = len(computed) < len(channels.bias)
    suffix = scheme.suffix + "_single" * (channels.rounding is Rounding.SINGLE)
    return Step(
        node=node,
        kernel=KERNELS[f"mote_conv_2d_s8_dsp_winograd_{suffix}"],
        parameters=tuple(parameters.items()),
        constants=(
            Constant("weights", words.astype(np.int16).reshape(-1), True),
            *constants,
            *([Constant("constants", value.astype(np.int8), False)] if is_cut else []),
        ),
        scratch_bytes=scheme.scratch_bytes(inputs, len(pairs.bias)),
        split=split_windows(
            graph.result(node).shape[1],
            layer_window(graph, node),
            scheme_cycles(scheme, sizes, len(pairs.bias)),
            scheme_uneven_cycles(scheme, sizes),
        ),
    )


def _of_tiles(pairs: Pairs, start: Ints, gaps: Ints, rest: Ints | None) -> list[Constant]:
    """What ``kernels/include/mote_winograd.h`` wants of channels; ``rest``: of the bias."""
    return [
        Constant("start", start.astype(np.int32), True),
        *([] if rest is None else [Constant("bias", (2 * rest).astype(np.int32), True)]),
        Constant("multiplier", pairs.multiplier.reshape(-1).astype(np.int32), False),
        Constant("shift", (pairs.right.reshape(-1) - 1).astype(np.uint8), False),
        Constant("gaps", gaps.astype(np.uint8), False),
    ]


def _of_rows(pairs: Pairs, start: Ints, gaps: Ints, y_zero: int) -> list[Constant]:
    """What ``kernels/include/mote_winograd_row.h`` wants of channels."""
    right, multiplier = (a.reshape(-1)[: len(gaps)] for a in (pairs.right, pairs.multiplier))
    offset = (2 * y_zero + 1) << (right - 1)
    words = np.stack([multiplier, right + 256 * gaps, start[: len(gaps)], offset], axis=1)
    table = words.astype(np.int32).reshape(-1)
    return [Constant("channels", table, True, table_bytes=12 * len(words))]


def winograd_or(
    step: Step,
    graph: Graph,
    channels: Channels,
    computed: Sequence[int],
    value: Ints,
    core: Core,
    cycles: float,
) -> Step:
    """The layer in the fastest of Winograd's forms that are proven, then in slower ones that take
    less scratch and flash, then ``step``.

    Args:
        step: The layer in other form, 8-bit weights.
        graph: The graph of the layer.
        channels: All of its channels, settled where constant.
        computed: The channels to compute.
        value: Results of the others.
        core: Whose cycles count.
        cycles: Of ``step``.
    """
    sizes = row_geometry(graph, step.node)
    if core.name not in CORES or not is_winograd(sizes):
        return step
    pairs = -(-len(computed) // 2)
    for scheme in SCHEMES:
        found = winograd_step(graph, step.node, channels, computed, value, scheme)
        if found is None:
            continue
        fewer = of_layer(found, graph, scheme_cycles(scheme, sizes, pairs))
        if fewer < cycles:
            step = replace(found, frugal=step, frugal_cycles=round(cycles - fewer))
            cycles = fewer
    return step
