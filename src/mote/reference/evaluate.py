"""Runs a graph in numpy: the definition that every kernel, pass and import is compared with."""

from collections.abc import Callable, Mapping, Sequence

from mote.errors import InputError
from mote.ir import ops
from mote.ir.graph import Graph, Node
from mote.ir.tensor import Array, DType
from mote.reference.conversion import dequantize, quantize
from mote.reference.convolution import (
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    transposed_conv_2d,
)
from mote.reference.elementwise import add, batch_norm, mul, relu, sub
from mote.reference.layer_norm import layer_norm
from mote.reference.log_softmax import log_softmax
from mote.reference.matrix import mat_mul
from mote.reference.pooling import average_pool_2d, max_pool_2d, mean
from mote.reference.prelu import prelu
from mote.reference.resize import resize
from mote.reference.shape import concat, embedding, pad, reshape, slice_elements, transpose
from mote.reference.softmax import softmax
from mote.reference.unary import unary

EVALUATORS: Mapping[type[ops.Op], Callable[..., Array]] = {
    ops.Add: add,
    ops.AveragePool2D: average_pool_2d,
    ops.BatchNorm: batch_norm,
    ops.Concat: concat,
    ops.Conv2D: conv_2d,
    ops.Dequantize: dequantize,
    ops.DepthwiseConv2D: depthwise_conv_2d,
    ops.Embedding: embedding,
    ops.FullyConnected: fully_connected,
    ops.LayerNorm: layer_norm,
    ops.LogSoftmax: log_softmax,
    ops.MatMul: mat_mul,
    ops.MaxPool2D: max_pool_2d,
    ops.Mean: mean,
    ops.Mul: mul,
    ops.PRelu: prelu,
    ops.Pad: pad,
    ops.Quantize: quantize,
    ops.Relu: relu,
    ops.Reshape: reshape,
    ops.Resize: resize,
    ops.Slice: slice_elements,
    ops.Softmax: softmax,
    ops.Sub: sub,
    ops.Transpose: transpose,
    ops.TransposedConv2D: transposed_conv_2d,
    ops.Unary: unary,
}
"""Operator -> ``(op, operand values, operand tensors, result tensor) -> result value``."""


def run(graph: Graph, inputs: Sequence[Array]) -> dict[str, Array]:
    """Every activation of the graph by name, the inputs included."""
    check_inputs(graph, inputs)
    values = dict(zip(graph.inputs, inputs, strict=True))
    for node in graph.nodes:
        values[node.output] = run_node(graph, node, values)
    return values


def run_node(graph: Graph, node: Node, values: Mapping[str, Array]) -> Array:
    """The result of one node, given the values of the activations that it reads."""
    operands, result = graph.operands(node), graph.result(node)
    arrays = [t.array if t.is_constant else values[t.name] for t in operands]
    value = EVALUATORS[type(node.op)](node.op, arrays, operands, result)
    assert value.shape == result.shape, (node.name, value.shape, result.shape)
    assert value.dtype == result.dtype.numpy, (node.name, value.dtype, result.dtype)
    return value


def check_inputs(graph: Graph, inputs: Sequence[Array]) -> None:
    """Refuse inputs of the wrong number, shape or type, all problems at once."""
    if len(inputs) != len(graph.inputs):
        raise InputError(
            graph.name,
            f"takes {len(graph.inputs)} inputs ({', '.join(graph.inputs)}), found {len(inputs)}",
        )
    problems = [
        f"input '{name}' is {x.dtype}{list(x.shape)}, allowed: {t.dtype.value}{list(t.shape)}"
        for name, x in zip(graph.inputs, inputs, strict=True)
        if (x.shape, x.dtype) != ((t := graph.tensors[name]).shape, t.dtype.numpy)
    ]
    if problems:
        raise InputError(graph.name, "the inputs do not fit the model", details=problems)


def quantise_hint(graph: Graph, arrays: Sequence[Array]) -> str:
    """How to make what an int8 input reads from the real values that were given."""
    for name, array in zip(graph.inputs, arrays, strict=False):
        tensor = graph.tensors[name]
        if array.dtype.kind != "f" or tensor.dtype is DType.FLOAT32 or tensor.quantization is None:
            continue
        low, high = tensor.dtype.range
        return (
            f"quantise it: numpy.clip(numpy.round(x / {tensor.q.scale:.9g}) "
            f"+ {tensor.q.zero_point}, {low}, {high}).astype('{tensor.dtype.value}')"
        )
    return ""
