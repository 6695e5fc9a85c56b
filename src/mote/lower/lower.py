"""Turns a graph into kernel calls: one step per node that does more than name bytes."""

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    Quantize,
    Relu,
    Resize,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import DType
from mote.lower.aliases import Aliases
from mote.lower.conversion import lower_dequantize, lower_quantize
from mote.lower.convolution import lower_conv_2d, lower_depthwise_conv_2d
from mote.lower.elementwise import lower_sum
from mote.lower.flash_stalls import with_flash_stalls
from mote.lower.float32 import LOWERINGS_F32
from mote.lower.fully_connected import lower_fully_connected
from mote.lower.kernels import KERNELS
from mote.lower.layer_norm import lower_layer_norm
from mote.lower.matrix import lower_mat_mul
from mote.lower.movement import (
    lower_concat,
    lower_embedding,
    lower_slice,
    lower_transpose,
)
from mote.lower.pooling import lower_mean, lower_pool_2d
from mote.lower.product import lower_mul
from mote.lower.resize import lower_resize
from mote.lower.shape import lower_pad
from mote.lower.softmax import lower_log_softmax, lower_softmax
from mote.lower.step import Lowering, Program, Step
from mote.lower.transposed import lower_transposed_conv_2d
from mote.lower.unary import lower_prelu, lower_unary
from mote.target.flash import Flash
from mote.target.target import Core

LOWERINGS: dict[type[Op], Lowering] = {
    Add: lower_sum,
    AveragePool2D: lower_pool_2d,
    Concat: lower_concat,
    Conv2D: lower_conv_2d,
    DepthwiseConv2D: lower_depthwise_conv_2d,
    Dequantize: lower_dequantize,
    Embedding: lower_embedding,
    FullyConnected: lower_fully_connected,
    LayerNorm: lower_layer_norm,
    LogSoftmax: lower_log_softmax,
    MaxPool2D: lower_pool_2d,
    Mean: lower_mean,
    Mul: lower_mul,
    PRelu: lower_prelu,
    Pad: lower_pad,
    Quantize: lower_quantize,
    Relu: lower_unary,
    Resize: lower_resize,
    Slice: lower_slice,
    Softmax: lower_softmax,
    MatMul: lower_mat_mul,
    TransposedConv2D: lower_transposed_conv_2d,
    Sub: lower_sum,
    Transpose: lower_transpose,
    Unary: lower_unary,
}
"""How each operator becomes a kernel call. ``Reshape`` needs none; float32 has rows of its own."""


def lower(graph: Graph, core: Core, flash: Flash | None = None) -> Program:
    """The kernel calls that compute ``graph`` on ``core``.

    ``flash``: for which the core waits, so that forms which read less of it gain; None if it never
    does.

    Raises:
        UnsupportedModelError: Some nodes have no kernel, or could overflow; it names them all.
    """
    aliases = Aliases(graph)
    steps: list[Step] = []
    problems: list[str] = []
    for node in graph.nodes:
        if node.name in aliases.nodes:
            continue
        lowering = _lowering(graph, node)
        if lowering is None or not _has_kernel(graph, node):
            types = f"{graph.operands(node)[0].dtype.value} -> {graph.result(node).dtype.value}"
            problems.append(f"node '{node.name}': no kernel computes {node.op.label} for {types}")
            continue
        try:
            step = lowering(graph, node, core)
            steps.append(with_flash_stalls(step, graph, flash) if flash else step)
        except UnsupportedModelError as error:
            problems.append(f"{error.where}: {error.found}")
    if problems:
        raise UnsupportedModelError(
            graph.name,
            f"{len(problems)} problem(s) forbid compiling this model",
            details=problems,
            hint="run `mote ops` for the operators and element types that have kernels",
        )
    return Program(graph=graph, steps=tuple(steps), aliases=tuple(aliases.found))


def _lowering(graph: Graph, node: Node) -> Lowering | None:
    if graph.result(node).dtype is DType.FLOAT32 and type(node.op) in LOWERINGS_F32:
        return LOWERINGS_F32[type(node.op)]
    return LOWERINGS.get(type(node.op))


def _has_kernel(graph: Graph, node: Node) -> bool:
    dtypes = (graph.operands(node)[0].dtype, graph.result(node).dtype)
    return any(k.computes(type(node.op)) and k.dtypes == dtypes for k in KERNELS.values())
