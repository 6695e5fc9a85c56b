"""The meaning of resizing a plane.

Source: TFLite's reference kernels ``resize_nearest_neighbor.h`` and ``resize_bilinear.h``.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import Resize, ResizeMethod
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import Ints, rounding_divide_by_power_of_two
from mote.reference.real import Doubles


def resize(
    op: Resize, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """Nearest or bilinear samples of ``[N,H,W,C]``.

    Floats between others are formed in double precision and rounded once. Integers: positions and
    weights in units of 1/1024 (``positions_1024``), and
    y = sum of four cells * row weight * column weight / 2**20, halves away from zero.
    """
    x = values[0]
    (height, width), (rows, columns) = x.shape[1:3], op.to
    if op.method is ResizeMethod.NEAREST:
        return np.ascontiguousarray(
            x[:, nearest(op, height, rows)][:, :, nearest(op, width, columns)]
        )
    if result.dtype is DType.FLOAT32:
        y = _between(x.astype(np.float64), positions(op, height, rows), axis=1)
        return _between(y, positions(op, width, columns), axis=2).astype(np.float32)
    wide = _between_1024(x.astype(np.int64), positions_1024(op, height, rows), axis=1)
    wide = _between_1024(wide, positions_1024(op, width, columns), axis=2)
    return rounding_divide_by_power_of_two(wide, 20).astype(x.dtype)


def positions(op: Resize, size: int, to: int) -> Doubles:
    """Where each of ``to`` float results lies between the ``size`` elements of an axis."""
    index = np.arange(to, dtype=np.float64)
    if op.align_corners:
        return index * ((size - 1) / (to - 1) if to > 1 else 0.0)
    if op.half_pixel_centers:
        return (index + 0.5) * (size / to) - 0.5
    return index * (size / to)


def positions_1024(op: Resize, size: int, to: int) -> tuple[Ints, Ints]:
    """(index, weight of the next element in 1/1024) of each of ``to`` integer results.

    The distance between results is rounded to 1/1024 as well. The weight is 0 where there is no
    next element.
    """
    index = np.arange(to, dtype=np.int64)
    if op.align_corners and to > 1:
        step = ((size - 1) * 1024 + (to - 1) // 2) // (to - 1)
    else:
        step = (size * 1024 + to // 2) // to
    position = index * step + (step // 2 - 512 if op.half_pixel_centers else 0)
    position = np.clip(position, 0, (size - 1) * 1024)
    return position // 1024, position % 1024


def nearest(op: Resize, size: int, to: int) -> Ints:
    """The index that each of ``to`` results reads; positions are float32.

    The element below (i + 0.5) * size / to with ``half_pixel_centers`` and below i * size / to
    without, or the one nearest to i * (size - 1) / (to - 1), halves up, with ``align_corners``.
    """
    corners = op.align_corners and to > 1
    span, turns = (size - 1, to - 1) if corners else (size, to)
    first = np.float32(0.5 if op.half_pixel_centers else 0)
    position = (np.arange(to, dtype=np.float32) + first) * (np.float32(span) / np.float32(turns))
    reals = position.astype(np.float64)
    whole = np.floor(reals + 0.5) if op.align_corners else np.floor(reals)
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


def _between_1024(x: Ints, position: tuple[Ints, Ints], axis: int) -> Ints:
    """Linear interpolation along one axis, 1024 times as large."""
    index, weight = position
    following = np.minimum(index + 1, x.shape[axis] - 1)
    weight = weight.reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    y: Ints = x.take(index, axis) * (1024 - weight) + x.take(following, axis) * weight
    return y
