"""Layers with weights on int16 activations as kernel calls, and the proof that no sum overflows."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D
from mote.lower.convolution_cycles import portable_cycles
from mote.lower.geometry import (
    layer_sizes,
    layer_window,
    row_sizes,
    spread_sizes,
    taps_of_output,
    weight_bits,
)
from mote.lower.kernels import KERNELS
from mote.lower.requantization import pack_weights
from mote.lower.rows_per_call import split_windows
from mote.lower.split import Split, split_pointwise
from mote.lower.step import Constant, Step
from mote.reference.fixed_point import (
    activation_range,
    channel_multipliers,
    wide_limit,
    wide_magnitude,
    wide_multiplier,
)

Wide = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D
MAX_SUM = 2**47
"""Sums stay below this: TFLite assumes as much of its own."""


def lower_wide_layer(graph: Graph, node: Node) -> Step:
    """A layer with weights and int16 activations."""
    op = node.op
    assert isinstance(op, Wide)
    _, weight, _ = graph.operands(node)
    bits = weight_bits(graph, node)
    is_depthwise = isinstance(op, DepthwiseConv2D)
    rows = weight.array.reshape(1 if is_depthwise else weight.shape[0], -1).astype(np.int64)
    scaling, constants = _scaling(graph, node)
    return Step(
        node=node,
        kernel=KERNELS[f"mote_{op.kind}_s16"],
        parameters=tuple({**_sizes(graph, node), **scaling}.items()),
        constants=(Constant("weights", pack_weights(rows, bits), True), *constants),
        scratch_bytes=rows.shape[1] if bits == 4 else 0,
        split=_split(graph, node),
    )


def _sizes(graph: Graph, node: Node) -> dict[str, int]:
    if isinstance(node.op, TransposedConv2D):
        return spread_sizes(graph, node)
    is_dense = isinstance(node.op, FullyConnected)
    sizes = layer_sizes(graph, node) if is_dense else row_sizes(graph, node)
    return {**sizes, "weight_bits": weight_bits(graph, node)}


def _split(graph: Graph, node: Node) -> Split:
    y = graph.result(node)
    if isinstance(node.op, FullyConnected):
        return split_pointwise(y, ("batches",))
    weight = graph.operands(node)[1]
    unpacked = weight.elements if weight_bits(graph, node) == 4 else 0
    cycles = portable_cycles(y.shape[2], y.shape[3], taps_of_output(graph, node), unpacked)
    return split_windows(y.shape[1], layer_window(graph, node), cycles)


def _scaling(graph: Graph, node: Node) -> tuple[dict[str, int], tuple[Constant, ...]]:
    """How sums become results.

    Raises:
        UnsupportedModelError: A sum or its product with the multiplier could leave 64 bits.
    """
    op = node.op
    assert isinstance(op, Wide)
    x, weight, bias = graph.operands(node)
    y = graph.result(node)
    multipliers, shifts = channel_multipliers(x, weight, y, op.rounding)
    magnitude = wide_magnitude(weight.array, bias.array)
    multiplier, right = wide_multiplier(multipliers, shifts, op.rounding, magnitude)
    limit = wide_limit(multiplier, right, magnitude)
    largest = int(multiplier.max())
    fits = magnitude < MAX_SUM and largest < 2**31 and limit * largest < 2**62
    if not fits:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"sums up to {magnitude:,}, scaled by 2**-{int(right.max())}, leave 64 bits",
            hint="quantise the layer with larger scales",
        )
    low, high = activation_range(op.activation, y.q, y.dtype)
    return {"limit": limit, "y_min": low, "y_max": high}, (
        Constant("bias", bias.array.astype(np.int64), True),
        Constant("multiplier", multiplier.astype(np.int32), False),
        Constant("shift", right.astype(np.uint8), False),
    )
