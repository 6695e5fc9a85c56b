"""The meaning of the functions that are applied to every element.

Source of the integer rules: TFLite's reference kernels ``activations.cc``, ``elementwise.cc``,
``exp.cc`` and what they call; a function that TFLite lacks takes its rule for tables.
"""

from collections.abc import Callable, Mapping, Sequence
from math import erf, sqrt

import numpy as np

from mote.ir.ops import Function, Unary
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.float32_steps import FLOAT32_STEPS
from mote.reference.hard_swish import hard_swish_table
from mote.reference.lookup import interpolate, table_s8, table_s16
from mote.reference.real import Doubles
from mote.reference.rsqrt import rsqrt_table
from mote.reference.sigmoid_s16 import SCALE, sigmoid_or_tanh
from mote.reference.slopes import STRAIGHT, straight

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
    """float32: f(x) in double precision, rounded once; what IEEE arithmetic has outside f's domain.

    int8: the entry of a table of all 256 inputs. int16: ``slopes``, ``sigmoid_s16``, or a table of
    513 entries, linearly interpolated.
    """
    (x,) = values
    if result.dtype is DType.FLOAT32:
        return _real(op, x)
    if result.dtype is DType.INT8:
        return function_table(op, operands[0], result)[x.astype(np.int64) + 128]
    if op.function in STRAIGHT:
        return straight(op, x, operands[0], result)
    if is_fixed_point(op, result):
        is_tanh = op.function is Function.TANH
        return sigmoid_or_tanh(x, operands[0].q.scale, is_tanh=is_tanh).astype(np.int16)
    return interpolate(interpolation_table(op, operands[0], result), x).astype(np.int16)


def _real(op: Unary, x: Array) -> Array:
    with np.errstate(all="ignore"):
        real = REAL_FUNCTIONS[op.function](x.astype(np.float64), op.alpha, op.beta)
        return real.astype(np.float32)


def _tabulated(op: Unary, x: Array) -> Array:
    """float32 to float32 for tables, in TFLite's steps where it has the function."""
    steps = FLOAT32_STEPS.get(op.function)
    if steps is None:
        return _real(op, x)
    with np.errstate(all="ignore"):
        return steps(x)


def function_table(op: Unary, x: Tensor, y: Tensor) -> Array:
    """The int8 result for every int8 input -128 .. 127."""
    table: Array | None = None
    every = np.arange(-128, 128).astype(np.int8)
    match op.function:
        case function if function in STRAIGHT:
            table = straight(op, every, x, y)
        case Function.HARD_SWISH:
            table = hard_swish_table(x.q, y.q)
        case Function.RSQRT:
            table = rsqrt_table(x.q, y.q)
        case Function.SQRT:
            table = _truncated_roots(x, y)
    if table is None:
        table = table_s8(lambda real: _tabulated(op, real), x.q, y.q)
    return table.astype(np.int8)


def is_fixed_point(op: Unary, y: Tensor) -> bool:
    """True for the int16 functions with a rule of their own, which fixes the result's scale."""
    return op.function in (Function.SIGMOID, Function.TANH) and y.q.scale == SCALE


def interpolation_table(op: Unary, x: Tensor, y: Tensor) -> Array:
    """The 513 entries of an int16 function."""
    least, most = (np.float32(n) * np.float32(y.q.scale) for n in (-32768, 32767))
    outside = {Function.LOG: least, Function.RSQRT: most}.get(op.function)

    def function(real: Array) -> Array:
        value = _tabulated(op, real)
        return value if outside is None else np.where(real <= 0, outside, value)

    return table_s16(function, x.q, y.q, np.float32)


def _truncated_roots(x: Tensor, y: Tensor) -> Array:
    """y_zero + trunc(sqrt(x_scale * (x - x_zero)) / y_scale), float32; below 0, where TFLite stops,
    as at 0."""
    centred = np.maximum(np.arange(-128, 128) - x.q.zero_point, 0).astype(np.float32)
    roots = np.trunc(np.sqrt(np.float32(x.q.scale) * centred) / np.float32(y.q.scale))
    table: Array = np.clip(roots + y.q.zero_point, -128, 127)
    return table
