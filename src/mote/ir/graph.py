"""A graph: nodes in execution order over named tensors, and the check that it is well formed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from mote.ir.ops import Op
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class Node:
    """One operator applied to named tensors; every operator has one result."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class Graph:
    """A network.

    Args:
        name: Short name of the model; the base of C identifiers.
        tensors: Every value by name.
        nodes: In execution order.
        inputs: Names of the tensors that the caller fills.
        outputs: Names of the tensors that the caller reads.
        source_sha256: Hash of the file that the model came from; empty when there was none.
    """

    name: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    source_sha256: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def operands(self, node: Node) -> tuple[Tensor, ...]:
        return tuple(self.tensors[name] for name in node.inputs)

    def result(self, node: Node) -> Tensor:
        return self.tensors[node.output]

    def producer(self, tensor: str) -> Node | None:
        return self._producers.get(tensor)

    def consumers(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read a tensor, each once, in execution order."""
        return tuple(self._consumers.get(tensor, ()))

    @cached_property
    def _producers(self) -> dict[str, Node]:
        return {node.output: node for node in self.nodes}

    @cached_property
    def _consumers(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for tensor in dict.fromkeys(node.inputs):
                found.setdefault(tensor, []).append(node)
        return found

    def macs(self, node: Node) -> int:
        """Multiply-accumulates of one node."""
        shapes = tuple(t.shape for t in self.operands(node))
        return node.op.macs(shapes, self.result(node).shape)

    def rebuild(self, nodes: Iterable[Node], changed: Iterable[Tensor] = ()) -> "Graph":
        """The graph with other nodes and changed or added tensors; unused tensors are dropped."""
        nodes = tuple(nodes)
        tensors = {**self.tensors, **{t.name: t for t in changed}}
        used = {*self.inputs, *self.outputs}
        for node in nodes:
            used.update(node.inputs)
            used.add(node.output)
        return replace(self, nodes=nodes, tensors={k: t for k, t in tensors.items() if k in used})


def verify(graph: Graph) -> None:
    """Assert that a graph is well formed: order, names, shapes and operand rules."""
    known = {t for t, v in graph.tensors.items() if v.is_constant} | set(graph.inputs)
    assert len(set(graph.inputs)) == len(graph.inputs)
    assert all(not graph.tensors[t].is_constant for t in graph.inputs), "an input is a constant"
    assert len({n.name for n in graph.nodes}) == len(graph.nodes), "node names repeat"
    assert all(name == tensor.name for name, tensor in graph.tensors.items())
    for node in graph.nodes:
        missing = [t for t in node.inputs if t not in known]
        assert not missing, f"{node.name} reads {missing} before they exist"
        assert node.output not in known, f"{node.name} writes {node.output} again"
        operands, result = graph.operands(node), graph.result(node)
        empty = [t.name for t in (*operands, result) if t.elements < 1]
        assert not empty, f"{node.name}: {empty} have no elements"
        least = len(node.op.inputs)
        count_fits = len(operands) >= least if node.op.variadic else len(operands) == least
        assert count_fits, f"{node.name} has {len(operands)} operands"
        problems = node.op.problems(operands, result)
        assert not problems, f"{node.name}: {problems}"
        shape = node.op.shape(*(t.shape for t in operands))
        assert shape == result.shape, f"{node.name}: {result.shape} should be {shape}"
        known.add(node.output)
    assert graph.outputs, "a graph needs an output"
    assert all(t in known for t in graph.outputs), "an output is never written"
