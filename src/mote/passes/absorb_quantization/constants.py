"""Constants of a float operator as the integers that its integer form reads."""

import numpy as np
from numpy.typing import NDArray

from mote.ir import DType, Quantization, Tensor
from mote.reference.fixed_point import round_half_away

Reals = NDArray[np.float64]

GREATEST = 2**30
"""Greatest integer of a constant; leaves one bit of int32 to sums."""

SMALLEST = 2.0**-64
"""Scale of a constant that holds nothing but zeros, or next to nothing."""


def on_own_grid(tensor: Tensor, name: str) -> Tensor:
    """The integers that the model stores for a constant that has a ``grid``."""
    assert tensor.grid is not None
    q = tensor.q
    low, high = tensor.grid.range
    scales, zero_points = _broadcast(q, tensor.array.ndim)
    steps = round_half_away(tensor.array.astype(np.float64) / scales) + zero_points
    integers = np.clip(steps, low, high).astype(tensor.grid.numpy)
    return Tensor(name, tensor.shape, tensor.grid, q, integers)


def on_new_grid(tensor: Tensor, dtype: DType, name: str) -> Tensor:
    """A float constant as symmetric integers: scale = max |x| / greatest integer."""
    most = min(dtype.range[1], GREATEST)
    greatest = float(np.abs(tensor.array).max())
    scale = float(np.float32(max(greatest / most, SMALLEST)))
    q = Quantization((scale,), (0,))
    steps = round_half_away(tensor.array.astype(np.float64) / scale)
    return Tensor(name, tensor.shape, dtype, q, np.clip(steps, -most, most).astype(dtype.numpy))


def in_accumulator_steps(
    bias: Tensor, x: Tensor, weight: Tensor, dtype: DType, name: str
) -> Tensor | None:
    """A bias in units of x_scale * weight_scale; None when a value does not fit its type.

    A stored bias that has these units already keeps its integers.
    """
    scales = x.q.scale * np.array(weight.q.scales)
    q = Quantization(
        tuple(float(np.float32(s)) for s in scales),
        (0,) * len(scales),
        None if weight.q.axis is None else 0,
    )
    steps = round_half_away(bias.array.astype(np.float64) / scales)
    low, high = dtype.range
    if not ((steps >= low) & (steps <= high)).all():
        return None
    return Tensor(name, bias.shape, dtype, q, steps.astype(dtype.numpy))


def _broadcast(q: Quantization, rank: int) -> tuple[Reals, Reals]:
    """Scales and zero points in a shape that broadcasts against an array of that rank."""
    shape = [1] * rank
    if q.axis is not None:
        shape[q.axis] = -1
    return (
        np.array(q.scales).reshape(shape),
        np.array(q.zero_points, np.float64).reshape(shape),
    )
