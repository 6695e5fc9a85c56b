"""Nodes whose results nobody reads disappear."""

from mote.ir import Graph


def remove_dead_nodes(graph: Graph) -> Graph:
    """Keep the nodes that an output depends on; inputs stay, for the caller fills them."""
    needed = set(graph.outputs)
    live = []
    for node in reversed(graph.nodes):
        if node.output in needed:
            needed.update(node.inputs)
            live.append(node)
    return graph.rebuild(reversed(live))
