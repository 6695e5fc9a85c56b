"""Sums and differences with a constant as one multiplication per element, where that is exact."""

from collections.abc import Iterator

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Add, Sub
from mote.ir.tensor import Array
from mote.lower.broadcast import broadcast_walk
from mote.lower.kernels import KERNELS
from mote.lower.shifted import exact_offset, widest_shift
from mote.lower.step import Constant, Step
from mote.reference.evaluate import EVALUATORS
from mote.reference.fixed_point import activation_range

MOST_ELEMENTS = 1024
"""Of the constant: each becomes four bytes in flash."""


def lower_with_constant(graph: Graph, node: Node) -> Step | None:
    """The affine kernel, or None where the constant is large or an offset is not exact.

    y = clamp((x * multiplier + offset[k]) >> shift) for element k of the constant; the offset is
    found from the reference's results for all 256 bytes.
    """
    op, y = node.op, graph.result(node)
    assert isinstance(op, Add | Sub)
    operands = graph.operands(node)
    x, constant = sorted(operands, key=lambda t: t.is_constant)
    if constant.elements > MOST_ELEMENTS:
        return None
    byte = np.arange(-128, 128)
    values, place = np.unique(constant.array, return_inverse=True)
    arrays = [values[None] if t.is_constant else byte[:, None].astype(np.int8) for t in operands]
    want = EVALUATORS[type(op)](op, arrays, operands, y).astype(np.int64)
    limits = activation_range(op.activation, y.q, y.dtype)
    sign = -1 if isinstance(op, Sub) and operands[0].is_constant else 1
    slope = sign * x.q.scale / y.q.scale
    shift = widest_shift(256 * abs(slope) + 512)
    if shift is None:
        return None
    walk = broadcast_walk((x, constant), y)
    for multiplier in _near(slope * 2**shift):
        offsets = _offsets(byte * multiplier, want, limits, shift)
        if offsets is None or 128 * abs(multiplier) + int(np.abs(offsets).max()) >= 2**31:
            continue
        return Step(
            node,
            KERNELS["mote_affine_s8"],
            parameters=(
                *walk.parameters.items(),
                ("multiplier", multiplier),
                ("shift", shift),
                ("y_min", limits[0]),
                ("y_max", limits[1]),
            ),
            constants=(Constant("offset", offsets[place.reshape(-1)].astype(np.int32), True),),
            in_place=walk.in_place,
            split=walk.split,
        )
    return None


def _near(real: float) -> Iterator[int]:
    """Integers near a factor: the nearest, its neighbours, then slightly steeper ones."""
    yield from (round(real) + d for d in (0, 1, -1, 2, -2))
    yield from (round(real * (1 + 2.0**-bits)) for bits in range(19, 9, -1))


def _offsets(values: Array, want: Array, limits: tuple[int, int], shift: int) -> Array | None:
    """One offset for each column of the wanted results."""
    found = [exact_offset(values, column, limits, shift) for column in want.T]
    return None if any(offset is None for offset in found) else np.array(found, np.int64)
