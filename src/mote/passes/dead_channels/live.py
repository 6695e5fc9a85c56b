"""The least sets of channels that give every output of a graph its values."""

from collections.abc import Mapping

import numpy as np

from mote.ir import Graph, Node, ops
from mote.passes.dead_channels.dense import Dense
from mote.passes.dead_channels.ties import Links, Tie, links
from mote.ranges import Interval
from mote.ranges.interval import Mask, channels

Masks = dict[str, Mask]


def live_channels(graph: Graph, dense: Mapping[str, Dense], known: Mapping[str, Interval]) -> Masks:
    """Channels of every activation that must stay, by tensor: ``[C]``.

    Sets grow from the outputs, which are whole, until nothing more is asked for. What the caller
    fills stays whole as well, and a tensor that cannot go altogether keeps one channel.

    Args:
        graph: Whose nodes either are in ``dense`` or have links.
        dense: Layers by the name of the node.
        known: Intervals of the integer tensors.
    """
    asked = {n.name: links(graph, n) for n in graph.nodes if n.name not in dense}
    live = {
        name: np.full(channels(t.shape), name in (*graph.inputs, *graph.outputs))
        for name, t in graph.tensors.items()
        if not t.is_constant
    }
    _grow(graph, live, dense, asked)
    while needed := _empty(graph, live):
        constant = known[needed].is_constant if needed in known else live[needed]
        live[needed][int(constant.argmax())] = True  # the first constant one, which costs least
        _grow(graph, live, dense, asked)
    return live


def _empty(graph: Graph, live: Masks) -> str | None:
    """A tensor without channels that must exist: other nodes read it than go, or join it."""
    gone: set[str] = set()
    for node in reversed(graph.nodes):
        name = node.output
        if live[name].any():
            continue
        if not all(n.output in gone or _joins(graph, n) for n in graph.consumers(name)):
            return name
        gone.add(name)
    return None


def _joins(graph: Graph, node: Node) -> bool:
    """True for a concatenation of channels, which may lose operands."""
    return isinstance(node.op, ops.Concat) and node.op.axis == len(graph.result(node).shape) - 1


def _grow(
    graph: Graph, masks: Masks, dense: Mapping[str, Dense], asked: Mapping[str, Links]
) -> None:
    """Add to the masks what nodes ask for, until all have it."""
    size = -1
    while size != (size := sum(int(m.sum()) for m in masks.values())):
        for node in reversed(graph.nodes):
            if node.name in dense:
                (x, *_) = node.inputs
                masks[x] |= dense[node.name].needed(masks[node.output])
            elif node.name in asked:
                for name in asked[node.name].whole:
                    masks[name][:] = True
                for tie in asked[node.name].ties:
                    _join(masks, tie)


def _join(masks: Masks, tie: Tie) -> None:
    """Let both ends have what either has."""
    either = masks[tie.a][tie.a_channels] | masks[tie.b][tie.b_channels]
    masks[tie.a][tie.a_channels[either]] = True
    masks[tie.b][tie.b_channels[either]] = True
