"""Post-training quantisation of a float graph to int8, with scales from sample inputs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Rounding,
    Softmax,
)
from mote.ir.tensor import Array
from mote.passes import optimize
from mote.passes.neighbours import changed_constant, is_private
from mote.quantization.calibrate import GREATEST, Progress, Range, calibrate
from mote.quantization.scheme import (
    BIAS_LIMIT,
    SOFTMAX,
    activation_quantization,
    float32_at_least,
    to_integers,
    weight_quantization,
)
from mote.reference.fixed_point import round_half_away

FINEST = 2.0**-18
"""A sum's or mean's scale is at least this part of its coarsest operand's: the multiplier fits."""

ABOVE_ONE = 1 + 2.0**-20
"""By how much a layer's result is coarser than a unit of its accumulator, which is exact: the
multiplier stays below 1, and no accumulator is shifted up."""

LEAST = 2.0**-64
"""Least scale of an activation; a finer value counts as 0."""


def quantize(
    graph: Graph,
    samples: Array | Sequence[Array],
    *,
    progress: Progress = lambda done, total: None,
) -> Graph:
    """The int8 graph that approximates a float graph on inputs like the samples.

    Its inputs and outputs are int8 with the scale and zero point in their tensors. Activations
    are asymmetric per tensor, weights symmetric per output channel, biases int32. Multipliers
    round once, the cheapest exact rule. The same samples give the same graph, bit for bit.

    Args:
        graph: A float graph; ``optimize`` is applied to it first.
        samples: Float inputs stacked along the first axis, or one such array per graph input.
        progress: Called with (batches done, batches in all) during calibration.

    Raises:
        InputError: The samples do not fit the inputs, or lead to values without bound.
        UnsupportedModelError: The graph is not float32, or holds constants without bound.
    """
    graph = optimize(graph)
    _require_float(graph)
    arrays = tuple(samples) if isinstance(samples, tuple | list) else (samples,)
    ranges = _needed(graph, calibrate(graph, arrays, progress))
    inputs = [
        _as_int8(graph.tensors[name], activation_quantization(*ranges[name], _floor(ranges[name])))
        for name in graph.inputs
    ]
    quantized = graph.rebuild(graph.nodes, inputs)
    for node in graph.nodes:  # in execution order: scales follow from those of the operands
        quantized = _quantize_node(quantized, node, ranges[node.output])
    verify(quantized)
    return quantized


def _require_float(graph: Graph) -> None:
    problems = [
        f"tensor '{t.name}' is {t.dtype.value}"
        for t in graph.tensors.values()
        if t.dtype is not DType.FLOAT32
    ]
    problems += [
        f"node '{n.name}': {n.op.label} has no int8 form here"
        for n in graph.nodes
        if isinstance(n.op, Quantize | Dequantize | Relu | BatchNorm)
    ]
    if problems:
        raise UnsupportedModelError(
            graph.name,
            "only a float model can be quantised",
            details=problems,
            hint="a model that is int8 already needs no quantisation: compile it as it is",
        )
    problems = [
        f"constant '{t.name}'"
        for t in graph.tensors.values()
        if t.is_constant and not (np.abs(t.array) <= GREATEST).all()
    ]
    if problems:
        raise UnsupportedModelError(
            graph.name,
            f"weights are beyond {GREATEST:.3g} or not numbers",
            details=problems,
            hint="check that training converged",
        )


def _needed(graph: Graph, ranges: dict[str, Range]) -> dict[str, Range]:
    """Narrow ranges to what the only reader lets through.

    A maximum over windows ignores what lies below its own least result, and the scale is shared
    with the result. So the layer before it may clip there.
    """
    ranges = dict(ranges)
    for node in reversed(graph.nodes):
        x = node.inputs[0]
        if isinstance(node.op, MaxPool2D | Pad | Reshape) and is_private(graph, x):
            ranges[x] = ranges[node.output]
    return ranges


