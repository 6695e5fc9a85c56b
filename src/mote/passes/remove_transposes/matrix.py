"""The product of two activations: rows and columns in any order, the common axis in one order."""

from collections.abc import Hashable
from dataclasses import replace

from mote.ir import Node
from mote.ir.ops import MatMul
from mote.passes.remove_transposes.alignment import aligned
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import Keyed, View, composed, keyed


def rewrite_matrix_product(rewriter: Rewriter, node: Node) -> None:
    """``transpose_x1`` takes the second operand either way round."""
    assert isinstance(node.op, MatMul)
    x0, x1 = rewriter.operands(node)
    common, columns = (-1, -2) if node.op.transpose_x1 else (-2, -1)
    turned = replace(x1, dims=(*x1.dims[:-2], x1.dims[columns], x1.dims[common]))
    x0, turned = _with_common_atoms(rewriter, x0, turned)
    batch0 = [p for dim in x0.dims[:-2] for p in dim]
    batch1 = [p for dim in turned.dims[:-2] for p in dim]
    wanted = [*batch0, *sorted(x0.dims[-2]), *sorted(x0.dims[-1])]
    x0 = rewriter.rearranged(x0, wanted, [turned.tensor])
    inner = [turned.dims[-1][i] for i in _order(x0.dims[-1])]
    outer = sorted(turned.dims[-2])
    by_rows, by_columns = [*batch1, *outer, *inner], [*batch1, *inner, *outer]
    in_place = sorted(by_rows)
    turn = by_rows == in_place or (by_columns != in_place and node.op.transpose_x1)
    turned = rewriter.rearranged(turned, by_rows if turn else by_columns, [x0.tensor])
    shape = turned.shape if turn else (*turned.shape[:-2], turned.shape[-1], turned.shape[-2])
    operands = (rewriter.stored(x0.tensor, x0.shape), rewriter.stored(turned.tensor, shape))
    result = rewriter.graph.result(node).shape
    rows, outputs = keyed(x0, len(x0.dims) - 2), keyed(turned, len(turned.dims) - 2)
    dims: list[Keyed] = [[(("b", d), n)] for d, n in enumerate(result[:-2])]
    stored: list[Hashable] = [("b", d) for d in range(len(dims))]
    for letter, atoms in (("m", rows), ("n", outputs)):
        dims.append([((letter, p), n) for p, n in atoms])
        stored += [(letter, p) for p, _ in sorted(atoms)]
    op = replace(node.op, transpose_x1=turn)
    rewriter.emit(node, op, operands, composed(node.output, dims, stored))


def _with_common_atoms(rewriter: Rewriter, x0: View, x1: View) -> tuple[View, View]:
    """Split the last dimension of both into the same atoms."""
    rank = max(len(x0.dims), len(x1.dims))
    views = [replace(v, dims=((),) * (rank - len(v.dims)) + v.dims) for v in (x0, x1)]
    a, b = aligned(rewriter, views, (rank - 1,))
    return (
        replace(a, dims=a.dims[rank - len(x0.dims) :]),
        replace(b, dims=b.dims[rank - len(x1.dims) :]),
    )


def _order(positions: tuple[int, ...]) -> list[int]:
    """The indices that sort positions: logical atoms in stored order."""
    return sorted(range(len(positions)), key=positions.__getitem__)
