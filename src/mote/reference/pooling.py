"""The meaning of the operators that reduce a plane: average and maximum pooling, mean.

Source of the integer rules: TFLite's reference kernels ``integer_ops/pooling.h`` and ``reduce.h``.
"""

from collections.abc import Sequence

import numpy as np

from mote.ir.ops import AveragePool2D, MaxPool2D, Mean, Rounding
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import Ints, activation_range, quantize_multiplier, requantize


def average_pool_2d(
    op: AveragePool2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y = sum / count over the cells of the window that lie inside the input.

    Integers: the sum of the stored integers is divided with halves away from zero:
    (sum + count / 2) / count for a positive sum, (sum - count / 2) / count otherwise, both
    divisions truncating.
    """
    (x,) = values
    wide = np.float64 if result.dtype is DType.FLOAT32 else np.int64
    sums = _windows(op, x.astype(wide), 0, np.add, result)
    counts = _windows(op, np.ones_like(x, wide), 0, np.add, result)
    if result.dtype is DType.FLOAT32:
        return apply_activation(sums / counts, op.activation).astype(np.float32)
    half = counts // 2
    rounded = np.where(sums > 0, (sums + half) // counts, -((half - sums) // counts))
    limits = activation_range(op.activation, result.q, result.dtype)
    return np.clip(rounded, *limits).astype(result.dtype.numpy)


def max_pool_2d(
    op: MaxPool2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """The largest cell of the window inside the input, clamped by the activation."""
    (x,) = values
    if result.dtype is DType.FLOAT32:
        return apply_activation(_windows(op, x, -np.inf, np.maximum, result), op.activation)
    largest = _windows(op, x.astype(np.int64), result.dtype.range[0], np.maximum, result)
    limits = activation_range(op.activation, result.q, result.dtype)
    return np.clip(largest, *limits).astype(result.dtype.numpy)


def mean(op: Mean, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor) -> Array:
    """Mean over the axes.

    Integers: with S the sum of (x - x_zero) over n cells,
    y = clamp(y_zero + requantize(S, multiplier, shift)), double rounding, where
    (multiplier, shift) is x_scale / y_scale with 1 / n folded in (``mean_multiplier``).
    """
    (x,) = values
    if result.dtype is DType.FLOAT32:
        average = np.mean(x, axis=op.axes, keepdims=op.keep_dims, dtype=np.float64)
        return np.asarray(average, np.float32)
    cells = int(np.prod([x.shape[axis] for axis in op.axes]))
    sums = np.sum(x, axis=op.axes, keepdims=op.keep_dims, dtype=np.int64)
    centred: Ints = np.asarray(sums - operands[0].q.zero_point * cells)
    multiplier, shift = mean_multiplier(operands[0], result, cells)
    scaled = requantize(centred, multiplier, shift, Rounding.DOUBLE) + result.q.zero_point
    return np.clip(scaled, *result.dtype.range).astype(result.dtype.numpy)


def mean_multiplier(x: Tensor, y: Tensor, cells: int) -> tuple[int, int]:
    """x_scale / y_scale / cells as (multiplier, shift).

    The multiplier of x_scale / y_scale is divided by ``cells``, rounding down, after moving as many
    of its bits up as ``cells`` has below its leading one (32 at most, and no further than a shift
    of -31 allows).
    """
    multiplier, shift = quantize_multiplier(x.q.scale / y.q.scale)
    bits = min(cells.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // cells, shift - bits


def _windows(
    op: AveragePool2D | MaxPool2D, x: Array, filler: float, combine: np.ufunc, result: Tensor
) -> Array:
    """The cells of every window combined, with ``filler`` outside the input."""
    p, (height, width) = op.padding, op.kernel
    padding = ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0))
    padded = np.pad(x, padding, constant_values=filler)
    _, rows, columns, _ = result.shape
    combined = np.full(result.shape, filler, x.dtype)
    for ky in range(height):
        for kx in range(width):
            combine(
                combined,
                padded[
                    :,
                    ky : ky + (rows - 1) * op.stride[0] + 1 : op.stride[0],
                    kx : kx + (columns - 1) * op.stride[1] + 1 : op.stride[1],
                ],
                out=combined,
            )
    return combined