def _quantize_node(graph: Graph, node: Node, bounds: Range) -> Graph:
    """The graph with the node's constants and result as integers, and its rounding rule."""
    match node.op:
        case Conv2D() | FullyConnected():
            changed, constants = _weighted(graph, node, axis=0)
        case DepthwiseConv2D():
            changed, constants = _weighted(graph, node, axis=3)
        case _:
            changed, constants = _others(graph, node)
    nodes = [changed if n.name == node.name else n for n in graph.nodes]
    graph = graph.rebuild(nodes, constants)
    q = _result_quantization(changed, graph.operands(changed), bounds)
    return graph.rebuild(nodes, (_as_int8(graph.result(node), q),))


def _result_quantization(node: Node, operands: Sequence[Tensor], bounds: Range) -> Quantization:
    """Pools, pads and reshapes keep their operand's; softmax has its own; the rest follow from
    their range, and are no finer than what they are computed from can tell."""
    match node.op:
        case AveragePool2D() | MaxPool2D() | Pad() | Reshape():
            return operands[0].q
        case Softmax():
            return SOFTMAX
        case Conv2D() | DepthwiseConv2D() | FullyConnected():
            finest = ABOVE_ONE * operands[0].q.scale * max(operands[1].q.scales)
        case _:
            finest = FINEST * max(t.q.scale for t in operands)
    return activation_quantization(*bounds, max(finest, _floor(bounds, operands[0].q.scale)))


def _floor(bounds: Range, unknown: float = 1.0) -> float:
    """The least scale for a range; ``unknown`` for a value that was always 0."""
    return LEAST if any(bounds) else unknown


def _as_int8(tensor: Tensor, q: Quantization) -> Tensor:
    return replace(tensor, dtype=DType.INT8, quantization=q)


def _others(graph: Graph, node: Node) -> tuple[Node, list[Tensor]]:
    """A node without weights, whose constant operands get their own range."""
    inputs, constants = [], []
    for t in graph.operands(node):
        if t.is_constant:
            bounds = (float(t.array.min()), float(t.array.max()))
            q = activation_quantization(*bounds, _floor(bounds))
            integers = Tensor(t.name, t.shape, DType.INT8, q, to_integers(t.array, q))
            t = changed_constant(graph, node, t.name, integers)
            constants.append(t)
        inputs.append(t.name)
    return replace(node, inputs=tuple(inputs)), constants


def _weighted(graph: Graph, node: Node, axis: int) -> tuple[Node, list[Tensor]]:
    """Weights with their own scales; bias with input scale times weight scale (eq. 11).

    A weight scale is raised where the bias would not fit otherwise. A channel that has neither
    weights nor bias gets the greatest scale of the others.
    """
    assert isinstance(node.op, Conv2D | DepthwiseConv2D | FullyConnected)
    x, weight, bias = graph.operands(node)
    reals = bias.array.astype(np.float64)
    least = np.abs(reals) / (x.q.scale * BIAS_LIMIT)
    others = tuple(i for i in range(weight.array.ndim) if i != axis)
    greatest = np.abs(weight.array).max(axis=others).astype(np.float64)
    typical = max(greatest.max() / 127, least.max()) or 1.0
    least[(greatest == 0) & (reals == 0)] = typical
    q = weight_quantization(weight.array, axis, least)
    scales = x.q.scale * np.array(q.scales)
    steps = round_half_away(reals / scales).astype(np.int32)
    bias_q = Quantization(
        tuple(float32_at_least(float(s)) for s in scales), (0,) * len(scales), axis=0
    )
    weights = Tensor(weight.name, weight.shape, DType.INT8, q, to_integers(weight.array, q))
    biases = Tensor(bias.name, bias.shape, DType.INT32, bias_q, steps)
    changed = [changed_constant(graph, node, t.name, t) for t in (weights, biases)]
    inputs = (x.name, *(t.name for t in changed))
    return replace(node, op=replace(node.op, rounding=Rounding.SINGLE), inputs=inputs), changed
