"""Operators as JSON and back: one object of kind and attributes, typed by the operators' fields."""

import enum
import math
import types
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from mote.ir.ops import OPS, Op, Padding

Json = Any


def encode_op(op: Op) -> dict[str, Json]:
    """``{"kind": ..., attribute: value, ...}``."""
    return {"kind": op.kind, **{f.name: _encode(getattr(op, f.name)) for f in fields(op)}}


def decode_op(record: Json) -> Op:
    """The operator of a record.

    Raises:
        ValueError: There is no such operator, or an attribute is missing or of another type.
    """
    if not isinstance(record, dict):
        raise ValueError("an operator is no object")
    attributes = dict(record)
    kind = attributes.pop("kind", None)
    op = next((known for known in OPS if known.kind == kind), None)
    if op is None:
        raise ValueError(f"there is no operator {kind!r}")
    hints = _hints(op)
    if set(attributes) != set(hints):
        raise ValueError(f"{kind} has the attributes {', '.join(sorted(attributes)) or 'none'}")
    return op(**{name: _decode(attributes[name], hints[name], name) for name in hints})


def _hints(op: type[Op]) -> dict[str, Any]:
    hints = get_type_hints(op)
    return {f.name: hints[f.name] for f in fields(op)}


def _encode(value: Any) -> Json:
    match value:
        case enum.Enum():
            return value.value
        case Padding():
            return [value.top, value.bottom, value.left, value.right]
        case tuple():
            return [_encode(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)  # JSON has no infinity
    return value


def _decode(value: Json, hint: Any, name: str) -> Any:
    wrong = ValueError(f"attribute {name} is {value!r}")
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError:
            raise wrong from None
    if hint is Padding:
        numbers = _decode(value, tuple[int, int, int, int], name)
        if min(numbers) < 0:
            raise wrong
        return Padding(*numbers)
    if get_origin(hint) is tuple:
        return _tuple(value, get_args(hint), name)
    if hint is float and isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            raise wrong from None
    if not isinstance(hint, types.UnionType) and type(value) is hint:
        return value
    raise wrong


def _tuple(value: Json, items: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"attribute {name} is {value!r}")
    if len(items) == 2 and items[1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(items) != len(value):
        raise ValueError(f"attribute {name} has {len(value)} items")
    return tuple(_decode(item, hint, name) for item, hint in zip(value, items, strict=True))
