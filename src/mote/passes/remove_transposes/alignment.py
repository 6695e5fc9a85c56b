"""Views of operands that are combined elementwise: common atoms, and one order for all."""

from collections.abc import Iterable, Sequence

from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import View, refinement, split

Key = tuple[int, int]
"""An atom that several views share: its dimension, and its number within the dimension."""


def aligned(rewriter: Rewriter, views: Sequence[View], dims: Iterable[int]) -> list[View]:
    """Views of one rank whose given dimensions have the same atoms, or none where one broadcasts.

    Where one operand counts in 2 * 3 and another in 3 * 2, the second is put in order first.
    """
    found = list(views)
    for d in dims:
        common: list[int] | None = None
        for i, view in enumerate(found):
            if not view.dims[d]:
                continue
            own = [view.atoms[p] for p in view.dims[d]]
            if common is None:
                common = own
                continue
            parts = refinement(common, own)
            if parts is None:
                beside = [v.tensor for j, v in enumerate(found) if j != i]
                found[i] = view = rewriter.gathered(view, d, beside)
                parts = refinement(common, [view.extent(view.dims[d])])
                assert parts is not None
            common = [n for part in parts[0] for n in part]
        for i, view in enumerate(found):
            if common is not None and view.dims[d]:
                parts = refinement([view.atoms[p] for p in view.dims[d]], common)
                assert parts is not None
                found[i] = split(view, dict(zip(view.dims[d], parts[0], strict=True)))
    return found


def in_keys(view: View) -> list[Key]:
    """The shared atoms in the order in which a view stores them."""
    names = {p: (d, i) for d, dim in enumerate(view.dims) for i, p in enumerate(dim)}
    return [names[p] for p in range(len(view.atoms))]


def in_order(rewriter: Rewriter, views: Sequence[View], order: Sequence[Key]) -> list[View]:
    """The views with their atoms stored in one order."""
    found = list(views)
    for i, view in enumerate(found):
        own = in_keys(view)
        beside = [v.tensor for j, v in enumerate(found) if j != i]
        wanted = [own.index(key) for key in order if key in own]
        found[i] = rewriter.rearranged(view, wanted, beside)
    return found


def joint_order(
    rewriter: Rewriter, views: Sequence[View], orders: Sequence[Sequence[Key]]
) -> list[Key]:
    """An order of all atoms that moves as few elements as possible.

    Operands are asked from the largest to the smallest; one that contradicts those before it has
    to move. Constants come last, for they move at no cost.
    """
    ranked = sorted(
        zip(views, orders, strict=True),
        key=lambda pair: (rewriter.tensors[pair[0].tensor].is_constant, -pair[0].elements),
    )
    order: list[Key] = []
    for _, own in ranked:
        order = _merged(order, own)
    return order


def _merged(order: list[Key], own: Sequence[Key]) -> list[Key]:
    """``order`` with the atoms that only ``own`` has, each before what follows it there."""
    known = set(order)
    result = list(order)
    place = len(result)
    for key in reversed(own):
        if key in known:
            place = result.index(key)
        else:
            result.insert(place, key)
    return result
