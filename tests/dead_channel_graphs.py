"""Graphs with dead channels: built layer by layer, or planted into random graphs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Activation, Conv2D, DepthwiseConv2D, FullyConnected, Op, TransposedConv2D
from mote.ir.tensor import Array
from random_graphs import random_graph, with_random_rounding

WEIGHTED = (Conv2D, DepthwiseConv2D, FullyConnected, TransposedConv2D)


@dataclass
class Network:
    """A graph that grows by layers with weights of ones to nines; ``dead`` outputs have zeros.

    Results keep scale 0.5 and zero point ``zero``, so that a dead channel holds its bias.
    """

    shape: tuple[int, ...]
    zero: int = 0
    tensors: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tensors.append(self._activation("x", self.shape))
        self.rng = np.random.default_rng(0)

    def _activation(self, name: str, shape: tuple[int, ...]) -> Tensor:
        return Tensor(name, shape, DType.INT8, Quantization((0.5,), (self.zero,)))

    def tensor(self, name: str) -> Tensor:
        return next(t for t in self.tensors if t.name == name)

    def layer(
        self,
        name: str,
        op: Op,
        x: str,
        weight: tuple[int, ...],
        dead: Sequence[int] = (),
        unread: Sequence[int] = (),
        bias: int = 7,
    ) -> str:
        """The weights' scale is 1/16; the bias of a dead channel comes out as ``zero + bias``."""
        axis = 3 if isinstance(op, DepthwiseConv2D) else 0
        array = self.rng.integers(1, 10, weight).astype(np.int8)
        np.moveaxis(array, axis, 0)[list(dead)] = 0
        array[..., list(unread)] = 0
        q = Quantization((1 / 16,) * weight[axis], (0,) * weight[axis], axis)
        biases = np.full(weight[axis], 16 * bias, np.int32)
        constants = (
            Tensor(f"{name}.weight", weight, DType.INT8, q, array),
            Tensor(f"{name}.bias", biases.shape, DType.INT32, None, biases),
        )
        self.tensors += constants
        return self.node(name, op, x, *(t.name for t in constants))

    def node(self, name: str, op: Op, *operands: str) -> str:
        shape = op.shape(*(self.tensor(t).shape for t in operands))
        self.tensors.append(self._activation(name, shape))
        self.nodes.append(Node(name, op, operands, name))
        return name

    def graph(self, *outputs: str) -> Graph:
        tensors = {t.name: t for t in self.tensors}
        graph = Graph(
            "net", tensors, tuple(self.nodes), ("x",), outputs or (self.nodes[-1].output,)
        )
        verify(graph)
        return graph


def planted_graph(seed: int) -> Graph:
    """A random graph, about half of whose channels are dead in one of four ways."""
    graph = with_random_rounding(random_graph(seed), seed)
    rng = np.random.default_rng([seed, 9])
    changed: dict[str, Tensor] = {}
    nodes = []
    for node in graph.nodes:
        if isinstance(node.op, WEIGHTED):
            node, constants = _planted(graph, node, rng)
            changed |= {t.name: t for t in constants}
        nodes.append(node)
    planted = graph.rebuild(nodes, changed.values())
    verify(planted)
    return planted


def _planted(
    graph: Graph, node: Node, rng: np.random.Generator
) -> tuple[Node, tuple[Tensor, Tensor]]:
    _, weight, bias = graph.operands(node)
    axis = 3 if isinstance(node.op, DepthwiseConv2D) else 0
    array, biases = weight.array.copy(), bias.array.copy()
    rows = np.moveaxis(array, axis, 0)
    kind = rng.choice(
        ["alive", "zero", "scale", "low", "padding"], len(rows), p=[0.5, *[0.125] * 4]
    )
    rows[kind == "zero"] = 0
    if not isinstance(node.op, DepthwiseConv2D):  # columns that nothing reads
        array[..., rng.random(array.shape[-1]) < 0.3] = 0
    q = weight.q
    if q.axis is not None:
        scales = np.where(kind == "scale", 2.0**-60, q.scales)
        q = Quantization(tuple(float(s) for s in scales), q.zero_points, q.axis)
    least = 2**20 if bias.dtype is DType.INT32 else 2**40
    biases[kind == "low"] = -least  # saturates, at a clamp or the type's end
    rows[kind == "padding"] = 0
    biases[kind == "padding"] = 0  # the zero point, which also pads
    op = node.op
    if rng.random() < 0.5:
        op = replace(op, activation=Activation.RELU)
    return replace(node, op=op), (
        replace(weight, data=array, quantization=q),
        replace(bias, data=biases),
    )


def adversarial_inputs(graph: Graph, seed: int) -> list[list[Array]]:
    """All least, all greatest, a chessboard of both, and one that is random."""
    rng = np.random.default_rng([seed, 5])
    tensors = [graph.tensors[name] for name in graph.inputs]
    found = []
    for kind in ("least", "greatest", "chess", "random"):
        arrays = []
        for t in tensors:
            if t.dtype is DType.FLOAT32:
                arrays.append((rng.normal(0, 100, t.shape)).astype(np.float32))
                continue
            low, high = t.dtype.range if t.dtype is not DType.INT32 else (0, 0)
            chess = np.indices(t.shape).sum(0) % 2
            array = {
                "least": np.full(t.shape, low),
                "greatest": np.full(t.shape, high),
                "chess": np.where(chess, low, high),
                "random": rng.integers(low, high + 1, t.shape),
            }[kind]
            arrays.append(array.astype(t.dtype.numpy))
        found.append(arrays)
    return found
