"""The meaning of the operators that move elements without computing."""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Concat, Embedding, Pad, PadMode, Reshape, Slice, Transpose
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import round_half_away


def pad(op: Pad, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """The input in a border of ``op.value`` (as an integer: rounded and clamped), or mirrored."""
    if op.mode is PadMode.REFLECT:
        return np.pad(values[0], op.paddings, mode="reflect")
    return np.pad(values[0], op.paddings, constant_values=border_value(op, result))


def border_value(op: Pad, result: Tensor) -> float | int:
    """What is stored in a constant border; real 0 is the zero point."""
    if result.dtype is DType.FLOAT32:
        return op.value
    steps = round_half_away(np.array(op.value / result.q.scale))
    return int(np.clip(steps + result.q.zero_point, *result.dtype.range))


def reshape(
    op: Reshape, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """The same elements in the same order."""
    return values[0].reshape(op.to)


def transpose(
    op: Transpose, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """The dimensions in another order."""
    return np.asarray(values[0].transpose(op.permutation), order="C")


def slice_elements(
    op: Slice, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """Every ``stride``-th element from ``begin`` to before ``end`` of each dimension."""
    chosen = tuple(slice(*triple) for triple in zip(op.begins, op.ends, op.strides, strict=True))
    return np.asarray(values[0][chosen], order="C")


def concat(
    op: Concat, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """The operands one after the other."""
    return np.concatenate(values, axis=op.axis)


def embedding(
    op: Embedding, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """table[index]; an index outside the table takes the nearest row."""
    indices, table = values
    return np.asarray(table[np.clip(indices, 0, len(table) - 1)], order="C")
