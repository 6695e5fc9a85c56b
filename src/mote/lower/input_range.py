"""From nodes to channels: raw integers, with what is known of the values that they read.

A channel whose weights are all zero, or whose clamp no input can leave, gives one result whatever
the input. The layers behind it read a constant there, which may make their own channels constant.
"""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Padding
from mote.ir.tensor import Array, DType
from mote.lower.channels import Channels, Ints, check_range
from mote.reference.fixed_point import activation_range, channel_multipliers

LAYERS_BACK = 2
"""How many layers before a layer are looked at to bound its inputs."""
Weighted = Conv2D | DepthwiseConv2D | FullyConnected


def layer_channels(graph: Graph, node: Node) -> Channels:
    """The channels of a layer, proven not to overflow.

    Raises:
        UnsupportedModelError: Some accumulator, or its requantised value, could leave int32.
    """
    channels = _channels(graph, node, LAYERS_BACK)
    check_range(node, channels)
    return channels


def _channels(graph: Graph, node: Node, layers_back: int) -> Channels:
    op = node.op
    assert isinstance(op, Weighted)
    x, weight, bias = graph.operands(node)
    y = graph.result(node)
    weights = _matrix(op, weight.array).astype(np.int64)
    multiplier, shift = channel_multipliers(x, weight, y, op.rounding)
    low, high = _input_range(graph, node, weight.shape, layers_back)
    return Channels(
        weights=weights,
        x_low=np.broadcast_to(low, weights.shape),
        x_high=np.broadcast_to(high, weights.shape),
        bias=bias.array.astype(np.int64) - x.q.zero_point * weights.sum(1),
        multiplier=multiplier.astype(np.int64),
        right=-shift.astype(np.int64),
        y_zero=y.q.zero_point,
        y_range=activation_range(op.activation, y.q, y.dtype),
        rounding=op.rounding,
    )


def _matrix(op: Weighted, weight: Array) -> Array:
    """``[O, K]``: the taps of each output channel, in the order of the weights."""
    if isinstance(op, DepthwiseConv2D):
        return weight.reshape(-1, weight.shape[3]).T
    return weight.reshape(weight.shape[0], -1)


def _input_range(
    graph: Graph, node: Node, weight: tuple[int, ...], layers_back: int
) -> tuple[Ints, Ints]:
    """Least and greatest input of every tap, broadcastable to ``[O, K]``."""
    op = node.op
    low, high = _channel_range(graph, node.inputs[0], layers_back)
    if isinstance(op, FullyConnected):
        return low, high
    assert isinstance(op, Conv2D | DepthwiseConv2D)
    if op.padding != Padding():
        zero = graph.operands(node)[0].q.zero_point
        low, high = np.minimum(low, zero), np.maximum(high, zero)
    if isinstance(op, DepthwiseConv2D):
        outputs = weight[3] // len(low)
        return np.repeat(low, outputs)[:, None], np.repeat(high, outputs)[:, None]
    groups = len(low) // weight[3]
    return _grouped(low, groups, weight), _grouped(high, groups, weight)


def _grouped(values: Ints, groups: int, weight: tuple[int, ...]) -> Ints:
    """Values of input channels as ``[O, K]`` of a convolution."""
    taps = np.tile(values.reshape(groups, -1), weight[1] * weight[2])
    return np.repeat(taps, weight[0] // groups, axis=0)


def _channel_range(graph: Graph, tensor: str, layers_back: int) -> tuple[Ints, Ints]:
    """Least and greatest value of every channel (last axis) of an int8 tensor."""
    count = graph.tensors[tensor].shape[-1]
    producer = graph.producer(tensor)
    if (
        layers_back == 0
        or producer is None
        or not isinstance(producer.op, Weighted)
        or graph.operands(producer)[0].dtype is not DType.INT8
    ):
        return np.full(count, -128), np.full(count, 127)
    channels = _channels(graph, producer, layers_back - 1)
    low, high = channels.bounds
    return channels.results(low), channels.results(high)
