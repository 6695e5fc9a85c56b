"""Intervals of every tensor of a graph, from the ranges of its inputs' types, layer by layer."""

from collections.abc import Callable, Mapping, Sequence

from mote.ir import ops
from mote.ir.graph import Graph, Node
from mote.ranges.elementwise import function_interval, product_interval, sum_interval
from mote.ranges.interval import INTEGERS, Interval, interval_of_constant, type_interval
from mote.ranges.movement import (
    concat_interval,
    embedding_interval,
    pad_interval,
    reshape_interval,
    slice_interval,
    transpose_interval,
)
from mote.ranges.planes import mean_interval, pool_interval, resize_interval
from mote.ranges.taps import WEIGHTED
from mote.ranges.weighted import mat_mul_interval, weighted_interval

Rule = Callable[[Graph, Node, Sequence[Interval]], Interval]

RULES: Mapping[type[ops.Op], Rule] = {
    ops.Add: sum_interval,
    ops.AveragePool2D: pool_interval,
    ops.Concat: concat_interval,
    ops.Conv2D: weighted_interval,
    ops.DepthwiseConv2D: weighted_interval,
    ops.Embedding: embedding_interval,
    ops.FullyConnected: weighted_interval,
    ops.MatMul: mat_mul_interval,
    ops.MaxPool2D: pool_interval,
    ops.Mean: mean_interval,
    ops.Mul: product_interval,
    ops.PRelu: function_interval,
    ops.Pad: pad_interval,
    ops.Quantize: function_interval,
    ops.Relu: function_interval,
    ops.Reshape: reshape_interval,
    ops.Resize: resize_interval,
    ops.Slice: slice_interval,
    ops.Sub: sum_interval,
    ops.Transpose: transpose_interval,
    ops.TransposedConv2D: weighted_interval,
    ops.Unary: function_interval,
}
"""How an operator's interval follows from those of its operands. One without a row (softmax and
other norms, whose results depend on whole rows) may give all that its type can hold."""


def tensor_intervals(
    graph: Graph, inputs: Mapping[str, Interval] | None = None
) -> dict[str, Interval]:
    """Bounds of every integer activation by name; float tensors have none.

    They hold for every input of the graph. For one layer whose operands are independent they are
    attained; behind several layers that depend on the same values they may be wider than needed.

    Args:
        graph: Integer layers; float ones among them are passed over.
        inputs: What is known of the graph's inputs; their types' ranges by default.
    """
    known: dict[str, Interval] = {}
    for name in graph.inputs:
        if graph.tensors[name].dtype in INTEGERS:
            known[name] = (inputs or {}).get(name, type_interval(graph.tensors[name]))
    for node in graph.nodes:
        y, rule = graph.result(node), RULES.get(type(node.op))
        if y.dtype not in INTEGERS:
            continue
        operands = [operand_interval(graph, name, known) for name in _read(node)]
        if rule is None or any(i is None for i in operands):
            known[y.name] = type_interval(y)
            continue
        known[y.name] = rule(graph, node, [i for i in operands if i is not None])
        assert len(known[y.name].low) == (y.shape[-1] if y.shape else 1), node.name
    return known


def operand_interval(graph: Graph, name: str, known: Mapping[str, Interval]) -> Interval | None:
    """Of an activation or a constant; None where it is not of integers."""
    tensor = graph.tensors[name]
    if tensor.dtype not in INTEGERS:
        return None
    return interval_of_constant(tensor) if tensor.is_constant else known[name]


def _read(node: Node) -> tuple[str, ...]:
    """The operands that vary; weights and biases are read by the rules themselves."""
    return node.inputs[:1] if isinstance(node.op, WEIGHTED) else node.inputs
