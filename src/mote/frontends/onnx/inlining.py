"""Replaces calls of a model's own functions by the nodes of those functions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mote.frontends.onnx.expansion import of_function
from mote.frontends.onnx.reader import MAX_NODES
from mote.frontends.onnx.records import ModelRecord, NodeRecord
from mote.frontends.onnx.values import RefusalError, short

if TYPE_CHECKING:
    import onnx

MAX_DEPTH = 32
Functions = Mapping[tuple[str, str], "onnx.FunctionProto"]


def inlined(model: ModelRecord, functions: Sequence["onnx.FunctionProto"]) -> ModelRecord:
    """The model without calls of functions.

    Raises:
        RefusalError: Functions call each other without end, or grow too large.
    """
    if not functions:
        return model
    known = {(f.domain, f.name): f for f in functions}
    nodes: list[NodeRecord] = []
    _inline(model.nodes, known, nodes, 0)
    return replace(model, nodes=tuple(nodes))


def _inline(
    records: Sequence[NodeRecord], functions: Functions, nodes: list[NodeRecord], depth: int
) -> None:
    for record in records:
        function = functions.get((record.domain, record.kind))
        if function is None:
            nodes.append(record)
        elif depth >= MAX_DEPTH:
            raise RefusalError(f"function '{short(record.kind)}' calls itself, or nests too deeply")
        else:
            outer = dict(record.attributes)
            _inline(of_function(record, function, outer).nodes, functions, nodes, depth + 1)
        if len(nodes) > MAX_NODES:
            raise RefusalError(f"functions make more than {MAX_NODES:,} nodes")
