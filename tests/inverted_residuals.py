"""Networks of inverted residual blocks as int8 graphs of any size, with random weights."""

from collections.abc import Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Mean,
    Op,
    Padding,
)

V2_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1))
V2_LAST = ((6, 160, 3, 2), (6, 320, 1, 1))
"""(expansion, channels, blocks, stride of the first): Sandler et al. 2018, table 2."""

Q = Quantization((0.05,), (-7,))


class Maker:
    """A graph that grows layer by layer; layers are named ``conv_0``, ``conv_1``, ..."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._nodes: list[Node] = []
        self._tensors = {"x": Tensor("x", shape, DType.INT8, Q)}
        self.last = "x"

    def conv(
        self,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        depthwise: bool = False,
        activation: Activation = Activation.RELU6,
        x: str = "",
    ) -> str:
        """A convolution with (k - 1) / 2 pixels of padding all round."""
        x = x or self.last
        count = sum(isinstance(n.op, Conv2D | DepthwiseConv2D) for n in self._nodes)
        name, channels = f"conv_{count}", self._tensors[x].shape[3]
        shape = (1, kernel, kernel, channels) if depthwise else (outputs, kernel, kernel, channels)
        taps = kernel * kernel * (1 if depthwise else channels)
        before = (kernel - 1) // 2
        padding = Padding(before, before, before, before)
        kind = DepthwiseConv2D if depthwise else Conv2D
        op = kind(stride=(stride, stride), padding=padding, activation=activation)
        return self._add(name, op, (x, *self._weights(name, shape, outputs, taps)))

    def block(self, expansion: int, outputs: int, stride: int, kernel: int = 3) -> str:
        """Expansion, depthwise convolution, projection, and a shortcut where shapes allow."""
        x = self.last
        inner = self._tensors[x].shape[3] * expansion
        if expansion > 1:
            self.conv(inner)
        self.conv(inner, kernel, stride, depthwise=True)
        self.conv(outputs, activation=Activation.NONE)
        if stride == 1 and self._tensors[x].shape == self._tensors[self.last].shape:
            count = sum(isinstance(n.op, Add) for n in self._nodes)
            self._add(f"add_{count}", Add(), (x, self.last))
        return self.last

    def graph(self, name: str, classes: int) -> Graph:
        """Ended by the mean over the plane and a classifier."""
        self._add("mean", Mean((1, 2)), (self.last,))
        shape = (classes, self._tensors[self.last].shape[1])
        weights = self._weights("classifier", shape, classes, shape[1])
        self._add("classifier", FullyConnected(), (self.last, *weights))
        graph = Graph(name, self._tensors, tuple(self._nodes), ("x",), (self.last,))
        verify(graph)
        return graph

    def _weights(
        self, name: str, shape: tuple[int, ...], outputs: int, taps: int
    ) -> tuple[str, str]:
        """Random ones; results are about as large as what they are made of."""
        weight = self._rng.integers(-127, 128, shape, np.int8)
        scale = Quantization((1 / (73 * np.sqrt(taps)),), (0,))
        bias = self._rng.integers(-500, 500, outputs).astype(np.int32)
        self._keep(Tensor(f"{name}.weight", shape, DType.INT8, scale, weight))
        self._keep(Tensor(f"{name}.bias", bias.shape, DType.INT32, None, bias))
        return f"{name}.weight", f"{name}.bias"

    def _add(self, name: str, op: Op, inputs: Sequence[str]) -> str:
        shape = op.shape(*(self._tensors[t].shape for t in inputs))
        self._keep(Tensor(name, shape, DType.INT8, Q))
        self._nodes.append(Node(name, op, tuple(inputs), name))
        self.last = name
        return name

    def _keep(self, tensor: Tensor) -> None:
        self._tensors[tensor.name] = tensor


def mobilenet_v2(size: int, width: float = 1.0) -> tuple[Graph, list[str]]:
    """MobileNetV2 on images of that size, and the last layer of each of its blocks."""
    maker = Maker((1, size, size, 3))
    maker.conv(_channels(32 * width), 3, 2)
    blocks = []
    for expansion, channels, count, stride in (*V2_STAGES, *V2_LAST):
        for i in range(count):
            maker.block(expansion, _channels(channels * width), stride if i == 0 else 1)
            blocks.append(maker.last)
    maker.conv(max(1280, _channels(1280 * width)))
    return maker.graph("mobilenet_v2", 1000), blocks


def _channels(count: float) -> int:
    """The nearest multiple of 8 that is not below 0.9 of it."""
    nearest = max(8, int(count + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * count else nearest
