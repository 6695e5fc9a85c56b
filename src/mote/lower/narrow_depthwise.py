"""Depthwise convolution 3 x 3 for cores without a wide multiplication as kernel calls."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.lower.channels import Channels
from mote.lower.convolution_cycles import narrow_depthwise_3x3_cycles
from mote.lower.geometry import layer_window, row_geometry
from mote.lower.kernels import KERNELS
from mote.lower.narrow_requantization import narrow
from mote.lower.rows_per_call import split_windows
from mote.lower.step import Constant, Step

_SAME = ("x_width", "y_height", "y_width", "stride_height", "stride_width", "pad_left", "x_zero")


def narrow_depthwise_3x3_or(otherwise: Step, graph: Graph, node: Node, channels: Channels) -> Step:
    """A plain 3 x 3 layer with weights of 8 bits.

    Args:
        otherwise: The step where no short requantisation is proven.
        graph, node: The layer.
        channels: Its channels.
    """
    requantization = narrow(channels)
    if requantization is None:
        return otherwise
    sizes = row_geometry(graph, node)
    parameters = {name: sizes[name] for name in _SAME} | {"channels": sizes["x_channels"]}
    cycles = narrow_depthwise_3x3_cycles(
        sizes["y_width"], sizes["x_channels"], sizes["stride_width"]
    )
    return Step(
        node=node,
        kernel=KERNELS["mote_depthwise_conv_2d_s8_narrow_3x3"],
        parameters=tuple((parameters | requantization.parameters).items()),
        constants=(
            Constant("weights", channels.weights.astype(np.int8), True),
            requantization.constant,
        ),
        split=split_windows(graph.result(node).shape[1], layer_window(graph, node), cycles),
    )
