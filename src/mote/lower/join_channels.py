"""Lets layers write and read some channels of a larger tensor where concat and slice would copy.

A concatenation along the last dimension becomes a name for what its operands write beside each
other, a slice along it a name for what its readers find in its operand, where the kernels of all
these layers say that they can (``Kernel.strided``). Where one cannot, the copy stays.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mote.ir.graph import Graph, Node
from mote.ir.ops import Concat, Op, Slice
from mote.lower.kernels import KERNELS
from mote.lower.split import pixel_size, row_bytes
from mote.lower.step import Alias, Program, Step

MOST_CHANNELS = 2**16 - 1
"""Of a pixel, as ``mote_strides`` counts them."""


def join_channels(program: Program) -> Program:
    """The same program with as few copies of channels as its kernels allow."""
    graph = program.graph
    chosen = {step.node.name for step in program.steps if _is_candidate(graph, step.node)}
    while True:
        parts, refused = _place(program, chosen)
        refused |= _unserved(program, chosen, parts)
        if not refused:
            break
        chosen -= refused
    if not chosen:
        return program
    aliases = tuple(Alias(name, p.of, p.offset, p.pixel_bytes) for name, p in parts.items())
    steps = tuple(_strided(graph, s, parts) for s in program.steps if s.node.name not in chosen)
    return replace(program, steps=steps, aliases=(*program.aliases, *aliases))


def moves(op: Op) -> bool:
    """True for what may become a name for bytes that are there."""
    return isinstance(op, Concat | Slice)


@dataclass(frozen=True)
class _Part:
    """Some channels of a tensor.

    Args:
        node: The concatenation or slice that needs no call because of it.
        of, offset, pixel_bytes: As of an ``Alias``.
    """

    node: str
    of: str
    offset: int
    pixel_bytes: int


def _is_candidate(graph: Graph, node: Node) -> bool:
    """True for what moves whole channels and nothing else."""
    x, y = graph.operands(node)[0], graph.result(node)
    last = len(y.shape) - 1
    if last < 1 or y.dtype.bits < 8 or y.shape[-1] > MOST_CHANNELS or x.shape[-1] > MOST_CHANNELS:
        return False
    match node.op:
        case Concat(axis=axis):
            return axis == last and len(set(node.inputs)) == len(node.inputs)
        case Slice(strides=strides):
            return x.shape[:-1] == y.shape[:-1] and strides[-1] == 1
    return False


def _place(program: Program, chosen: set[str]) -> tuple[dict[str, _Part], set[str]]:
    """Where the results and operands of the chosen nodes lie, and nodes for which that fails.

    Later concatenations come first: what one of them joins may be what an earlier one does.
    """
    graph = program.graph
    parts: dict[str, _Part] = {}
    refused: set[str] = set()
    for node in reversed(graph.nodes):
        if node.name not in chosen:
            continue
        if isinstance(node.op, Slice):
            (x,) = graph.operands(node)
            size = pixel_size(x)
            part = _Part(node.name, x.name, node.op.begins[-1] * size // x.shape[-1], size)
            _add(parts, refused, node.output, part)
            continue
        joined = graph.result(node)
        if placed := [parts[name] for name in node.inputs if name in parts]:
            first = placed[0]
            offset = first.offset
            for name in node.inputs:
                if parts.get(name) != replace(parts.get(name, first), of=first.of, offset=offset):
                    refused.add(node.name)
                offset += pixel_size(graph.tensors[name])
            if node.name not in refused:
                _add(parts, refused, joined.name, replace(first, node=node.name))
            continue
        offset = 0
        for name in node.inputs:
            part = _Part(node.name, joined.name, offset, pixel_size(joined))
            _add(parts, refused, name, part)
            offset += pixel_size(graph.tensors[name])
    return parts, refused


def _add(parts: dict[str, _Part], refused: set[str], name: str, part: _Part) -> None:
    """Place a tensor; one that has its place already keeps it."""
    if name in parts:
        refused.add(part.node)
    else:
        parts[name] = part


def _unserved(program: Program, chosen: set[str], parts: Mapping[str, _Part]) -> set[str]:
    """Nodes whose tensors some layer cannot write or read where they would lie."""
    graph = program.graph
    steps = {step.node.name: step for step in program.steps}
    makers = {node.output: node for node in graph.nodes}
    named = {alias.name for alias in program.aliases}
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    sizes: dict[str, int] = {}
    refused = set()
    for name, part in parts.items():
        buffer, start = _root(program, parts, name)
        whole = graph.tensors[buffer]
        size = sizes.setdefault(buffer, _pixel(program, parts, name))
        is_sound = (
            not graph.tensors[name].is_constant
            and name not in {*graph.inputs, *graph.outputs, *named}
            and not whole.is_constant
            and all(
                node.name in chosen or _serves(graph, steps.get(node.name), name)
                for node in (makers[name], *readers.get(name, ()))
            )
            and size == _pixel(program, parts, name)
            and _row(graph, name) * size == row_bytes(whole)
            and (start - start % size) % row_bytes(whole) == 0
        )
        if not is_sound:
            refused.add(part.node)
    return refused


def _serves(graph: Graph, step: Step | None, name: str) -> bool:
    """True when a step can write or read a tensor that is a part; what is no step cannot."""
    if step is None:
        return False
    if _is_one_pixel(graph, name):
        return True  # its channels are all that there is
    moves_rows = isinstance(step.node.op, Slice) and not _is_candidate(graph, step.node)
    return bool(step.kernel.strided) and not moves_rows


def _is_one_pixel(graph: Graph, name: str) -> bool:
    return math.prod(graph.tensors[name].shape[:-1]) == 1


def _row(graph: Graph, name: str) -> int:
    """Pixels of a row."""
    tensor = graph.tensors[name]
    return row_bytes(tensor) // pixel_size(tensor)


def _root(program: Program, parts: Mapping[str, _Part], name: str) -> tuple[str, int]:
    start = 0
    while name in parts:
        start += parts[name].offset
        name = parts[name].of
    buffer, more = program.place(name)
    return buffer, start + more


def _pixel(program: Program, parts: Mapping[str, _Part], name: str) -> int:
    """Distance of the pixels of a part in the end."""
    found = 0
    while name in parts:
        found = parts[name].pixel_bytes
        name = parts[name].of
    return found


def _strided(graph: Graph, step: Step, parts: Mapping[str, _Part]) -> Step:
    """The step with the kernel that knows of strides, if it reads or writes a part."""
    tensors = (*step.node.inputs, step.node.output)
    if not any(name in parts and not _is_one_pixel(graph, name) for name in tensors):
        return step
    spares = step.frugal is not None and step.frugal.kernel.strided
    frugal = _strided(graph, step.frugal, parts) if step.frugal and spares else None
    return replace(step, kernel=KERNELS[step.kernel.strided], frugal=frugal)
