"""Averages over a whole plane get a scale of their own."""

from dataclasses import replace

from mote.ir import Graph, Node
from mote.ir.ops import Activation, AveragePool2D, Mean, Padding


def free_global_pools(graph: Graph) -> Graph:
    """An average pool over the whole plane becomes a mean.

    An average pool on integers keeps the scale of what it reads; the average of a plane spans a
    fraction of that range, and would be left with a fraction of the steps.
    """
    return graph.rebuild(
        replace(node, op=Mean(axes=(1, 2), keep_dims=True)) if _is_global(graph, node) else node
        for node in graph.nodes
    )


def _is_global(graph: Graph, node: Node) -> bool:
    match node.op:
        case AveragePool2D(kernel=kernel, padding=Padding(0, 0, 0, 0), activation=Activation.NONE):
            return kernel == graph.operands(node)[0].shape[1:3]
    return False
