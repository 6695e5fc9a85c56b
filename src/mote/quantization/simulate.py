"""A float graph and its integer counterpart on the same samples, node by node."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.tensor import Array
from mote.quantization.evaluation import own_batch, run_outputs
from mote.quantization.scheme import to_integers, to_reals

MOST_SAMPLES = 256
MOST_BYTES = 2**30
"""Of the values that are alive at one time; fewer samples are taken where they need more."""


class Simulation:
    """Values of both graphs up to the node that is quantised next.

    A value is dropped after its last reader in the float graph.

    Args:
        graph: The float graph.
        samples: For each input, stacked along the first axis; a part of them, evenly spaced.
    """

    def __init__(self, graph: Graph, samples: Sequence[Array]) -> None:
        self.graph = graph
        self.count = sample_count(graph, samples)
        own = [own_batch(graph.tensors[name]) for name in graph.inputs]
        chosen = np.linspace(0, len(samples[0]) // own[0] - 1, self.count).astype(int)
        self.real: dict[str, Array] = {
            name: array.reshape(-1, n, *array.shape[1:])[chosen].reshape(-1, *array.shape[1:])
            for name, array, n in zip(graph.inputs, samples, own, strict=True)
        }
        self.quantized: dict[str, Array] = {}
        self._last = {name: node.name for node in graph.nodes for name in node.inputs}

    def enter(self, tensor: Tensor) -> None:
        """Start the integer graph with an input."""
        real = self.real[tensor.name]
        if tensor.dtype in (DType.FLOAT32, DType.INT32):
            self.quantized[tensor.name] = real
        else:
            self.quantized[tensor.name] = to_integers(real, tensor.q, tensor.dtype)

    def reals(self, tensor: Tensor) -> Array:
        """The real values that an integer tensor stands for."""
        value = self.quantized[tensor.name]
        return value if tensor.quantization is None else to_reals(value, tensor.q)

    def advance(self, node: Node) -> None:
        """Compute a float node."""
        self.real[node.output] = apply(self.graph.tensors, node, self.real)

    def advance_quantized(self, tensors: Mapping[str, Tensor], nodes: Iterable[Node]) -> None:
        """Compute integer nodes; ``tensors`` are those of the integer graph."""
        for node in nodes:
            self.quantized[node.output] = apply(tensors, node, self.quantized)

    def forget(self, node: Node, copies: Mapping[str, Iterable[str]]) -> None:
        """Drop what no node behind this one reads; ``copies`` are a tensor's converted forms."""
        for name in {*node.inputs, node.output}:
            if self._last.get(name, node.name) == node.name:
                self.real.pop(name, None)
                for known in (name, *copies.get(name, ())):
                    self.quantized.pop(known, None)


def apply(tensors: Mapping[str, Tensor], node: Node, values: Mapping[str, Array]) -> Array:
    """One node's result for all samples at once."""
    inputs = tuple(dict.fromkeys(n for n in node.inputs if not tensors[n].is_constant))
    used = {name: tensors[name] for name in (*node.inputs, node.output)}
    alone = Graph(node.name, used, (node,), inputs, (node.output,))
    return run_outputs(alone, [values[name] for name in inputs])[0]


def sample_count(graph: Graph, samples: Sequence[Array]) -> int:
    """How many of the samples are simulated."""
    available = len(samples[0]) // own_batch(graph.tensors[graph.inputs[0]])
    last = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    alive = {name: graph.tensors[name].elements for name in graph.inputs}
    most = sum(alive.values())
    for i, node in enumerate(graph.nodes):
        alive[node.output] = graph.result(node).elements
        most = max(most, sum(alive.values()))
        alive = {name: n for name, n in alive.items() if last.get(name, -1) > i}
    fitting = MOST_BYTES // (most * 2 * DType.FLOAT32.itemsize)
    return max(1, min(available, MOST_SAMPLES, fitting))
