"""Concatenations: all operands in one order, the axis of all of them in one place."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

from mote.ir import Node
from mote.ir.ops import Concat, Shape
from mote.passes.remove_transposes.absorption import can_absorb
from mote.passes.remove_transposes.alignment import Key, aligned, in_keys, in_order
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import View, composed


def rewrite_concat(rewriter: Rewriter, node: Node) -> None:
    """Operands in one order; inside the axis the order may be any when it is the same for all."""
    assert isinstance(node.op, Concat)
    axis = node.op.axis
    views = rewriter.operands(node)
    others = [d for d in range(len(views[0].dims)) if d != axis]
    views = aligned(rewriter, views, others)
    if not all(len(v.dims[axis]) <= 1 for v in views):
        views = _with_common_axis(rewriter, views, axis)
    orders = [in_keys(v) for v in views]
    order = _cheapest_order(rewriter, views, orders, axis)
    views = in_order(rewriter, views, order)
    place = next((i for i, key in enumerate(order) if key[0] == axis), None)
    if place is None:
        place = _place_of_one(rewriter, views[0], axis)
    sizes = {key: n for v in views for key, n in zip(in_keys(v), v.atoms, strict=True)}
    shapes, own_axis = _concat_shapes(rewriter, views, place)
    operands = [rewriter.stored(v.tensor, shape) for v, shape in zip(views, shapes, strict=True)]
    dims: list[list[tuple[Hashable, int]]] = [
        [(key, sizes[key]) for key in sorted(sizes) if key[0] == d] for d in range(len(others) + 1)
    ]
    inner = [key for key in order if key[0] == axis]
    stored: list[Hashable] = list(order)
    if len(inner) > 1:
        dims[axis].insert(0, ("part", len(views)))
        stored.insert(place, "part")
    else:
        total = rewriter.graph.result(node).shape[axis]
        dims[axis] = [("axis", total)]
        stored[place : place + len(inner)] = ["axis"]
    op = replace(node.op, axis=own_axis)
    rewriter.emit(node, op, operands, composed(node.output, dims, stored))


def _with_common_axis(rewriter: Rewriter, views: Sequence[View], axis: int) -> list[View]:
    """Atoms of the axis shared by all operands, or one atom each."""
    extents = {v.extent(v.dims[axis]) for v in views}
    if len(extents) == 1:
        return aligned(rewriter, views, (axis,))
    found = list(views)
    for i, view in enumerate(found):
        beside = [v.tensor for j, v in enumerate(found) if j != i]
        found[i] = rewriter.gathered(view, axis, beside)
    return found


def _cheapest_order(
    rewriter: Rewriter, views: Sequence[View], orders: Sequence[list[Key]], axis: int
) -> list[Key]:
    """The order of that operand to which the others move with the fewest elements."""

    def cost(order: list[Key]) -> int:
        total = 0
        for v, own in zip(views, orders, strict=True):
            wanted = [own.index(key) for key in order if key in own]
            free = rewriter.tensors[v.tensor].is_constant or wanted == sorted(wanted)
            if not free and not can_absorb(rewriter, v, wanted):
                total += v.elements
        return total

    full = [own for own in orders if any(key[0] == axis for key in own)] or orders
    return min(full, key=cost)


def _place_of_one(rewriter: Rewriter, view: View, axis: int) -> int:
    """Where an axis of one element lies: last if the stored shape says so, else as in the logic."""
    shape = rewriter.tensors[view.tensor].shape
    following = [p for dim in view.dims[axis + 1 :] for p in dim]
    if not following or (shape and shape[-1] == 1):
        return len(view.atoms)
    return following[0]


def _concat_shapes(
    rewriter: Rewriter, views: Sequence[View], place: int
) -> tuple[list[Shape], int]:
    """The shapes of the operands and the axis: as they are stored if these suit, else 2-D."""
    own = [rewriter.tensors[v.tensor].shape for v in views]
    for i in range(len(own[0])):
        starts = all(
            len(s) == len(own[0])
            and s[:i] + s[i + 1 :] == own[0][:i] + own[0][i + 1 :]
            and math.prod(s[:i]) == math.prod(v.atoms[:place])
            for s, v in zip(own, views, strict=True)
        )
        if starts and (own[0][i] > 1 or all(s[i] == 1 for s in own)):
            return own, i
    before = math.prod(views[0].atoms[:place])
    return [(before, v.elements // before) for v in views], 1
