"""Adding or multiplying constants disappears into the weights and bias of the layer before it."""

from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    LayerNorm,
    Mul,
    Reshape,
    TransposedConv2D,
)
from mote.ir.tensor import Array
from mote.passes.neighbours import changed_constant, is_private

Affine = Conv2D | DepthwiseConv2D | FullyConnected | LayerNorm | TransposedConv2D


def fold_affine(graph: Graph) -> Graph:
    """Fold each float add and mul of one constant per channel into the layer that alone feeds it.

    Exporters write the bias of a matrix product, and the scale of a normalisation, as operators of
    their own. A reshape that keeps the channels may stand between. Weights that stand on integers
    (``Tensor.grid``) stay as they are.
    """
    for node in graph.nodes:
        if isinstance(node.op, Add | Mul) and graph.result(node).dtype is DType.FLOAT32:
            graph = _fold(graph, node)
    return graph


def _fold(graph: Graph, node: Node) -> Graph:
    operands = graph.operands(node)
    constants = [t for t in operands if t.is_constant]
    activations = [t for t in operands if not t.is_constant]
    if len(constants) != 1 or constants[0].grid is not None:
        return graph
    x, y = activations[0], graph.result(node)
    layer, reshape = _layer(graph, x.name)
    values = _per_channel(constants[0].array, x.shape)
    if layer is None or values is None or x.shape != y.shape:
        return graph
    assert isinstance(node.op, Add | Mul)
    if isinstance(layer.op, LayerNorm) and node.op.activation is not Activation.NONE:
        return graph
    changed, constants = _changed(graph, layer, node.op, values)
    if reshape is None:
        changed = replace(changed, output=y.name)
    nodes = []
    for n in graph.nodes:
        if n is layer:
            nodes.append(changed)
        elif n is reshape:
            nodes.append(replace(n, output=y.name))
        elif n is not node:
            nodes.append(n)
    return graph.rebuild(nodes, constants)


def _layer(graph: Graph, tensor: str) -> tuple[Node | None, Node | None]:
    """The layer that alone feeds a value, and the reshape between them, if there is one."""
    node, reshape = graph.producer(tensor), None
    if node is None or not is_private(graph, tensor):
        return None, None
    if isinstance(node.op, Reshape):
        (x,), y = graph.operands(node), graph.result(node)
        if not x.shape or not y.shape or x.shape[-1] != y.shape[-1]:
            return None, None
        node, reshape = graph.producer(x.name), node
        if node is None or not is_private(graph, x.name):
            return None, None
    if not isinstance(node.op, Affine):
        return None, None
    if any(graph.tensors[t].grid is not None for t in node.inputs):
        return None, None
    if not isinstance(node.op, LayerNorm) and node.op.activation is not Activation.NONE:
        return None, None
    return node, reshape


def _per_channel(array: Array, shape: tuple[int, ...]) -> Array | None:
    """One value for each index of the last axis; None when the constant varies elsewhere."""
    if not shape or (array.size > 1 and (not array.shape or array.shape[-1] != array.size)):
        return None
    if array.size not in (1, shape[-1]):
        return None
    return np.broadcast_to(array.reshape(-1), shape[-1:]).astype(np.float64)


def _changed(graph: Graph, layer: Node, op: Add | Mul, values: Array) -> tuple[Node, list[Tensor]]:
    """The layer with ``op`` in its constants and activation, and those constants."""
    weight, bias = (graph.tensors[t] for t in layer.inputs[1:])
    new: list[Tensor] = []
    if isinstance(op, Mul):
        along = 0 if not isinstance(layer.op, DepthwiseConv2D | LayerNorm) else -1
        shape = [1] * weight.array.ndim
        shape[along] = -1
        new.append(_constant(weight.name, weight.array * values.reshape(shape)))
        new.append(_constant(bias.name, bias.array * values))
    else:
        new.append(weight)
        new.append(_constant(bias.name, bias.array + values))
    named = [
        changed_constant(graph, layer, old.name, t)
        for old, t in zip((weight, bias), new, strict=True)
    ]
    inputs = (layer.inputs[0], *(t.name for t in named))
    changed = layer.op
    if not isinstance(changed, LayerNorm):
        assert isinstance(changed, Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D)
        changed = replace(changed, activation=op.activation)
    return replace(layer, op=changed, inputs=inputs), named


def _constant(name: str, values: Array) -> Tensor:
    with np.errstate(all="ignore"):  # what is not finite is refused before it is quantised
        return Tensor(name, values.shape, DType.FLOAT32, data=values.astype(np.float32))
