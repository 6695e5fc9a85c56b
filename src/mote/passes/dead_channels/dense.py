"""Layers that mix channels: which inputs they need, and constants folded into their bias."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mote.ir import Graph, Node
from mote.ranges import Interval, accumulators, inside_taps, window_sums
from mote.ranges.accumulators import kernel_taps
from mote.ranges.interval import Ints, Mask
from mote.ranges.taps import WEIGHTED


@dataclass(frozen=True)
class Dense:
    """One layer whose every output channel may read every input channel.

    Args:
        node: The layer.
        taps: ``[KH, KW, I, O]``, its weights.
        bias: ``[O]``: its own, or for a constant output what gives that constant without weights.
        varies: ``[O]``: which outputs are not constant.
        folds: ``[I, O]``: where an input is a constant that adds the same to the sum at every
            position, padded borders included.
        added: ``[I, O]``: what it adds.
    """

    node: Node
    taps: Ints
    bias: Ints
    varies: Mask
    folds: Mask
    added: Ints

    def needed(self, live: Mask) -> Mask:
        """``[I]``: inputs that the live outputs ``[O]`` depend on."""
        rows = live & self.varies
        reads = (self.taps[..., rows] != 0).any((0, 1))
        needed: Mask = (reads & ~self.folds[:, rows]).any(1)
        return needed

    def folded_bias(self, kept: Mask) -> Ints:
        """``[O]``, with the inputs that are not kept ``[I]``; where outputs vary."""
        return self.bias + np.where(self.varies, self.added[~kept].sum(0), 0)


def dense_layer(graph: Graph, node: Node, known: Mapping[str, Interval], *, folds: bool) -> Dense:
    """A layer with what is known of its input; without ``folds`` it needs constants as well."""
    op = node.op
    assert isinstance(op, WEIGHTED)
    x, weight, bias = graph.operands(node)
    taps = kernel_taps(op, weight.array)
    least = accumulators(graph, node, known[x.name]).low
    fixed = known[node.output].is_constant
    alike, added = _constant_terms(graph, node, taps, known[x.name])
    return Dense(
        node=node,
        taps=taps,
        bias=np.where(fixed, _held(least, bias.dtype.range), bias.array.astype(np.int64)),
        varies=~fixed,
        folds=alike & folds,
        added=added,
    )


def _constant_terms(graph: Graph, node: Node, taps: Ints, x: Interval) -> tuple[Mask, Ints]:
    """``[I, O]``: where an input is constant and adds the same at every position, and how much."""
    op = node.op
    assert isinstance(op, WEIGHTED)
    tensor, weight, _ = graph.operands(node)
    masks = inside_taps(op, tensor.shape, weight.shape, graph.result(node).shape)
    alike, added = np.zeros(taps.shape[2:], np.bool_), np.zeros(taps.shape[2:], np.int64)
    fixed = x.is_constant
    terms = taps[:, :, fixed] * (x.low[fixed] - tensor.q.zero_point)[:, None]
    inside = terms.reshape(*terms.shape[:2], -1)
    sums = window_sums(inside, np.zeros_like(inside), *masks)
    alike[fixed] = (sums == sums[0]).all(0).reshape(terms.shape[2:])
    added[fixed] = sums[0].reshape(terms.shape[2:])
    return alike, added


def _held(values: Ints, limits: tuple[int, int]) -> Ints:
    return np.clip(values, *limits)
