"""Operators that keep the shape: add, softmax, and those of float graphs alone."""

import math
from dataclasses import dataclass

from mote.ir.ops.operator import F32, S8, Activation, Op, Shape
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class Add(Op):
    """Sum of two tensors with numpy broadcasting, up to four dimensions."""

    kind = "add"
    inputs = ("x0", "x1")
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        a, b = ((1,) * (max(map(len, x)) - len(s)) + s for s in x)
        return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if x[0].dtype is not x[1].dtype:
            found.append(f"operands have types {x[0].dtype.value} and {x[1].dtype.value}")
        a, b = x[0].shape, x[1].shape
        if max(len(a), len(b)) > 4:
            found.append("more than four dimensions are not supported")
        if any(m != n and 1 not in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False)):
            found.append(f"shapes {list(a)} and {list(b)} do not broadcast")
        quantised = [t.quantization for t in (*x, y)]
        if y.dtype is S8 and all(q is not None and q.axis is None for q in quantised):
            largest = max(t.q.scale for t in x)
            if 2 * largest >= 2**20 * y.q.scale:
                found.append(
                    f"operand scale {largest:.9g} is too large for the result's {y.q.scale:.9g}; "
                    "allowed: less than 2**19 times as large"
                )
        return found


@dataclass(frozen=True)
class Softmax(Op):
    """exp(beta*x) normalised over the last axis; int8 output is quantised (1/256, -128)."""

    kind = "softmax"
    beta: float = 1.0

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[0].shape or math.prod(x[0].shape) == 0:
            found.append(f"needs at least one element, found {list(x[0].shape)}")
        if not (math.isfinite(self.beta) and self.beta > 0):
            found.append(f"beta is {self.beta}, allowed: positive numbers")
        if (
            y.dtype is S8
            and y.quantization is not None
            and (y.quantization.scales != (1 / 256,) or y.quantization.zero_points != (-128,))
        ):
            found.append("int8 output must have scale 1/256 and zero point -128")
        return found


@dataclass(frozen=True)
class Relu(Op):
    """A stand-alone clamp of a float graph; ``fuse_activation`` moves it into its producer."""

    kind = "relu"
    dtypes = ((F32, F32),)
    activation: Activation = Activation.RELU


@dataclass(frozen=True)
class BatchNorm(Op):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta per last axis; float graphs only."""

    kind = "batch_norm"
    inputs = ("x", "gamma", "beta", "mean", "variance")
    dtypes = ((F32, F32),)
    epsilon: float = 1e-5
