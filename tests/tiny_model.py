"""A small network with a residual sum: every family of operators, a few hundred parameters."""

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Op,
    Padding,
    Reshape,
    Softmax,
)


def tiny_graph(name: str = "tiny") -> Graph:
    """8 x 8 x 1 pixels to 4 classes; the same weights each time."""
    rng = np.random.default_rng(0)
    tensors: list[Tensor] = []
    nodes: list[Node] = []

    def activation(tensor: str, shape: tuple[int, ...], scale: float, zero: int) -> str:
        tensors.append(Tensor(tensor, shape, DType.INT8, Quantization((scale,), (zero,))))
        return tensor

    def weights(layer: str, shape: tuple[int, ...], axis: int) -> tuple[str, str]:
        n = shape[axis]
        q = Quantization((0.015625,) * n, (0,) * n, axis)
        array = rng.integers(-127, 128, shape).astype(np.int8)
        bias = rng.integers(-500, 500, n).astype(np.int32)
        tensors.append(Tensor(f"{layer}/weights", shape, DType.INT8, q, array))
        tensors.append(Tensor(f"{layer}/bias", (n,), DType.INT32, None, bias))
        return f"{layer}/weights", f"{layer}/bias"

    def node(layer: str, op: Op, operands: tuple[str, ...], result: str) -> None:
        nodes.append(Node(layer, op, operands, result))

    x = activation("pixels", (1, 8, 8, 1), 0.0625, -8)
    a = activation("stem_out", (1, 4, 4, 4), 0.125, -128)
    stem = Conv2D(stride=(2, 2), padding=Padding(0, 1, 0, 1), activation=Activation.RELU)
    node("stem", stem, (x, *weights("stem", (4, 3, 3, 1), 0)), a)
    b = activation("dw_out", (1, 4, 4, 4), 0.25, 3)
    depthwise = DepthwiseConv2D(padding=Padding(1, 1, 1, 1))
    node("block/dw", depthwise, (a, *weights("block/dw", (1, 3, 3, 4), 3)), b)
    c = activation("pw_out", (1, 4, 4, 4), 0.5, -5)
    node("block/pw", Conv2D(), (b, *weights("block/pw", (4, 1, 1, 4), 0)), c)
    d = activation("sum", (1, 4, 4, 4), 0.5, -128)
    node("block/add", Add(activation=Activation.RELU), (c, a), d)
    e = activation("pooled", (1, 2, 2, 4), 0.5, -128)
    node("pool", AveragePool2D(kernel=(2, 2), stride=(2, 2)), (d,), e)
    f = activation("flat", (1, 16), 0.5, -128)
    node("flatten", Reshape(to=(1, 16)), (e,), f)
    g = activation("logits", (1, 4), 1.0, 0)
    node("dense", FullyConnected(), (f, *weights("dense", (4, 16), 0)), g)
    h = activation("classes", (1, 4), 1 / 256, -128)
    node("softmax", Softmax(), (g,), h)
    graph = Graph(name, {t.name: t for t in tensors}, tuple(nodes), (x,), (h,))
    verify(graph)
    return graph
