"""Intervals of the results of operators that treat every element alone."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mote.ir import ops
from mote.ir.graph import Graph, Node
from mote.ir.tensor import Array, DType, Tensor
from mote.ranges.interval import Interval, Ints, over_table, type_interval
from mote.reference.conversion import quantize
from mote.reference.elementwise import add, mul, relu, sub
from mote.reference.prelu import prelu
from mote.reference.unary import unary

Rule = Callable[[ops.Op, Sequence[Array], Sequence[Tensor], Tensor], Array]
_ONE_OPERAND: Mapping[type[ops.Op], Callable[..., Array]] = {
    ops.PRelu: prelu,
    ops.Quantize: quantize,
    ops.Relu: relu,
    ops.Unary: unary,
}


def sum_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """Sums grow with both operands, differences with the first and fall with the second."""
    if isinstance(node.op, ops.Sub):
        ends = (x[0].low, x[1].high), (x[0].high, x[1].low)
        return Interval(*(_computed(sub, graph, node, end) for end in ends))
    ends = (x[0].low, x[1].low), (x[0].high, x[1].high)
    return Interval(*(_computed(add, graph, node, end) for end in ends))


def product_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """Products are least and greatest where both operands are at an end."""
    corners = [
        _computed(mul, graph, node, (a, b))
        for a in (x[0].low, x[0].high)
        for b in (x[1].low, x[1].high)
    ]
    return Interval(np.min(corners, axis=0), np.max(corners, axis=0))


def function_interval(graph: Graph, node: Node, x: Sequence[Interval]) -> Interval:
    """The results for every integer of the interval."""
    operand, y = graph.operands(node)[0], graph.result(node)
    if operand.dtype not in (DType.INT8, DType.UINT8, DType.INT16):
        return type_interval(y)
    low, high = operand.dtype.range
    every = np.arange(low, high + 1).astype(operand.dtype.numpy)
    values: list[Array] = [every]
    if isinstance(node.op, ops.PRelu):
        alpha = graph.operands(node)[1]
        if alpha.elements != (alpha.shape[-1] if alpha.shape else 1):
            return type_interval(y)  # differs along more than the channels
        values = [every[:, None], alpha.array.reshape(1, -1)]
    table = _ONE_OPERAND[type(node.op)](node.op, values, graph.operands(node), y)
    return over_table(x[0], table, low)


def _computed(rule: Callable[..., Array], graph: Graph, node: Node, ends: Sequence[Ints]) -> Ints:
    result: Array = rule(node.op, ends, graph.operands(node), graph.result(node))
    return result.astype(np.int64)
