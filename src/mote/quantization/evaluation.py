"""Fast evaluation of many samples: integers as in the reference, floats close to it.

The reference forms sums in double precision, one batch at a time. Here batches are larger, and
sums of float layers are single precision. Sums of integers are formed in single precision only
where every partial sum is below 2**24, and scaled in double precision only below 2**53: both are
exact.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Op, Padding, Rounding
from mote.ir.tensor import Array
from mote.passes.rebatch import rebatch
from mote.reference import EVALUATORS
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import activation_range, channel_multipliers, requantize

Weighted = Conv2D | DepthwiseConv2D | FullyConnected
Evaluator = Callable[..., Array]

CHUNK_ELEMENTS = 2**21
"""Elements of the largest array that one batch needs: batches stay in the processor's caches."""

EXACT_SINGLE = 2**24
EXACT_ACCUMULATOR = 2**21 - 1
EXACT_SHIFT = -21
"""Products of accumulators with 31-bit multipliers, plus half the divisor, are below 2**53."""


def samples_per_batch(graph: Graph) -> int:
    """How many times the graph's own batch is evaluated at once."""
    largest = 1
    for node in graph.nodes:
        elements = graph.result(node).elements
        if isinstance(node.op, Conv2D):
            elements = elements // graph.result(node).shape[-1] * _inputs_per_output(graph, node)
        largest = max(largest, elements, graph.result(node).elements)
    return max(1, min(64, CHUNK_ELEMENTS // largest))


def _inputs_per_output(graph: Graph, node: Node) -> int:
    x, weight, _ = graph.operands(node)
    return weight.shape[1] * weight.shape[2] * x.shape[3]


def batches(
    graph: Graph, samples: Sequence[Array], size: int | None = None
) -> Iterator[tuple[Graph, tuple[Array, ...]]]:
    """(graph, inputs) for portions of the samples; the graph has the portion's batch size.

    Graphs in which samples would meet are evaluated at their own batch size.
    """
    own = [own_batch(graph.tensors[name]) for name in graph.inputs]
    total = len(samples[0]) // own[0]
    factor = size or samples_per_batch(graph)
    if rebatch(graph, 2) is None:
        factor = 1
    made: dict[int, Graph] = {}
    for start in range(0, total, factor):
        count = min(factor, total - start)
        if count not in made:
            larger = rebatch(graph, count)
            assert larger is not None
            made[count] = larger
        shapes = [made[count].tensors[name].shape for name in graph.inputs]
        portion = tuple(
            np.ascontiguousarray(array[start * n : (start + count) * n]).reshape(shape)
            for array, n, shape in zip(samples, own, shapes, strict=True)
        )
        yield made[count], portion


def own_batch(tensor: Tensor) -> int:
    """How many rows of stacked values make one of this tensor; a scalar takes one."""
    return tensor.shape[0] if tensor.shape else 1


def walk(graph: Graph, inputs: Sequence[Array]) -> Iterator[tuple[Node, Array]]:
    """Every node with its result, in order; a value is dropped after its last reader."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    last = {name: node.name for node in graph.nodes for name in node.inputs}
    for node in graph.nodes:
        values[node.output] = value = evaluate_node(graph, node, values)
        yield node, value
        for name in {*node.inputs, node.output}:
            if last.get(name, node.name) == node.name:
                values.pop(name, None)


def evaluate_node(graph: Graph, node: Node, values: Mapping[str, Array]) -> Array:
    """One node's result from the values of its operands."""
    operands, result = graph.operands(node), graph.result(node)
    arrays = [t.array if t.is_constant else values[t.name] for t in operands]
    evaluator = FAST.get(type(node.op), EVALUATORS[type(node.op)])
    return evaluator(node.op, arrays, operands, result)


def run_outputs(graph: Graph, samples: Sequence[Array]) -> tuple[Array, ...]:
    """Each output for all samples, stacked along the first axis; scalars as ``[N]``."""
    found: dict[str, list[Array]] = {name: [] for name in graph.outputs}
    for larger, portion in batches(graph, samples):
        for name, value in zip(larger.inputs, portion, strict=True):
            if name in found:
                found[name].append(value)
        for node, value in walk(larger, portion):
            if node.output in found:
                found[node.output].append(value)
    return tuple(np.concatenate([np.atleast_1d(v) for v in found[name]]) for name in graph.outputs)


def patches(x: Array, kernel: Sequence[int], op: Conv2D | DepthwiseConv2D) -> Array:
    """The window under every output, a view [N, OH, OW, KH, KW, C]; zeros around ``x``."""
    p = op.padding
    if p != Padding():
        x = np.pad(x, ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0)))
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, op.dilation, strict=True)]
    windows = sliding_window_view(x, extent, axis=(1, 2))
    strided = windows[:, :: op.stride[0], :: op.stride[1], :, :: op.dilation[0], :: op.dilation[1]]
    return strided.transpose(0, 1, 2, 4, 5, 3)


