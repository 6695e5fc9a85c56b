"""Operations that overwrite their operand, where reading the result instead is the same."""

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.fx import Node as FxNode

PASSING = {"alias", "contiguous", "detach", "dropout", "feature_dropout", "getitem", "to"}
"""Operations that may return their operand itself, whatever their schema says."""


def is_in_place(node: "FxNode") -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def functional_target(node: "FxNode") -> str:
    """``aten.relu.default`` for ``aten.relu_.default``; other targets as they are."""
    target = str(node.target)
    return target.replace("_.", ".", 1) if is_in_place(node) else target


def overwritten(node: "FxNode") -> "FxNode | None":
    """The value that an operation overwrites, when no other value shares its memory."""
    operand = node.args[0] if node.args else None
    written = [a for a in _arguments(node) if a.alias_info is not None and a.alias_info.is_write]
    if len(written) != 1 or written[0] is not _arguments(node)[0]:
        return None
    if not hasattr(operand, "users") or operand.op != "call_function":  # type: ignore[union-attr]
        return None
    source: FxNode = operand  # type: ignore[assignment]
    if _shares_memory(source) and not is_in_place(source):
        return None
    if any(_shares_memory(user) for user in source.users if not is_in_place(user)):
        return None
    return source


def _arguments(node: "FxNode") -> list[Any]:
    return list(node.target._schema.arguments)  # type: ignore[union-attr]


def _shares_memory(node: "FxNode") -> bool:
    """True when a node's result may lie in the memory of its operand."""
    if node.target is operator.getitem:
        return True
    schema = getattr(node.target, "_schema", None)
    if schema is None or str(node.target).split(".")[1] in PASSING:
        return True
    return any(r.alias_info is not None for r in schema.returns)
