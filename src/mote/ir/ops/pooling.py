"""Operators that reduce a plane: average and maximum pooling, mean."""

from dataclasses import dataclass

from mote.ir.ops.operator import F32, S8, S16, Activation, Op, Shape
from mote.ir.ops.window import NO_PADDING, Padding, plane_shape, window_problems
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class _Pool(Op):
    """Attributes shared by the two pooling operators; padding never enters the result."""

    kind = ""
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        plane = plane_shape(x[0], self.kernel, self.stride, (1, 1), self.padding)
        return (x[0][0], *plane, x[0][3])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if len(x[0].shape) != 4:
            return [*found, f"needs a 4-D input, found {list(x[0].shape)}"]
        if min(self.kernel) < 1 or min(self.stride) < 1:
            return [
                *found,
                f"window {list(self.kernel)} and stride {list(self.stride)} must be positive",
            ]
        p, (kh, kw) = self.padding, self.kernel
        if max(p.top, p.bottom) >= kh or max(p.left, p.right) >= kw:
            found.append(f"padding {p} is as large as the window {list(self.kernel)}")
        if x[0].dtype is not F32 and x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found + window_problems(self.shape(x[0].shape))


@dataclass(frozen=True)
class AveragePool2D(_Pool):
    """Mean over the part of the window that lies inside the input, halves away from zero."""

    kind = "average_pool_2d"


@dataclass(frozen=True)
class MaxPool2D(_Pool):
    """Maximum over the part of the window that lies inside the input."""

    kind = "max_pool_2d"


@dataclass(frozen=True)
class Mean(Op):
    """Mean over ``axes``, which are sorted, distinct and not negative."""

    kind = "mean"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    axes: tuple[int, ...] = (1, 2)
    keep_dims: bool = False

    def shape(self, *x: Shape) -> Shape:
        kept = [1 if i in self.axes else n for i, n in enumerate(x[0])]
        if self.keep_dims:
            return tuple(kept)
        return tuple(n for i, n in enumerate(x[0]) if i not in self.axes)

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        rank = len(x[0].shape)
        if not 1 <= rank <= 4:
            found.append(f"needs one to four dimensions, found {list(x[0].shape)}")
        if (
            not self.axes
            or list(self.axes) != sorted(set(self.axes))
            or not 0 <= self.axes[0] <= self.axes[-1] < rank
        ):
            found.append(f"axes {list(self.axes)} do not suit a {rank}-D input")
        return found
