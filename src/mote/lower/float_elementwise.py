"""Operators on elements and on rows of them, as float32 kernel calls."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import (
    Add,
    BatchNorm,
    LayerNorm,
    LogSoftmax,
    Mul,
    PRelu,
    Relu,
    Softmax,
    Sub,
    Unary,
)
from mote.ir.tensor import Tensor
from mote.lower.broadcast import broadcast_walk
from mote.lower.float_operands import constant_operand, limits
from mote.lower.kernels import KERNELS
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.target.target import Core


def lower_float_binary(graph: Graph, node: Node, core: Core) -> Step:
    """Sums, differences and products, of two activations or of one and a constant."""
    op = node.op
    assert isinstance(op, Add | Sub | Mul)
    operands, y = list(graph.operands(node)), graph.result(node)
    constants = constant_operand(node, operands)
    constant_first = operands[0].is_constant
    if constant_first and not isinstance(op, Sub):
        # The result does not depend on the order, and the kernels want the constant last.
        operands, constant_first = operands[::-1], False
    walk = broadcast_walk(operands, y)
    parameters: dict[str, float | tuple[int, ...]] = {**limits(op), **walk.parameters}
    if isinstance(op, Sub) and constants:
        parameters["constant_first"] = int(constant_first)
    form = "_constant" if constants else ""
    return Step(
        node,
        KERNELS[f"mote_{op.kind}{form}_f32"],
        parameters=tuple(parameters.items()),
        constants=constants,
        in_place=walk.in_place,
        split=walk.split,
    )


def lower_float_unary(graph: Graph, node: Node, core: Core) -> Step:
    """A function of one variable, or a clamp."""
    op, y = node.op, graph.result(node)
    if isinstance(op, Relu):
        name, (alpha, beta) = "clip", op.activation.bounds
    else:
        assert isinstance(op, Unary)
        name, alpha, beta = op.function.value, op.alpha, op.beta
    return Step(
        node,
        KERNELS[f"mote_{name}_f32"],
        parameters=(("elements", y.elements), ("alpha", float(alpha)), ("beta", float(beta))),
        in_place=(0,),
        split=split_pointwise(y, ("elements",)),
    )


def lower_float_prelu(graph: Graph, node: Node, core: Core) -> Step:
    """A slope below zero that repeats."""
    assert isinstance(node.op, PRelu)
    operands, y = graph.operands(node), graph.result(node)
    walk = broadcast_walk(operands, y)
    return Step(
        node,
        KERNELS["mote_prelu_f32"],
        parameters=tuple(walk.parameters.items()),
        constants=(Constant("alpha", operands[1].array, True),),
        in_place=(0,),
        split=walk.split,
    )


def lower_float_softmax(graph: Graph, node: Node, core: Core) -> Step:
    """Softmax and its logarithm over the last axis."""
    op = node.op
    assert isinstance(op, Softmax | LogSoftmax)
    beta = op.beta if isinstance(op, Softmax) else 1.0
    return Step(
        node,
        KERNELS[f"mote_{op.kind}_f32"],
        parameters=(*_rows(graph.result(node)), ("beta", float(beta))),
        in_place=(0,),
        split=split_pointwise(graph.result(node), ("rows",)),
    )


def lower_float_layer_norm(graph: Graph, node: Node, core: Core) -> Step:
    """Layer norm over the last axis."""
    assert isinstance(node.op, LayerNorm)
    (x, gamma, beta) = graph.operands(node)
    return Step(
        node,
        KERNELS["mote_layer_norm_f32"],
        parameters=(*_rows(x), ("epsilon", float(node.op.epsilon))),
        constants=(Constant("gamma", gamma.array, True), Constant("beta", beta.array, True)),
        in_place=(0,),
        split=split_pointwise(x, ("rows",)),
    )


def lower_float_batch_norm(graph: Graph, node: Node, core: Core) -> Step:
    """What no layer before it has taken: a factor and an offset for each channel."""
    assert isinstance(node.op, BatchNorm)
    x, *constants = graph.operands(node)
    gamma, beta, mean, variance = (t.array.astype(np.float64) for t in constants)
    factor = gamma / np.sqrt(variance + node.op.epsilon)
    return Step(
        node,
        KERNELS["mote_batch_norm_f32"],
        parameters=_rows(x),
        constants=(
            Constant("factor", factor.astype(np.float32), True),
            Constant("offset", (beta - mean * factor).astype(np.float32), True),
        ),
        in_place=(0,),
        split=split_pointwise(x, ("rows",)),
    )


def _rows(x: Tensor) -> tuple[tuple[str, int], ...]:
    columns = x.shape[-1]
    return ("rows", x.elements // columns), ("columns", columns)
