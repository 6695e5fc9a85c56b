"""Seeded random float networks, and integer graphs of them in which every layer has a type."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LayerNorm,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Padding,
    Softmax,
    TransposedConv2D,
    Unary,
)
from mote.passes import optimize
from mote.quantization import LayerPrecision, QuantizationConfig, quantize
from mote.quantization.precision import has_form

PRECISIONS = (
    LayerPrecision(),
    LayerPrecision(weights="int4"),
    LayerPrecision(activations="int16"),
    LayerPrecision(activations="int16", weights="int4"),
)
SAMPLES = 16


def mixed_graph(seed: int) -> Graph:
    """An integer graph made by the quantiser, with random types."""
    graph = optimize(float_network(seed))
    rng = np.random.default_rng([seed, 1])
    x = rng.normal(0, 1, (SAMPLES, *graph.tensors[graph.inputs[0]].shape[1:]))
    config = QuantizationConfig(
        layers=random_layers(graph, rng), search_weight_scales=bool(rng.random() < 0.5)
    )
    return quantize(graph, x.astype(np.float32), config)


def random_layers(graph: Graph, rng: np.random.Generator) -> dict[str, LayerPrecision]:
    """A type for every layer; neighbours often share theirs."""
    found, previous = {}, PRECISIONS[int(rng.integers(len(PRECISIONS)))]
    for node in graph.nodes:
        if rng.random() < 0.5:
            previous = PRECISIONS[int(rng.integers(len(PRECISIONS)))]
        wide = previous.activations == "int16" and has_form(node.op, DType.INT16)
        narrow = previous.weights == "int4" and not isinstance(node.op, TransposedConv2D)
        found[node.name] = LayerPrecision(
            activations="int16" if wide else "int8", weights="int4" if narrow else "int8"
        )
    return found


def float_network(seed: int) -> Graph:
    """A small network with residual sums, branches and functions; weights are centred."""
    rng = np.random.default_rng(seed)
    made = Maker(rng)
    x = made.input((1, int(rng.integers(4, 10)), int(rng.integers(4, 10)), int(rng.integers(1, 6))))
    for _ in range(int(rng.integers(3, 8))):
        x = made.layer(x)
    x = made.add(Mean(axes=(1, 2)), [x])
    x = made.weighted(FullyConnected(), x, (int(rng.integers(2, 9)), x.shape[-1]))
    if rng.random() < 0.3:
        x = made.add(LayerNorm(), [x, made.constant((x.shape[-1],)), made.constant((x.shape[-1],))])
    if rng.random() < 0.5:
        x = made.add(Softmax(), [x])
    return made.graph(f"mixed_{seed}", x.name)


@dataclass
class Maker:
    """A float graph that grows layer by layer."""

    rng: np.random.Generator
    tensors: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def input(self, shape: tuple[int, ...]) -> Tensor:
        return self._tensor("x", shape)

    def graph(self, name: str, output: str) -> Graph:
        tensors = {t.name: t for t in self.tensors}
        made = Graph(name, tensors, tuple(self.nodes), ("x",), (output,))
        verify(made)
        return made

    def layer(self, x: Tensor) -> Tensor:
        """One or a few nodes on a plane."""
        rng, channels = self.rng, x.shape[-1]
        match rng.choice(["conv", "conv", "depthwise", "residual", "pool", "join", "f", "up"]):
            case "conv":
                return self.conv(x, int(rng.integers(1, 14)))
            case "depthwise":
                op = DepthwiseConv2D(padding=Padding(1, 1, 1, 1), activation=self.activation())
                return self.weighted(op, x, (1, 3, 3, channels * int(rng.integers(1, 3))))
            case "residual":
                branch = self.conv(x, channels, stride=1)
                operands = [x, branch] if rng.random() < 0.5 else [branch, x]
                op = (Add, Mul)[int(rng.random() < 0.3)]
                return self.add(op(activation=self.activation()), operands)
            case "pool":
                pool = (MaxPool2D, AveragePool2D)[int(rng.integers(2))]
                size = (min(2, x.shape[1]), min(2, x.shape[2]))
                return self.add(pool(kernel=size, stride=size), [x])
            case "join":
                return self.add(Concat(axis=3), [x, self.conv(x, 3, stride=1)])
            case "up":
                if x.elements > 300:
                    return self.conv(x, 2)
                op = TransposedConv2D(stride=(2, 2))
                return self.weighted(op, x, (int(rng.integers(1, 5)), 2, 2, channels))
            case _:
                functions = (Function.TANH, Function.SIGMOID, Function.SILU, Function.HARD_SWISH)
                return self.add(Unary(function=functions[int(rng.integers(4))]), [x])

    def conv(self, x: Tensor, outputs: int, stride: int | None = None) -> Tensor:
        size = int(self.rng.choice([1, 3]))
        groups = 2 if not x.shape[-1] % 2 and not outputs % 2 and self.rng.random() < 0.3 else 1
        stride = stride or int(self.rng.integers(1, 3))
        pad = size // 2
        op = Conv2D(
            stride=(stride, stride),
            padding=Padding(pad, pad, pad, pad),
            activation=self.activation(),
        )
        return self.weighted(op, x, (outputs, size, size, x.shape[-1] // groups))

    def activation(self) -> Activation:
        allowed = (Activation.NONE, Activation.RELU, Activation.RELU6)
        return allowed[int(self.rng.integers(3))]

    def weighted(self, op: Op, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        outputs = shape[3] if isinstance(op, DepthwiseConv2D) else shape[0]
        return self.add(op, [x, self.constant(shape), self.constant((outputs,))])

    def constant(self, shape: tuple[int, ...]) -> Tensor:
        fan_in = max(1, int(np.prod(shape[1:])))
        array = self.rng.normal(0, 1 / np.sqrt(fan_in), shape).astype(np.float32)
        return self._tensor(f"c{len(self.tensors)}", shape, array)

    def add(self, op: Op, operands: Sequence[Tensor]) -> Tensor:
        name = f"n{len(self.nodes)}"
        result = self._tensor(name, op.shape(*(t.shape for t in operands)))
        self.nodes.append(Node(name, op, tuple(t.name for t in operands), name))
        return result

    def _tensor(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None) -> Tensor:
        tensor = Tensor(name, shape, DType.FLOAT32, data=data)
        self.tensors.append(tensor)
        return tensor
