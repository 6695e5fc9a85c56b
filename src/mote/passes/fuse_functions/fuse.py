"""Finds the functions that exporters write as several operators: GELU, SiLU, layer norm and so on.

GELU after Hendrycks and Gimpel, 2016 (its erf and its tanh form); SiLU and hard-swish after
Ramachandran et al., 2017, and Howard et al., 2019; layer norm after Ba et al., 2016, eq. 4.
"""

import math
from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    Function,
    LayerNorm,
    Mean,
    Mul,
    Op,
    Relu,
    Unary,
)
from mote.ir.tensor import Array
from mote.passes.fuse_functions.product import (
    Product,
    addend,
    argument,
    close,
    difference_of,
    float_node,
    plus_number,
    power,
    product,
    sum_of,
)
from mote.passes.neighbours import free_name

SIXTH = 1 / 6
CUBIC = 0.044715
"""The cubic term of GELU's tanh form."""


def fuse_functions(graph: Graph) -> Graph:
    """Replace float expressions by the one operator that they write out.

    The nodes inside stay for other readers; without any they are dead.
    """
    for node in graph.nodes:
        if node.op == Unary(Function.RECIPROCAL):
            graph = _rsqrt(graph, node)
        if not isinstance(node.op, Mul) or graph.result(node).dtype is not DType.FLOAT32:
            continue
        if node.op.activation is not Activation.NONE:
            continue
        parts = product(graph, node.output)
        function = _function(graph, parts)
        if function is not None:
            x, op = function
            graph = _replaced(graph, node, op, (x,))
        else:
            graph = _layer_norm(graph, node, parts)
    return graph


def _rsqrt(graph: Graph, node: Node) -> Graph:
    """One over a square root is one function."""
    x = argument(graph, node.inputs[0], Function.SQRT)
    return graph if x is None else _replaced(graph, node, Unary(Function.RSQRT), (x,))


def _replaced(graph: Graph, node: Node, op: Op, inputs: tuple[str, ...]) -> Graph:
    if graph.tensors[inputs[0]].shape != graph.result(node).shape:
        return graph
    changed = replace(node, op=op, inputs=inputs)
    return graph.rebuild(changed if n.name == node.name else n for n in graph.nodes)


def _function(graph: Graph, parts: Product) -> tuple[str, Unary] | None:
    """(x, function of x) that a product is."""
    if parts.has(SIXTH, 1):
        x = _relu6_plus_three(graph, parts.factors[0])
        return None if x is None else (x, Unary(Function.HARD_SIGMOID, SIXTH, 0.5))
    if len(parts.factors) != 2 or parts.arrays:
        return None
    for x, gate in (parts.factors, parts.factors[::-1]):
        function = _gated(graph, x, gate, parts.number)
        if function is not None:
            return (x, Unary(function))
    return None


def _gated(graph: Graph, x: str, gate: str, number: float) -> Function | None:
    """The function that number * x * gate is of x."""
    if close(number, 1.0) and argument(graph, gate, Function.SIGMOID) == x:
        return Function.SILU
    if close(number, 1.0) and _is_hard_sigmoid(graph, gate, x):
        return Function.HARD_SWISH
    if close(number, SIXTH) and _relu6_plus_three(graph, gate) == x:
        return Function.HARD_SWISH
    inner = plus_number(graph, gate, 1.0)
    if inner is None or not close(number, 0.5):
        return None
    of_erf = argument(graph, inner, Function.ERF)
    if of_erf is not None:
        scaled = product(graph, of_erf)
        return Function.GELU if _is(scaled, math.sqrt(0.5), x) else None
    of_tanh = argument(graph, inner, Function.TANH)
    if of_tanh is not None and _is_cubic(graph, product(graph, of_tanh), x):
        return Function.GELU_TANH
    return None


def _is(parts: Product, number: float, x: str) -> bool:
    return parts.has(number, 1) and parts.factors[0] == x


def _is_hard_sigmoid(graph: Graph, tensor: str, x: str) -> bool:
    node = float_node(graph, tensor)
    if node is None or node.inputs[0] != x or not isinstance(node.op, Unary):
        return False
    op = node.op
    return op.function is Function.HARD_SIGMOID and close(op.alpha, SIXTH) and close(op.beta, 0.5)


def _relu6_plus_three(graph: Graph, tensor: str) -> str | None:
    """x where the value is min(max(x + 3, 0), 6)."""
    node = float_node(graph, tensor)
    if node is None:
        return None
    match node.op:
        case Add(activation=Activation.RELU6):
            return addend(graph, node, 3.0)
        case Relu(Activation.RELU6) | Unary(Function.CLIP, 0.0, 6.0):
            return plus_number(graph, node.inputs[0], 3.0)
    return None


