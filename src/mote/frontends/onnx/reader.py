"""From the bytes of an ONNX model to plain records; trusts nothing that the file says."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mote.errors import ModelFileError, ToolError
from mote.frontends.onnx.external import read_external
from mote.frontends.onnx.records import InputRecord, ModelRecord, NodeRecord, OutputRecord
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, short
from mote.frontends.problems import told

if TYPE_CHECKING:
    import onnx

LEAST_OPSET = 13
MAX_NODES = 50_000
DAMAGED = "copy or export the model again"
ONNX_DOMAINS = ("", "ai.onnx")


def onnx_package() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ToolError(
            "ONNX", "the package onnx is not installed", hint="pip install 'mote[onnx]'"
        ) from error
    return onnx


def message(data: bytes, source: str, folder: Path | None) -> "onnx.ModelProto":
    """The model as a protobuf message, its external data read."""
    package = onnx_package()
    model: onnx.ModelProto = package.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError, of whichever implementation
        raise ModelFileError(source, "is no ONNX model, or a damaged one", hint=DAMAGED) from error
    if not model.HasField("graph"):
        raise ModelFileError(source, "holds no graph, so it is no ONNX model", hint=DAMAGED)
    if any(isinstance(text, bytes) for text in _texts(model)):
        raise ModelFileError(source, "holds names that are no UTF-8 text", hint=DAMAGED)
    _check_opset(model, source, package)
    read_external(model, source, folder)
    return model


def read(model: "onnx.ModelProto", source: str) -> ModelRecord:
    """The records of a model; damage is told all at once."""
    opsets = _opsets(model)
    problems: list[str] = []
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        raise ModelFileError(source, f"has {len(graph.node):,} nodes, allowed: {MAX_NODES:,}")
    constants = initial_values(graph, problems)
    given = [value for value in graph.input if value.name not in constants]
    inputs = [_input(value, problems) for value in given]
    outputs = tuple(_output(value) for value in graph.output)
    nodes = []
    for index, node in enumerate(graph.node):
        nodes.append(node_record(node, index, opsets, problems))
    names = [i.name for i in inputs]
    problems += _order_problems(names, constants, nodes, [o.name for o in outputs])
    if problems:
        raise ModelFileError(source, "the model is damaged", details=told(problems), hint=DAMAGED)
    return ModelRecord(opsets, tuple(inputs), outputs, tuple(nodes), constants)


def _texts(model: "onnx.ModelProto") -> Iterator[str | bytes]:
    """Every name in a model; protobuf gives bytes for one that is no text."""
    yield from (o.domain for o in model.opset_import)
    todo = [model.graph]
    while todo:
        graph = todo.pop()
        yield from (t.name for t in graph.initializer)
        for value in (*graph.input, *graph.output):
            yield value.name
            yield from (d.dim_param for d in value.type.tensor_type.shape.dim)
        for node in graph.node:
            yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
            yield from (t for a in node.attribute for t in (a.name, a.ref_attr_name))
            todo += [a.g for a in node.attribute if a.HasField("g")]


def _check_opset(model: "onnx.ModelProto", source: str, package: Any) -> None:
    version = _opsets(model).get("")
    newest = package.defs.onnx_opset_version()
    if version is None:
        if model.graph.node and all(n.domain in ONNX_DOMAINS for n in model.graph.node):
            raise ModelFileError(source, "states no version of ONNX's operators", hint=DAMAGED)
        return
    if version < LEAST_OPSET:
        raise ModelFileError(
            source,
            f"is of opset {version}, allowed: {LEAST_OPSET} and newer",
            hint=f"export with opset_version={LEAST_OPSET} or more, or convert the file: "
            f"onnx.save(onnx.version_converter.convert_version(onnx.load(path), 17), path)",
        )
    if version > newest:
        raise ModelFileError(
            source,
            f"is of opset {version}, the installed package onnx knows up to {newest}",
            hint="pip install --upgrade onnx",
        )


def _opsets(model: "onnx.ModelProto") -> dict[str, int]:
    found = {}
    for entry in model.opset_import:
        found["" if entry.domain in ONNX_DOMAINS else entry.domain] = entry.version
    return found


def initial_values(graph: "onnx.GraphProto", problems: list[str]) -> dict[str, Constant]:
    """The initializers of a graph by name."""
    if graph.sparse_initializer:
        problems.append("sparse initializers are not supported")
    found: dict[str, Constant] = {}
    total = 0
    for tensor in graph.initializer:
        if tensor.name in found:
            problems.append(f"initializer '{short(tensor.name)}' is there twice")
            continue
        constant = _constant(tensor, problems)
        if constant is not None:
            total += constant.array.nbytes
            found[tensor.name] = constant
    if total > MAX_TENSOR_BYTES:
        problems.append(f"its constants take {total:,} bytes, allowed: {MAX_TENSOR_BYTES:,}")
    return found


def _constant(tensor: "onnx.TensorProto", problems: list[str]) -> Constant | None:
    from onnx import numpy_helper

    size = math.prod(tensor.dims)
    if any(n < 0 for n in tensor.dims) or size > MAX_TENSOR_BYTES or len(tensor.dims) > 32:
        problems.append(f"constant '{short(tensor.name)}' has shape {short(tuple(tensor.dims))}")
        return None
    try:
        array = numpy_helper.to_array(tensor)
    except Exception as error:  # sizes that lie, unknown types
        reason = short(" ".join(str(error).split()), 120)
        problems.append(f"constant '{short(tensor.name)}' cannot be read: {reason}")
        return None
    if array.shape != tuple(tensor.dims):
        problems.append(f"constant '{short(tensor.name)}' has {array.size} elements, not {size}")
        return None
    return Constant(array)


def node_record(
    node: "onnx.NodeProto",
    index: int,
    opsets: Mapping[str, int],
    problems: list[str],
    outer: Mapping[str, Any] | None = None,
) -> NodeRecord:
    """One node; ``outer`` are the attributes that those of a definition may refer to."""
    domain = "" if node.domain in ONNX_DOMAINS else node.domain
    attributes = {}
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            if outer is not None and attribute.ref_attr_name in outer:
                attributes[attribute.name] = outer[attribute.ref_attr_name]
            continue
        attributes[attribute.name] = _attribute(attribute, problems)
    return NodeRecord(
        index=index,
        kind=node.op_type,
        domain=domain,
        version=opsets.get(domain, 0),
        name=node.name,
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attributes=attributes,
    )


def _attribute(attribute: "onnx.AttributeProto", problems: list[str]) -> Any:
    """A plain value; a message for what holds graphs, types and sparse tensors."""
    kinds = type(attribute)
    match attribute.type:
        case kinds.INT:
            return attribute.i
        case kinds.FLOAT:
            return attribute.f
        case kinds.STRING:
            return attribute.s.decode(errors="replace")
        case kinds.INTS:
            return tuple(attribute.ints)
        case kinds.FLOATS:
            return tuple(attribute.floats)
        case kinds.STRINGS:
            return tuple(s.decode(errors="replace") for s in attribute.strings)
        case kinds.TENSOR:
            constant = _constant(attribute.t, problems)
            return Constant(np.zeros(1)) if constant is None else constant
        case kinds.GRAPH:
            return attribute.g
    return attribute


def attribute_value(attribute: "onnx.AttributeProto") -> Any:
    """The plain value of a definition's default."""
    return _attribute(attribute, [])


