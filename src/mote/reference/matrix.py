"""The meaning of the product of two activations.

Source of the integer rules: TFLite's reference kernels ``batch_matmul.h``.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import MatMul, Rounding
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import (
    LARGEST_MULTIPLIER,
    activation_range,
    quantize_multiplier,
    requantize,
    requantize_wide,
)


def mat_mul(
    op: MatMul, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[...,m,n] = sum over k of x0[...,m,k] * x1[...,k,n].

    float32: in double precision, rounded once. Integers: exact sums of (x - zero), scaled with
    double rounding (int16: TFLite's rule for 64-bit sums) by x0_scale * x1_scale / y_scale.
    """
    zeros = [0 if t.dtype is DType.FLOAT32 else t.q.zero_point for t in operands]
    a, b = (v.astype(np.float64) - zero for v, zero in zip(values, zeros, strict=True))
    product = np.matmul(a, b.swapaxes(-1, -2) if op.transpose_x1 else b)
    if result.dtype is DType.FLOAT32:
        return apply_activation(product.astype(np.float32), op.activation)
    multiplier, shift = mat_mul_multiplier(operands, result)
    scale = requantize_wide if result.dtype is DType.INT16 else requantize
    flat = product.astype(np.int64).reshape(-1, 1)
    scaled = scale(flat, np.array([multiplier]), np.array([shift]), Rounding.DOUBLE)
    low, high = activation_range(op.activation, result.q, result.dtype)
    whole = np.clip(scaled + result.q.zero_point, low, high)
    return whole.reshape(product.shape).astype(result.dtype.numpy)


def mat_mul_multiplier(operands: Sequence[Tensor], result: Tensor) -> tuple[int, int]:
    """(multiplier, shift) for x0_scale * x1_scale / y_scale, at most ``LARGEST_MULTIPLIER``."""
    x0, x1 = operands
    return quantize_multiplier(min(x0.q.scale * x1.q.scale / result.q.scale, LARGEST_MULTIPLIER))
