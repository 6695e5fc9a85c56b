"""What converts a node sees the model through it: operands, attributes, and the graph to build."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mote.frontends.onnx.builder import Builder
from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.values import Constant, RefusalError, short
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Op, Reshape, Shape, Transpose
from mote.ir.tensor import Array

Value = Constant | Tensor
"""A constant, or an activation of the graph."""

Result = Value | Sequence[Value] | None
"""What a node gives; None for a result that does not exist here, which must have no reader."""


class Site:
    """One node, its operands, and the builder that its nodes go to."""

    def __init__(
        self,
        builder: Builder,
        record: NodeRecord,
        values: Sequence[Value | None],
        used: Sequence[bool],
    ) -> None:
        self._builder = builder
        self.record = record
        self._values = values
        self._used = used

    @property
    def version(self) -> int:
        return self.record.version

    # Operands

    def has(self, operand: int) -> bool:
        """False for an operand that is left out."""
        return operand < len(self._values) and self._values[operand] is not None

    def value(self, operand: int) -> Value:
        if not self.has(operand):
            raise RefusalError(f"operand {operand} is missing", "export the model again")
        value = self._values[operand]
        assert value is not None
        return value

    def values(self) -> list[Value]:
        """All operands that are not left out."""
        return [v for v in self._values if v is not None]

    def is_constant(self, operand: int) -> bool:
        return self.has(operand) and isinstance(self.value(operand), Constant)

    def activation(self, operand: int = 0) -> Tensor:
        """A float value that is computed, or given, when the model runs."""
        value = self.value(operand)
        if isinstance(value, Constant):
            raise RefusalError(f"operand {operand} is a constant", "fold constants on export")
        if value.dtype is not DType.FLOAT32:
            raise RefusalError(f"operand {operand} has type {value.dtype.value}, allowed: float")
        return value

    def operand(self, operand: int) -> Tensor:
        """A float value, a constant one as a constant of the graph."""
        value = self.value(operand)
        if isinstance(value, Constant):
            return self.constant(self.record.inputs[operand], value)
        return self.activation(operand)

    def stored(self, operand: int, what: str) -> Constant:
        """A float constant; ``what`` it is to the operator."""
        value = self.value(operand)
        if not isinstance(value, Constant):
            raise RefusalError(
                f"its {what} '{short(self.record.inputs[operand])}' is computed, not stored",
                "store it as an initializer",
            )
        if value.array.dtype != np.float32:
            raise RefusalError(
                f"its {what} has type {value.array.dtype.name}, allowed: float32",
                "export the model in float32",
            )
        return value

    def number(self, operand: int, what: str) -> float:
        """A constant of one element."""
        array = self.stored(operand, what).array
        if array.size != 1:
            raise RefusalError(f"its {what} has shape {list(array.shape)}, allowed: one number")
        return float(array.reshape(()))

    def integers(self, operand: int, what: str) -> tuple[int, ...]:
        """A constant that states sizes, axes or indices."""
        value = self.value(operand)
        if not isinstance(value, Constant):
            raise RefusalError(
                f"its {what} '{short(self.record.inputs[operand])}' is computed when the model "
                "runs",
                "export with fixed shapes",
            )
        if value.array.dtype.kind not in "iu" or value.array.ndim > 1:
            raise RefusalError(f"its {what} is {value.array.dtype.name}, allowed: a list of int64")
        return tuple(int(n) for n in value.array.reshape(-1))

    def name_of(self, operand: int) -> str:
        return self.record.inputs[operand]

    def wants(self, result: int) -> bool:
        """True when something reads that result."""
        return result < len(self._used) and self._used[result]

    # Attributes; their types agree with the operator's definition, which the importer checks

    @property
    def attributes(self) -> Mapping[str, object]:
        return self.record.attributes

    def integer(self, name: str, default: int) -> int:
        value = self.attributes.get(name, default)
        assert isinstance(value, int), name
        return value

    def real(self, name: str, default: float) -> float:
        value = self.attributes.get(name, default)
        assert isinstance(value, int | float), name
        if not math.isfinite(value):
            raise RefusalError(f"attribute {name}={value}, allowed: finite numbers")
        return float(value)

    def text(self, name: str, default: str) -> str:
        value = self.attributes.get(name, default)
        assert isinstance(value, str), name
        return value

    def sizes(self, name: str) -> tuple[int, ...] | None:
        value = self.attributes.get(name)
        if value is None:
            return None
        assert isinstance(value, tuple), name
        return value

    def axis(self, default: int, rank: int, name: str = "axis") -> int:
        """An axis counted from the front."""
        return resolved_axis(self.integer(name, default), rank, f"attribute {name}")

    # The graph

    def emit(
        self,
        op: Op,
        *operands: Tensor,
        role: str = "",
        dtype: DType = DType.FLOAT32,
        quantization: Quantization | None = None,
    ) -> Tensor:
        """Add a node; ``role`` tells the nodes of one operator apart."""
        name = f"{self.record.base}/{role}" if role else self.record.base
        return self._builder.append(name, op, operands, dtype, quantization)

    def constant(self, name: str, constant: Constant) -> Tensor:
        return self._builder.constant(name, constant)

    def new_constant(self, role: str, array: Array | float) -> Tensor:
        """A float32 constant that the file does not have."""
        array = np.asarray(array, np.float32)
        return self._builder.constant(f"{self.record.base}/{role}", Constant(array))

    def reshaped(self, x: Tensor, shape: Shape, role: str) -> Tensor:
        """``x`` under another shape, through a node unless it has that shape."""
        if x.shape == shape:
            return x
        return self.emit(Reshape(shape), x, role=role, dtype=x.dtype, quantization=x.quantization)

    def transposed(self, x: Tensor, permutation: Sequence[int], role: str) -> Tensor:
        """``x`` with its dimensions in another order, through a node unless it is the same."""
        if list(permutation) == list(range(len(x.shape))):
            return x
        op = Transpose(tuple(permutation))
        return self.emit(op, x, role=role, dtype=x.dtype, quantization=x.quantization)

    def copy(self, x: Tensor) -> Tensor:
        """A value of its own that equals ``x``."""
        return self.emit(
            Reshape(x.shape), x, role="copy", dtype=x.dtype, quantization=x.quantization
        )

    def is_finite(self, x: Tensor) -> bool:
        """False for a value that stored infinities may have made infinite, or no number."""
        return self._builder.is_finite(x)

    def is_probability(self, x: Tensor) -> bool:
        """True for what a softmax of numbers gives."""
        return self._builder.is_probability(x)

    def quantised(self, x: Tensor, quantization: Quantization) -> Tensor:
        """An 8-bit input, whose meaning only its reader states."""
        changed = replace(x, quantization=quantization)
        self._builder.tensors[x.name] = changed
        return changed


def resolved_axis(axis: int, rank: int, what: str) -> int:
    if not -rank <= axis < rank:
        raise RefusalError(f"{what} is {axis}, allowed: {-rank} to {rank - 1}")
    return axis % rank


def resolved_axes(axes: Sequence[int], rank: int, what: str = "axes") -> tuple[int, ...]:
    """Sorted axes counted from the front."""
    found = sorted(resolved_axis(a, rank, what) for a in axes)
    if len(set(found)) != len(found):
        raise RefusalError(f"{what} {list(axes)} repeat")
    return tuple(found)
