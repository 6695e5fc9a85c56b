"""Which operators of a file matter, and whether their order makes sense."""

from mote.errors import ModelFileError
from mote.frontends.tflite.records import ModelRecord, OperatorRecord

ABSENT = -1
"""Index of an operand that is left out."""
STATED_SHAPES = {
    "BROADCAST_TO": 1,
    "RESHAPE": 1,
    "RESIZE_BILINEAR": 1,
    "RESIZE_NEAREST_NEIGHBOR": 1,
    "TRANSPOSE_CONV": 0,
}
"""Operators and which of their operands is a shape. It may be computed from the batch size; it is
known from the tensors here, and what computes it is dead."""


def operand_indices(operator: OperatorRecord) -> tuple[int, ...]:
    """The tensors whose values an operator needs."""
    known = STATED_SHAPES.get(operator.kind)
    return tuple(index for i, index in enumerate(operator.inputs) if index != ABSENT and i != known)


def check_order(model: ModelRecord, source: str) -> None:
    """Refuse a file in which a tensor is read before it is written, or written twice."""

    def refuse(what: str) -> ModelFileError:
        return ModelFileError(
            source, f"the file is damaged: {what}", hint="convert the model again"
        )

    count = len(model.tensors)
    for operator in model.operators:
        where = f"node {operator.index} {operator.kind}"
        if any(not ABSENT <= index < count for index in operator.inputs):
            raise refuse(f"{where} reads a tensor that is not among the {count}")
        if any(not 0 <= index < count for index in operator.outputs):
            raise refuse(f"{where} writes a tensor that is not among the {count}")
        if not operator.outputs:
            raise refuse(f"{where} writes nothing")
    if any(not 0 <= index < count for index in (*model.inputs, *model.outputs)):
        raise refuse(f"an input or output is not among the {count} tensors")
    if not model.outputs:
        raise refuse("no outputs")
    for role, indices in (("input", model.inputs), ("output", model.outputs)):
        if len(set(indices)) != len(indices):
            raise refuse(f"an {role} is listed twice")
    if not {*model.inputs}.isdisjoint(model.outputs):
        raise refuse("an input is an output")
    written = {index for index, tensor in enumerate(model.tensors) if tensor.data is not None}
    if written & {*model.inputs, *model.outputs}:
        raise refuse("an input or output is a constant")
    written.update(model.inputs)
    for operator in model.operators:
        where = f"node {operator.index} {operator.kind}"
        if not written.issuperset(i for i in operator.inputs if i != ABSENT):
            raise refuse(f"{where} reads a tensor before it is written")
        if len(set(operator.outputs)) != len(operator.outputs) or written & {*operator.outputs}:
            raise refuse(f"{where} writes a tensor that has a value already")
        written.update(operator.outputs)
    if not written.issuperset(model.outputs):
        raise refuse("an output is never written")


def live_operators(model: ModelRecord) -> tuple[OperatorRecord, ...]:
    """The operators that the outputs depend on, in execution order."""
    needed = set(model.outputs)
    live = []
    for operator in reversed(model.operators):
        if needed.isdisjoint(operator.outputs):
            continue
        needed.update(operand_indices(operator))
        live.append(operator)
    return tuple(reversed(live))
