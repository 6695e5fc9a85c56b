"""Cross-layer equalisation: channels of one tensor get like ranges, the function stays.

After M. Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction",
ICCV 2019, section 4.1: for f(s x) = s f(x), dividing channel i of one layer's result by s_i and
multiplying what the next layer makes of it by s_i changes nothing (eq. 6 to 8). Their pairs of
layers become sets here: everything that must share the factors of a channel, through depthwise
layers' neighbours, pools, pads, reshapes and residual sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.ir import Graph, Node, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Pad,
    Relu,
    Reshape,
)
from mote.quantization.config import Granularity
from mote.quantization.observe import ChannelRange

Reals = NDArray[np.float64]

ITERATIONS = 40
CONVERGED = 1e-3
"""Greatest relative change of a factor in the last iteration."""

EXTREME = 2.0**16
"""Bound of a factor and of its reciprocal."""

HEADROOM = 2.0
"""A channel that never met the upper clamp stays this far below it."""


@dataclass(frozen=True)
class TiedSet:
    """Tensors whose channels are scaled together.

    Args:
        channels: Number of factors; index i of a tensor's last axis has the factor i % channels.
        tensors: Names.
        producers, consumers: Names of the layers with weights that write or read one of them.
    """

    channels: int
    tensors: tuple[str, ...]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]


def equalize(
    graph: Graph, channels: Mapping[str, ChannelRange], granularity: Granularity
) -> tuple[Graph, dict[str, ChannelRange]]:
    """The same float function with equalised channels, and the ranges that they have then.

    Factors are those of the paper, s_i = sqrt(r1_i r2_i) / r2_i (eq. 11): then r1_i / s_i and
    r2_i s_i meet. Ranges count as shares of the greatest that has the same scale, because a factor
    common to all channels of a tensor is nothing to a quantiser.

    Per tensor, r1 and r2 are shares of the weights before and behind. The paper has nothing but
    weights to go by; here a channel's share of the activation on the samples is r1 where it is
    more, or a channel of a great bias and small weights would blow up the activation.
    Per channel, the rows before have scales of their own, so r1 is the share of the activation
    alone; r2 is the greatest share that the channel has of any row it enters. A depthwise
    layer has one channel per row, hence no r2.

    Clamps at 6 stay: a channel that met the clamp keeps its factor 1, one that never did stays
    below it on the samples.

    Args:
        graph: An optimised float graph.
        channels: Of every activation, as ``observe_channels`` found them on this graph.
        granularity: Of the weight scales to come.
    """
    sets = tied_sets(graph)
    factors = {tied: np.ones(tied.channels) for tied in sets}
    for _ in range(ITERATIONS):
        change = 0.0
        for tied in sets:
            step = _step(graph, tied, channels, factors[tied], granularity)
            step = _limited(graph, tied, channels, factors[tied], step)
            factors[tied] = factors[tied] * step
            graph = rescaled(graph, tied, step)
            change = max(change, float(np.abs(np.log(step)).max(initial=0)))
        if change < CONVERGED:
            break
    divided = dict(channels)
    for tied, found in factors.items():
        for name in tied.tensors:
            by = np.tile(found, len(channels[name].low) // tied.channels)
            divided[name] = ChannelRange(channels[name].low / by, channels[name].high / by)
    return graph, divided


def tied_sets(graph: Graph) -> list[TiedSet]:
    """The sets that can be rescaled, in execution order."""
    groups = {name: name for name in graph.tensors}

    def find(name: str) -> str:
        while groups[name] != name:
            name = groups[name]
        return name

    fixed = {*graph.inputs, *graph.outputs}
    for node in graph.nodes:
        activations = [t.name for t in graph.operands(node) if not t.is_constant]
        if _has_own_weights(graph, node):
            continue
        if not _is_homogeneous(graph, node):
            fixed.update((*activations, node.output))
            continue
        for name in activations:
            groups[find(name)] = find(node.output)
    fixed = {find(name) for name in fixed}
    members: dict[str, list[str]] = {}
    for node in graph.nodes:
        members.setdefault(find(node.output), []).append(node.output)
    found = [_tied_set(graph, tensors) for root, tensors in members.items() if root not in fixed]
    return [tied for tied in found if tied is not None]


def _tied_set(graph: Graph, tensors: list[str]) -> TiedSet | None:
    """None for tensors that no layer with weights reads, or whose channels do not fit together."""
    shapes = [graph.tensors[name].shape for name in tensors]
    if not all(shapes):
        return None
    channels = min(shape[-1] for shape in shapes)
    if any(shape[-1] % channels for shape in shapes):
        return None
    writers = (graph.producer(name) for name in tensors)
    readers = dict.fromkeys(n for name in tensors for n in graph.consumers(name))
    producers = tuple(n.name for n in writers if n is not None and _has_weights(n))
    consumers = tuple(n.name for n in readers if _has_weights(n))
    if not producers or not consumers:
        return None
    return TiedSet(channels, tuple(tensors), producers, consumers)


def _has_weights(node: Node) -> bool:
    return isinstance(node.op, Conv2D | DepthwiseConv2D | FullyConnected)


def _has_own_weights(graph: Graph, node: Node) -> bool:
    """A layer whose weights nobody else reads, and whose clamp can be kept."""
    return (
        _has_weights(node)
        and node.op.activation is not Activation.RELU_N1_TO_1  # type: ignore[attr-defined]
        and all(len(graph.consumers(name)) == 1 for name in node.inputs[1:])
    )


def _is_homogeneous(graph: Graph, node: Node) -> bool:
    """f(s x) = s f(x) for every factor s > 0 of a channel; a clamp at 6 is seen to later."""
    x, y = graph.operands(node)[0].shape, graph.result(node).shape
    match node.op:
        case AveragePool2D() | MaxPool2D() | Relu():
            return node.op.activation is not Activation.RELU_N1_TO_1
        case Add():
            same = all(t.shape == y and not t.is_constant for t in graph.operands(node))
            return same and node.op.activation is not Activation.RELU_N1_TO_1
        case Mean():
            return len(x) - 1 not in node.op.axes
        case Pad():
            return node.op.paddings[-1] == (0, 0) and not node.op.value
        case Reshape():
            return bool(x) and bool(y) and y[-1] % x[-1] == 0
    return False


def _step(
    graph: Graph,
    tied: TiedSet,
    channels: Mapping[str, ChannelRange],
    factors: Reals,
    granularity: Granularity,
) -> Reals:
    """By what to multiply the factors that the graph's weights have by now."""
    ranges = [_magnitudes(tied, channels[name]) / factors for name in tied.tensors]
    r1 = [_share(found) for found in ranges]
    if granularity == "per-tensor":
        r1 += [_share(_written(graph, tied, name)) for name in tied.producers]
        r2 = [_share(_columns(graph, tied, name).max(1)) for name in tied.consumers]
    else:
        mixing = (n for n in tied.consumers if not _is_depthwise(_node(graph, n)))
        r2 = [_row_share(_columns(graph, tied, name)) for name in mixing]
    first = np.max(r1, axis=0)
    if not r2:
        step = np.where(first > 0, first, 1.0)  # the greatest is 1
    else:
        step = balance(first, np.max(r2, axis=0))
        # the common factor that is left open: the greatest value stays as it is
        before, after = np.max(ranges), np.max(ranges / step)
        step = step * (after / before) if before and after else step
    return _with_idle(graph, tied, np.max(ranges, axis=0), step)


