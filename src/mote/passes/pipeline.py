"""The order of the rewrites that every graph goes through before it is quantised or lowered."""

from collections.abc import Callable

from mote.ir import Graph, verify
from mote.passes.absorb_quantization import absorb_quantization
from mote.passes.fold_affine import fold_affine
from mote.passes.fold_batch_norm import fold_batch_norm
from mote.passes.fold_constants import fold_constants
from mote.passes.fuse_activation import fuse_activation
from mote.passes.fuse_functions import fuse_functions
from mote.passes.fuse_pad import fuse_pad
from mote.passes.remove_dead_nodes import remove_dead_nodes
from mote.passes.remove_identity import remove_identity
from mote.passes.remove_transposes import remove_transposes

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    remove_transposes,  # first: all others look at neighbours
    fold_batch_norm,  # before fuse_activation: a clamp behind it then finds the layer
    fuse_functions,
    fold_affine,  # behind it: a sum inside a function is no bias
    fuse_activation,
    absorb_quantization,  # behind it: integer operators clamp as their float ones do
    fold_constants,  # behind it: constants that are dequantized say which integers they stand for
    remove_identity,  # before fuse_pad: a copy would stand between pad and layer
    fuse_pad,
    remove_dead_nodes,
)


def optimize(graph: Graph) -> Graph:
    """The same function in fewer, cheaper nodes; the graph is verified after each pass."""
    for rewrite in PASSES:
        graph = rewrite(graph)
        verify(graph)
    return graph
