"""Makes small float graphs from a list of layers."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import BatchNorm, Conv2D, DepthwiseConv2D, FullyConnected, Op


def constants(op: Op, channels: int, outputs: int, random: np.random.Generator) -> list[np.ndarray]:
    """Operands of a layer after its data."""
    match op:
        case Conv2D():
            shapes = [(outputs, 3, 3, channels), (outputs,)]
        case DepthwiseConv2D():
            shapes = [(1, 3, 3, outputs), (outputs,)]
        case FullyConnected():
            shapes = [(outputs, channels), (outputs,)]
        case BatchNorm():
            shapes = [(channels,)] * 4
        case _:
            return []
    return [random.uniform(0.1, 1, shape).astype(np.float32) for shape in shapes]


def build(
    x_shape: tuple[int, ...],
    layers: Sequence[tuple[str, Op, str]],
    outputs: Sequence[str] = (),
) -> Graph:
    """A float graph of (name, operator, operands) with four outputs per layer."""
    random = np.random.default_rng(0)
    tensors = {"x": Tensor("x", x_shape, DType.FLOAT32)}
    nodes = []
    for name, op, operands in layers:
        inputs = operands.split()
        channels = tensors[inputs[0]].shape[-1]
        for i, array in enumerate(constants(op, channels, 4, random)):
            constant = Tensor(f"{name}.{i}", array.shape, DType.FLOAT32, data=array)
            tensors[constant.name] = constant
            inputs.append(constant.name)
        shape = op.shape(*(tensors[t].shape for t in inputs))
        tensors[name] = Tensor(name, shape, DType.FLOAT32)
        nodes.append(Node(name, op, tuple(inputs), name))
    graph = Graph("g", tensors, tuple(nodes), ("x",), tuple(outputs) or (nodes[-1].output,))
    verify(graph)
    return graph
