"""Operators along some dimensions: means, softmax and normalisations."""

from dataclasses import replace

from mote.ir import Node
from mote.ir.ops import BatchNorm, LayerNorm, LogSoftmax, Mean, Softmax
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import View, composed, keyed, partitioned, stored_indices


def rewrite_last_axis(rewriter: Rewriter, node: Node) -> None:
    """What runs along the last dimension needs its atoms last, in any order."""
    assert isinstance(node.op, BatchNorm | LayerNorm | LogSoftmax | Softmax)
    x = rewriter.views[node.inputs[0]]
    last = len(x.dims) - 1
    x = rewriter.arranged(x, (range(last), (last,)))
    order = stored_indices(x, (last,))
    own = rewriter.tensors[x.tensor].shape
    fits = own and own[-1] == x.shape[last]
    operand = (
        x.tensor if fits else rewriter.stored(x.tensor, (x.elements // len(order), len(order)))
    )
    constants = [rewriter.permuted(name, 0, order) for name in node.inputs[1:]]
    rewriter.emit(node, node.op, (operand, *constants), replace(x, tensor=node.output))


def rewrite_mean(rewriter: Rewriter, node: Node) -> None:
    """The axes are those of the stored dimensions; the rest keeps its order."""
    assert isinstance(node.op, Mean)
    x = rewriter.views[node.inputs[0]]
    found = _reduced_dimensions(rewriter, x, node.op)
    if found is None:
        kept = [d for d in range(len(x.dims)) if d not in node.op.axes]
        x = rewriter.arranged(x, (kept, node.op.axes))
        own = (x.elements // x.extent(_reduced(x, node.op)), x.extent(_reduced(x, node.op)))
        found = x, own, (1,)
    x, shape, axes = found
    dims = [
        keyed(x, d) if d not in node.op.axes else []
        for d in range(len(x.dims))
        if node.op.keep_dims or d not in node.op.axes
    ]
    operand = rewriter.stored(x.tensor, shape)
    result = composed(node.output, dims, range(len(x.atoms)))
    rewriter.emit(node, replace(node.op, axes=axes), (operand,), result)


def _reduced(view: View, op: Mean) -> list[int]:
    return [p for d in op.axes for p in view.dims[d]]


def _reduced_dimensions(
    rewriter: Rewriter, view: View, op: Mean
) -> tuple[View, tuple[int, ...], tuple[int, ...]] | None:
    """Stored dimensions that are reduced as a whole: (view, their shape, the axes)."""
    own = rewriter.tensors[view.tensor].shape
    parts = partitioned(view, own)
    if parts is not None and len(own) <= 4:
        view, groups = parts
        reduced = set(_reduced(view, op))
        if not any(len({p in reduced for p in group}) > 1 for group in groups):
            axes = tuple(i for i, group in enumerate(groups) if reduced.intersection(group))
            ones = tuple(i for i, n in enumerate(own) if n == 1)
            if axes or ones:
                return view, own, axes or ones[:1]
    reduced = set(_reduced(view, op))
    if not reduced:
        return view, (1, view.elements), (0,)
    shape: list[int] = []
    axes_found: list[int] = []
    before: bool | None = None
    for p, n in enumerate(view.atoms):
        if (p in reduced) == before:
            shape[-1] *= n
            continue
        before = p in reduced
        shape.append(n)
        if before:
            axes_found.append(len(shape) - 1)
    return (view, tuple(shape), tuple(axes_found)) if len(shape) <= 4 else None
