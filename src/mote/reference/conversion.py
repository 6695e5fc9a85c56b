"""The meaning of quantize and dequantize.

Source: TFLite's reference kernels ``quantize.h``, ``requantize.h`` and ``dequantize.h``.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Dequantize, Quantize, Rounding
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import quantize_multiplier, requantize, round_half_away

BEYOND = 2.0**17
"""Every stored type saturates from here on, whatever the zero point."""


def quantize(
    op: Quantize, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """float32: y = clamp(round(x / y_scale) + y_zero): float32 quotient, halves away from zero.

    Infinities saturate; NaN becomes the least integer.
    Integers: y = clamp(y_zero + requantize(x - x_zero)) with x_scale / y_scale, double rounding.
    """
    (x,) = values
    low, high = result.dtype.range
    if operands[0].dtype is DType.FLOAT32:
        with np.errstate(over="ignore"):
            quotient = np.nan_to_num(x / np.float32(result.q.scale), nan=-BEYOND)
        rounded = round_half_away(np.clip(quotient, -BEYOND, BEYOND)) + result.q.zero_point
        y: Array = np.clip(rounded, low, high).astype(result.dtype.numpy)
        return y
    multiplier, shift = quantize_multiplier(operands[0].q.scale / result.q.scale)
    centred = x.astype(np.int64) - operands[0].q.zero_point
    scaled = requantize(centred, multiplier, shift, Rounding.DOUBLE) + result.q.zero_point
    return np.clip(scaled, low, high).astype(result.dtype.numpy)


def dequantize(
    op: Dequantize, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y = x_scale * (x - x_zero), rounded once to float32; infinite beyond its range."""
    q = operands[0].q
    real = (values[0].astype(np.float64) - q.zero_point) * q.scale
    with np.errstate(over="ignore"):
        return real.astype(np.float32)
