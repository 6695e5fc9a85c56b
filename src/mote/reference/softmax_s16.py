"""Softmax on int16: exponentials and a reciprocal from two tables, interpolated.

Source: TFLite ``SoftmaxInt16`` (``kernels/internal/reference/softmax.h``) and ``SoftmaxPrepare``.
"""

import numpy as np

from mote.ir.ops import Rounding, Softmax
from mote.ir.tensor import Array, Quantization, Tensor
from mote.reference.fixed_point import Ints, quantize_multiplier, requantize
from mote.reference.lookup import interpolate, table_s16

RANGE = 2**16 - 1
_UNIT = Quantization((2 / RANGE,), (0,))
"""Both tables hold values up to 1 in 15 bits."""

EXPONENTIALS = table_s16(np.exp, Quantization((10 / RANGE,), (32767,)), _UNIT, np.float64)
"""exp on [-10, 0]: its input is int16 with 32767 for 0."""

RECIPROCALS = table_s16(
    lambda x: 1 / (1 + x), Quantization((1 / RANGE,), (-32768,)), _UNIT, np.float64
)
"""1 / (1 + x) on [0, 1]: its input is int16 with -32768 for 0."""


def difference_multiplier(op: Softmax, x: Tensor) -> tuple[int, int]:
    """(multiplier, shift) that takes differences of inputs to steps of 10 / 65535.

    beta * x_scale is formed in float32.
    """
    with np.errstate(over="ignore"):
        scaled = np.float32(x.q.scale) * np.float32(op.beta)
    return quantize_multiplier(float(scaled) / (10.0 / RANGE))


def softmax_s16(op: Softmax, x: Array, tensor: Tensor) -> Array:
    """exp(d) * 1 / sum(exp), d the difference to the row's maximum, cut at -10; scale 2**-15."""
    difference = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    steps = requantize(difference, *difference_multiplier(op, tensor), Rounding.DOUBLE)
    powers = interpolate(EXPONENTIALS, np.clip(steps + 32767, -32768, 32767))
    total = powers.sum(axis=-1, keepdims=True)
    bits = _bit_length(total)  # total is mantissa * 2**(bits - 1), mantissa in [1, 2)
    mantissa = ((total << (31 - bits)) + (1 << 13)) >> 14
    inverse = interpolate(RECIPROCALS, np.clip(mantissa - (1 << 16) - (1 << 15), -32768, 32767))
    right = bits - 1
    y = (powers * inverse + (np.int64(1) << (right - 1))) >> right
    result: Array = np.clip(y, 0, 32767).astype(np.int16)
    return result


def _bit_length(x: Ints) -> Ints:
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)
