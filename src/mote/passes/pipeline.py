"""The order of the rewrites that every graph goes through before it is quantised or lowered."""

from collections.abc import Callable

from mote.ir import Graph, verify
from mote.passes.fold_batch_norm import fold_batch_norm
from mote.passes.fuse_activation import fuse_activation

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    fold_batch_norm,  # first: a clamp behind it then finds the layer
    fuse_activation,
)


def optimize(graph: Graph) -> Graph:
    """The same function in fewer, cheaper nodes; the graph is verified after each pass."""
    for rewrite in PASSES:
        graph = rewrite(graph)
        verify(graph)
    return graph
