"""Channels that are wanted in another order: the layer that makes them can write them in it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mote.ir import Node
from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mul,
    Quantize,
    Relu,
    Resize,
    Sub,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import Array
from mote.passes.remove_transposes.view import View, partitioned, refinement, split

if TYPE_CHECKING:
    from mote.passes.remove_transposes.rewriter import Rewriter


def absorbed(
    rewriter: "Rewriter", view: View, wanted: Sequence[int], beside: Collection[str] = ()
) -> View | None:
    """The view with its atoms in the wanted order, if the layers before can write them so.

    Only channels, the last stored dimension, can change places, and only when every tensor from
    the layer on is read by nothing else so far. What is read later is read through its view.
    """
    chain = can_absorb(rewriter, view, wanted)
    if not chain or {node.output for node in chain}.intersection(beside):
        return None
    parts = _channels(rewriter, view)
    assert parts is not None
    atoms = [view.atoms[p] for p in parts]
    order = [p - parts[0] for p in wanted[len(view.atoms) - len(parts) :]]
    changed = {}
    tensors = {node.output for node in chain}
    for name, other in rewriter.views.items():
        if other.tensor in tensors:
            moved = _reordered(rewriter, other, atoms, order)
            if moved is None:
                return None
            changed[name] = moved
    result = _reordered(rewriter, view, atoms, order)
    indices = np.arange(int(np.prod(atoms))).reshape(atoms).transpose(order).reshape(-1)
    for node in chain:
        rewriter.replace(node, _rewritten(rewriter, node, indices))
    rewriter.forget(tensors)
    rewriter.views.update(changed)
    return result


def can_absorb(rewriter: "Rewriter", view: View, wanted: Sequence[int]) -> list[Node]:
    """The nodes that would write their channels in another order; empty when that is no way."""
    parts = _channels(rewriter, view)
    if not parts:
        return []
    before = len(view.atoms) - len(parts)
    if list(wanted[:before]) != list(range(before)):
        return []
    chain: list[Node] = []
    tensor, reader = view.tensor, ""
    while True:
        node = rewriter.producer(tensor)
        if node is None or tensor in rewriter.graph.outputs:
            return []
        if {n.name for n in rewriter.readers(tensor)} - {reader}:
            return []
        chain.append(node)
        if _starts(rewriter, node):
            return chain
        source = _passes(rewriter, node)
        if not source:
            return []
        tensor, reader = source, node.name


def _starts(rewriter: "Rewriter", node: Node) -> bool:
    """True for a layer whose outputs may be written in any order."""
    match node.op:
        case FullyConnected():
            return True
        case Conv2D() | TransposedConv2D():
            data, weight = (rewriter.tensors[t].shape for t in node.inputs[:2])
            return data[3] == weight[3]
    return False


def _passes(rewriter: "Rewriter", node: Node) -> str:
    """The operand whose channels a node keeps, each in its place; nothing for other nodes."""
    match node.op:
        case AveragePool2D() | MaxPool2D() | Resize() | BatchNorm():
            return node.inputs[0]
        case Unary() | Relu() | Quantize() | Dequantize():
            return node.inputs[0]
        case DepthwiseConv2D():
            same = (
                rewriter.tensors[node.inputs[0]].shape[3] == rewriter.tensors[node.output].shape[3]
            )
            return node.inputs[0] if same else ""
        case Add() | Mul() | Sub():
            x = [t for t in node.inputs if not rewriter.tensors[t].is_constant]
            shape = rewriter.tensors[node.output].shape
            return x[0] if len(x) == 1 and rewriter.tensors[x[0]].shape == shape else ""
    return ""


def _rewritten(rewriter: "Rewriter", node: Node, indices: Array) -> Node:
    """The node with its constants for channels in the new order."""
    match node.op:
        case Conv2D() | TransposedConv2D() | FullyConnected():
            axes: list[int | None] = [None, 0, 0]
        case DepthwiseConv2D():
            axes = [None, 3, 0]
        case BatchNorm():
            axes = [None, 0, 0, 0, 0]
        case _:
            axes = [
                len(t.shape) - 1
                if t.is_constant and t.shape and t.shape[-1] == len(indices)
                else None
                for t in (rewriter.tensors[name] for name in node.inputs)
            ]
    inputs = tuple(
        name if axis is None else rewriter.permuted(name, axis, indices)
        for name, axis in zip(node.inputs, axes, strict=True)
    )
    return replace(node, inputs=inputs)


def _channels(rewriter: "Rewriter", view: View) -> tuple[int, ...] | None:
    """The atoms of the last stored dimension, when they are whole."""
    found = partitioned(view, rewriter.tensors[view.tensor].shape)
    if found is None or not found[1] or found[0].atoms != view.atoms:
        return None
    return found[1][-1]


def _reordered(
    rewriter: "Rewriter", view: View, atoms: Sequence[int], order: Sequence[int]
) -> View | None:
    """A view after the blocks ``atoms`` of its last stored dimension have changed places."""
    shape = rewriter.tensors[view.tensor].shape
    found = partitioned(view, shape)
    if found is None:
        return None
    view, groups = found
    last = groups[-1]
    parts = refinement([view.atoms[p] for p in last], atoms)
    if parts is None:
        return None
    view = split(view, dict(zip(last, parts[0], strict=True)))
    first = len(view.atoms) - sum(map(len, parts[1]))
    blocks: list[list[int]] = []
    place = first
    for part in parts[1]:
        blocks.append(list(range(place, place + len(part))))
        place += len(part)
    stored = [*range(first), *(p for b in order for p in blocks[b])]
    new = {p: i for i, p in enumerate(stored)}
    return View(
        view.tensor,
        tuple(view.atoms[p] for p in stored),
        tuple(tuple(new[p] for p in dim) for dim in view.dims),
    )
