"""What computing tile by tile costs and saves, by arithmetic on shapes alone.

Peaks are those of the published analysis: what the layer at work reads and writes, and what later
layers still need. Weights are in flash, the input image is somewhere else, layers need no working
memory. A depthwise or element-wise layer writes over an operand that dies there, and a layer whose
result is only added to a shortcut adds it to the shortcut right away.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mote.errors import InputError
from mote.ir import Graph, Node
from mote.ir.ops import (
    Add,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    Mul,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Sub,
    Unary,
)
from mote.passes.patches.footprint import AXES
from mote.passes.patches.patch import tile_spans
from mote.passes.patches.stage import Stage, stage, stages

WEIGHTED = (Conv2D, DepthwiseConv2D)
OVERWRITING = (
    Add,
    BatchNorm,
    DepthwiseConv2D,
    Mul,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Sub,
    Unary,
)
"""Operators whose result can lie where an operand was."""


MOST_TILES = 4
"""Tiles in each direction that are tried; halos of more cost too much."""

Sizes = Mapping[str, int]
"""Rows, columns or bytes of tensors, by name."""


@dataclass(frozen=True, kw_only=True)
class Patches:
    """One way to patch a network.

    Args:
        split: The node behind which tensors are whole.
        tiles: Tiles in each direction.
        patch: Height and width of the largest part of the input that a tile is made of, as if the
            image had no borders.
        patch_without_halo: The same if tiles did not overlap.
        stage_macs: Multiply-accumulates of the layers up to the split, computed whole.
        stage_macs_in_tiles: The same in tiles; pixels in halos count several times.
        stage_macs_unclipped: The same if halos went on beyond the borders of the image.
        macs, macs_in_tiles: Of the network.
        stage_peak_bytes: Most activations while a tile is computed, with the whole result.
        peak_bytes: Most activations at one time.
        whole_peak_bytes: The same, layer by layer.
        arena_bytes: The same as ``peak_bytes`` where what tiles are cut from, mostly the input, is
            kept in RAM until the last tile is there.
    """

    split: str
    tiles: int
    patch: tuple[int, int]
    patch_without_halo: tuple[int, int]
    stage_macs: int
    stage_macs_in_tiles: int
    stage_macs_unclipped: int
    macs: int
    macs_in_tiles: int
    stage_peak_bytes: int
    peak_bytes: int
    whole_peak_bytes: int
    arena_bytes: int

    @property
    def overhead(self) -> float:
        """Multiply-accumulates that are computed again, as a share of the network's."""
        return self.macs_in_tiles / self.macs - 1


def patch_cost(graph: Graph, split: str | int, tiles: int) -> Patches:
    """Arithmetic and memory of ``patch(graph, split, tiles)``; MCUNetV2's analysis.

    Args:
        graph: The network.
        split: Name of a node or of its result, or its position.
        tiles: How many tiles in each direction.

    Raises:
        InputError: The layers up to there cannot be computed in tiles, or there is no such layer.
    """
    return _cost(stage(graph, split), tiles, _whole_loads(graph))


def patch_choices(graph: Graph) -> list[Patches]:
    """Every split with 2 to 4 tiles in each direction, and as the first one the whole layers.

    Raises:
        InputError: No layer can be computed in tiles.
    """
    found, loads = stages(graph), _whole_loads(graph)
    if not found:
        raise InputError(graph.name, "has no layer that can be computed in tiles")
    pairs = ((part, tiles) for part in found for tiles in range(2, MOST_TILES + 1))
    return [_cost(found[0], 1, loads), *(_cost(part, tiles, loads) for part, tiles in pairs)]


