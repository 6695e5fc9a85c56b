"""How a layer divides into kernel calls that each compute some rows of its result.

A row is what tensors of three and more dimensions have along their first two axes: [N, H, W, C] has
N * H rows of W * C elements. [B, I] has B rows, of one image. Other tensors are one row.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from mote.ir.tensor import Tensor

POINTWISE_CYCLES = 60
"""What a call costs besides its elements, where a kernel prepares nothing: about as many."""


@dataclass(frozen=True)
class Window:
    """Which rows of an operand a row of the result reads.

    Row ``r`` reads ``extent`` rows from ``r * stride - pad`` on; those outside the operand are
    padding. Rows count from the start of an image, of which operand and result have equally many.
    With a stride of 0 every row of the result reads the same rows of its image.
    """

    stride: int = 1
    pad: int = 0
    extent: int = 1

    def first(self, row: int) -> int:
        """The first row that a row of the result reads; it may lie outside the operand."""
        return row * self.stride - self.pad

    def rows(self, first: int, last: int, height: int) -> tuple[int, int]:
        """The rows, of ``height``, that rows ``first`` to ``last - 1`` of the result read."""
        low = min(max(first * self.stride - self.pad, 0), height)
        high = min((last - 1) * self.stride - self.pad + self.extent, height)
        return low, max(low, high)

    def span(self, rows: int) -> int:
        """How many rows, padding included, that many rows of the result read."""
        return (rows - 1) * self.stride + self.extent


@dataclass(frozen=True)
class Ranges:
    """Which rows of an operand a row of the result reads, where no stride says it.

    Args:
        ranges: For each row of an image of the result, the first row that it reads, and the one
            after the last. Neither falls from one row to the next.
    """

    ranges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(self.ranges))

    def first(self, row: int) -> int:
        """The first row that a row of the result reads."""
        return self.ranges[row][0]

    def rows(self, first: int, last: int, height: int) -> tuple[int, int]:
        """The rows that rows ``first`` to ``last - 1`` of the result read."""
        return self.ranges[first][0], self.ranges[last - 1][1]

    def span(self, rows: int) -> int:
        """The most rows that a call reads which computes that many rows of the result."""
        starts = range(0, len(self.ranges), rows)
        return max(1, *(self.ranges[row + rows - 1][1] - self.ranges[row][0] for row in starts))

    @property
    def extent(self) -> int:
        """The most rows that one row of the result reads."""
        return self.span(1)


@dataclass(frozen=True)
class Split:
    """A layer that may be computed in several calls.

    Args:
        operands: For each activation, in the order of the call; None: every call reads all of it.
        scaled: Parameters that are proportional to the rows that a call computes. Of an array, the
            sizes of nested loops, that is the outermost loop that turns more than once.
        rows: Rows of the result that a call computes, at which the kernel runs at full speed; a
            divisor of the result's rows in one image.
        accumulates: True when the calls run over the rows of the only operand, of one image, add
            to a state, and the last one writes the result; then ``rows`` are those of the operand,
            which a call reads through one pointer.
        call_cycles: About how many cycles each call costs besides its arithmetic.
        lost: How many instead where a call computes certain numbers of rows below ``rows``.
        row_cycles: About how many a row of the result costs in calls of ``rows``; 0 where nothing
            says it.
        uneven_cycles: About how many more one costs that computes a row from rows through which no
            one distance leads.
    """

    operands: tuple[Window | Ranges | None, ...]
    scaled: tuple[str, ...]
    rows: int = 1
    accumulates: bool = False
    call_cycles: int = 100
    uneven_cycles: int = 0
    lost: tuple[tuple[int, int], ...] = ()
    row_cycles: float = 0.0

    def lost_cycles(self, rows: int) -> int:
        """About what a call of so many rows costs more than these rows do at full speed."""
        return dict(self.lost).get(rows, self.call_cycles if rows < self.rows else 0)


def row_axes(dimensions: int) -> int:
    """How many of the first axes of a tensor count its rows."""
    return min(max(dimensions - 1, 0), 2)


def row_shape(tensor: Tensor) -> tuple[int, int, int]:
    """Images, rows of each, elements of a row."""
    axes = row_axes(len(tensor.shape))
    images, height = (1, 1, *tensor.shape[:axes])[-2:]
    return images, height, math.prod(tensor.shape[axes:])


def row_bytes(tensor: Tensor) -> int:
    """Size of a row."""
    images, height, _ = row_shape(tensor)
    return tensor.bytes // (images * height)


def pixel_size(tensor: Tensor) -> int:
    """Bytes of a pixel: all elements along the last dimension."""
    channels = tensor.shape[-1] if tensor.shape else 1
    return channels * tensor.dtype.bits // 8


def split_pointwise(y: Tensor, scaled: tuple[str, ...], operands: int = 1) -> Split:
    """Each row of the result is computed from the same row of every operand."""
    return Split((Window(),) * operands, scaled, rows=row_shape(y)[1], call_cycles=POINTWISE_CYCLES)
