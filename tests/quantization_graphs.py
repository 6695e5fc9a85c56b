"""Float networks with real-looking weights, for tests of quantisation."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Padding,
    Reshape,
)

SAME = Padding(1, 1, 1, 1)
Layer = tuple[str, Op, str, tuple[int, ...]]
"""Name, operator, operands, shape of the weights or ()."""


def network(x_shape: tuple[int, ...], layers: Sequence[Layer], seed: int = 0) -> Graph:
    """Weights are normal with the variance that keeps activations near 1; biases are small."""
    random = np.random.default_rng(seed)
    tensors = {"x": Tensor("x", x_shape, DType.FLOAT32)}
    nodes = []
    for name, op, operands, shape in layers:
        inputs = operands.split()
        if shape:
            depthwise = isinstance(op, DepthwiseConv2D)
            fan_in = int(np.prod(shape[1:3] if depthwise else shape[1:]))
            outputs = shape[3] if depthwise else shape[0]
            weight = random.normal(size=shape) * np.sqrt(2 / fan_in)
            for role, array in (("w", weight), ("b", random.normal(size=outputs) * 0.1)):
                constant = f"{name}.{role}"
                data = array.astype(np.float32)
                tensors[constant] = Tensor(constant, data.shape, DType.FLOAT32, data=data)
                inputs.append(constant)
        result = op.shape(*(tensors[t].shape for t in inputs))
        tensors[name] = Tensor(name, result, DType.FLOAT32)
        nodes.append(Node(name, op, tuple(inputs), name))
    graph = Graph("g", tensors, tuple(nodes), ("x",), (nodes[-1].output,))
    verify(graph)
    return graph


def mobile(activation: Activation = Activation.RELU) -> Graph:
    """Inverted residual blocks, pools, a pad and a classifier, as in MobileNetV2."""
    a = activation
    return network(
        (1, 12, 12, 3),
        [
            ("stem", Conv2D(padding=SAME, activation=a), "x", (8, 3, 3, 3)),
            ("project0", Conv2D(), "stem", (6, 1, 1, 8)),
            ("expand1", Conv2D(activation=a), "project0", (18, 1, 1, 6)),
            ("dw1", DepthwiseConv2D(padding=SAME, activation=a), "expand1", (1, 3, 3, 18)),
            ("project1", Conv2D(), "dw1", (6, 1, 1, 18)),
            ("sum", Add(), "project0 project1", ()),
            ("expand2", Conv2D(activation=a), "sum", (24, 1, 1, 6)),
            ("pad", Pad(paddings=((0, 0), (1, 1), (1, 1), (0, 0))), "expand2", ()),
            ("pool", MaxPool2D(kernel=(2, 2), stride=(2, 2)), "pad", ()),
            ("dw2", DepthwiseConv2D(padding=SAME, activation=a), "pool", (1, 3, 3, 24)),
            ("head", Conv2D(activation=a), "dw2", (16, 1, 1, 24)),
            ("average", AveragePool2D(kernel=(7, 7)), "head", ()),
            ("flat", Reshape(to=(1, 16)), "average", ()),
            ("fc", FullyConnected(), "flat", (5, 16)),
        ],
    )


def chain() -> Graph:
    """Grouped and strided convolutions, a depthwise multiplier, and a flattened plane."""
    return network(
        (1, 9, 9, 4),
        [
            ("a", Conv2D(stride=(2, 2), activation=Activation.RELU), "x", (8, 3, 3, 2)),
            ("b", DepthwiseConv2D(activation=Activation.RELU), "a", (1, 2, 2, 16)),
            ("c", Conv2D(padding=SAME, activation=Activation.RELU), "b", (6, 3, 3, 8)),
            ("flat", Reshape(to=(1, 54)), "c", ()),
            ("d", FullyConnected(activation=Activation.RELU), "flat", (7, 54)),
            ("e", FullyConnected(), "d", (3, 7)),
        ],
        seed=1,
    )


def means() -> Graph:
    """A layer whose channels are never 0, read through a mean."""
    return network(
        (1, 6, 6, 2),
        [
            ("a", Conv2D(activation=Activation.RELU), "x", (4, 1, 1, 2)),
            ("b", Conv2D(activation=Activation.RELU), "a", (5, 3, 3, 4)),
            ("mean", Mean(), "b", ()),
            ("c", FullyConnected(), "mean", (3, 5)),
        ],
        seed=2,
    )


def samples(graph: Graph, count: int, seed: int = 5) -> np.ndarray:
    shape = graph.tensors["x"].shape[1:]
    return np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)