def _conv_2d(
    op: Conv2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    x, weight, bias = values
    real = _singles(x, weight, 0, operands[0])
    if real is None:
        return EVALUATORS[Conv2D](op, values, operands, result)
    outputs, height, width, depth = weight.shape
    windows = patches(real, (height, width), op)
    groups = x.shape[3] // depth
    rows = weight.reshape(groups, outputs // groups, -1).astype(np.float32)
    sums = [
        windows[..., g * depth : (g + 1) * depth].reshape(-1, rows.shape[2]) @ rows[g].T
        for g in range(groups)
    ]
    joined = sums[0] if groups == 1 else np.concatenate(sums, axis=1)
    return _finish(joined.reshape(result.shape), bias, operands, result, op)


def _depthwise_conv_2d(
    op: DepthwiseConv2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    x, weight, bias = values
    real = _singles(x, weight, 3, operands[0])
    if real is None:
        return EVALUATORS[DepthwiseConv2D](op, values, operands, result)
    height, width, outputs = weight.shape[1:]
    repeated = real if outputs == x.shape[3] else np.repeat(real, outputs // x.shape[3], axis=3)
    windows = patches(repeated, (height, width), op)
    taps = weight[0].astype(np.float32)
    sums = np.zeros(result.shape, np.float32)
    product = np.empty(result.shape, np.float32)
    for ky in range(height):
        for kx in range(width):
            np.multiply(windows[:, :, :, ky, kx], taps[ky, kx], out=product)
            sums += product
    return _finish(sums, bias, operands, result, op)


def _fully_connected(
    op: FullyConnected, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    x, weight, bias = values
    real = _singles(x, weight, 0, operands[0])
    if real is None:
        return EVALUATORS[FullyConnected](op, values, operands, result)
    return _finish(real @ weight.astype(np.float32).T, bias, operands, result, op)


def _singles(x: Array, weight: Array, axis: int, tensor: Tensor) -> Array | None:
    """The data as float32 over its scale; None where sums of integers would not be exact."""
    if tensor.dtype is DType.FLOAT32:
        return x
    if tensor.dtype is not DType.INT8:
        return None
    zero, (low, high) = tensor.q.zero_point, tensor.dtype.range
    others = tuple(i for i in range(weight.ndim) if i != axis)
    most = int(np.abs(weight.astype(np.int64)).sum(others).max())
    if max(high - zero, zero - low) * most >= EXACT_SINGLE:
        return None
    return x.astype(np.float32) - np.float32(zero)


def _finish(
    sums: Array, bias: Array, operands: Sequence[Tensor], result: Tensor, op: Weighted
) -> Array:
    """Bias, scaling to the result's type, activation."""
    if result.dtype is DType.FLOAT32:
        sums += bias
        return apply_activation(sums, op.activation)
    accumulator: Array = sums.astype(np.float64) + bias
    multipliers, shifts = channel_multipliers(operands[0], operands[1], result, op.rounding)
    exact = op.rounding is Rounding.SINGLE and shifts.min() >= EXACT_SHIFT
    if exact and np.abs(accumulator).max() <= EXACT_ACCUMULATOR:
        scaled: Array = accumulator
        scaled *= np.ldexp(multipliers.astype(np.float64), shifts.astype(np.int64) - 31)
        scaled += 0.5
        np.floor(scaled, out=scaled)
    else:
        scaled = requantize(accumulator.astype(np.int64), multipliers, shifts, op.rounding)
    scaled += result.q.zero_point
    low, high = activation_range(op.activation, result.q, result.dtype)
    return np.clip(scaled, low, high).astype(result.dtype.numpy)


FAST: Mapping[type[Op], Evaluator] = {
    Conv2D: _conv_2d,
    DepthwiseConv2D: _depthwise_conv_2d,
    FullyConnected: _fully_connected,
}
"""Evaluators that stand in for the reference's, same arguments."""
