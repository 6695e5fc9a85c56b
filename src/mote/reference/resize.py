"""The meaning of resizing a plane."""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Resize, ResizeMethod
from mote.ir.tensor import Array, Tensor
from mote.reference.real import Doubles


def resize(
    op: Resize, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """Nearest or bilinear samples of ``[N,H,W,C]``; bilinear in double precision, rounded once.

    Positions outside the input are moved to its edge. Nearest takes the row below the position
    (round(position), halves up, with ``align_corners``), as TFLite and PyTorch do.
    """
    x = values[0]
    rows = positions(op, x.shape[1], op.to[0])
    columns = positions(op, x.shape[2], op.to[1])
    if op.method is ResizeMethod.NEAREST:
        return np.ascontiguousarray(
            x[:, nearest(op, rows, x.shape[1])][:, :, nearest(op, columns, x.shape[2])]
        )
    y = _between(x.astype(np.float64), rows, axis=1)
    return _between(y, columns, axis=2).astype(np.float32)


def positions(op: Resize, size: int, to: int) -> Doubles:
    """Where each of ``to`` results reads on an axis of ``size`` elements."""
    index = np.arange(to, dtype=np.float64)
    if op.align_corners:
        return index * ((size - 1) / (to - 1) if to > 1 else 0.0)
    if op.half_pixel_centers and op.method is ResizeMethod.BILINEAR:
        return (index + 0.5) * (size / to) - 0.5
    if op.half_pixel_centers:
        return (index + 0.5) * (size / to)
    return index * (size / to)


def nearest(op: Resize, position: Doubles, size: int) -> Array:
    """The index that each position reads."""
    whole = np.floor(position + 0.5) if op.align_corners else np.floor(position)
    return np.clip(whole, 0, size - 1).astype(np.int64)


def _between(x: Array, position: Doubles, axis: int) -> Array:
    """Linear interpolation along one axis."""
    last = x.shape[axis] - 1
    position = np.clip(position, 0, last)
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, last)
    weight = (position - low).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    y: Array = x.take(low, axis) * (1 - weight) + x.take(high, axis) * weight
    return y
