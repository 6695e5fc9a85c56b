"""Functions that TFLite's tables compute in several float32 operations, each rounded.

Rounding the exact value once would differ where a result lies next to a half. Elementary functions
are rounded from double precision. Source: TFLite ``activations.cc``, ``elementwise.cc`` and
``gelu.h``.
"""

from collections.abc import Callable, Mapping
from math import erfc, pi, sqrt

import numpy as np

from mote.ir.ops import Function
from mote.ir.tensor import Array

_erfc: Callable[[Array], Array] = np.vectorize(erfc, otypes=[np.float64])
_ONE, _HALF = np.float32(1), np.float32(0.5)
_SQRT_HALF = np.float32(sqrt(0.5))
_SQRT_2_OVER_PI = np.float32(sqrt(2 / pi))
_CUBIC = np.float32(0.044715)


def _once(function: Callable[[Array], Array], x: Array) -> Array:
    """An elementary function, rounded once to float32."""
    return np.asarray(function(x.astype(np.float64)), np.float32)


def _sigmoid(x: Array) -> Array:
    return _ONE / (_ONE + _once(np.exp, -x))


def _gelu(x: Array) -> Array:
    return _HALF * x * _once(_erfc, x * -_SQRT_HALF)


def _gelu_tanh(x: Array) -> Array:
    return _HALF * x * (_ONE + _once(np.tanh, _SQRT_2_OVER_PI * (x + _CUBIC * x * x * x)))


def _rsqrt(x: Array) -> Array:
    return _ONE / np.sqrt(x)


FLOAT32_STEPS: Mapping[Function, Callable[[Array], Array]] = {
    Function.GELU: _gelu,
    Function.GELU_TANH: _gelu_tanh,
    Function.RSQRT: _rsqrt,
    Function.SIGMOID: _sigmoid,
}
"""float32 arrays to float32 arrays."""
