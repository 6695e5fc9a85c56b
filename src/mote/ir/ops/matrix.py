"""The product of two activations, as attention needs it."""

import math
from dataclasses import dataclass

from mote.ir.ops.broadcast import broadcast_shape, broadcasts
from mote.ir.ops.operator import F32, S8, S16, Activation, Op, Shape
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class MatMul(Op):
    """Product of two activations, ``[...,M,K]`` and ``[...,K,N]``; leading dimensions broadcast.

    With ``transpose_x1`` the second is ``[...,N,K]``. A constant operand is possible, but a
    ``FullyConnected`` is the better form of it.
    """

    kind = "mat_mul"
    inputs = ("x0", "x1")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    transpose_x1: bool = False
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        a, b = x
        columns = b[-2] if self.transpose_x1 else b[-1]
        return (*broadcast_shape(a[:-2], b[:-2]), a[-2], columns)

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(y) * x[0][-1]

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        a, b = x[0].shape, x[1].shape
        if not (2 <= len(a) <= 4 and 2 <= len(b) <= 4):
            return [*found, f"needs operands of 2 to 4 dimensions, found {list(a)} and {list(b)}"]
        if x[0].dtype is not x[1].dtype:
            found.append(f"operands have types {x[0].dtype.value} and {x[1].dtype.value}")
        if a[-1] != (b[-1] if self.transpose_x1 else b[-2]):
            found.append(f"shapes {list(a)} and {list(b)} do not multiply")
        if not broadcasts(a[:-2], b[:-2]):
            found.append(f"leading dimensions of {list(a)} and {list(b)} do not broadcast")
        return found
