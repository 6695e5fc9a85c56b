"""Post-training quantisation of a float graph to int8, with scales from sample inputs."""

from collections.abc import Iterable, Sequence
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
from mote.passes.neighbours import free_name, is_private
from mote.quantization.calibrate import Progress, Range, calibrate
from mote.quantization.scheme import (
    BIAS_LIMIT,
    SOFTMAX,
    activation_quantization,
    float32_at_least,
    to_integers,
    weight_quantization,
)
from mote.reference.fixed_point import round_half_away

TINY = float(np.finfo(np.float32).tiny)

FINEST = 2.0**-18
"""A result's scale is at least this part of its operands': keeps every multiplier in range."""


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
    """
    graph = optimize(graph)
    _require_float(graph)
    arrays = (samples,) if isinstance(samples, np.ndarray) else tuple(samples)
    ranges = _needed(graph, calibrate(graph, arrays, progress))
    quantizations = assign(graph, ranges)
    tensors = [
        replace(t, dtype=DType.INT8, quantization=quantizations[t.name])
        for t in graph.tensors.values()
        if not t.is_constant
    ]
    result = graph.rebuild(graph.nodes, tensors)
    for node in graph.nodes:
        result = _quantize_constants(result, node)
    verify(result)
    return result


def _require_float(graph: Graph) -> None:
    problems = [
        f"tensor '{t.name}' is {t.dtype.value}"
        for t in graph.tensors.values()
        if t.dtype is not DType.FLOAT32
    ]
    problems += [
        f"node '{n.name}': {n.op.kind} has no int8 form here"
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


def assign(graph: Graph, ranges: dict[str, Range]) -> dict[str, Quantization]:
    """Quantisation of every activation, in the order in which values are computed.

    Pools, pads and reshapes keep their operand's; softmax has its own; the rest follow from
    their range.
    """
    assigned: dict[str, Quantization] = {}
    for name in graph.inputs:
        low, high = ranges[name]
        assigned[name] = activation_quantization(low, high, TINY if max(-low, high) > 0 else 1.0)
    for node in graph.nodes:
        operands = [t for t in node.inputs if not graph.tensors[t].is_constant]
        match node.op:
            case AveragePool2D() | MaxPool2D() | Pad() | Reshape():
                assigned[node.output] = assigned[operands[0]]
            case Softmax():
                assigned[node.output] = SOFTMAX
            case _:
                coarsest = max(assigned[t].scale for t in operands)
                low, high = ranges[node.output]
                least = FINEST * coarsest if max(-low, high) > 0 else coarsest
                assigned[node.output] = activation_quantization(low, high, least)
    return assigned


def _quantize_constants(graph: Graph, node: Node) -> Graph:
    """The graph with the node's float constants as integers, and its rounding rule."""
    match node.op:
        case Conv2D() | FullyConnected():
            return _quantize_weights(graph, node, node.op, axis=0)
        case DepthwiseConv2D():
            return _quantize_weights(graph, node, node.op, axis=3)
    constants = {}
    for t in graph.operands(node):
        if t.is_constant:
            least = TINY if t.array.any() else 1.0
            q = activation_quantization(float(t.array.min()), float(t.array.max()), least)
            constants[t.name] = _own(graph, node, t, DType.INT8, q, to_integers(t.array, q))
    inputs = tuple(constants[name].name if name in constants else name for name in node.inputs)
    return _replace(graph, node, replace(node, inputs=inputs), constants.values())


def _quantize_weights(
    graph: Graph, node: Node, op: Conv2D | DepthwiseConv2D | FullyConnected, axis: int
) -> Graph:
    """Weights with their own scales; bias with input scale times weight scale (eq. 11).

    A weight scale is raised where the bias would not fit otherwise. A channel that has neither
    weights nor bias gets the greatest scale of the others.
    """
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
    w = _own(graph, node, weight, DType.INT8, q, to_integers(weight.array, q))
    b = _own(graph, node, bias, DType.INT32, bias_q, steps)
    rounded = replace(op, rounding=Rounding.SINGLE)
    changed = replace(node, op=rounded, inputs=(x.name, w.name, b.name))
    return _replace(graph, node, changed, (w, b))


def _own(
    graph: Graph, node: Node, old: Tensor, dtype: DType, q: Quantization, integers: Array
) -> Tensor:
    """``old`` as integers, under a new name while other layers read the real values.

    A layer that is called twice keeps sharing its weights where both calls agree.
    """
    for known in graph.tensors.values():
        same_type = known.is_constant and (known.dtype, known.quantization) == (dtype, q)
        if same_type and np.array_equal(known.array, integers):
            return known
    name = old.name
    if sum(n.inputs.count(name) for n in graph.nodes) > node.inputs.count(name):
        name = free_name(graph, f"{node.name}.{name.rsplit('.', 1)[-1]}")
    return Tensor(name, old.shape, dtype, q, integers)


def _replace(graph: Graph, old: Node, new: Node, tensors: Iterable[Tensor]) -> Graph:
    return graph.rebuild([new if n.name == old.name else n for n in graph.nodes], tensors)
