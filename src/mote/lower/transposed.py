"""Transposed convolution as a kernel call."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import TransposedConv2D
from mote.ir.tensor import DType
from mote.lower.channels import Channels, check_range
from mote.lower.convolution_cycles import portable_cycles
from mote.lower.geometry import layer_window, spread_sizes, taps_of_output
from mote.lower.kernels import KERNELS
from mote.lower.requantization import requantization
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step
from mote.lower.wide import lower_wide_layer
from mote.reference.fixed_point import activation_range, channel_multipliers
from mote.target.target import Core


def lower_transposed_conv_2d(graph: Graph, node: Node, core: Core) -> Step:
    """Every result pixel gathers the inputs that spread to it."""
    op = node.op
    assert isinstance(op, TransposedConv2D)
    x, weight, bias = graph.operands(node)
    y = graph.result(node)
    if y.dtype is DType.INT16:
        return lower_wide_layer(graph, node)
    taps = weight.array.reshape(weight.shape[0], -1).astype(np.int64)
    multiplier, shift = channel_multipliers(x, weight, y, op.rounding)
    ends = [np.full_like(taps, bound - x.q.zero_point) for bound in x.dtype.range]
    channels = Channels(
        weights=taps,
        x_low=ends[0],
        x_high=ends[1],
        bias=bias.array.astype(np.int64),  # the input's zero point is subtracted where it is read
        multiplier=multiplier.astype(np.int64),
        right=-shift.astype(np.int64),
        y_zero=y.q.zero_point,
        y_range=activation_range(op.activation, y.q, y.dtype),
        rounding=op.rounding,
    )
    check_range(node, channels)
    parameters, constants = requantization(channels)
    cycles = portable_cycles(y.shape[2], y.shape[3], taps_of_output(graph, node), 0)
    return Step(
        node=node,
        kernel=KERNELS["mote_transposed_conv_2d_s8"],
        parameters=(
            *spread_sizes(graph, node).items(),
            ("x_zero", x.q.zero_point),
            *parameters.items(),
        ),
        constants=(Constant("weights", taps.astype(np.int8), True), *constants),
        split=split_windows(y.shape[1], layer_window(graph, node), cycles),
    )
