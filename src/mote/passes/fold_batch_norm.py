"""Batch normalisation disappears into the weights and bias of the layer before it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import Activation, BatchNorm, Conv2D, DepthwiseConv2D, FullyConnected
from mote.passes.neighbours import changed_constant, free_name, is_private, on_plane

Reals = NDArray[np.float64]


def fold_batch_norm(graph: Graph) -> Graph:
    """Fold each batch norm into its layer; one without such a layer becomes a 1x1 depthwise.

    w' = w * a and b' = (b - mean) * a + beta, with a = gamma / sqrt(variance + epsilon) per output
    channel (Jacob et al. 2018, eq. 14).
    """
    with np.errstate(all="ignore"):  # what is not finite here is refused before it is quantised
        for node in graph.nodes:
            if isinstance(node.op, BatchNorm):
                graph = _fold(graph, node)
    return graph


def _fold(graph: Graph, node: Node) -> Graph:
    layer = graph.producer(node.inputs[0])
    if layer is None or not is_private(graph, layer.output) or not _can_absorb(layer):
        return _depthwise(graph, node)
    factor, offset = _affine(graph, node)
    weight, bias = (graph.tensors[t] for t in layer.inputs[1:])
    shape = (
        (1, 1, 1, -1)
        if isinstance(layer.op, DepthwiseConv2D)
        else (-1,) + (1,) * (len(weight.shape) - 1)
    )
    scaled, shifted = (
        changed_constant(graph, layer, old.name, _constant(old.name, values))
        for old, values in (
            (weight, weight.array * factor.reshape(shape)),
            (bias, bias.array * factor + offset),
        )
    )
    inputs = (layer.inputs[0], scaled.name, shifted.name)
    folded = replace(layer, inputs=inputs, output=node.output)
    nodes = [folded if n is layer else n for n in graph.nodes if n is not node]
    return graph.rebuild(nodes, (scaled, shifted))


def _can_absorb(layer: Node) -> bool:
    match layer.op:
        case Conv2D() | DepthwiseConv2D() | FullyConnected():
            return layer.op.activation is Activation.NONE
    return False


def _affine(graph: Graph, node: Node) -> tuple[Reals, Reals]:
    """(factor, offset) per channel: the batch norm computes x * factor + offset."""
    assert isinstance(node.op, BatchNorm)
    gamma, beta, mean, variance = (
        graph.tensors[t].array.astype(np.float64) for t in node.inputs[1:]
    )
    factor = gamma / np.sqrt(variance + node.op.epsilon)
    return factor, beta - mean * factor


def _constant(name: str, values: Reals) -> Tensor:
    return Tensor(name, values.shape, DType.FLOAT32, data=values.astype(np.float32))


def _depthwise(graph: Graph, node: Node) -> Graph:
    """Without a layer to take it, x * factor + offset is a depthwise convolution of size one."""
    factor, offset = _affine(graph, node)
    if len(graph.result(node).shape) not in (2, 4):
        return graph
    weight, bias = (
        _constant(free_name(graph, f"{node.name}.{name}"), values)
        for name, values in (("factor", factor.reshape(1, 1, 1, -1)), ("offset", offset))
    )
    inserted, between = on_plane(graph, node, DepthwiseConv2D(), (weight.name, bias.name))
    nodes = [m for n in graph.nodes for m in (inserted if n is node else (n,))]
    return graph.rebuild(nodes, (weight, bias, *between))
