"""One PyTorch operation while it is converted: its arguments, and the nodes made for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mote.frontends.torch.builder import Builder, Parameter, RefusalError, Value
from mote.ir import DType, Quantization
from mote.ir.ops import Op, Reshape, Shape
from mote.ir.tensor import Array


@dataclass(frozen=True)
class Site:
    """An operation.

    Args:
        builder: Where its nodes go.
        name: Of the node that computes its result; helpers are called ``name.role``.
        arguments: By their names in the operation's schema, defaults filled in.
        shape: Its (first) result's shape.
        only_broadcast: True when all readers of the result would broadcast a smaller value.
    """

    builder: Builder
    name: str
    arguments: Mapping[str, Any]
    shape: Shape
    only_broadcast: bool = False

    def __getitem__(self, key: str) -> Any:
        return self.arguments[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.arguments.get(key, default)

    # Operands

    def activation(self, key: str = "self") -> Value:
        """The value that the operation is applied to."""
        value = self.arguments[key]
        if not isinstance(value, Value):
            raise RefusalError(f"its {key} is a parameter", "compute with activations there")
        return value

    def floats(self, key: str = "self") -> Value:
        """An activation of real numbers."""
        x = self.activation(key)
        found = self.builder.tensors[x.tensor].dtype
        if found is not DType.FLOAT32:
            raise RefusalError(f"its {key} is {found.value}", "compute with float32 values")
        return x

    def operand(self, key: str) -> Value:
        """An activation, or a constant made from a parameter or a number."""
        value = self.arguments[key]
        if isinstance(value, Value):
            return self.floats(key)
        if isinstance(value, Parameter):
            array = value.numbers(key)
            return self.builder.constant(value.name, array, value.quantization, value.grid)
        return self.constant(key, float(value))

    def parameter(self, key: str, what: str) -> Array:
        """The stored float32 values of a weight or buffer; ``what`` it is to the operation."""
        return self.stored(key, what).array(what)

    def stored(self, key: str, what: str) -> Parameter:
        value = self.arguments[key]
        if not isinstance(value, Parameter):
            raise RefusalError(
                f"its {what} is computed, not stored", "make it a parameter or buffer"
            )
        return value

    # Nodes

    def emit(self, op: Op, *operands: Value, role: str = "") -> Value:
        """A node: the one that computes the result, or a helper of this role."""
        return self.builder.emit(f"{self.name}.{role}" if role else self.name, op, operands)

    def converted(self, op: Op, x: Value, dtype: DType, q: Quantization | None) -> Value:
        """A node that changes the element type."""
        return self.builder.emit(self.name, op, (x,), dtype, q)

    def constant(self, role: str, array: Any) -> Value:
        return self.builder.constant(f"{self.name}.{role}", np.asarray(array, np.float32))

    def reshaped(self, x: Value, shape: Sequence[int], role: str = "reshape") -> Value:
        shape = tuple(shape)
        return x if shape == x.shape else self.emit(Reshape(to=shape), x, role=role)

    def permuted(self, x: Value, order: Sequence[int], role: str = "transpose") -> Value:
        return self.builder.permuted(f"{self.name}.{role}" if role else self.name, x, order)

    def dimension(self, value: Any, rank: int) -> int:
        """A dimension's index, counted from the first."""
        index = int(value)
        if not -max(rank, 1) <= index < max(rank, 1):
            raise RefusalError(f"dimension {index} of {rank}", "choose one that is there")
        return index % max(rank, 1)


Converter = Callable[[Site], Value | Parameter | Sequence[Value | None]]
"""Makes the nodes of an operation; the result, or the results, None for one that cannot be had."""


def pair(value: Any, count: int = 2) -> tuple[int, int]:
    """(height, width) of a setting; PyTorch writes equal ones once, a sequence has height 1.

    Args:
        value: One number or ``count`` of them.
        count: Dimensions of the plane: 2, or 1 for a sequence, whose first number is 1.
    """
    numbers = [value] if isinstance(value, int) else list(value)
    numbers = [int(n) for n in numbers]
    return (1, numbers[-1]) if count == 1 else (numbers[0], numbers[-1])
