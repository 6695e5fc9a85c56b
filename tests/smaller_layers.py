"""Makes a layer that fails smaller, as long as the same schedule still fails."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from job_runner import JobRunner
from mote.errors import MoteError
from mote.ir import Graph, Quantization, Tensor, verify
from mote.ir.ops import Activation, Conv2D, DepthwiseConv2D, FullyConnected
from schedule_check import Case, cases_of, judge, with_inputs

MOST_TRIALS = 60


def smallest_failure(case: Case, target: str, runner: JobRunner) -> str:
    """The smallest layer found whose schedule still fails, in words."""
    best, trials = case.graph, 0
    progress = True
    while progress:
        progress = False
        for graph in smaller(best):
            trials += 1
            if trials > MOST_TRIALS:
                break
            if _fails(graph, case, target, runner):
                best, progress = graph, True
                break
    return _described(best)


def _fails(graph: Graph, case: Case, target: str, runner: JobRunner) -> bool:
    try:
        verify(graph)
        layer = with_inputs(case.seed, case.family, graph)
        cases = [c for c in cases_of(layer, target) if c.job.kernel == case.job.kernel]
    except MoteError:
        return False
    return any(verdict.problem for verdict in judge(cases, runner))


def smaller(graph: Graph) -> Iterator[Graph]:
    """The layer with half of its outputs, a smaller image, one image, or less besides."""
    return (found for found in _cut(graph) if min(found.result(found.nodes[0]).shape) > 0)


def _cut(graph: Graph) -> Iterator[Graph]:
    """As ``smaller``, but some may have no result."""
    (node,) = graph.nodes
    op = node.op
    if not isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        return
    x, weight, bias = graph.operands(node)
    if op.activation is not Activation.NONE:
        yield _with(graph, replace(op, activation=Activation.NONE), x, weight, bias)
    if bias.array.any():
        yield _with(graph, op, x, weight, replace(bias, data=np.zeros_like(bias.array)))
    for axis in range(len(x.shape) - 1):
        for size in dict.fromkeys((1, x.shape[axis] // 2, x.shape[axis] - 1)):
            if 0 < size < x.shape[axis]:
                shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
                yield _with(graph, op, replace(x, shape=shape), weight, bias)
    if isinstance(op, DepthwiseConv2D) or (
        isinstance(op, Conv2D) and weight.shape[3] != x.shape[3]
    ):
        return
    outputs = weight.shape[0]
    for kept in (range(outputs // 2), range(outputs // 2, outputs), range(outputs - 1)):
        if 0 < len(kept) < outputs:
            part = slice(kept.start, kept.stop)
            fewer = replace(
                weight,
                shape=(len(kept), *weight.shape[1:]),
                data=weight.array[part],
                quantization=_part(weight, part),
            )
            less = replace(bias, shape=(len(kept),), data=bias.array[part])
            yield _with(graph, op, x, fewer, less)


def _part(weight: Tensor, part: slice) -> Quantization:
    q = weight.q
    if q.axis is None:
        return q
    return Quantization(q.scales[part], q.zero_points[part], q.axis)


def _with(
    graph: Graph,
    op: Conv2D | DepthwiseConv2D | FullyConnected,
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
) -> Graph:
    (node,) = graph.nodes
    y = graph.result(node)
    try:
        shape = op.shape(x.shape, weight.shape, bias.shape)
    except (ValueError, AssertionError):
        shape = (0,)
    changed = (x, weight, bias, replace(y, shape=shape))
    return graph.rebuild([replace(node, op=op)], changed)


def _described(graph: Graph) -> str:
    (node,) = graph.nodes
    shapes = ", ".join(f"{name} {list(graph.tensors[name].shape)}" for name in node.inputs)
    return f"{node.op}, {shapes}, result {list(graph.result(node).shape)}"
