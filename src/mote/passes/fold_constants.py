"""Nodes that read constants alone disappear: their results are known before the device runs."""

from dataclasses import replace

from mote import reference
from mote.ir import Graph


def fold_constants(graph: Graph) -> Graph:
    """Results of constants become constants, as the reference computes them.

    Importers have folded what their files hold; this is for graphs made in Python or by passes.
    """
    known = {name: t for name, t in graph.tensors.items() if t.is_constant}
    nodes, folded = [], []
    for node in graph.nodes:
        if not all(t in known for t in node.inputs):
            nodes.append(node)
            continue
        values = {t: known[t].array for t in node.inputs}
        whole = replace(graph, tensors={**graph.tensors, **known})
        data = reference.run_node(whole, node, values)
        folded.append(replace(graph.result(node), data=data))
        known[node.output] = folded[-1]
    return graph.rebuild(nodes, folded) if folded else graph