def _input(value: "onnx.ValueInfoProto", problems: list[str]) -> InputRecord:
    if not value.type.HasField("tensor_type"):
        kind = value.type.WhichOneof("value") or "nothing"
        return InputRecord(value.name, kind.removesuffix("_type"), None)
    tensor = value.type.tensor_type
    dims: tuple[int | str, ...] | None = None
    if tensor.HasField("shape"):
        dims = tuple(
            d.dim_value if d.HasField("dim_value") else d.dim_param for d in tensor.shape.dim
        )
    return InputRecord(value.name, type_name(tensor.elem_type), dims)


def _output(value: "onnx.ValueInfoProto") -> OutputRecord:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return OutputRecord(value.name, None)
    dims = tensor.shape.dim
    if not all(d.HasField("dim_value") and d.dim_value > 0 for d in dims):
        return OutputRecord(value.name, None)
    return OutputRecord(value.name, tuple(d.dim_value for d in dims))


def type_name(element_type: int) -> str:
    """ONNX's name of an element type."""
    from onnx import TensorProto

    try:
        return str(TensorProto.DataType.Name(element_type)).lower()
    except ValueError:
        return f"number {element_type}"


def _order_problems(
    inputs: Sequence[str],
    constants: Mapping[str, Constant],
    nodes: Sequence[NodeRecord],
    outputs: Sequence[str],
) -> list[str]:
    """Names that are missing, repeated or read before they are written, cycles among them."""
    problems = [f"input '{short(n)}' is there twice" for n in {*inputs} if inputs.count(n) > 1]
    if any(not name for name in inputs):
        problems.append("an input has no name")
    writers = {name for node in nodes for name in node.outputs if name}
    known = {*inputs, *constants}
    for node in nodes:
        where = f"node {node.index} {short(node.kind)} '{short(node.base)}'"
        for name in node.inputs:
            if name and name not in known:
                fault = "before it is written: a cycle or a wrong order" if name in writers else ""
                problems.append(f"{where} reads '{short(name)}' {fault or 'that nothing writes'}")
        for name in node.outputs:
            if name and name in known:
                problems.append(f"{where} writes '{short(name)}' again")
            known.add(name)
    if not outputs:
        problems.append("the model has no outputs")
    problems += [
        f"output '{short(name)}' is there twice"
        for name in dict.fromkeys(outputs)
        if outputs.count(name) > 1
    ]
    problems += [
        f"output '{short(name)}' is never written" for name in outputs if name not in known
    ]
    return problems
