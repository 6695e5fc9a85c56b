"""Operators on single elements: any order will do, but two operands must agree on one."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from mote.ir import Node
from mote.ir.ops import Shape
from mote.passes.remove_transposes.alignment import Key, aligned, in_keys, in_order, joint_order
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import View, composed, partitioned


def rewrite_unary(rewriter: Rewriter, node: Node) -> None:
    """A function of each element, wherever it lies."""
    x = rewriter.views[node.inputs[0]]
    rewriter.emit(node, node.op, (x.tensor,), replace(x, tensor=node.output))


def rewrite_binary(rewriter: Rewriter, node: Node) -> None:
    """Two operands that broadcast: the smaller one moves where their orders conflict."""
    rank = len(rewriter.graph.result(node).shape)
    views = [
        replace(v, dims=((),) * (rank - len(v.dims)) + v.dims) for v in rewriter.operands(node)
    ]
    views = aligned(rewriter, [rewriter.as_stored(v) for v in views], range(rank))
    orders = [in_keys(v) for v in views]
    order = joint_order(rewriter, views, orders)
    views = in_order(rewriter, views, order)
    present = [set(own) for own in orders]
    groups = _groups(rewriter, views, order, present)
    if len(groups) > 4:  # the dimensions as they were are few enough
        order = sorted(order)
        views = in_order(rewriter, views, order)
        groups = [[key for key in order if key[0] == d] for d in range(rank)]
    sizes = {key: n for v in views for key, n in zip(in_keys(v), v.atoms, strict=True)}
    operands = [
        rewriter.stored(v.tensor, _extents(groups, sizes, own))
        for v, own in zip(views, present, strict=True)
    ]
    dims = [[(key, sizes[key]) for key in sorted(sizes) if key[0] == d] for d in range(rank)]
    rewriter.emit(node, node.op, operands, composed(node.output, dims, order))


def _extents(groups: Sequence[Sequence[Key]], sizes: dict[Key, int], present: set[Key]) -> Shape:
    shape = []
    for group in groups:
        n = 1
        for key in group:
            n *= sizes[key] if key in present else 1
        shape.append(n)
    return tuple(shape)


def _groups(
    rewriter: Rewriter, views: Sequence[View], order: Sequence[Key], present: Sequence[set[Key]]
) -> list[list[Key]]:
    """The stored dimensions: as an operand has them already, otherwise as few as can be."""
    by_size = sorted(views, key=lambda v: (not rewriter.tensors[v.tensor].is_constant, v.elements))
    for view in reversed(by_size):
        if len(view.atoms) != len(order):
            continue
        found = partitioned(view, rewriter.tensors[view.tensor].shape)
        if found is None or found[0] != view or len(found[1]) > 4:
            continue
        groups = [[order[p] for p in group] for group in found[1]]
        if all(len({key in own for key in group}) <= 1 for group in groups for own in present):
            return groups
    groups = []
    signature: Hashable = None
    for key in order:
        found_in = tuple(key in own for own in present)
        if not groups or found_in != signature:
            groups.append([])
        signature = found_in
        groups[-1].append(key)
    return groups
