"""The pass: what is alive is found, the rest taken away, and what that saved is said."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mote.ir import Graph
from mote.ir.tensor import Array
from mote.passes.dead_channels.dense import Dense, dense_layer
from mote.passes.dead_channels.live import Masks, live_channels
from mote.passes.dead_channels.shrink import shrink
from mote.passes.dead_channels.ties import is_dense
from mote.passes.fold_constants import fold_constants
from mote.passes.remove_dead_nodes import remove_dead_nodes
from mote.passes.remove_identity import remove_identity
from mote.ranges import tensor_intervals
from mote.ranges.taps import WEIGHTED

LARGEST_BIAS = 2**62
"""Of int64: then no sum of it and a constant has wrapped."""


@dataclass(frozen=True)
class DeadChannels:
    """What the removal of dead channels left of a graph.

    Args:
        kept: By the name of a tensor that lost channels, the indices of those that it still has.
        channels: How many channels the results of layers with weights lost.
        weights: Weights of the network before and after, biases not counted.
        macs: Multiply-accumulates of one inference before and after, padding taps included.
    """

    kept: Mapping[str, tuple[int, ...]]
    channels: int
    weights: tuple[int, int]
    macs: tuple[int, int]

    def remaining(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Activations of the network as it was ``[..., C]``, without the channels that are gone."""
        return {
            name: x[..., list(self.kept[name])] if name in self.kept else x
            for name, x in values.items()
        }


NOTHING_DEAD = DeadChannels({}, 0, (0, 0), (0, 0))
"""Of a graph in which nobody looked for any."""


def remove_dead_channels(graph: Graph) -> tuple[Graph, DeadChannels]:
    """The same outputs, for every input, from fewer channels.

    A channel is dead when it has one value for every input, at every position, and all that read
    it can take that value into their bias; or when nothing reads it. Where a layer pads, a constant
    other than the padding counts less at the border: it goes only if its sum is the same at every
    position. Channels that a sum, a depthwise convolution, a concatenation, a pool or a reshape
    ties together go together. Inputs and outputs of the graph keep their shapes.

    Float layers keep all that they read and make. So does a graph of which an output is the same
    for every input.
    """
    known = tensor_intervals(graph)
    unfolded: set[str] = set()
    while True:
        dense = {
            n.name: dense_layer(graph, n, known, folds=n.name not in unfolded)
            for n in graph.nodes
            if is_dense(graph, n)
        }
        live = live_channels(graph, dense, known)
        overflowing = {
            name for name, layer in dense.items() if not _holds(graph, layer, live)
        } - unfolded
        if not overflowing:
            break
        unfolded |= overflowing
    smaller = remove_dead_nodes(fold_constants(remove_identity(shrink(graph, dense, live))))
    if any(smaller.tensors[name].is_constant for name in smaller.outputs):
        # Some output is the same for every input, and no program computes a constant.
        return graph, _summary(graph, graph, {})
    return smaller, _summary(graph, smaller, live)


def _holds(graph: Graph, layer: Dense, live: Masks) -> bool:
    """Whether the bias of every live output is inside its type with the constants folded in."""
    x, _, bias = layer.node.inputs
    values = layer.folded_bias(live[x])[live[layer.node.output]]
    low, high = graph.tensors[bias].dtype.range
    return bool(
        (values >= max(low, -LARGEST_BIAS)).all() and (values <= min(high, LARGEST_BIAS)).all()
    )


def _summary(before: Graph, after: Graph, live: Masks) -> DeadChannels:
    results = {n.output for n in before.nodes if isinstance(n.op, WEIGHTED)}
    return DeadChannels(
        kept={
            name: tuple(np.flatnonzero(mask).tolist())
            for name, mask in live.items()
            if not mask.all()
        },
        channels=sum(int((~live[name]).sum()) for name in results if name in live),
        weights=(_weights(before), _weights(after)),
        macs=(_macs(before), _macs(after)),
    )


def _weights(graph: Graph) -> int:
    names = {n.inputs[1] for n in graph.nodes if isinstance(n.op, WEIGHTED)}
    return sum(graph.tensors[name].elements for name in names)


def _macs(graph: Graph) -> int:
    return sum(graph.macs(node) for node in graph.nodes)
