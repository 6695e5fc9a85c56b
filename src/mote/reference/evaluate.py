"""Runs a graph in numpy: the definition that every kernel, pass and import is compared with."""

from collections.abc import Callable, Mapping, Sequence

from mote.errors import InputError
from mote.ir.graph import Graph
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Softmax,
)
from mote.ir.tensor import Array
from mote.reference.conversion import dequantize, quantize
from mote.reference.convolution import conv_2d, depthwise_conv_2d, fully_connected
from mote.reference.elementwise import add, batch_norm, relu
from mote.reference.pooling import average_pool_2d, max_pool_2d, mean
from mote.reference.shape import pad, reshape
from mote.reference.softmax import softmax

EVALUATORS: Mapping[type[Op], Callable[..., Array]] = {
    Add: add,
    AveragePool2D: average_pool_2d,
    BatchNorm: batch_norm,
    Conv2D: conv_2d,
    Dequantize: dequantize,
    DepthwiseConv2D: depthwise_conv_2d,
    FullyConnected: fully_connected,
    MaxPool2D: max_pool_2d,
    Mean: mean,
    Pad: pad,
    Quantize: quantize,
    Relu: relu,
    Reshape: reshape,
    Softmax: softmax,
}
"""Operator -> ``(op, operand values, operand tensors, result tensor) -> result value``."""


def run(graph: Graph, inputs: Sequence[Array]) -> dict[str, Array]:
    """Every activation of the graph by name, the inputs included."""
    check_inputs(graph, inputs)
    values = dict(zip(graph.inputs, inputs, strict=True))
    constants = {name: t.array for name, t in graph.tensors.items() if t.is_constant}
    for node in graph.nodes:
        operands, result = graph.operands(node), graph.result(node)
        arrays = [values[name] if name in values else constants[name] for name in node.inputs]
        value = EVALUATORS[type(node.op)](node.op, arrays, operands, result)
        assert value.shape == result.shape, (node.name, value.shape, result.shape)
        assert value.dtype == result.dtype.numpy, (node.name, value.dtype, result.dtype)
        values[node.output] = value
    return values


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
