"""Fully connected layers as kernel calls."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import FullyConnected
from mote.lower.convolution import check_sizes
from mote.lower.kernels import KERNELS
from mote.lower.requantization import (
    Channels,
    prepare_channels,
    requantization,
    settle_constant_channels,
)
from mote.lower.step import Constant, Step
from mote.target.target import Core


def lower_fully_connected(graph: Graph, node: Node, core: Core) -> Step:
    """One fully connected layer."""
    assert isinstance(node.op, FullyConnected)
    weight = graph.operands(node)[1].array
    channels = prepare_channels(graph, node, weight, node.op.activation, node.op.rounding)
    if not channels.is_uniform:
        channels = settle_constant_channels(channels)
    return _portable_step(graph, node, channels)


def _portable_step(graph: Graph, node: Node, channels: Channels) -> Step:
    sizes = layer_sizes(graph, node)
    parameters, constants = requantization(channels)
    if channels.is_uniform:
        constants = tuple(
            Constant(c.field, c.array[:1], False) if not c.is_weights else c for c in constants
        )
    weights = Constant("weights", channels.weights.astype(np.int8), True)
    flags = {"per_channel": int(not channels.is_uniform)}
    return Step(
        node=node,
        kernel=KERNELS["mote_fully_connected_s8"],
        parameters=tuple({**sizes, **parameters, **flags}.items()),
        constants=(weights, *constants),
    )


def layer_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """Batches, inputs and outputs."""
    x, y = graph.operands(node)[0], graph.result(node)
    sizes = {"batches": x.shape[0], "inputs": x.shape[1], "outputs": y.shape[1]}
    check_sizes(node, sizes)
    return sizes
