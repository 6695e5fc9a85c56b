"""Rows that are gathered from a quantised table are those of the dequantised table."""

from collections.abc import Mapping
from dataclasses import replace

from mote.frontends.onnx.records import ModelRecord, NodeRecord
from mote.frontends.onnx.values import Constant

TABLE_TYPES = ("int8", "uint8", "int4", "uint4")


def dequantized_tables(model: ModelRecord) -> ModelRecord:
    """The model with each ``DequantizeLinear`` of a ``Gather`` from a stored table before it.

    Integers that are gathered have no scale of their own until they are dequantised.
    """
    readers: dict[str, list[NodeRecord]] = {}
    for node in model.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    outputs = {o.name for o in model.outputs}
    nodes: list[NodeRecord] = []
    moved: set[int] = set()
    for node in model.nodes:
        after = readers.get(node.outputs[0], []) if node.outputs else []
        if not _gathers(node, model.constants) or not after or node.outputs[0] in outputs:
            if node.index not in moved:
                nodes.append(node)
            continue
        if not all(_dequantizes(n, node.outputs[0], model.constants) for n in after):
            nodes.append(node)
            continue
        for last in after:
            real = f"{last.outputs[0]}/table"
            table = replace(last, inputs=(node.inputs[0], *last.inputs[1:]), outputs=(real,))
            rows = replace(node, inputs=(real, *node.inputs[1:]), outputs=last.outputs)
            nodes += [table, rows]
            moved.add(last.index)
    return replace(model, nodes=tuple(nodes))


def _gathers(node: NodeRecord, constants: Mapping[str, Constant]) -> bool:
    table = constants.get(node.inputs[0]) if node.inputs else None
    known = table is not None and table.array.dtype.name in TABLE_TYPES
    return known and node.kind == "Gather" and not node.domain and len(node.outputs) == 1


def _dequantizes(node: NodeRecord, name: str, constants: Mapping[str, Constant]) -> bool:
    """True for one scale, which is stored."""
    if node.kind != "DequantizeLinear" or node.inputs[0] != name or len(node.outputs) != 1:
        return False
    scale = constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    return scale is not None and scale.array.size == 1
