"""Nodes that only copy disappear, and a chain of reshapes becomes one."""

from dataclasses import replace

from mote.ir import Graph, Node
from mote.ir.ops import (
    Activation,
    AveragePool2D,
    Concat,
    MaxPool2D,
    Pad,
    Padding,
    Quantize,
    Reshape,
    Resize,
    Slice,
    Transpose,
)


def remove_identity(graph: Graph) -> Graph:
    """Let the readers of a copy read the original; a copy that is an output stays.

    A reshape of a reshape reads the value before both; the first is dead unless others read it.
    """
    original: dict[str, str] = {}
    unshaped: dict[str, str] = {}
    nodes = []
    for node in graph.nodes:
        node = replace(node, inputs=tuple(original.get(t, t) for t in node.inputs))
        if isinstance(node.op, Reshape):
            (x,) = node.inputs
            unshaped[node.output] = unshaped.get(x, x)
            node = replace(node, inputs=(unshaped[node.output],))
        if _copies(graph, node) and node.output not in graph.outputs:
            original[node.output] = node.inputs[0]
        else:
            nodes.append(node)
    return graph.rebuild(nodes)


def _copies(graph: Graph, node: Node) -> bool:
    """True when the result has the operand's shape, type, quantisation and values."""
    x, y = graph.tensors[node.inputs[0]], graph.result(node)
    if (x.shape, x.dtype, x.quantization) != (y.shape, y.dtype, y.quantization):
        return False
    match node.op:
        case Reshape() | Quantize() | Concat() | Resize() | Slice():
            return True  # of one operand, of one size, of the whole
        case Transpose(permutation=permutation):
            return permutation == tuple(range(len(permutation)))
        case Pad(paddings=paddings):
            return not any(n for pair in paddings for n in pair)
        case AveragePool2D((1, 1), (1, 1), Padding(0, 0, 0, 0), Activation.NONE) | MaxPool2D(
            (1, 1), (1, 1), Padding(0, 0, 0, 0), Activation.NONE
        ):
            return True
    return False
