"""Which tensors only name bytes that are there: reshapes, rows cut out, rows put together."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mote.ir.graph import Graph, Node
from mote.ir.ops import Concat, Reshape, Slice
from mote.ir.tensor import Array
from mote.lower.movement import moves_nothing
from mote.lower.split import pixel_size, row_axes, row_bytes
from mote.lower.step import Alias, Program


def with_aliases(program: Program, values: Mapping[str, Array]) -> dict[str, Array]:
    """Every activation, given the inputs of the graph and what each step computes."""
    tensors = program.graph.tensors
    buffers: dict[str, Array] = {}
    for name, value in values.items():
        buffer = program.buffer(name)
        memory = buffers.setdefault(buffer, np.zeros(tensors[buffer].bytes, np.uint8))
        memory[_bytes(program, name)] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    found = {}
    for name, tensor in tensors.items():
        if not tensor.is_constant:
            part = buffers[program.buffer(name)][_bytes(program, name)]
            found[name] = part.view(tensor.dtype.numpy).reshape(tensor.shape)
    return found


def _bytes(program: Program, name: str) -> slice | NDArray[np.int64]:
    """Which bytes of its buffer a tensor is."""
    tensor, (_, start) = program.graph.tensors[name], program.place(name)
    pixel, size = program.pixel_bytes(name), pixel_size(tensor)
    if not pixel:
        return slice(start, start + tensor.bytes)
    pixels = np.arange(tensor.bytes // size)
    return (start + pixels[:, None] * pixel + np.arange(size)).reshape(-1)


class Aliases:
    """The nodes of a graph that need no call, and where their results lie instead.

    Args:
        graph: The graph, of which nothing is lowered yet.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._places: dict[str, tuple[str, int]] = {}
        self._joined: set[str] = set()
        self._kept = _kept(graph)
        self.found: list[Alias] = []
        self.nodes = frozenset(node.name for node in graph.nodes if self._names(node))

    def _names(self, node: Node) -> bool:
        """Note what a node only names; False if it has to compute."""
        if _keeps_bytes(self._graph, node):
            return self._add(node.output, node.inputs[0], 0)
        if isinstance(node.op, Slice) and node.output not in self._kept:
            start = _first_byte(self._graph, node)
            return start is not None and self._add(node.output, node.inputs[0], start)
        if isinstance(node.op, Concat) and self._joins_rows(node):
            self._joined.add(node.output)
            start = 0
            for name in node.inputs:
                self._add(self._place(name)[0], node.output, start)
                start += self._graph.tensors[name].bytes
            return True
        return False

    def _add(self, name: str, of: str, offset: int) -> bool:
        self._places[name] = of, offset
        self.found.append(Alias(name, of, offset))
        return True

    def _place(self, name: str) -> tuple[str, int]:
        total = 0
        while name in self._places:
            name, offset = self._places[name]
            total += offset
        return name, total

    def _joins_rows(self, node: Node) -> bool:
        """True when the operands may be written where they are needed, one behind the other.

        Each must be made by a layer, in rows that are rows of the result, and be used by no other
        concatenation. What the application writes or reads stays in a place of its own.
        """
        assert isinstance(node.op, Concat)
        tensors, y = self._graph.tensors, self._graph.result(node)
        if node.op.axis >= row_axes(len(y.shape)) or math.prod(y.shape[: node.op.axis]) > 1:
            return False
        places = [self._place(name) for name in node.inputs]
        roots = [name for name, _ in places]
        return len(set(roots)) == len(roots) and all(
            not tensors[root].is_constant
            and root not in {*self._graph.inputs, *self._joined, *self._kept}
            and tensors[root].bytes == tensors[name].bytes
            and row_bytes(tensors[root]) % row_bytes(y) == 0
            for name, root in zip(node.inputs, roots, strict=True)
        )


def _keeps_bytes(graph: Graph, node: Node) -> bool:
    return isinstance(node.op, Reshape) or moves_nothing(graph, node)


def _kept(graph: Graph) -> frozenset[str]:
    """The graph's outputs and the tensors that these are other names of."""
    kept = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node.output in kept and _keeps_bytes(graph, node):
            kept.add(node.inputs[0])
    return frozenset(kept)


def _first_byte(graph: Graph, node: Node) -> int | None:
    """Where the rows that a slice takes start, if they lie one behind the other."""
    op = node.op
    assert isinstance(op, Slice)
    (x,), y = graph.operands(node), graph.result(node)
    axes = row_axes(len(x.shape))
    first = next((i for i in range(axes) if y.shape[i] > 1), axes)
    if x.shape[first + 1 :] != y.shape[first + 1 :] or op.strides[first : first + 1] not in (
        (1,),
        (),
    ):
        return None
    # All inside the first dimension with several elements is there, one behind the other.
    sizes = [math.prod(x.shape[i + 1 :]) for i in range(first + 1)]
    elements = sum(begin * size for begin, size in zip(op.begins, sizes, strict=False))
    return elements * x.dtype.bits // 8