def _with_idle(graph: Graph, tied: TiedSet, ranges: Reals, step: Reals) -> Reals:
    """Channels that are 0 on all samples get typical weights behind: no scale suffers from them."""
    behind = [_share(_columns(graph, tied, name).max(1)) for name in tied.consumers]
    weights = np.max(behind, axis=0)
    idle, live = (ranges == 0) & (weights > 0), (ranges > 0) & (weights > 0)
    if not (idle.any() and live.any()):
        return step
    typical = float(np.median((weights * step)[live]))
    return np.where(idle, typical / np.where(idle, weights, 1.0), step)


def balance(r1: Reals, r2: Reals) -> Reals:
    """s = sqrt(r1 r2) / r2 (eq. 11); 1 for a channel that is never written or never read."""
    live = (r1 > 0) & (r2 > 0)
    with np.errstate(all="ignore"):
        return np.where(live, np.sqrt(r1 / r2), 1.0)


def _share(ranges: Reals) -> Reals:
    return np.asarray(ranges / (ranges.max() or 1.0))


def _row_share(columns: Reals) -> Reals:
    """For every channel, the most that one of its weights has of its row's greatest."""
    rows = columns.max(0, keepdims=True)
    return np.asarray((columns / np.where(rows > 0, rows, 1.0)).max(1))