def _is_cubic(graph: Graph, parts: Product, x: str) -> bool:
    """True for sqrt(2 / pi) * (x + 0.044715 * x**3), also with x outside the bracket."""
    if not close(parts.number, math.sqrt(2 / math.pi)) or parts.arrays:
        return False
    if len(parts.factors) == 1:
        terms = sum_of(graph, parts.factors[0])
        if terms is None or x not in terms:
            return False
        return _is_power(graph, terms[1] if terms[0] == x else terms[0], x, 3)
    if len(parts.factors) == 2 and x in parts.factors:
        other = parts.factors[1] if parts.factors[0] == x else parts.factors[0]
        square = plus_number(graph, other, 1.0)
        return square is not None and _is_power(graph, square, x, 2)
    return False


def _is_power(graph: Graph, tensor: str, x: str, exponent: int) -> bool:
    """True for 0.044715 * x**exponent."""
    parts = product(graph, tensor)
    if not close(parts.number, CUBIC) or parts.arrays:
        return False
    total = 0
    for factor in parts.factors:
        found = power(graph, factor)
        if found is None or found[0] != x:
            return False
        total += found[1]
    return total == exponent


def _layer_norm(graph: Graph, node: Node, parts: Product) -> Graph:
    """(x - mean) / sqrt(variance + epsilon), times constants along the last axis."""
    if len(parts.factors) != 2:
        return graph
    for distance, inverse in (parts.factors, parts.factors[::-1]):
        found = _normalised(graph, distance, inverse)
        if found is None:
            continue
        x, epsilon = found
        gamma = _gamma(parts, graph.tensors[x].shape)
        if gamma is None or graph.tensors[x].shape != graph.result(node).shape:
            return graph
        constants = [
            _constant(graph, f"{node.name}.{role}", values)
            for role, values in (("gamma", gamma), ("beta", np.zeros_like(gamma)))
        ]
        inputs = (x, *(t.name for t in constants))
        changed = replace(node, op=LayerNorm(epsilon), inputs=inputs)
        nodes = [changed if n.name == node.name else n for n in graph.nodes]
        return graph.rebuild(nodes, constants)
    return graph


def _normalised(graph: Graph, distance: str, inverse: str) -> tuple[str, float] | None:
    """(x, epsilon) where ``distance`` is x - mean and ``inverse`` one over its deviation."""
    terms = difference_of(graph, distance)
    if terms is None or not _is_mean(graph, terms[1], terms[0]):
        return None
    root = argument(graph, inverse, Function.RSQRT)
    if root is None:
        deviation = argument(graph, inverse, Function.RECIPROCAL)
        root = None if deviation is None else argument(graph, deviation, Function.SQRT)
    total = None if root is None else float_node(graph, root)
    if total is None or not isinstance(total.op, Add):
        return None
    if total.op.activation is not Activation.NONE:
        return None
    for name, other in (total.inputs, total.inputs[::-1]):
        epsilon = graph.tensors[other]
        mean = float_node(graph, name)
        if not epsilon.is_constant or epsilon.elements != 1 or mean is None:
            continue
        square = mean.inputs[0]
        if _is_mean(graph, name, square) and _squares(graph, square, distance, terms[0]):
            return terms[0], float(epsilon.array.reshape(()))
    return None


def _squares(graph: Graph, square: str, distance: str, x: str) -> bool:
    """True for the square of x's distance from its mean, which exporters may compute twice."""
    found = power(graph, square)
    if found is None or found[1] != 2:
        return False
    terms = difference_of(graph, found[0])
    return found[0] == distance or (
        terms is not None and terms[0] == x and _is_mean(graph, terms[1], x)
    )


def _is_mean(graph: Graph, tensor: str, x: str) -> bool:
    """True for the mean of ``x`` over its last axis, which is kept."""
    node = float_node(graph, tensor)
    if node is None or node.inputs[0] != x:
        return False
    last = len(graph.tensors[x].shape) - 1
    return node.op == Mean(axes=(last,), keep_dims=True)


def _gamma(parts: Product, shape: tuple[int, ...]) -> Array | None:
    gamma = np.full(shape[-1:], parts.number)
    for array in parts.arrays:
        if array.size != shape[-1] or array.shape[-1] != array.size:
            return None
        gamma = gamma * array.reshape(-1)
    return gamma.astype(np.float32)


def _constant(graph: Graph, name: str, values: Array) -> Tensor:
    return Tensor(free_name(graph, name), values.shape, DType.FLOAT32, data=values)
