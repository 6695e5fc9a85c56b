"""Look-ups: indices in any order, the dimensions of a row last."""

from collections.abc import Hashable

from mote.ir import Node
from mote.ir.ops import Embedding
from mote.passes.remove_transposes.rewriter import Rewriter
from mote.passes.remove_transposes.view import Keyed, composed, keyed


def rewrite_embedding(rewriter: Rewriter, node: Node) -> None:
    """Indices in any order; the row's dimensions come last."""
    assert isinstance(node.op, Embedding)
    x, table = rewriter.views[node.inputs[0]], rewriter.tensors[node.inputs[1]]
    dims: list[Keyed] = [keyed(x, d) for d in range(len(x.dims))]
    stored: list[Hashable] = list(range(len(x.atoms)))
    for d, n in enumerate(table.shape[1:]):
        dims.append([(("row", d), n)])
        stored.append(("row", d))
    rewriter.emit(node, node.op, (x.tensor, table.name), composed(node.output, dims, stored))
