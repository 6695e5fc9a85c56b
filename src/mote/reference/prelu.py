"""The meaning of PReLU. Source of the integer rule: TFLite ``PreluPrepare`` and ``prelu.h``."""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import PRelu, Rounding
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import quantize_multiplier, requantize


def prelu(op: PRelu, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """x where it is not negative, alpha * x elsewhere.

    Integers: y = clamp(y_zero + requantize(x - x_zero)), and below zero
    requantize((x - x_zero) * (alpha - alpha_zero)), double rounding with ``prelu_multipliers``.
    """
    x, alpha = values
    if result.dtype is DType.FLOAT32:
        return np.where(x >= 0, x, x * alpha)
    centred, slope = (
        v.astype(np.int64) - t.q.zero_point for v, t in zip(values, operands, strict=True)
    )
    above, below = prelu_multipliers(operands[0], operands[1], result)
    positive = requantize(centred, *above, Rounding.DOUBLE)
    negative = requantize(centred * slope, *below, Rounding.DOUBLE)
    steps = np.where(centred >= 0, positive, negative) + result.q.zero_point
    y: Array = np.clip(steps, *result.dtype.range).astype(result.dtype.numpy)
    return y


def prelu_multipliers(x: Tensor, alpha: Tensor, y: Tensor) -> tuple[tuple[int, int], ...]:
    """(multiplier, shift) at zero and above, and below.

    x_scale / y_scale and x_scale * alpha_scale / y_scale, each step in float32.
    """
    scale, y_scale = np.float32(x.q.scale), np.float32(y.q.scale)
    with np.errstate(over="ignore"):
        factors = (scale / y_scale, scale * np.float32(alpha.q.scale) / y_scale)
    return tuple(quantize_multiplier(float(factor)) for factor in factors)
