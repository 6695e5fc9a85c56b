"""A graph as text: one line per node, exact enough to test passes on."""

import hashlib
from dataclasses import fields

from mote.ir.graph import Graph, Node
from mote.ir.ops import Op, Padding
from mote.ir.tensor import Tensor


def format_tensor(tensor: Tensor) -> str:
    """``int8[1,25,5,64] q(0.125,-3)``; constants end in ``#`` and eight digits of their hash."""
    text = f"{tensor.dtype.value}[{','.join(map(str, tensor.shape))}]"
    q = tensor.quantization
    if q is not None and q.axis is None:
        text += f" q({q.scale:.9g},{q.zero_point})"
    elif q is not None:
        text += f" q(axis {q.axis})"
    if tensor.is_constant:
        text += f" #{hashlib.sha256(tensor.array.tobytes()).hexdigest()[:8]}"
    return text


def format_op(op: Op) -> str:
    """The operator's kind and the attributes that differ from their defaults."""
    parts = []
    for field in fields(op):
        value = getattr(op, field.name)
        if value == field.default:
            continue
        if isinstance(value, Padding):
            value = (value.top, value.bottom, value.left, value.right)
        parts.append(f"{field.name}={getattr(value, 'value', value)}".replace(" ", ""))
    return f"{op.kind}({', '.join(parts)})"


def format_node(graph: Graph, node: Node) -> str:
    operands = ", ".join(node.inputs)
    return f"{node.output} = {format_op(node.op)} {operands} : {format_tensor(graph.result(node))}"


def format_graph(graph: Graph) -> str:
    """The whole graph: inputs, constants, nodes, outputs."""
    lines = [f"graph {graph.name}"]
    lines += [f"  input {t} : {format_tensor(graph.tensors[t])}" for t in graph.inputs]
    constants = [t for t in graph.tensors.values() if t.is_constant]
    lines += [f"  const {t.name} : {format_tensor(t)}" for t in constants]
    lines += [f"  {format_node(graph, node)}" for node in graph.nodes]
    lines += [f"  output {', '.join(graph.outputs)}"]
    return "\n".join(lines) + "\n"
