"""High biases move on: what every value of a channel has in common becomes the next layer's bias.

After M. Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction",
ICCV 2019, section 4.1.3 (eq. 12 and 13): for c no greater than any value before a ReLU,
ReLU(x - c) = ReLU(x) - c, so that the range loses c and keeps its steps for what differs.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mote.ir import Graph, Node
from mote.ir.ops import (
    Activation,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Padding,
    Reshape,
)
from mote.quantization.equalize import TiedSet, tied_sets
from mote.quantization.observe import ChannelRange

LEAST_SHARE = 2.0**-10
"""Of a tensor's range: less is not worth a change."""


def absorb_high_biases(graph: Graph, channels: Mapping[str, ChannelRange]) -> Graph:
    """The same function on the samples, with c_i taken from channels that are never 0.

    The paper takes c = max(0, beta - 3 gamma) from the batch norm, which bounds all but 0.14 % of
    a normal distribution; here c is the least value on the samples, which is exact on them.
    Only where every reader sees each value through weights alone: a zero in a padded border would
    have to become -c.

    Args:
        graph: An optimised float graph.
        channels: Of every activation, as ``equalize`` returns them.
    """
    for tied in tied_sets(graph):
        if _can_shift(graph, tied):
            graph = _shifted(graph, tied, channels)
    return graph


def _can_shift(graph: Graph, tied: TiedSet) -> bool:
    names = {node.name: node for node in graph.nodes}
    if len(tied.producers) != 1 or names[tied.producers[0]].output != tied.tensors[0]:
        return False
    if names[tied.producers[0]].op.activation is not Activation.RELU:  # type: ignore[attr-defined]
        return False
    between = [graph.producer(name) for name in tied.tensors[1:]]
    readers = [names[name] for name in tied.consumers]
    return all(n is not None and _moves_shifts(n) for n in between) and all(
        isinstance(n.op, FullyConnected) or _unpadded(n) for n in readers
    )


def _moves_shifts(node: Node) -> bool:
    """f(x - c) = f(x) - c."""
    match node.op:
        case AveragePool2D(activation=activation) | MaxPool2D(activation=activation):
            return activation is Activation.NONE
        case Mean() | Reshape():
            return True
    return False


def _unpadded(node: Node) -> bool:
    assert isinstance(node.op, Conv2D | DepthwiseConv2D)
    return node.op.padding == Padding()


def _shifted(graph: Graph, tied: TiedSet, channels: Mapping[str, ChannelRange]) -> Graph:
    found = channels[tied.tensors[0]]
    low = found.low.astype(np.float64).reshape(-1, tied.channels).min(0)
    shift = np.where(low > LEAST_SHARE * float(found.high.max()), low, 0.0)
    if not shift.any():
        return graph
    names = {node.name: node for node in graph.nodes}
    producer = names[tied.producers[0]]
    outputs = graph.result(producer).shape[-1]
    biases = {producer.inputs[2]: -np.tile(shift, outputs // tied.channels)}
    for layer in tied.consumers:
        node = names[layer]
        data, weight = graph.operands(node)[:2]
        of_input = np.tile(shift, data.shape[-1] // tied.channels)
        real = weight.array.astype(np.float64)
        if isinstance(node.op, DepthwiseConv2D):
            gain = real.sum((0, 1, 2)) * np.repeat(of_input, weight.shape[3] // data.shape[-1])
        else:
            of_group = of_input.reshape(-1, weight.shape[-1])
            of_row = np.repeat(of_group, weight.shape[0] // len(of_group), axis=0)
            gain = (real.reshape(len(real), -1, real.shape[-1]).sum(1) * of_row).sum(1)
        biases[node.inputs[2]] = biases.get(node.inputs[2], 0.0) + gain
    changed = [
        replace(t := graph.tensors[name], data=(t.array + change).astype(np.float32))
        for name, change in biases.items()
    ]
    return graph.rebuild(graph.nodes, changed)
