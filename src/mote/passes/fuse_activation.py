"""A stand-alone clamp becomes the clamp of the layer before it."""

from dataclasses import replace

from mote.ir import Graph, Node
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MatMul,
    MaxPool2D,
    Mul,
    Pad,
    Relu,
    Reshape,
    Slice,
    Sub,
    Transpose,
    TransposedConv2D,
)
from mote.passes.neighbours import is_private

Clamping = (
    Add
    | AveragePool2D
    | Conv2D
    | DepthwiseConv2D
    | FullyConnected
    | MatMul
    | MaxPool2D
    | Mul
    | Sub
    | TransposedConv2D
)


def fuse_activation(graph: Graph) -> Graph:
    """Move each clamp into a layer that clamps; one without such a layer stays.

    On integers, a clamp that changes the scale stays as well: it rounds. A clamp that keeps 0
    commutes with moves of elements, zero padding and maxima, so it moves through them to the
    earliest layer: a narrower range there is a finer scale after quantisation.
    """
    for node in graph.nodes:
        if isinstance(node.op, Relu):
            graph = _fuse(graph, node, node.op.activation)
    return graph


def _fuse(graph: Graph, node: Node, activation: Activation) -> Graph:
    x, y = graph.tensors[node.inputs[0]], graph.result(node)
    layer = _layer(graph, x.name, activation) if x.quantization == y.quantization else None
    if layer is None:
        return graph
    assert isinstance(layer.op, Clamping)
    both = _both(layer.op.activation, activation)
    assert both is not None
    clamped = replace(layer, op=replace(layer.op, activation=both))
    nodes = [clamped if n is layer else n for n in graph.nodes if n is not node]
    nodes = [replace(n, output=node.output) if n.output == node.inputs[0] else n for n in nodes]
    return graph.rebuild(nodes)


def _layer(graph: Graph, tensor: str, activation: Activation) -> Node | None:
    """The earliest layer that can apply the clamp with the same result."""
    node = graph.producer(tensor)
    if node is None or not is_private(graph, tensor):
        return None
    match node.op:
        case (
            Reshape()
            | Transpose()
            | Slice()
            | Pad(value=0.0)
            | MaxPool2D(activation=Activation.NONE)
        ):
            earlier = _layer(graph, node.inputs[0], activation)
            if earlier is not None:
                return earlier
    if isinstance(node.op, Clamping) and _both(node.op.activation, activation) is not None:
        return node
    return None


def _both(first: Activation, second: Activation) -> Activation | None:
    """The one clamp that equals ``first`` and then ``second``; None when there is no such."""
    (a, b), (c, d) = first.bounds, second.bounds
    bounds = (max(a, c), min(b, d))
    return next((both for both in Activation if both.bounds == bounds), None)