def _cost(found: Stage, tiles: int, loads: Sizes) -> Patches:
    """``patch_cost`` of a stage, given the ``_whole_loads`` of its graph."""
    graph, inside = found.graph, {node.name for node in found.nodes}
    rows, columns = axes = _tile_sizes(found, tiles)
    wide = _tile_sizes(found, tiles, clipped=False)
    kept = sum(graph.tensors[name].bytes for name in found.sources)
    if len(rows) == len(columns) == 1:
        stage_peak, kept = max(loads[name] for name in inside), 0
    else:
        largest = (_tile_bytes(found, r, c) for r in _largest(rows) for c in _largest(columns))
        peaks = (max(_loads(graph, found.nodes, sizes).values()) for sizes in largest)
        stage_peak = graph.tensors[found.result].bytes + max(peaks)
    rest = [0, *(load for name, load in loads.items() if name not in inside)]
    macs = sum(graph.macs(node) for node in graph.nodes)
    stage_macs = sum(graph.macs(node) for node in found.nodes)
    in_tiles = _macs(found, axes)
    source = found.sources[0]
    patch = [max(sizes[source] for sizes in parts) for parts in wide]
    without_halo = [
        -(-graph.tensors[source].shape[axis] // len(parts))
        for axis, parts in zip(AXES, axes, strict=True)
    ]
    return Patches(
        split=found.nodes[-1].name,
        tiles=tiles,
        patch=(patch[0], patch[1]),
        patch_without_halo=(without_halo[0], without_halo[1]),
        stage_macs=stage_macs,
        stage_macs_in_tiles=in_tiles,
        stage_macs_unclipped=_macs(found, wide),
        macs=macs,
        macs_in_tiles=macs - stage_macs + in_tiles,
        stage_peak_bytes=stage_peak,
        peak_bytes=max(stage_peak, *rest),
        arena_bytes=max(stage_peak + kept, *rest),
        whole_peak_bytes=max(loads.values()),
    )


def _whole_loads(graph: Graph) -> dict[str, int]:
    """Bytes of activations while each layer runs whole, by the name of its node."""
    return _loads(graph, graph.nodes, {name: t.bytes for name, t in graph.tensors.items()})


def _tile_sizes(found: Stage, tiles: int, *, clipped: bool = True) -> tuple[list[Sizes], ...]:
    """For height and width: the length of every tensor of the stage, for each tile."""
    parts: list[list[Sizes]] = []
    for axis, spans in zip(AXES, tile_spans(found, tiles), strict=True):
        all_spans = [found.spans(axis, span, clipped=clipped) for span in spans]
        parts.append([{t: end - first for t, (first, end) in s.items()} for s in all_spans])
    return tuple(parts)


def _largest(parts: list[Sizes]) -> list[Sizes]:
    """Those that no other is at least as large as, in every tensor."""
    kept: list[Sizes] = []
    for sizes in sorted(parts, key=lambda sizes: -sum(sizes.values())):
        if not any(all(other[name] >= sizes[name] for name in sizes) for other in kept):
            kept.append(sizes)
    return kept


def _tile_bytes(found: Stage, rows: Sizes, columns: Sizes) -> dict[str, int]:
    """Bytes of every tensor of the stage on a tile; one pixel that broadcasts stays whole."""
    sizes = {}
    for name in dict.fromkeys(t for node in found.nodes for t in (*node.inputs, node.output)):
        tensor = found.graph.tensors[name]
        sizes[name] = tensor.bytes
        if name in found.tiled:
            pixels = math.prod(tensor.shape[1:3])
            sizes[name] = tensor.bytes // pixels * rows[name] * columns[name]
    return sizes


def _macs(found: Stage, axes: tuple[list[Sizes], ...]) -> int:
    """Of all tiles."""
    graph, total = found.graph, 0
    for node in found.nodes:
        rows, columns = (sum(sizes[node.output] for sizes in parts) for parts in axes)
        pixels = math.prod(graph.result(node).shape[1:3])
        total += graph.macs(node) // pixels * rows * columns
    return total


def _loads(graph: Graph, nodes: tuple[Node, ...], sizes: Sizes) -> dict[str, int]:
    """Bytes of activations while each of some nodes runs, by its name."""
    inside = {node.output for node in nodes}
    left = {
        name: sum(reader.output in inside for reader in graph.consumers(name)) for name in sizes
    }
    alive = {
        name: sizes[name]
        for node in nodes
        for name in node.inputs
        if name not in inside and not graph.tensors[name].is_constant
    }
    found = {}
    for node in nodes:
        operands = dict.fromkeys(t for t in node.inputs if not graph.tensors[t].is_constant)
        for name in operands:
            left[name] -= 1
        dying = [name for name in operands if not left[name] and name not in graph.outputs]
        size = sizes[node.output]
        held = 0 if _adds_to_shortcut(graph, node, alive, left) else size
        overwrites = isinstance(node.op, OVERWRITING) and any(alive[t] >= size for t in dying)
        found[node.name] = sum(alive.values()) + (0 if overwrites else held)
        for name in dying:
            del alive[name]
        alive[node.output] = held
    return found


def _adds_to_shortcut(graph: Graph, node: Node, alive: Sizes, left: Sizes) -> bool:
    """True when only a sum reads the result, and the sum is all that still reads the shortcut."""
    readers = graph.consumers(node.output)
    if not isinstance(node.op, WEIGHTED) or len(readers) != 1 or node.output in graph.outputs:
        return False
    (reader,) = readers
    shortcuts = [t for t in reader.inputs if t != node.output]
    return (
        isinstance(reader.op, Add)
        and len(shortcuts) == 1
        and shortcuts[0] not in node.inputs
        and alive.get(shortcuts[0], 0) > 0
        and left[shortcuts[0]] == 1
        and graph.tensors[shortcuts[0]].shape == graph.result(reader).shape
    )
