"""Seeded random graphs in float32, whole or in part: the integer ones, with real numbers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import Dequantize, Embedding, Op, Quantize
from mote.ir.tensor import Array
from random_graphs import random_graph

INTEGERS = (DType.INT8, DType.UINT8, DType.INT16)


def random_float_graph(seed: int) -> Graph:
    """A random integer graph whose integers have become the reals that they stand for."""
    graph = random_graph(seed)
    tensors = {name: _real(graph, t) for name, t in graph.tensors.items()}
    nodes, same = [], dict[str, str]()
    for node in graph.nodes:
        node = replace(node, inputs=tuple(same.get(t, t) for t in node.inputs))
        if isinstance(node.op, Quantize | Dequantize):
            same[node.output] = node.inputs[0]
        else:
            nodes.append(node)
    outputs = tuple(dict.fromkeys(same.get(t, t) for t in graph.outputs))
    real = replace(
        graph, name=f"float_{seed}", tensors=tensors, nodes=tuple(nodes), outputs=outputs
    ).rebuild(nodes)
    verify(real)
    return real


def random_mixed_graph(seed: int) -> Graph:
    """A random integer graph of which about a third of the layers compute in float32."""
    rng = np.random.default_rng([seed, 7])
    graph = random_graph(seed)
    tensors, nodes = dict(graph.tensors), list[Node]()
    for node in graph.nodes:
        if not can_be_real(graph, node.op, node) or rng.random() < 0.65:
            nodes.append(node)
            continue
        inputs = []
        for i, operand in enumerate(graph.operands(node)):
            if operand.dtype is DType.INT32 and not operand.is_constant:  # indices
                inputs.append(operand.name)
                continue
            real = replace(_real(graph, operand), name=f"{node.name}.x{i}")
            tensors[real.name] = real
            inputs.append(real.name)
            if not operand.is_constant:
                op = Dequantize(keep_float=True)
                nodes.append(Node(real.name, op, (operand.name,), real.name))
        y = Tensor(f"{node.name}.real", graph.result(node).shape, DType.FLOAT32)
        tensors[y.name] = y
        nodes.append(replace(node, inputs=tuple(inputs), output=y.name))
        nodes.append(Node(f"{node.name}.quantize", Quantize(), (y.name,), node.output))
    mixed = replace(graph, name=f"mixed_{seed}", tensors=tensors, nodes=tuple(nodes))
    mixed = mixed.rebuild(nodes)
    verify(mixed)
    return mixed


def can_be_real(graph: Graph, op: Op, node: Node) -> bool:
    """Operators on integers that have a form on real numbers."""
    if isinstance(op, Quantize | Dequantize):
        return False
    kinds = (graph.operands(node)[0].dtype, graph.result(node).dtype)
    return kinds[1] in INTEGERS and (kinds[0] in INTEGERS or isinstance(op, Embedding))


def float_inputs(graph: Graph, seed: int) -> list[Array]:
    """Real numbers of a normal distribution; whole numbers over their range."""
    rng = np.random.default_rng([seed, 5])
    made: dict[DType, Callable[[tuple[int, ...]], Array]] = {
        DType.FLOAT32: lambda shape: rng.normal(0, 2, shape).astype(np.float32)
    }
    arrays = []
    for name in graph.inputs:
        tensor = graph.tensors[name]
        if tensor.dtype in made:
            arrays.append(made[tensor.dtype](tensor.shape))
            continue
        low, high = (0, 3) if tensor.dtype is DType.INT32 else tensor.dtype.range
        values = rng.integers(low, high, tensor.shape, endpoint=True)
        arrays.append(values.astype(tensor.dtype.numpy))
    return arrays


def _real(graph: Graph, tensor: Tensor) -> Tensor:
    """What a tensor's integers stand for; biases have the scale of their sums."""
    if not tensor.is_constant:
        keeps = tensor.dtype is DType.INT32
        dtype = DType.INT32 if keeps else DType.FLOAT32
        return replace(tensor, dtype=dtype, quantization=None)
    q = tensor.quantization
    if q is None:  # a bias
        (reader,) = graph.consumers(tensor.name)
        x, weight, _ = graph.operands(reader)
        values = tensor.array * np.array(weight.q.scales) * x.q.scale
    else:
        shape = [1] * len(tensor.shape)
        if q.axis is not None:
            shape[q.axis] = -1
        scale, zero = (np.reshape(part, shape) for part in (q.scales, q.zero_points))
        values = (tensor.array.astype(np.float64) - zero) * scale
    array = values.astype(np.float32).reshape(tensor.shape)
    return Tensor(tensor.name, tensor.shape, DType.FLOAT32, data=array)
