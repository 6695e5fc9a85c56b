"""What several passes share: who reads a value, names, planes of 2-D values, other constants."""

from dataclasses import replace

import numpy as np

from mote.ir import Graph, Node, Tensor
from mote.ir.ops import Op, Reshape


def is_private(graph: Graph, tensor: str) -> bool:
    """True when exactly one node reads a tensor and the caller does not."""
    return tensor not in graph.outputs and len(graph.consumers(tensor)) == 1


def free_name(graph: Graph, name: str) -> str:
    """``name``, or ``name_2``, ``name_3``, ... when tensors or nodes have it already."""
    taken = {*graph.tensors, *(n.name for n in graph.nodes)}
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def on_plane(
    graph: Graph, node: Node, op: Op, operands: tuple[str, ...] = ()
) -> tuple[tuple[Node, ...], tuple[Tensor, ...]]:
    """Replace ``node`` by ``op``, which needs ``[N, H, W, C]``; ``[N, C]`` is reshaped around it.

    Returns the nodes, the last of which writes ``node``'s result, and the tensors between them.
    """
    x, y = graph.tensors[node.inputs[0]], graph.result(node)
    if len(x.shape) == 4:
        return (Node(node.name, op, (x.name, *operands), y.name),), ()
    n, c = x.shape
    before = Tensor(free_name(graph, f"{node.name}.x"), (n, 1, 1, c), x.dtype, x.quantization)
    after = Tensor(free_name(graph, f"{node.name}.y"), (n, 1, 1, c), y.dtype, y.quantization)
    nodes = (
        Node(before.name, Reshape(to=before.shape), (x.name,), before.name),
        Node(node.name, op, (before.name, *operands), after.name),
        Node(after.name, Reshape(to=y.shape), (after.name,), y.name),
    )
    return nodes, (before, after)


def changed_constant(graph: Graph, node: Node, name: str, new: Tensor) -> Tensor:
    """What ``node`` reads instead of the constant ``name``: the values and type of ``new``.

    An equal constant that exists serves again, so that a module called twice keeps sharing its
    weights. A constant that other nodes read keeps its name, and the new one gets its own.
    """
    for known in graph.tensors.values():
        same_type = known.is_constant and (known.dtype, known.quantization) == (
            new.dtype,
            new.quantization,
        )
        if same_type and np.array_equal(known.array, new.array):
            return known
    if any(name in n.inputs for n in graph.nodes if n.name != node.name):
        role = node.op.inputs[node.inputs.index(name)]
        name = free_name(graph, f"{node.name}.{role}")
    return replace(new, name=name)
