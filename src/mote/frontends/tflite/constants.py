"""What can be computed while importing: constants in narrower types, operators on constants."""

from collections.abc import Sequence

import numpy as np

from mote.frontends.tflite.values import UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import (
    Add,
    Concat,
    Dequantize,
    Mul,
    Op,
    Pad,
    Quantize,
    Reshape,
    Slice,
    Sub,
    Transpose,
    Unary,
)
from mote.ir.tensor import Array
from mote.reference.evaluate import EVALUATORS

FOLDABLE = (
    Add,
    Concat,
    Dequantize,
    Mul,
    Pad,
    Quantize,
    Reshape,
    Slice,
    Sub,
    Transpose,
    Unary,
)
"""Operators that exporters leave between constants; layers are not among them."""
MAX_FOLDED = 2**22
"""Most elements of a computed constant that is larger than what it is computed from."""


def folded(op: Op, operands: Sequence[Tensor], result: Tensor) -> Tensor:
    """The result of an operator on constants, as a constant."""
    largest = max(t.elements for t in operands)
    if not isinstance(op, FOLDABLE) or result.elements > max(MAX_FOLDED, largest):
        raise UnsupportedError("computes from constants alone", "fold constants on export")
    values = EVALUATORS[type(op)](op, [t.array for t in operands], operands, result)
    return Tensor(result.name, result.shape, result.dtype, result.quantization, values)


def reals(tensor: Tensor) -> Array:
    """The real values that an integer constant stands for, as float32."""
    q = tensor.q
    shape = [-1 if i == q.axis else 1 for i in range(len(tensor.shape))]
    scales = np.array(q.scales).reshape(shape if q.axis is not None else ())
    zeros = np.array(q.zero_points).reshape(shape if q.axis is not None else ())
    values: Array = (tensor.array.astype(np.float64) - zeros) * scales
    return values.astype(np.float32)


def as_float(tensor: Tensor, name: str) -> Tensor:
    """An integer constant as the float32 one of the same values, which remembers its integers."""
    assert tensor.dtype in (DType.INT4, DType.INT8, DType.UINT8, DType.INT16), tensor.dtype
    symmetric = not any(tensor.q.zero_points)
    grid = tensor.dtype if symmetric and tensor.dtype is not DType.UINT8 else None
    q = tensor.quantization if grid is not None else None
    return Tensor(name, tensor.shape, DType.FLOAT32, q, reals(tensor), grid)
