"""How far a float32 computation may be from the reference, which rounds once, element by element.

Sums: rounding errors of n additions grow like the square root of n (Higham and Mary, "A New
Approach to Probabilistic Rounding Error Analysis", 2019), relative to the sum of the magnitudes of
what is added. The constants leave room for about twice the greatest errors seen of the kernels.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    Mean,
    Mul,
    PRelu,
    Resize,
    Softmax,
    Sub,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import Array
from mote.reference.evaluate import run_node
from mote.reference.real import Doubles

SUM = 2.0**-23
ROW = 2.0**-20
FUNCTION = 2.0**-21
LEAST = 2.0**-126
"""Below it float32 loses bits, and some vector units put 0."""

SUMS = (
    *(Add, Sub, AveragePool2D, Mean, MatMul, BatchNorm, Resize),
    *(Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D),
)


def float_tolerance(
    graph: Graph, node: Node, values: Mapping[str, Array], expected: Array
) -> Doubles:
    """The distance allowed from ``expected``, of the shape of the node's result.

    It is infinite where the magnitudes that are added up leave float32: then any order of them may
    give infinity, or no number.

    Args:
        graph, node: A node whose result is float32.
        values: The operands' values by name.
        expected: The reference's result for them.
    """
    size: Doubles = np.abs(expected.astype(np.float64))
    x = values.get(node.inputs[0], expected)
    with np.errstate(all="ignore"):
        match node.op:
            case op if isinstance(op, SUMS):
                terms = _terms(graph, node)
                allowed = SUM * (4 + terms**0.5) * (_magnitude(graph, node, values) + size)
            case Softmax(beta=beta):
                allowed = ROW * (1 + beta * _spread(x)) * size
            case LogSoftmax():
                allowed = ROW * (1 + _spread(x)) + 0 * size
            case LayerNorm():
                allowed = ROW * _norm_size(graph, node, x) + 0 * size
            case Unary(function=Function.RECIPROCAL | Function.RSQRT | Function.EXP):
                allowed = FUNCTION * size
            case Unary():
                allowed = FUNCTION * np.maximum(size, np.abs(x))
            case Mul() | PRelu():
                allowed = FUNCTION * size
            case _:
                allowed = 0 * size
    return np.asarray(allowed + LEAST)


def _terms(graph: Graph, node: Node) -> float:
    """How many values one element of a result adds up, at most."""
    x, y = graph.operands(node)[0], graph.result(node)
    match node.op:
        case Mean():
            return x.elements / y.elements
        case AveragePool2D(kernel=(height, width)):
            return height * width
        case TransposedConv2D():
            return graph.operands(node)[1].elements / y.shape[-1]
        case Conv2D() | DepthwiseConv2D() | FullyConnected() | MatMul():
            return graph.macs(node) / y.elements
    return 4


def _magnitude(graph: Graph, node: Node, values: Mapping[str, Array]) -> Doubles:
    """The sums of magnitudes behind each element: the same node, unclamped, on absolute values."""
    operands = graph.operands(node)
    if isinstance(node.op, BatchNorm):
        x = values[operands[0].name]
        gamma, beta, mean, variance = (np.abs(t.array.astype(np.float64)) for t in operands[1:])
        factor = gamma / np.sqrt(variance + node.op.epsilon)
        return np.asarray((np.abs(x) + mean) * factor + beta)
    op = Add() if isinstance(node.op, Sub) else node.op
    if not isinstance(op, Mean | Resize | BatchNorm):
        op = replace(op, activation=Activation.NONE)  # type: ignore[call-arg]
    tensors = {t.name: replace(t, data=np.abs(t.array)) for t in operands if t.is_constant}
    absolute = replace(graph, tensors={**graph.tensors, **tensors})
    sizes = {t.name: np.abs(values[t.name]) for t in operands if not t.is_constant}
    return run_node(absolute, replace(node, op=op), sizes).astype(np.float64)


def _spread(x: Array) -> Doubles:
    """Least to greatest of each row: differences of that size are rounded, then exponentiated."""
    return np.asarray(np.ptp(x.astype(np.float64), axis=-1, keepdims=True))


def _norm_size(graph: Graph, node: Node, x: Array) -> Doubles:
    """Of layer norm's terms, with what the row's common part costs."""
    assert isinstance(node.op, LayerNorm)
    wide = x.astype(np.float64)
    deviation = np.sqrt(wide.var(-1, keepdims=True) + node.op.epsilon)
    learnt = sum(np.abs(t.array.astype(np.float64)) for t in graph.operands(node)[1:])
    return np.asarray((1 + np.abs(wide).max(-1, keepdims=True) / deviation) * learnt)
