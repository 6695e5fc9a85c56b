"""The meaning of the operators that move elements without computing: pad and reshape."""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Pad, Reshape
from mote.ir.tensor import Array, DType, Tensor


def pad(op: Pad, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """The input with real zeros (int8: the zero point) around it."""
    filler = 0 if result.dtype is DType.FLOAT32 else result.q.zero_point
    return np.pad(values[0], op.paddings, constant_values=filler)


def reshape(
    op: Reshape, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """The same elements in the same order."""
    return values[0].reshape(op.to)
