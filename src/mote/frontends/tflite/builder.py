"""Builds the graph one node at a time; what converts an operator sees the model through it."""

import numpy as np

from mote.frontends.tflite.constants import as_float, folded
from mote.frontends.tflite.names import tensor_names
from mote.frontends.tflite.records import ModelRecord, OperatorRecord, Options, TensorRecord
from mote.frontends.tflite.values import (
    CONVERT_AGAIN,
    FULL_INTEGER,
    MAX_RANK,
    UnsupportedError,
    check_scales,
    convert_tensor,
    indices,
    is_shape,
)
from mote.ir import DType, Node, Quantization, Tensor
from mote.ir.ops import Op, Reshape, Shape
from mote.ir.tensor import Array


class Builder:
    """The graph under construction: tensors converted and nodes added so far.

    ``read`` holds the tensors, by index, that some operator or the caller reads.
    """

    def __init__(self, model: ModelRecord, read: frozenset[int]) -> None:
        self.model = model
        self.read = read
        self.names = tensor_names(t.name for t in model.tensors)
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self._taken = set(self.names)
        self._floats: dict[str, Tensor] = {}

    def tensor(self, index: int) -> Tensor:
        """The tensor of that index, converted on first use."""
        name = self.names[index]
        if name not in self.tensors:
            self.tensors[name] = convert_tensor(self.model.tensors[index], name)
        return self.tensors[name]

    def data(self, index: int) -> Tensor:
        """The tensor of that index, which must be quantised as a whole."""
        tensor = self.tensor(index)
        if tensor.quantization is not None and tensor.quantization.axis is not None:
            raise UnsupportedError(f"'{tensor.name}' is quantised per channel", FULL_INTEGER)
        return tensor

    def fresh_name(self, base: str) -> str:
        """A tensor name that the model does not use."""
        while base in self._taken:
            base += "_"
        self._taken.add(base)
        return base

    def as_float(self, tensor: Tensor) -> Tensor:
        """A constant as float32; the same one for all who ask."""
        if tensor.dtype is DType.FLOAT32:
            return tensor
        if not tensor.is_constant or tensor.quantization is None or tensor.dtype is DType.INT32:
            raise UnsupportedError(f"'{tensor.name}' is {tensor.dtype.value} on float32 data")
        if tensor.name not in self._floats:
            name = self.fresh_name(f"{tensor.name}/float")
            self._floats[tensor.name] = as_float(tensor, name)
        return self._floats[tensor.name]

    def append(self, name: str, op: Op, operands: tuple[Tensor, ...], result: Tensor) -> Tensor:
        self.tensors.update((t.name, t) for t in (*operands, result))
        self.nodes.append(Node(name, op, tuple(t.name for t in operands), result.name))
        return result


class Site:
    """One operator of the file, and the builder that its nodes go to."""

    def __init__(self, builder: Builder, record: OperatorRecord) -> None:
        self._builder = builder
        self._record = record
        self.name = f"{record.kind.lower()}_{record.index}"

    @property
    def options(self) -> Options:
        return self._record.options

    @property
    def results(self) -> int:
        return len(self._record.outputs)

    def is_read(self, result: int) -> bool:
        """False for a result that nothing needs."""
        return self._record.outputs[result] in self._builder.read

    def has(self, operand: int) -> bool:
        """False for an operand that is left out."""
        return operand < len(self._record.inputs) and self._record.inputs[operand] >= 0

    def _index(self, operand: int) -> int:
        if not self.has(operand):
            raise UnsupportedError(f"operand {operand} is missing", CONVERT_AGAIN)
        return self._record.inputs[operand]

    def record(self, operand: int) -> TensorRecord:
        return self._builder.model.tensors[self._index(operand)]

    def operand(self, operand: int) -> Tensor:
        """An operand of any kind."""
        return self._builder.tensor(self._index(operand))

    def data(self, operand: int) -> Tensor:
        """An operand that is quantised as a whole."""
        return self._builder.data(self._index(operand))

    def all_data(self) -> list[Tensor]:
        """Every operand, of which there must be one."""
        return [self.data(i) for i in range(max(1, len(self._record.inputs)))]

    def indices(self, operand: int) -> tuple[int, ...]:
        """The values of an operand that states a shape, axes or paddings."""
        index = self._index(operand)
        return indices(self._builder.model.tensors[index], self._builder.names[index])

    def result(self, number: int = 0) -> Tensor:
        """What the operator writes, as the file states it."""
        return self._builder.data(self._record.outputs[number])

    def as_float(self, tensor: Tensor) -> Tensor:
        """A constant of float data, whatever the type that the file holds it in."""
        return self._builder.as_float(tensor)

    def emit(self, op: Op, *operands: Tensor, to: int = 0) -> Tensor:
        """The node that writes a result of the operator."""
        stated = self.result(to)
        shape = self._checked_shape(op, operands, stated)
        if not is_shape(shape):
            raise UnsupportedError(f"the result has {len(shape)} dimensions, allowed: {MAX_RANK}")
        # No shape at all means that the converter did not know it.
        if stated.shape not in (shape, ()):
            raise UnsupportedError(
                f"the result has shape {list(shape)}, but '{stated.name}' {list(stated.shape)}",
                CONVERT_AGAIN,
            )
        result = Tensor(stated.name, shape, stated.dtype, stated.quantization)
        return self._add(f"{self.name}/{to}" if to else self.name, op, operands, result)

    def define(self, constant: Tensor) -> None:
        """The operator's result is known."""
        self._builder.tensors[constant.name] = constant

    def _add(self, name: str, op: Op, operands: tuple[Tensor, ...], result: Tensor) -> Tensor:
        """A node, or its result where all operands are known."""
        if all(t.is_constant for t in operands):
            constant = folded(op, operands, result)
            self.define(constant)
            return constant
        return self._builder.append(name, op, operands, result)

    def constant(self, role: str, values: Array, q: Quantization | None = None) -> Tensor:
        """A constant that the file leaves out or has in another form."""
        name = self._builder.fresh_name(f"{self.name}/{role}")
        return Tensor(name, values.shape, DType(values.dtype.name), q, np.ascontiguousarray(values))

    def insert(self, role: str, op: Op, operands: tuple[Tensor, ...], like: Tensor) -> Tensor:
        """A node that the file does not have, with a new tensor for its result."""
        shape = self._checked_shape(op, operands, like)
        name = f"{self.name}/{role}"
        result = Tensor(self._builder.fresh_name(name), shape, like.dtype, like.quantization)
        return self._add(name, op, operands, result)

    def reshaped(self, role: str, x: Tensor, shape: Shape) -> Tensor:
        """``x`` under another shape, through an inserted node unless it has that shape."""
        return x if x.shape == shape else self.insert(role, Reshape(shape), (x,), x)

    def _checked_shape(self, op: Op, operands: tuple[Tensor, ...], result: Tensor) -> Shape:
        problems = op.problems(operands, result)
        if problems:
            foreign = {t.dtype for t in (*operands, result)} & {DType.UINT8, DType.INT16}
            raise UnsupportedError("; ".join(problems), FULL_INTEGER if foreign else "")
        check_scales(op, operands, result)
        return op.shape(*(t.shape for t in operands))
