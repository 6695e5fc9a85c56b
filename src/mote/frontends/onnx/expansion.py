"""Replaces a node by the nodes that define it: ONNX's own definitions, and branches known now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mote.frontends.onnx.messages import attribute_messages, type_message
from mote.frontends.onnx.reader import ONNX_DOMAINS, attribute_value, initial_values, node_record
from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.site import Value
from mote.frontends.onnx.values import Constant, RefusalError

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Expansion:
    """Nodes that together compute the results of one, under names of their own."""

    nodes: tuple[NodeRecord, ...]
    constants: Mapping[str, Constant]


def definition(record: NodeRecord, operands: Sequence[Value | None]) -> Expansion | None:
    """ONNX's definition of an operator by others, or None."""
    import onnx

    if record.domain:
        return None
    try:
        schema = onnx.defs.get_schema(record.kind, record.version, record.domain)
        data = _function_body(schema, record, operands)
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
    return of_function(record, function, outer)


def of_function(
    record: NodeRecord, function: "onnx.FunctionProto", attributes: Mapping[str, Any]
) -> Expansion:
    """The nodes of a function for the operands of a node that calls it."""
    defaults = {a.name: attribute_value(a) for a in function.attribute_proto}
    names = dict(zip(function.input, record.inputs, strict=False))
    names |= dict.fromkeys(list(function.input)[len(record.inputs) :], "")
    names |= dict(zip(function.output, record.outputs, strict=False))
    opsets = {
        "" if o.domain in ONNX_DOMAINS else o.domain: o.version for o in function.opset_import
    } or {"": record.version}
    return _renamed(record, function.node, names, opsets, {**defaults, **attributes}, {})


def _function_body(
    schema: Any, record: NodeRecord, operands: Sequence[Value | None]
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
    messages = [b"" if v is None else type_message(v).SerializeToString() for v in operands]
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
    names: dict[str, str] = {}
    copies = []  # one inner value may be several results
    for output, given in zip(graph.output, record.outputs, strict=True):
        if output.name in names:
            copies.append((names[output.name], given))
        elif given:
            names[output.name] = given
    inner = {name for node in graph.node for name in node.output} | set(constants)
    if missing := [o.name for o in graph.output if o.name not in inner]:
        raise RefusalError(f"its branch gives '{missing[0]}' on, which it did not compute")
    expansion = _renamed(record, graph.node, names, opsets, {}, constants)
    identity = replace(record, kind="Identity", attributes={}, inside=record.kind)
    more = [replace(identity, inputs=(x,), outputs=(y,)) for x, y in copies if y]
    return replace(expansion, nodes=(*expansion.nodes, *more))


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
            attributes={k: _outer_renamed(v, local) for k, v in inner.attributes.items()},
        )
        records.append(renamed.within(record))
    if problems:
        raise RefusalError("; ".join(problems[:3]))
    return Expansion(tuple(records), {local[name]: c for name, c in constants.items()})


def _outer_renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A subgraph whose nodes read values of the nodes around it under their new names."""
    from onnx import GraphProto

    if not isinstance(value, GraphProto):
        return value
    graph = GraphProto()
    graph.CopyFrom(value)
    todo = [(graph, set[str]())]
    while todo:
        inner, hidden = todo.pop()
        own = {t.name for t in inner.initializer} | {o for n in inner.node for o in n.output}
        hidden = hidden | own | {i.name for i in inner.input}
        for node in inner.node:
            for i, name in enumerate(node.input):
                if name in names and name not in hidden:
                    node.input[i] = names[name]
            todo += [(a.g, hidden) for a in node.attribute if a.HasField("g")]
    return graph
