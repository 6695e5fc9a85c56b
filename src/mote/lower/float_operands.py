"""What the float32 kernels share: the clamp, and one operand that is a constant."""

from collections.abc import Sequence
from typing import Protocol

from mote.errors import UnsupportedModelError
from mote.ir.graph import Node
from mote.ir.ops import Activation
from mote.ir.tensor import Tensor
from mote.lower.step import Constant


class Clamping(Protocol):
    """An operator with a fused activation."""

    @property
    def activation(self) -> Activation: ...


def limits(op: Clamping) -> dict[str, float]:
    """The clamp's fields; infinite where nothing is fused."""
    low, high = op.activation.bounds
    return {"y_min": low, "y_max": high}


def constant_operand(node: Node, operands: Sequence[Tensor]) -> tuple[Constant, ...]:
    """The constant of two operands, if one is.

    Raises:
        UnsupportedModelError: Both are.
    """
    constants = tuple(Constant("constant", t.array, True) for t in operands if t.is_constant)
    if len(constants) == 2:
        raise UnsupportedModelError(f"node '{node.name}'", f"{node.op.label} of two constants")
    return constants
