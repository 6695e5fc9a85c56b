"""How two operands that may repeat are walked, and which rows of them a row of the result reads."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mote.ir.ops import Shape
from mote.ir.tensor import Tensor
from mote.lower.folding import Dimension, broadcast_steps, fold, padded
from mote.lower.split import POINTWISE_CYCLES, Split, Window, row_axes, row_shape

EVERY_ROW = Window()
ONE_ROW_OF_AN_IMAGE = Window(stride=0)


@dataclass(frozen=True)
class Walk:
    """How the elementwise kernels go through their operands.

    Args:
        parameters: The fields ``size``, ``x0_step`` and ``x1_step``: four loops, folded.
        in_place: The activations (constants not counted) that do not repeat: the result may
            overwrite them.
        split: How the walk divides by rows; None where it must be done at once.
    """

    parameters: dict[str, tuple[int, ...]]
    in_place: tuple[int, ...]
    split: Split | None


def broadcast_walk(operands: Sequence[Tensor], y: Tensor) -> Walk:
    """The walk of two operands that numpy's rules repeat over the shape of the result."""
    shapes = [(1,) * (len(y.shape) - len(t.shape)) + t.shape for t in operands]
    windows = _windows(operands, y)
    if windows is None:
        steps = [broadcast_steps(shape, y.shape) for shape in shapes]
        loops = [Dimension(n, (a, b)) for n, a, b in zip(y.shape, *steps, strict=True)]
        split = None
    else:
        loops = _rows_first(shapes, windows, y)
        used = (w for w, t in zip(windows, operands, strict=True) if not t.is_constant)
        rows = row_shape(y)[1]
        split = Split(tuple(used), ("size",), rows=rows, call_cycles=POINTWISE_CYCLES)
    loops = padded(fold(loops), 4, 2)
    parameters = {
        "size": tuple(d.size for d in loops),
        "x0_step": tuple(d.steps[0] for d in loops),
        "x1_step": tuple(d.steps[1] for d in loops),
    }
    activations = [t for t in operands if not t.is_constant]
    in_place = tuple(i for i, t in enumerate(activations) if t.elements == y.elements)
    return Walk(parameters, in_place, split)


def _windows(operands: Sequence[Tensor], y: Tensor) -> tuple[Window | None, ...] | None:
    """What each operand gives to a row of the result (None: all of it), if rows can be told apart.

    They cannot where a constant is another one for each row, or where an operand's rows are not
    those of the result.
    """
    images, height, _ = row_shape(y)
    found: list[Window | None] = []
    for tensor in operands:
        shape = (1,) * (len(y.shape) - len(tensor.shape)) + tensor.shape
        rows = (1, 1, *shape[: row_axes(len(shape))])[-2:]
        if rows == (1, 1):
            found.append(None)
        elif tensor.is_constant or row_shape(tensor)[:2] != rows:
            return None
        elif rows == (images, height):
            found.append(EVERY_ROW)
        elif rows == (images, 1):
            found.append(ONE_ROW_OF_AN_IMAGE)
        else:
            return None
    return tuple(found)


def _rows_first(
    shapes: Sequence[Shape], windows: Sequence[Window | None], y: Tensor
) -> list[Dimension]:
    """The rows of all images as one loop, which calls cut short, and the loops inside a row."""
    axes = row_axes(len(y.shape))
    row_steps = tuple(
        math.prod(shape[axes:]) if window is EVERY_ROW else 0
        for shape, window in zip(shapes, windows, strict=True)
    )
    inside = [broadcast_steps(shape[axes:], y.shape[axes:]) for shape in shapes]
    return [
        Dimension(math.prod(y.shape[:axes]), row_steps),
        *(Dimension(n, (a, b)) for n, a, b in zip(y.shape[axes:], *inside, strict=True)),
    ]
