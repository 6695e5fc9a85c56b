"""Operators that move elements without computing: pad and reshape."""

import math
from dataclasses import dataclass

from mote.ir.ops.operator import F32, S8, U8, Op, Shape
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class Pad(Op):
    """Constant padding with real 0 (the zero point); one (before, after) pair per dimension."""

    kind = "pad"
    paddings: tuple[tuple[int, int], ...] = ()

    def shape(self, *x: Shape) -> Shape:
        return tuple(n + a + b for n, (a, b) in zip(x[0], self.paddings, strict=True))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not 1 <= len(x[0].shape) <= 4 or len(self.paddings) != len(x[0].shape):
            return [
                *found,
                (
                    f"{len(self.paddings)} pairs of paddings for shape {list(x[0].shape)} "
                    "(1 to 4 dimensions)"
                ),
            ]
        if any(n < 0 for pair in self.paddings for n in pair):
            found.append("negative padding is not supported")
        if x[0].dtype is S8 and x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found


@dataclass(frozen=True)
class Reshape(Op):
    """The same elements in the same order under another shape; costs nothing on the device."""

    kind = "reshape"
    dtypes = ((F32, F32), (S8, S8), (U8, U8))
    to: Shape = ()

    def shape(self, *x: Shape) -> Shape:
        return self.to

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if x[0].elements != math.prod(self.to):
            found.append(f"cannot reshape {list(x[0].shape)} to {list(self.to)}")
        if x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found
