"""Identifies a graph by what it computes, when there is no model file to name."""

import hashlib

from mote.ir.graph import Graph
from mote.ir.text import format_graph


def graph_sha256(graph: Graph) -> str:
    """A hash over operators, shapes, quantisation and every constant."""
    digest = hashlib.sha256(format_graph(graph).encode())
    for tensor in graph.tensors.values():
        if tensor.is_constant:
            digest.update(repr(tensor.quantization).encode())
            digest.update(tensor.array.tobytes())
    return digest.hexdigest()
