"""The meaning of the product of two activations."""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import MatMul
from mote.ir.tensor import Array, Tensor
from mote.reference.activation import apply_activation


def mat_mul(
    op: MatMul, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[...,m,n] = sum over k of x0[...,m,k] * x1[...,k,n], in double precision, rounded once."""
    a, b = (v.astype(np.float64) for v in values)
    product = np.matmul(a, b.swapaxes(-1, -2) if op.transpose_x1 else b)
    return apply_activation(product.astype(np.float32), op.activation)
