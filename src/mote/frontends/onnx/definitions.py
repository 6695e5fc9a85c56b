"""Checks a node against ONNX's definition of its operator: operands, attributes and their types."""

from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.values import Constant, RefusalError, short

TYPES: dict[str, tuple[type, ...]] = {
    "INT": (int,),
    "FLOAT": (float, int),
    "STRING": (str,),
    "INTS": (int,),
    "FLOATS": (float, int),
    "STRINGS": (str,),
    "TENSOR": (Constant,),
}
"""What a plain value of each type is; lists hold such elements."""


def check_node(record: NodeRecord) -> None:
    """Refuse a node that its operator does not allow; unknown operators are told elsewhere."""
    import onnx

    if record.domain:
        return
    try:
        schema = onnx.defs.get_schema(record.kind, record.version, "")
    except onnx.defs.SchemaError:
        return
    problems = []
    for name, value in record.attributes.items():
        known = schema.attributes.get(name)
        kind = "" if known is None else str(known.type).rpartition(".")[2]
        if known is None:
            problems.append(
                f"attribute {short(name)} is none of {record.kind} in opset {record.version}"
            )
        elif not _fits(value, kind):
            problems.append(f"attribute {name} is no {kind}")
    problems += [
        f"attribute {name} is missing"
        for name, attribute in schema.attributes.items()
        if attribute.required and name not in record.attributes
    ]
    given = len(record.inputs)
    while given and not record.inputs[given - 1]:
        given -= 1
    if not schema.min_input <= given <= schema.max_input:
        most = f" to {schema.max_input}" if schema.max_input < 2**16 else " or more"
        problems.append(f"{given} operands, allowed: {schema.min_input}{most}")
    if not schema.min_output <= len(record.outputs) <= schema.max_output:
        problems.append(f"{len(record.outputs)} results, allowed: {schema.max_output}")
    if problems:
        raise RefusalError("; ".join(problems), "export the model again")


def _fits(value: object, kind: str) -> bool:
    if kind == "GRAPH":
        from onnx import GraphProto

        return isinstance(value, GraphProto)
    wanted = TYPES.get(kind)
    if wanted is None:
        return not isinstance(value, int | float | str | tuple | Constant)
    if kind.endswith("S"):
        return isinstance(value, tuple) and all(isinstance(v, wanted) for v in value)
    return isinstance(value, wanted)
