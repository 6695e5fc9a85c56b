"""Operators that apply one real function to every element."""

import enum
from dataclasses import dataclass

from mote.ir.ops.broadcast import broadcast_shape
from mote.ir.ops.operator import F32, S8, S16, Op, Shape
from mote.ir.tensor import Tensor


class Function(enum.Enum):
    """Functions of one variable; ``reference/unary.py`` defines them with their parameters."""

    ABS = "abs"
    CLIP = "clip"
    ELU = "elu"
    ERF = "erf"
    EXP = "exp"
    GELU = "gelu"
    GELU_TANH = "gelu_tanh"
    HARD_SIGMOID = "hard_sigmoid"
    HARD_SWISH = "hard_swish"
    LEAKY_RELU = "leaky_relu"
    LOG = "log"
    NEGATE = "negate"
    RECIPROCAL = "reciprocal"
    RSQRT = "rsqrt"
    SIGMOID = "sigmoid"
    SILU = "silu"
    SOFTPLUS = "softplus"
    SQRT = "sqrt"
    SQUARE = "square"
    TANH = "tanh"


@dataclass(frozen=True)
class Unary(Op):
    """A function of each element.

    ``alpha``: CLIP's lower bound, ELU's and LEAKY_RELU's factor below 0, HARD_SIGMOID's slope;
    ``beta``: CLIP's upper bound, HARD_SIGMOID's offset. 0 elsewhere.
    """

    kind = "unary"
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    function: Function = Function.TANH
    alpha: float = 0.0
    beta: float = 0.0

    @property
    def label(self) -> str:
        return self.function.value


@dataclass(frozen=True)
class PRelu(Op):
    """x where it is not negative, alpha * x elsewhere; alpha is a constant that broadcasts."""

    kind = "prelu"
    inputs = ("x", "alpha")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))

    def shape(self, *x: Shape) -> Shape:
        return broadcast_shape(*x)

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[1].is_constant:
            found.append("alpha must be a constant")
        a, b = x[0].shape, x[1].shape
        if len(a) > 4:
            found.append("more than four dimensions are not supported")
        if len(b) > len(a) or any(n not in (1, m) for m, n in zip(a[::-1], b[::-1], strict=False)):
            found.append(f"alpha of shape {list(b)} does not broadcast to {list(a)}")
        if x[1].dtype is not x[0].dtype:
            found.append(f"alpha is {x[1].dtype.value}, allowed: {x[0].dtype.value}")
        if x[1].quantization is not None and x[1].quantization.axis is not None:
            found.append("alpha is quantised per channel, allowed: per tensor")
        return found