def _limited(
    graph: Graph,
    tied: TiedSet,
    channels: Mapping[str, ChannelRange],
    factors: Reals,
    step: Reals,
) -> Reals:
    """The step, as far as factors stay ordinary and clamps at 6 stay out of play."""
    least, greatest = np.full(tied.channels, 1 / EXTREME), np.full(tied.channels, EXTREME)
    for name in tied.tensors:
        node = graph.producer(name)
        if getattr(getattr(node, "op", None), "activation", None) is not Activation.RELU6:
            continue
        high = _magnitudes(tied, channels[name])  # the clamp's lower end is 0
        met = high >= 6 * (1 - 1e-6)
        # values become high / factor: at most 6 / HEADROOM, or what they were if that is more
        room = np.maximum(high, 1e-30) * HEADROOM / 6
        least = np.maximum(least, np.where(met, 1.0, np.minimum(room, 1.0)))
        greatest = np.minimum(greatest, np.where(met, 1.0, EXTREME))
    return np.asarray(np.clip(factors * step, least, greatest) / factors)


def _magnitudes(tied: TiedSet, found: ChannelRange) -> Reals:
    greatest = np.maximum(np.abs(found.low), np.abs(found.high)).astype(np.float64)
    return np.asarray(greatest.reshape(-1, tied.channels).max(0))


def _node(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.name == name)


def _is_depthwise(node: Node) -> bool:
    return isinstance(node.op, DepthwiseConv2D)


def _written(graph: Graph, tied: TiedSet, layer: str) -> Reals:
    """The greatest weight of every channel that a layer writes."""
    node = _node(graph, layer)
    weight = np.abs(graph.operands(node)[1].array.astype(np.float64))
    axis = weight.ndim - 1 if _is_depthwise(node) else 0
    rows = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1).max(1)
    return np.asarray(rows.reshape(-1, tied.channels).max(0))


def _columns(graph: Graph, tied: TiedSet, layer: str) -> Reals:
    """[channel, output]: the greatest weight between each; 0 where groups keep them apart."""
    node = _node(graph, layer)
    data, weight = graph.operands(node)[:2]
    magnitudes = np.abs(weight.array.astype(np.float64))
    inputs, outputs = data.shape[-1], graph.result(node).shape[-1]
    if _is_depthwise(node):
        groups, depth = inputs, 1
        blocks = magnitudes.max((0, 1, 2)).reshape(outputs, 1)
    else:
        depth = weight.shape[-1]
        groups = inputs // depth
        blocks = magnitudes.reshape(outputs, -1, depth).max(1)
    full = np.zeros((inputs, outputs))
    for g in range(groups):
        rows = slice(g * outputs // groups, (g + 1) * outputs // groups)
        full[g * depth : (g + 1) * depth, rows] = blocks[rows].T
    return np.asarray(full.reshape(-1, tied.channels, outputs).max(0))


def rescaled(graph: Graph, tied: TiedSet, factors: Reals) -> Graph:
    """The graph in which every channel of the set is divided by its factor."""
    changed: dict[str, Tensor] = {}

    def multiply(name: str, by: Reals) -> None:
        old = changed.get(name, graph.tensors[name])
        changed[name] = replace(old, data=(old.array * by).astype(np.float32))

    for layer in tied.producers:
        node = _node(graph, layer)
        weight = graph.operands(node)[1]
        by = 1 / np.tile(factors, graph.result(node).shape[-1] // tied.channels)
        column = (-1,) + (1,) * (len(weight.shape) - 1)
        last = _is_depthwise(node)
        multiply(node.inputs[1], by if last else by.reshape(column))
        multiply(node.inputs[2], by)
    for layer in tied.consumers:
        node = _node(graph, layer)
        data, weight = graph.operands(node)[:2]
        of_input = np.tile(factors, data.shape[-1] // tied.channels)
        if _is_depthwise(node):
            by = np.repeat(of_input, weight.shape[3] // data.shape[-1])
        else:
            of_group = of_input.reshape(-1, weight.shape[-1])
            of_row = np.repeat(of_group, weight.shape[0] // len(of_group), axis=0)
            by = of_row.reshape(len(of_row), *(1,) * (len(weight.shape) - 2), -1)
        multiply(node.inputs[1], by)
    return graph.rebuild(graph.nodes, changed.values())
