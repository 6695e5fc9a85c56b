"""Reduction of a whole plane to one result per channel, row after row as they come."""

import math
from dataclasses import dataclass

from mote.ir.graph import Graph, Node
from mote.ir.ops import AveragePool2D, MaxPool2D, Mean
from mote.ir.tensor import DType, Tensor
from mote.lower.split import Split, Window


@dataclass(frozen=True)
class Plane:
    """What is reduced: one image.

    Args:
        rows: Of the operand.
        cells: Elements of each channel.
        channels: Results.
    """

    rows: int
    cells: int
    channels: int

    @property
    def sizes(self) -> dict[str, int]:
        """As the kernels' parameter structs name them; a call gets a ``part`` of the cells."""
        return {"cells": self.cells, "part": self.cells, "channels": self.channels}

    @property
    def split(self) -> Split:
        """Calls add rows of the operand; one gets them all at full speed."""
        return Split(
            (Window(),),
            scaled=("part",),
            rows=self.rows,
            accumulates=True,
            call_cycles=40 + 9 * self.channels,  # to get and keep what it has so far
        )

    def state_bytes(self, dtype: DType) -> int:
        """Size of a number of this type for each channel, 4-byte aligned."""
        return -(-self.channels * dtype.bits // 32) * 4


def pooled_plane(graph: Graph, node: Node) -> Plane | None:
    """The plane that the one window of a pool covers; None when there are several windows."""
    op = node.op
    assert isinstance(op, AveragePool2D | MaxPool2D)
    (x,), y = graph.operands(node), graph.result(node)
    images, height, width, channels = x.shape
    covers_all = op.kernel[0] - op.padding.top >= height and op.kernel[1] - op.padding.left >= width
    if images == 1 and y.shape[1:3] == (1, 1) and covers_all:
        return Plane(height, height * width, channels)
    return None


def averaged_plane(op: Mean, x: Tensor) -> Plane | None:
    """The plane whose rows a mean adds; None where rows of the operand have means of their own, or
    where what a row keeps is interleaved with what it adds."""
    reduced = [axis for axis in op.axes if axis > 0]
    is_plane = len(x.shape) > 2 and x.shape[0] == 1 and bool(reduced)
    if not is_plane or sorted(reduced) != list(range(1, 1 + len(reduced))):
        return None
    inner = 1 + len(reduced)
    return Plane(x.shape[1], math.prod(x.shape[1:inner]), math.prod(x.shape[inner:]))
