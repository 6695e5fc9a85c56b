"""Operators that move elements without computing: pad, reshape, transpose, slice, concatenate."""

import enum
import math
from dataclasses import dataclass

from mote.ir.ops.operator import F32, S8, S16, S32, U8, Op, Shape
from mote.ir.tensor import Tensor


class PadMode(enum.Enum):
    """What stands in a border: one value, or elements mirrored about the first and last one."""

    CONSTANT = "constant"
    REFLECT = "reflect"


@dataclass(frozen=True)
class Pad(Op):
    """A border of one real value or of mirrored elements; a (before, after) pair per dimension."""

    kind = "pad"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    paddings: tuple[tuple[int, int], ...] = ()
    mode: PadMode = PadMode.CONSTANT
    value: float = 0.0

    def shape(self, *x: Shape) -> Shape:
        return tuple(n + a + b for n, (a, b) in zip(x[0], self.paddings, strict=True))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x, y)
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
        if self.mode is PadMode.REFLECT and any(
            max(pair) >= n for n, pair in zip(x[0].shape, self.paddings, strict=True)
        ):
            found.append(f"reflecting {list(x[0].shape)} cannot give {self.paddings}")
        if self.mode is PadMode.REFLECT and self.value:
            found.append("a reflected border has no value of its own")
        if not math.isfinite(self.value):
            found.append(f"the border's value is {self.value}")
        return found


@dataclass(frozen=True)
class Reshape(Op):
    """The same elements in the same order under another shape; costs nothing on the device."""

    kind = "reshape"
    dtypes = ((F32, F32), (S8, S8), (U8, U8), (S16, S16), (S32, S32))
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


@dataclass(frozen=True)
class Transpose(Op):
    """Dimension i of the result is dimension ``permutation[i]`` of the input."""

    kind = "transpose"
    dtypes = ((F32, F32), (S8, S8), (U8, U8), (S16, S16))
    permutation: tuple[int, ...] = ()

    def shape(self, *x: Shape) -> Shape:
        return tuple(x[0][i] for i in self.permutation)

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x, y)
        if sorted(self.permutation) != list(range(len(x[0].shape))):
            found.append(f"{list(self.permutation)} does not permute shape {list(x[0].shape)}")
        return found


@dataclass(frozen=True)
class Slice(Op):
    """Elements ``begin``, ``begin + stride``, ... before ``end`` of each dimension."""

    kind = "slice"
    dtypes = ((F32, F32), (S8, S8), (U8, U8), (S16, S16))
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()

    def shape(self, *x: Shape) -> Shape:
        return tuple(
            len(range(begin, end, stride))
            for begin, end, stride in zip(self.begins, self.ends, self.strides, strict=True)
        )

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x, y)
        rank = len(x[0].shape)
        if not len(self.begins) == len(self.ends) == len(self.strides) == rank:
            return [*found, f"needs {rank} begins, ends and strides"]
        triples = zip(self.begins, self.ends, self.strides, x[0].shape, strict=True)
        if not all(0 <= begin < end <= n and stride >= 1 for begin, end, stride, n in triples):
            found.append(
                f"begins {list(self.begins)}, ends {list(self.ends)}, strides "
                f"{list(self.strides)} do not suit shape {list(x[0].shape)}"
            )
        return found


@dataclass(frozen=True)
class Concat(Op):
    """Operands one after the other along ``axis``, which is not negative."""

    kind = "concat"
    inputs = ("x0",)
    variadic = True
    dtypes = ((F32, F32), (S8, S8), (U8, U8), (S16, S16))
    axis: int = 0

    def shape(self, *x: Shape) -> Shape:
        total = sum(s[self.axis] for s in x)
        return tuple(total if i == self.axis else n for i, n in enumerate(x[0]))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x, y)
        if len({t.dtype for t in x}) > 1:
            found.append(f"operands have types {', '.join(t.dtype.value for t in x)}")
        ranks = {len(t.shape) for t in x}
        if len(ranks) > 1 or not 0 <= self.axis < min(ranks):
            return [*found, f"axis {self.axis} does not suit {[list(t.shape) for t in x]}"]
        others = {t.shape[: self.axis] + t.shape[self.axis + 1 :] for t in x}
        if len(others) > 1:
            found.append(f"shapes {[list(t.shape) for t in x]} differ beside axis {self.axis}")
        return found


class ResizeMethod(enum.Enum):
    """Which input elements make a result element."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"


@dataclass(frozen=True)
class Resize(Op):
    """A plane ``[N,H,W,C]`` at another height and width.

    With n input and m result rows, result row i reads at i * (n-1)/(m-1) with ``align_corners``,
    at (i + 0.5) * n/m - 0.5 with ``half_pixel_centers``, else at i * n/m.
    """

    kind = "resize"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    to: tuple[int, int] = (1, 1)
    method: ResizeMethod = ResizeMethod.NEAREST
    align_corners: bool = False
    half_pixel_centers: bool = False

    def shape(self, *x: Shape) -> Shape:
        return (x[0][0], *self.to, x[0][3])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x, y)
        if len(x[0].shape) != 4 or min(self.to) < 1:
            found.append(f"cannot resize {list(x[0].shape)} to {list(self.to)}")
        if self.align_corners and self.half_pixel_centers:
            found.append("align_corners and half_pixel_centers exclude each other")
        return found


@dataclass(frozen=True)
class Embedding(Op):
    """Row ``index`` of a constant table ``[rows, ...]`` for each index of an int32 tensor."""

    kind = "embedding"
    inputs = ("indices", "table")
    dtypes = ((S32, F32), (S32, S8), (S32, S16))

    def shape(self, *x: Shape) -> Shape:
        return (*x[0], *x[1][1:])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y) + _same_quantization(x[1:], y)
        if not x[1].is_constant or not x[1].shape:
            found.append("the table must be a constant with rows")
        if x[1].dtype is not y.dtype:
            found.append(f"the table is {x[1].dtype.value}, allowed: {y.dtype.value} as the result")
        return found


def _same_quantization(x: tuple[Tensor, ...], y: Tensor) -> list[str]:
    """Elements that are moved keep their scale and zero point."""
    if y.dtype is F32 or all(t.quantization == y.quantization for t in x):
        return []
    return ["input and output must share scale and zero point"]
