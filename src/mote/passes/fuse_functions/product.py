"""Views of expressions: a chain of products as its factors, a sum as a term and a number."""

import math
from dataclasses import dataclass

from mote.ir import DType, Graph, Node
from mote.ir.ops import Activation, Add, Function, Mul, Sub, Unary
from mote.ir.tensor import Array

MAX_FACTORS = 8


@dataclass(frozen=True)
class Product:
    """number * factors[0] * factors[1] * ...; ``arrays`` are further constant factors."""

    number: float
    factors: tuple[str, ...]
    arrays: tuple[Array, ...] = ()

    def has(self, number: float, count: int) -> bool:
        """True for that number and that many factors, without arrays."""
        return close(self.number, number) and len(self.factors) == count and not self.arrays


def close(a: float, b: float) -> bool:
    """Equal as far as constants that were rounded to float32, or written with few digits, are."""
    return math.isclose(a, b, rel_tol=2e-4, abs_tol=1e-12)


def float_node(graph: Graph, tensor: str) -> Node | None:
    """The node that writes a float value."""
    node = graph.producer(tensor)
    return node if node is not None and graph.tensors[tensor].dtype is DType.FLOAT32 else None


def product(graph: Graph, tensor: str) -> Product:
    """A value as a product; of one factor, itself, when it is none."""
    node = float_node(graph, tensor)
    if node is None or not isinstance(node.op, Mul) or node.op.activation is not Activation.NONE:
        return Product(1.0, (tensor,))
    number = 1.0
    factors: list[str] = []
    arrays: list[Array] = []
    todo = list(reversed(node.inputs))
    while todo:
        name = todo.pop()
        t = graph.tensors[name]
        inner = float_node(graph, name)
        if t.is_constant and t.elements == 1:
            number *= float(t.array.reshape(()))
        elif t.is_constant:
            arrays.append(t.array)
        elif (
            inner is not None
            and isinstance(inner.op, Mul)
            and inner.op.activation is Activation.NONE
            and len(factors) + len(todo) < MAX_FACTORS
        ):
            todo += reversed(inner.inputs)
        else:
            factors.append(name)
    return Product(number, tuple(factors), tuple(arrays))


def plus_number(graph: Graph, tensor: str, number: float) -> str | None:
    """x where the value is x + number."""
    node = float_node(graph, tensor)
    if node is None or not isinstance(node.op, Add) or node.op.activation is not Activation.NONE:
        return None
    return addend(graph, node, number)


def addend(graph: Graph, node: Node, number: float) -> str | None:
    """x where a sum, whatever its activation, is x + number."""
    for i in range(2):
        t = graph.tensors[node.inputs[i]]
        if t.is_constant and t.elements == 1 and close(float(t.array.reshape(())), number):
            return node.inputs[1 - i]
    return None


def sum_of(graph: Graph, tensor: str) -> tuple[str, str] | None:
    """Both terms of a sum of two activations."""
    node = float_node(graph, tensor)
    if node is None or not isinstance(node.op, Add) or node.op.activation is not Activation.NONE:
        return None
    return (node.inputs[0], node.inputs[1])


def difference_of(graph: Graph, tensor: str) -> tuple[str, str] | None:
    node = float_node(graph, tensor)
    if node is None or not isinstance(node.op, Sub) or node.op.activation is not Activation.NONE:
        return None
    return (node.inputs[0], node.inputs[1])


def argument(graph: Graph, tensor: str, function: Function) -> str | None:
    """x where the value is a function of x; the function's parameters are not looked at."""
    node = float_node(graph, tensor)
    if node is None or not isinstance(node.op, Unary) or node.op.function is not function:
        return None
    return node.inputs[0]


def power(graph: Graph, tensor: str) -> tuple[str, int] | None:
    """(x, n) where the value is x to the n: squares, and products of the same value."""
    inner = argument(graph, tensor, Function.SQUARE)
    if inner is not None:
        below = power(graph, inner)
        return (below[0], 2 * below[1]) if below is not None else (inner, 2)
    parts = product(graph, tensor)
    if not parts.has(1.0, len(parts.factors)):
        return None
    if parts.factors == (tensor,):
        return (tensor, 1)
    found = [power(graph, f) for f in parts.factors]
    bases = {p[0] for p in found if p is not None}
    if len(bases) != 1 or None in found:
        return None
    return (bases.pop(), sum(p[1] for p in found if p is not None))
