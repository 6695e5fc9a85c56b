"""Replaces a node by the nodes that define it: ONNX's own definitions, and branches known now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mote.frontends.onnx.folding import attribute_messages
from mote.frontends.onnx.reader import attribute_value, initial_values, node_record
from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.values import Constant, RefusalError

MAX_DEPTH = 8


@dataclass(frozen=True)
class Expansion:
    """Nodes that together compute the results of one, under names of their own."""

    nodes: tuple[NodeRecord, ...]
    constants: Mapping[str, Constant]


def definition(
    record: NodeRecord, types: Sequence[tuple[int, Sequence[int]] | None]
) -> Expansion | None:
    """ONNX's definition of an operator by others, or None.

    Args:
        record: The node.
        types: (element type, shape) of each operand; None for one that is left out.
    """
    import onnx

    if record.domain:
        return None
    try:
        schema = onnx.defs.get_schema(record.kind, record.version, record.domain)
        data = _function_body(schema, record, types)
    except Exception:  # the C++ side raises what it likes; without a definition, there is none
        return None
    if data is None:
        return None
    function = onnx.FunctionProto()
    function.ParseFromString(data)
    outer = {
        name: attribute_value(a.default_value)
        for name, a in schema.attributes.items()
        if a.default_value.type != onnx.AttributeProto.UNDEFINED
    } | dict(record.attributes)
    names = dict(zip(function.input, record.inputs, strict=False))
    names |= dict.fromkeys(list(function.input)[len(record.inputs) :], "")
    names |= dict(zip(function.output, record.outputs, strict=False))
    opsets = {o.domain: o.version for o in function.opset_import} or {"": record.version}
    return _renamed(record, function.node, names, opsets, outer, {})


def _function_body(
    schema: Any, record: NodeRecord, types: Sequence[tuple[int, Sequence[int]] | None]
) -> bytes | None:
    from onnx import helper

    def newest(versions: Sequence[int]) -> int:
        return max(v for v in versions if v <= record.version)

    if schema.has_function:
        version = newest(schema.function_opset_versions)
        body: bytes = schema.get_function_with_opset_version(version)
        return body
    if not schema.has_context_dependent_function:
        return None
    node = helper.make_node(record.kind, list(record.inputs), list(record.outputs))
    node.attribute.extend(attribute_messages(record.attributes))
    messages = [
        b"" if t is None else helper.make_tensor_type_proto(t[0], t[1]).SerializeToString()
        for t in types
    ]
    version = newest(schema.context_dependent_function_opset_versions)
    built: bytes = schema.get_context_dependent_function_with_opset_version(
        version, node.SerializeToString(), messages
    )
    return built


def branch(record: NodeRecord, condition: bool, opsets: Mapping[str, int]) -> Expansion:
    """The branch of an If that a known condition takes."""
    graph = record.attributes.get("then_branch" if condition else "else_branch")
    if graph is None or len(graph.output) != len(record.outputs):
        raise RefusalError("its branches do not have its results", "export the model again")
    problems: list[str] = []
    constants = initial_values(graph, problems)
    if problems:
        raise RefusalError("; ".join(problems[:3]))
    names = {o.name: given for o, given in zip(graph.output, record.outputs, strict=True) if given}
    inner = {name for node in graph.node for name in node.output} | set(constants)
    if missing := [o.name for o in graph.output if o.name not in inner]:
        raise RefusalError(f"its branch gives '{missing[0]}' on, which it did not compute")
    return _renamed(record, graph.node, names, opsets, {}, constants)


def _renamed(
    record: NodeRecord,
    nodes: Sequence[Any],
    names: Mapping[str, str],
    opsets: Mapping[str, int],
    outer: Mapping[str, Any],
    constants: Mapping[str, Constant],
) -> Expansion:
    """The nodes with results named after the node they stand for."""
    if record.name.count("/") > 64 or len(record.name) > 4096:
        raise RefusalError("definitions are nested too deeply")
    problems: list[str] = []
    local = dict(names)
    for name in (*constants, *(o for node in nodes for o in node.output)):
        local.setdefault(name, f"{record.base}/{name}" if name else "")
    records = []
    for i, node in enumerate(nodes):
        inner = node_record(node, i, opsets, problems, outer)
        renamed = replace(
            inner,
            inputs=tuple(local.get(n, n) for n in inner.inputs),
            outputs=tuple(local[n] for n in inner.outputs),
        )
        records.append(renamed.within(record))
    if problems:
        raise RefusalError("; ".join(problems[:3]))
    return Expansion(tuple(records), {local[name]: c for name, c in constants.items()})
