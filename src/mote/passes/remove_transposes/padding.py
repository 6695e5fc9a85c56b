"""Pads: a dimension with a border is stored as one."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from mote.ir import Node
from mote.ir.ops import Pad
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import Keyed, Positions, View, composed, keyed, partitioned


def rewrite_pad(rewriter: Rewriter, node: Node) -> None:
    """A padded dimension is stored as one; where it lies among the others does not matter."""
    assert isinstance(node.op, Pad)
    x = rewriter.as_stored(rewriter.views[node.inputs[0]])
    padded = [d for d, pair in enumerate(node.op.paddings) if any(pair)]
    for d in padded:
        x = rewriter.gathered(x, d)
    groups = _padded_groups(rewriter, x, padded)
    if len(groups) > 4:  # the dimensions as they were are few enough
        x = rewriter.rearranged(x, x.order)
        groups = [(d, dim) for d, dim in enumerate(x.dims)]
    pairs = tuple(node.op.paddings[d] if d in padded else (0, 0) for d, _ in groups)
    shape = tuple(x.extent(group) for _, group in groups)
    new = {d: x.shape[d] + sum(node.op.paddings[d]) for d in padded}
    dims: list[Keyed] = [
        [(("d", d), new[d])] if d in new else keyed(x, d) for d in range(len(x.dims))
    ]
    stored: list[Hashable] = [
        key for d, group in groups for key in ([("d", d)] if d in new else group)
    ]
    op = replace(node.op, paddings=pairs)
    result = composed(node.output, dims, stored)
    rewriter.emit(node, op, (rewriter.stored(x.tensor, shape),), result)


def _padded_groups(
    rewriter: Rewriter, view: View, padded: Sequence[int]
) -> list[tuple[int, Positions]]:
    """Stored dimensions as (padded logical dimension or -1, atoms)."""
    whole = {view.dims[d]: d for d in padded if view.dims[d]}
    empty = [d for d in padded if not view.dims[d]]
    if not empty:
        parts = partitioned(view, rewriter.tensors[view.tensor].shape)
        few = parts is not None and parts[0] == view and 1 <= len(parts[1]) <= 4
        if parts is not None and few and set(whole) <= set(parts[1]):
            return [(whole.get(group, -1), group) for group in parts[1]]
    groups: list[tuple[int, Positions]] = []
    single = {dim[0]: d for dim, d in whole.items()}
    for p in range(len(view.atoms)):
        if p in single:
            groups.append((single[p], (p,)))
        elif groups and groups[-1][0] < 0:
            groups[-1] = (-1, (*groups[-1][1], p))
        else:
            groups.append((-1, (p,)))
    for d in empty:  # before the next dimension, as in the logical order
        following = [p for dim in view.dims[d + 1 :] for p in dim]
        places = [i for i, (_, group) in enumerate(groups) if following and following[0] in group]
        groups.insert(places[0] if places else len(groups), (d, ()))
    return groups or [(-1, ())]
