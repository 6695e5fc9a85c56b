"""The layers that run tile by tile: everything that a tensor is computed from."""

import difflib
from dataclasses import dataclass
from functools import cached_property

from mote.errors import InputError
from mote.ir import Graph, Node
from mote.passes.patches.footprint import PADDED, Span, can_tile, footprint, has_plane

SHOWN_SPLITS = 20


@dataclass(frozen=True)
class Stage:
    """A part of a graph that can be computed in tiles.

    Args:
        graph: The graph.
        nodes: Its nodes, in execution order; nobody else reads their results but that of the last.
        sources: The tensors that tiles are cut from: graph inputs, and results of layers before
            the stage.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    sources: tuple[str, ...]

    @property
    def result(self) -> str:
        """The tensor that is kept whole."""
        return self.nodes[-1].output

    @property
    def plane(self) -> tuple[int, int]:
        """Height and width of the result."""
        height, width = self.graph.tensors[self.result].shape[1:3]
        return height, width

    @cached_property
    def tiled(self) -> frozenset[str]:
        """The tensors of which there are tiles."""
        return frozenset((*self.sources, *(node.output for node in self.nodes)))

    def spans(self, axis: int, wanted: Span, *, clipped: bool = True) -> dict[str, Span]:
        """What must be there of every tensor, along one axis, for a span of the result.

        Propagated backwards: the union of what the readers of a tensor need. ``clipped`` to the
        tensor; else as if images had no borders.
        """
        graph = self.graph
        found: dict[str, Span] = {self.result: wanted}
        for node in reversed(self.nodes):
            if clipped:
                found[node.output] = self._touching(node, axis, found[node.output])
            for name in dict.fromkeys(node.inputs):
                if name in self.tiled:
                    needed = self.needed(node, name, axis, found[node.output], clipped=clipped)
                    first, end = found.get(name, needed)
                    found[name] = min(first, needed[0]), max(end, needed[1])
        assert not clipped or all(
            0 <= first < end <= graph.tensors[name].shape[axis]
            for name, (first, end) in found.items()
        )
        return found

    def needed(
        self, node: Node, operand: str, axis: int, span: Span, *, clipped: bool = True
    ) -> Span:
        """What a span of a node's result reads of an operand, along one axis."""
        size = self.graph.tensors[operand].shape[axis]
        if size == 1:
            return 0, 1
        low, high = footprint(self.graph, node, axis).reads(span)
        return (max(low, 0), min(high, size)) if clipped else (low, high)

    def _touching(self, node: Node, axis: int, span: Span) -> Span:
        """The span, and as much more as it takes to read one element that is no padding."""
        size, (first, end) = self.graph.operands(node)[0].shape[axis], span
        window = footprint(self.graph, node, axis)
        if not isinstance(node.op, PADDED):
            return span
        while window.reads((first, end))[1] <= 0:
            end += 1
        while window.reads((first, end))[0] >= size:
            first -= 1
        return first, end


def splits(graph: Graph) -> tuple[str, ...]:
    """Names of the nodes behind which a patched stage may end, in execution order."""
    return tuple(found.nodes[-1].name for found in stages(graph))


def stages(graph: Graph) -> list[Stage]:
    """All that can be computed in tiles, the shortest first."""
    candidates = (_stage(graph, node) for node in graph.nodes)
    return [found for found in candidates if isinstance(found, Stage)]


def stage(graph: Graph, split: str | int) -> Stage:
    """The stage that ends with a node, given by its name, its result's, or its position.

    Raises:
        InputError: There is no such node, or its result cannot be computed in tiles; the message
            says why, and names those that can.
    """
    node = _find(graph, split)
    found = _stage(graph, node)
    if isinstance(found, Stage):
        return found
    raise InputError(f"node '{node.name}'", found, hint=_allowed(graph))


def _find(graph: Graph, split: str | int) -> Node:
    if isinstance(split, int):
        if not 0 <= split < len(graph.nodes):
            raise InputError("split", f"{split}; there are nodes 0 to {len(graph.nodes) - 1}")
        return graph.nodes[split]
    names = {node.name: node for node in graph.nodes}
    found = names.get(split) or graph.producer(split)
    if found is None:
        near = difflib.get_close_matches(split, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else _allowed(graph)
        raise InputError("split", f"there is no node '{split}'", hint=hint)
    return found


def _allowed(graph: Graph) -> str:
    names = splits(graph)
    if not names:
        return "no layer of this model can end a patched stage"
    shown = ", ".join(names[:SHOWN_SPLITS])
    return f"allowed: {shown}{', ...' if len(names) > SHOWN_SPLITS else ''}"


def _stage(graph: Graph, last: Node) -> Stage | str:
    """The stage, or what is in its way."""
    if not can_tile(graph, last):
        return f"{last.op.label} cannot be computed in tiles"
    if not has_plane(graph.result(last)):
        return "its result is one pixel, which no tile is smaller than"
    inside: set[str] = {last.output}
    sources: dict[str, None] = {}
    for node in reversed(graph.nodes):
        if node.output not in inside:
            continue
        for operand, name in zip(graph.operands(node), node.inputs, strict=True):
            if operand.is_constant or not has_plane(operand):
                continue
            producer = graph.producer(name)
            if producer is None or not can_tile(graph, producer):
                sources[name] = None
            else:
                inside.add(name)
    if not sources:
        return "it is computed from no plane that tiles could be cut from"
    kept = [t for t in _readers_outside(graph, inside, last) if t != last.output]
    if kept:
        return (
            f"'{kept[0]}', which it is computed from, is read behind it too, "
            "and would have to be kept whole"
        )
    nodes = tuple(node for node in graph.nodes if node.output in inside)
    return Stage(graph, nodes, tuple(t for t in graph.tensors if t in sources))


def _readers_outside(graph: Graph, inside: set[str], last: Node) -> list[str]:
    """Tensors of the stage that something else reads."""
    return [
        name
        for name in sorted(inside)
        if name in graph.outputs
        or any(reader.output not in inside for reader in graph.consumers(name))
    ]
