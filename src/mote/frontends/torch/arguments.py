"""Reads the arguments of a PyTorch operation: activations, parameters, settings."""

from collections.abc import Callable
from typing import Any

from mote.frontends.torch.builder import Builder, Parameter, RefusalError, Value
from mote.ir.ops import Shape
from mote.ir.tensor import Array

Arguments = dict[str, Any]
"""By their names in the operation's schema, defaults filled in."""

Converter = Callable[[Builder, str, Arguments, Shape], Value]
"""``(builder, name of the node to make, arguments, result's shape in PyTorch) -> result``."""


def activation(value: Any) -> Value:
    """The value that an operation is applied to."""
    if not isinstance(value, Value):
        raise RefusalError(
            "it is applied to a parameter", "compute it once and keep the result as a parameter"
        )
    return value


def planar(value: Any) -> Value:
    """A value that PyTorch keeps as ``[N, C, H, W]``."""
    x = activation(value)
    if not x.planar:
        raise RefusalError("its input is not a [N, C, H, W] value", "give it a 4-D activation")
    return x


def parameter(value: Any, what: str) -> Array:
    """The stored float32 values of a weight or buffer; ``what`` it is to the operation."""
    if not isinstance(value, Parameter):
        raise RefusalError(f"its {what} is computed, not stored", "make it a parameter or buffer")
    return value.array(what)


def pair(value: Any) -> tuple[int, int]:
    """PyTorch writes a square setting with one number or two."""
    numbers = [value] if isinstance(value, int) else list(value)
    return (int(numbers[0]), int(numbers[-1]))
