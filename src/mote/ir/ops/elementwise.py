"""Arithmetic on two tensors, softmax, normalisations, and the clamp of float graphs."""

import math
from dataclasses import dataclass

import numpy as np

from mote.ir.ops.broadcast import broadcast_shape, broadcasts
from mote.ir.ops.operator import F32, S8, S16, S32, Activation, Op, Shape
from mote.ir.tensor import Tensor


@dataclass(frozen=True)
class _Binary(Op):
    """Two operands of one type with numpy broadcasting, up to four dimensions."""

    kind = ""
    inputs = ("x0", "x1")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        return broadcast_shape(*x)

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if x[0].dtype is not x[1].dtype:
            found.append(f"operands have types {x[0].dtype.value} and {x[1].dtype.value}")
        a, b = x[0].shape, x[1].shape
        if max(len(a), len(b)) > 4:
            found.append("more than four dimensions are not supported")
        if not broadcasts(a, b):
            found.append(f"shapes {list(a)} and {list(b)} do not broadcast")
        return found


@dataclass(frozen=True)
class Add(_Binary):
    """Sum of two tensors with numpy broadcasting, up to four dimensions."""

    kind = "add"

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        return _Binary.problems(self, x, y) + _sum_problems(x, y)


@dataclass(frozen=True)
class Sub(_Binary):
    """Difference of two tensors with numpy broadcasting, up to four dimensions."""

    kind = "sub"

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        return _Binary.problems(self, x, y) + _sum_problems(x, y)


@dataclass(frozen=True)
class Mul(_Binary):
    """Elementwise product with numpy broadcasting, up to four dimensions."""

    kind = "mul"

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        return _Binary.problems(self, x, y) + _product_problems(x, y)


SUM_SHIFTS = {S8: 20, S16: 15}
"""Bits by which both operands of an integer sum move up before they are scaled."""
PRODUCT_LIMITS = {S8: 2.0**15, S16: 1.0}
"""Products of integers may be scaled by less than this: then they stay inside int32."""


def _sum_problems(x: tuple[Tensor, ...], y: Tensor) -> list[str]:
    """Scales that leave no room in the integer arithmetic of sums."""
    if not _is_quantised(x, y):
        return []
    largest, bits = max(t.q.scale for t in x), SUM_SHIFTS[y.dtype]
    if 2 * largest < 2**bits * y.q.scale:
        return []
    return [
        (
            f"operand scale {largest:.9g} is too large for the result's {y.q.scale:.9g}; "
            f"allowed: less than 2**{bits - 1} times as large"
        )
    ]


def _product_problems(x: tuple[Tensor, ...], y: Tensor) -> list[str]:
    """Scales that lead out of the integer arithmetic of products."""
    if not _is_quantised(x, y):
        return []
    # In float32, as the rule forms it: below 1 in real numbers may be 1 there.
    with np.errstate(over="ignore", under="ignore"):
        product = np.float32(x[0].q.scale) * np.float32(x[1].q.scale)
        factor, limit = product / np.float32(y.q.scale), PRODUCT_LIMITS[y.dtype]
    if factor < limit:
        return []
    return [
        (
            f"operand scales {x[0].q.scale:.9g} and {x[1].q.scale:.9g} are too large for the "
            f"result's {y.q.scale:.9g}; allowed: a product less than {limit:g} times as large"
        )
    ]


def _is_quantised(x: tuple[Tensor, ...], y: Tensor) -> bool:
    """True when scales are there to be judged."""
    quantised = [t.quantization for t in (*x, y)]
    return y.dtype in SUM_SHIFTS and all(q is not None and q.axis is None for q in quantised)


PROBABILITIES = {S8: (1 / 256, -128), S16: (1 / 32768, 0)}
"""(scale, zero point) of what lies between 0 and 1."""


def fixed_result(y: Tensor, scale: float, zero_point: int) -> list[str]:
    """The sentence for a result that must have that scale and zero point."""
    if y.q.scales == (scale,) and y.q.zero_points == (zero_point,):
        return []
    return [
        f"{y.dtype.value} output must have scale 1/{round(1 / scale)} and zero point {zero_point}"
    ]


@dataclass(frozen=True)
class Softmax(Op):
    """exp(beta*x) normalised over the last axis.

    int8 output is quantised (1/256, -128), int16 output (1/32768, 0).
    """

    kind = "softmax"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    beta: float = 1.0

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[0].shape or math.prod(x[0].shape) == 0:
            found.append(f"needs at least one element, found {list(x[0].shape)}")
        if not (math.isfinite(self.beta) and self.beta > 0):
            found.append(f"beta is {self.beta}, allowed: positive numbers")
        if y.quantization is not None and y.dtype in PROBABILITIES:
            found += fixed_result(y, *PROBABILITIES[y.dtype])
        return found


@dataclass(frozen=True)
class Relu(Op):
    """A stand-alone clamp; ``fuse_activation`` moves it into its producer where it can."""

    kind = "relu"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    activation: Activation = Activation.RELU


@dataclass(frozen=True)
class BatchNorm(Op):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta per last axis; float graphs only."""

    kind = "batch_norm"
    inputs = ("x", "gamma", "beta", "mean", "variance")
    dtypes = ((F32, F32),)
    epsilon: float = 1e-5


LOGARITHMS = (16 / 256, 127)


@dataclass(frozen=True)
class LogSoftmax(Op):
    """x - log(sum(exp(x))) over the last axis; int8 output is quantised (16/256, 127)."""

    kind = "log_softmax"

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[0].shape or math.prod(x[0].shape) == 0:
            found.append(f"needs at least one element, found {list(x[0].shape)}")
        if y.quantization is not None and y.dtype is S8:
            found += fixed_result(y, *LOGARITHMS)
        return found


@dataclass(frozen=True)
class LayerNorm(Op):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta; mean and variance of the last axis.

    On integers gamma and beta are int32, each with one scale.
    """

    kind = "layer_norm"
    inputs = ("x", "gamma", "beta")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    epsilon: float = 1e-5

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[0].shape or any(t.shape != x[0].shape[-1:] for t in x[1:]):
            shapes = " and ".join(str(list(t.shape)) for t in x[1:])
            found.append(f"gamma and beta have shapes {shapes} for input {list(x[0].shape)}")
        if not all(t.is_constant for t in x[1:]):
            found.append("gamma and beta must be constants")
        if not (math.isfinite(self.epsilon) and self.epsilon >= 0):
            found.append(f"epsilon is {self.epsilon}, allowed: 0 or more")
        dtype = F32 if y.dtype is F32 else S32
        if any(t.dtype is not dtype for t in x[1:]):
            found.append(f"gamma and beta must be {dtype.value}")
        elif dtype is S32 and any(t.quantization is None or t.q.axis is not None for t in x[1:]):
            found.append("gamma and beta need one scale each")
        return found
