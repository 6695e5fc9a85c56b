"""The meaning of the functions that are applied to every element."""

from collections.abc import Callable, Mapping, Sequence
from math import erf, sqrt

import numpy as np

from mote.ir.ops import Function, PRelu, Unary
from mote.ir.tensor import Array, Tensor
from mote.reference.real import Doubles

Real = Callable[[Doubles, float, float], Doubles]
"""``(x, alpha, beta) -> f(x)`` in double precision."""

_erf: Callable[[Doubles], Doubles] = np.vectorize(erf, otypes=[np.float64])


def _sigmoid(x: Doubles) -> Doubles:
    """1 / (1 + exp(-x)), of the side that does not overflow."""
    small = np.exp(-np.abs(x))
    result: Doubles = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return result


def _gelu_tanh(x: Doubles) -> Doubles:
    result: Doubles = 0.5 * x * (1 + np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return result


REAL_FUNCTIONS: Mapping[Function, Real] = {
    Function.ABS: lambda x, a, b: np.abs(x),
    Function.CLIP: lambda x, a, b: np.clip(x, a, b),
    Function.ELU: lambda x, a, b: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0))),
    Function.ERF: lambda x, a, b: _erf(x),
    Function.EXP: lambda x, a, b: np.exp(x),
    Function.GELU: lambda x, a, b: 0.5 * x * (1 + _erf(x / sqrt(2))),
    Function.GELU_TANH: lambda x, a, b: _gelu_tanh(x),
    Function.HARD_SIGMOID: lambda x, a, b: np.clip(a * x + b, 0, 1),
    Function.HARD_SWISH: lambda x, a, b: x * np.clip(x + 3, 0, 6) / 6,
    Function.LEAKY_RELU: lambda x, a, b: np.where(x >= 0, x, a * x),
    Function.LOG: lambda x, a, b: np.log(x),
    Function.NEGATE: lambda x, a, b: -x,
    Function.RECIPROCAL: lambda x, a, b: 1 / x,
    Function.RSQRT: lambda x, a, b: 1 / np.sqrt(x),
    Function.SIGMOID: lambda x, a, b: _sigmoid(x),
    Function.SILU: lambda x, a, b: x * _sigmoid(x),
    Function.SOFTPLUS: lambda x, a, b: np.logaddexp(x, 0),
    Function.SQRT: lambda x, a, b: np.sqrt(x),
    Function.SQUARE: lambda x, a, b: x * x,
    Function.TANH: lambda x, a, b: np.tanh(x),
}
"""GELU is x * P(X <= x) (Hendrycks and Gimpel, 2016), GELU_TANH its published approximation."""


def unary(op: Unary, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """f(x) in double precision, rounded once. Outside f's domain: what IEEE arithmetic gives."""
    with np.errstate(all="ignore"):
        real = REAL_FUNCTIONS[op.function](values[0].astype(np.float64), op.alpha, op.beta)
        return real.astype(np.float32)


def prelu(op: PRelu, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x where it is not negative, alpha * x elsewhere."""
    x, alpha = values
    return np.where(x >= 0, x, x * alpha)
