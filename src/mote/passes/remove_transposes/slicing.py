"""Slices: what is taken from a dimension is taken from its atoms."""

from collections.abc import Sequence

import numpy as np

from mote.ir import Node
from mote.ir.ops import Slice
from mote.ir.tensor import Array
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import Positions, View, composed, partitioned

Range = tuple[int, int, int]
"""Begin, end and stride."""


def rewrite_slice(rewriter: Rewriter, node: Node) -> None:
    """What is taken from a dimension is taken from its atoms, where that is possible."""
    assert isinstance(node.op, Slice)
    x = rewriter.as_stored(rewriter.views[node.inputs[0]])
    ranges: dict[int, Range] = {}
    triples = list(zip(node.op.begins, node.op.ends, node.op.strides, strict=True))
    for d, triple in enumerate(triples):
        if _atom_ranges(x, d, triple) is None:
            x = rewriter.gathered(x, d)
    for d, triple in enumerate(triples):
        found = _atom_ranges(x, d, triple)
        assert found is not None
        ranges |= found
    groups = _sliced_groups(rewriter, x, ranges)
    shape = tuple(x.extent(group) for group in groups)
    taken = [_joint_range(x, group, ranges) for group in groups]
    assert all(t is not None for t in taken)
    begins, ends, strides = zip(*(t for t in taken if t is not None), strict=True)
    counts = {p: len(range(*ranges[p])) for p in ranges}
    dims = [[(p, counts[p]) for p in dim] for dim in x.dims]
    result = composed(node.output, dims, range(len(x.atoms)))
    op = Slice(begins=begins, ends=ends, strides=strides)
    rewriter.emit(node, op, (rewriter.stored(x.tensor, shape),), result)


def _atom_ranges(view: View, dimension: int, triple: Range) -> dict[int, Range] | None:
    """The range of each atom when the slice of a dimension is one of every atom."""
    atoms = view.dims[dimension]
    chosen = np.array(range(*triple))
    if not atoms:
        return {}
    places = np.unravel_index(chosen, [view.atoms[p] for p in atoms])
    found = {p: _range(np.unique(place)) for p, place in zip(atoms, places, strict=True)}
    total = 1
    for r in found.values():
        if r is None:
            return None
        total *= len(range(*r))
    return {p: r for p, r in found.items() if r} if total == len(chosen) else None


def _joint_range(view: View, group: Sequence[int], ranges: dict[int, Range]) -> Range | None:
    """The slice of several atoms stored side by side, when it is one."""
    indices = np.zeros(1, int)
    for p in group:
        indices = (indices[:, None] * view.atoms[p] + np.array(range(*ranges[p]))).reshape(-1)
    return _range(indices)


def _range(indices: Array) -> Range | None:
    """The range of increasing indices, when they are evenly spaced."""
    steps = np.diff(indices)
    if len(steps) and (steps != steps[0]).any():
        return None
    return int(indices[0]), int(indices[-1]) + 1, int(steps[0]) if len(steps) else 1


def _sliced_groups(rewriter: Rewriter, view: View, ranges: dict[int, Range]) -> list[Positions]:
    """The stored dimensions: as they are if each can be sliced, otherwise as few as possible."""
    parts = partitioned(view, rewriter.tensors[view.tensor].shape)
    if parts is not None and parts[0] == view and parts[1]:
        groups = parts[1]
        if all(_joint_range(view, group, ranges) for group in groups):
            return groups
    groups = [()]
    for p in range(len(view.atoms)):
        wider = (*groups[-1], p)
        if _joint_range(view, wider, ranges) is None:
            groups.append((p,))
        else:
            groups[-1] = wider
    return groups
