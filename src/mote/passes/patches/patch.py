"""Rewrites a graph so that its first layers run tile by tile."""

from dataclasses import replace

from mote.errors import InputError
from mote.ir import Graph, Node, Tensor, verify
from mote.ir.ops import Concat, Op, Slice
from mote.passes.patches.footprint import AXES, HEIGHT, WIDTH, Span, footprint, on_tile
from mote.passes.patches.stage import Stage, stage
from mote.passes.remove_identity import remove_identity

Region = tuple[Span, Span]
"""Rows and columns."""


def patch(graph: Graph, split: str | int, tiles: int) -> Graph:
    """The same function with the layers up to a split computed tile by tile.

    The result of the layer ``split`` is the first tensor that is whole. For each of its
    ``tiles`` x ``tiles`` parts the layers before it run on what that part is made of: a slice of
    the input with a halo around it. Pixels in halos are computed several times. Only true borders
    of the image are padded, so every value is the one that the whole layers give.

    MCUNetV2 (Lin et al. 2021), section 3.1. Patch a graph that is quantised already: otherwise the
    tiles of one tensor could get different scales.

    Args:
        graph: The network; ``mote.load`` and ``mote.quantize`` give one.
        split: Name of a node or of its result, or its position; ``splits`` lists what is possible.
        tiles: How many tiles in each direction; an axis with fewer elements has that many. With 1
            the graph stays as it is.

    Returns:
        The graph with slices, tiles of layers, and concatenations along width and height. Equal
        constants stay one tensor.

    Raises:
        InputError: The layers up to there cannot be computed in tiles, or there is no such layer.
    """
    found = stage(graph, split)
    rows, columns = tile_spans(found, tiles)
    if len(rows) == len(columns) == 1:
        return graph
    writer = _Writer(found)
    tiles_by_row = [
        [writer.tile((row, column), f"tile_{i}_{j}") for j, column in enumerate(columns)]
        for i, row in enumerate(rows)
    ]
    writer.join(tiles_by_row)
    done = {node.output for node in found.nodes}
    place = graph.nodes.index(found.nodes[-1])
    before = [node for node in graph.nodes[:place] if node.output not in done]
    after = graph.nodes[place + 1 :]
    patched = graph.rebuild((*before, *writer.nodes, *after), writer.tensors.values())
    verify(patched)
    patched = remove_identity(patched)  # padding that no inner tile has
    verify(patched)
    return patched


def tile_spans(found: Stage, tiles: int) -> tuple[list[Span], list[Span]]:
    """The rows of the result that tiles cover, and the columns; sizes differ by one at most.

    Raises:
        InputError: There is no tile.
    """
    if tiles < 1:
        raise InputError("tiles", f"{tiles}; there is at least one in each direction")
    rows, columns = (_parts(size, min(tiles, size)) for size in found.plane)
    return rows, columns


def _parts(size: int, count: int) -> list[Span]:
    return [(i * size // count, (i + 1) * size // count) for i in range(count)]


class _Writer:
    """Collects the nodes and tensors that replace a stage."""

    def __init__(self, found: Stage) -> None:
        self._stage = found
        self._taken = {*found.graph.tensors, *(node.name for node in found.graph.nodes)}
        self.nodes: list[Node] = []
        self.tensors: dict[str, Tensor] = {}

    def tile(self, region: Region, place: str) -> str:
        """Compute one part of the result; returns its name."""
        found, graph = self._stage, self._stage.graph
        spans = [found.spans(axis, span) for axis, span in zip(AXES, region, strict=True)]
        regions = {name: (spans[0][name], spans[1][name]) for name in spans[0]}
        parts: dict[tuple[str, Region], str] = {}
        for name in found.sources:
            whole = graph.tensors[name]
            everything = ((0, whole.shape[HEIGHT]), (0, whole.shape[WIDTH]))
            parts[name, everything] = name
            self._cut(parts, name, everything, regions[name], place)
        for node in found.nodes:
            self._layer(node, regions, parts, place)
        return self._cut(parts, found.result, regions[found.result], region, place)

    def join(self, tiles: list[list[str]]) -> None:
        """Make the whole result of its tiles: rows of them first, then these."""
        rows = [self._concat(row, WIDTH, f"row_{i}") for i, row in enumerate(tiles)]
        joined = self._concat(rows, HEIGHT, "whole")
        last = self.nodes.pop()
        assert last.output == joined, "there is something to join"
        del self.tensors[joined]
        self.nodes.append(replace(last, output=self._stage.result))

    def _layer(
        self,
        node: Node,
        regions: dict[str, Region],
        parts: dict[tuple[str, Region], str],
        place: str,
    ) -> None:
        found, graph = self._stage, self._stage.graph
        own = regions[node.output]
        names = []
        for name in node.inputs:
            if name not in found.tiled:
                names.append(name)  # a constant, or one pixel that broadcasts
                continue
            needed = tuple(
                found.needed(node, name, axis, span) for axis, span in zip(AXES, own, strict=True)
            )
            names.append(self._cut(parts, name, regions[name], (needed[0], needed[1]), place))
        x = graph.operands(node)[0]
        beyond = []
        for axis, span in zip(AXES, own, strict=True):
            low, high = footprint(graph, node, axis).reads(span)
            beyond.append((max(-low, 0), max(high - x.shape[axis], 0)))
        operand = self._shape(names[0])
        op = on_tile(node.op, (beyond[0], beyond[1]), operand)
        shape = _cut_shape(graph.result(node).shape, own)
        parts[node.output, own] = self._add(
            f"{node.name}.{place}", op, tuple(names), node.output, shape
        )

    def _cut(
        self,
        parts: dict[tuple[str, Region], str],
        name: str,
        have: Region,
        want: Region,
        place: str,
    ) -> str:
        """A part of a tensor of which there is a larger part, or the same."""
        if (name, want) in parts:
            return parts[name, want]
        whole = parts[name, have]
        shape = self._shape(whole)
        begins = [0, *(w[0] - h[0] for w, h in zip(want, have, strict=True)), 0]
        ends = [shape[0], *(w[1] - h[0] for w, h in zip(want, have, strict=True)), shape[3]]
        op = Slice(tuple(begins), tuple(ends), (1,) * 4)
        parts[name, want] = self._add(
            f"{name}.{place}", op, (whole,), name, _cut_shape(shape, want)
        )
        return parts[name, want]

    def _concat(self, names: list[str], axis: int, place: str) -> str:
        if len(names) == 1:
            return names[0]
        result = self._stage.result
        shapes = [self._shape(name) for name in names]
        op = Concat(axis)
        return self._add(f"{result}.{place}", op, tuple(names), result, op.shape(*shapes))

    def _add(
        self, name: str, op: Op, inputs: tuple[str, ...], like: str, shape: tuple[int, ...]
    ) -> str:
        """Append a node; its result is of the type of the tensor ``like``."""
        count, free = 1, name
        while free in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._taken.add(free)
        self.tensors[free] = replace(self._stage.graph.tensors[like], name=free, shape=shape)
        self.nodes.append(Node(free, op, inputs, free))
        return free

    def _shape(self, name: str) -> tuple[int, ...]:
        return (self.tensors.get(name) or self._stage.graph.tensors[name]).shape


def _cut_shape(shape: tuple[int, ...], region: Region) -> tuple[int, ...]:
    (top, bottom), (left, right) = region
    return (shape[0], bottom - top, right - left, shape[3])
