"""Addition as a kernel call: one affine formula where exact, TFLite's arithmetic elsewhere."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Add
from mote.ir.tensor import Tensor
from mote.lower.folding import Dimension, broadcast_steps, fold, padded
from mote.lower.kernels import KERNELS
from mote.lower.step import Constant, Step
from mote.reference.elementwise import ADD_LEFT_SHIFT, add, add_multipliers
from mote.reference.fixed_point import activation_range
from mote.target.target import Core

LARGEST_SUM = 2 * 255 << (ADD_LEFT_SHIFT - 1)
"""Bound of the scaled operands' sum: each is at most 255 * 2**20, halved."""


def lower_add(graph: Graph, node: Node, core: Core) -> Step:
    """Operands of one shape take ``mote_add_s8`` if it is exact, all others the general kernels."""
    assert isinstance(node.op, Add)
    operands, y = graph.operands(node), graph.result(node)
    activations = [t for t in operands if not t.is_constant]
    in_place = tuple(i for i, t in enumerate(activations) if t.elements == y.elements)
    if len(in_place) == 2:
        formula = affine_sum(node.op, operands, y)
        if formula is not None:
            low, high = activation_range(node.op.activation, y.q, y.dtype)
            limits = {"elements": y.elements, "y_min": low, "y_max": high}
            parameters = {**asdict(formula), **limits}
            return Step(node, KERNELS["mote_add_s8"], tuple(parameters.items()), in_place=in_place)
    if not activations:
        raise UnsupportedModelError(f"node '{node.name}'", "adds two constants")
    # The sum does not depend on the order, and the kernel wants the constant last.
    ordered = sorted(operands, key=lambda t: t.is_constant)
    constants = tuple(Constant("constant", t.array, True) for t in ordered if t.is_constant)
    kernel = "mote_add_constant_s8" if constants else "mote_add_broadcast_s8"
    return Step(
        node,
        KERNELS[kernel],
        parameters=_general_parameters(node, ordered, y),
        constants=constants,
        in_place=in_place,
    )


@dataclass(frozen=True)
class AffineSum:
    """y = clamp((x0 * x0_multiplier + x1 * x1_multiplier + offset) >> shift)."""

    x0_multiplier: int
    x1_multiplier: int
    offset: int
    shift: int


def affine_sum(op: Add, operands: Sequence[Tensor], y: Tensor) -> AffineSum | None:
    """The formula that gives the reference's byte for all 65,536 pairs of bytes, if one is found.

    The real factors are the ratios of the scales, with as many bits as an int32 accumulator holds.
    Each candidate is a pair of factors beside them; every pair of bytes then bounds the offset from
    below and from above. Factors a little too large turn exact halves away from zero on both sides
    of zero, as the reference does.
    """
    byte = np.arange(-128, 128)
    x0, x1 = (x.astype(np.int8) for x in np.meshgrid(byte, byte, indexing="ij"))
    want = add(op, (x0, x1), operands, y).astype(np.int64)
    low, high = activation_range(op.activation, y.q, y.dtype)
    ratios = [t.q.scale / y.q.scale for t in operands]
    centre = y.q.zero_point - sum(r * t.q.zero_point for r, t in zip(ratios, operands, strict=True))
    magnitude = 128 * sum(ratios) + abs(centre) + 1
    shift = min(30, math.floor(math.log2((2**31 - 2**12) / magnitude)))
    if shift < 0:
        return None
    floor = np.where(want > low, want << shift, -(2**40))
    ceiling = np.where(want < high, (want + 1 << shift) - 1, 2**40)
    for m0, m1 in _candidates([r * 2**shift for r in ratios]):
        products = byte[:, None] * m0 + byte * m1
        least, most = int((floor - products).max()), int((ceiling - products).min())
        offset = min(max((least + most) // 2, -(2**31)), 2**31 - 1)
        fits = 128 * (abs(m0) + abs(m1)) + abs(offset) < 2**31
        if least <= offset <= most and fits:
            return AffineSum(m0, m1, offset, shift)
    return None


def _candidates(factors: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Integers near the factors: the nearest first, then their neighbours, then slightly larger."""
    neighbours = [(d0, d1) for d0 in range(-2, 3) for d1 in range(-2, 3)]
    for d0, d1 in sorted(neighbours, key=lambda d: (abs(d[0]) + abs(d[1]), d)):
        yield round(factors[0]) + d0, round(factors[1]) + d1
    for stretch in (2.0**-bits for bits in range(19, 9, -1)):
        yield round(factors[0] * (1 + stretch)), round(factors[1] * (1 + stretch))


def _general_parameters(
    node: Node, operands: Sequence[Tensor], y: Tensor
) -> tuple[tuple[str, int | tuple[int, ...]], ...]:
    """The fields of ``mote_add_general``."""
    assert isinstance(node.op, Add)
    pairs = add_multipliers(operands[0], operands[1], y)
    assert LARGEST_SUM << max(pairs.y[1], 0) < 2**31, "Add.problems bounds the scales"
    steps = [broadcast_steps(t.shape, y.shape) for t in operands]
    walk = [Dimension(n, (a, b)) for n, a, b in zip(y.shape, *steps, strict=True)]
    loops = padded(fold(walk), 4, 2)
    low, high = activation_range(node.op.activation, y.q, y.dtype)
    return (
        ("x0_multiplier", pairs.x0[0]),
        ("x1_multiplier", pairs.x1[0]),
        ("y_multiplier", pairs.y[0]),
        ("size", tuple(d.size for d in loops)),
        ("x0_step", tuple(d.steps[0] for d in loops)),
        ("x1_step", tuple(d.steps[1] for d in loops)),
        ("x0_right", -pairs.x0[1]),
        ("x1_right", -pairs.x1[1]),
        ("y_right", -pairs.y[1]),
        ("x0_zero", operands[0].q.zero_point),
        ("x1_zero", operands[1].q.zero_point),
        ("y_zero", y.q.zero_point),
        ("y_min", low),
        ("y_max", high),
    )
