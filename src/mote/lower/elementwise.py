"""Sums and differences as kernel calls: one affine formula where exact, TFLite's rule elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Add, Sub
from mote.ir.ops.elementwise import SUM_SHIFTS
from mote.ir.tensor import DType, Tensor
from mote.lower.affine import lower_with_constant
from mote.lower.broadcast import broadcast_walk
from mote.lower.kernels import KERNELS
from mote.lower.shifted import exact_offset, widest_shift
from mote.lower.step import Constant, Step
from mote.reference.elementwise import add, add_multipliers, sub
from mote.reference.fixed_point import activation_range
from mote.target.target import Core

LARGEST_OPERAND = {DType.INT8: 255, DType.INT16: 2**15}


def lower_sum(graph: Graph, node: Node, core: Core) -> Step:
    """int8 operands of one shape take the affine kernel if it is exact, others the general ones."""
    op = node.op
    assert isinstance(op, Add | Sub)
    operands, y = graph.operands(node), graph.result(node)
    walk = broadcast_walk(operands, y)
    if len(walk.in_place) == 2 and y.dtype is DType.INT8:
        formula = affine_sum(op, operands, y)
        if formula is not None:
            low, high = activation_range(op.activation, y.q, y.dtype)
            limits = {"elements": y.elements, "y_min": low, "y_max": high}
            parameters = {**asdict(formula), **limits}
            kernel = KERNELS[f"mote_{op.kind}_s8"]
            split = replace(walk.split, scaled=("elements",)) if walk.split else None
            return Step(node, kernel, tuple(parameters.items()), in_place=(0, 1), split=split)
    if sum(t.is_constant for t in operands) == 1 and y.dtype is DType.INT8:
        step = lower_with_constant(graph, node)
        if step is not None:
            return step
    constant_first = operands[0].is_constant
    if isinstance(op, Add) and constant_first:
        # The sum does not depend on the order, and the kernel wants the constant last.
        operands, constant_first = operands[::-1], False
        walk = broadcast_walk(operands, y)
    constants = tuple(Constant("constant", t.array, True) for t in operands if t.is_constant)
    if len(constants) == 2:
        raise UnsupportedModelError(f"node '{node.name}'", f"{op.kind} of two constants")
    form = "_constant" if constants else "_broadcast" if y.dtype is DType.INT8 else ""
    parameters = {**_scales(operands, y), **walk.parameters}
    low, high = activation_range(op.activation, y.q, y.dtype)
    parameters |= {"y_min": low, "y_max": high}
    if y.dtype is DType.INT8:
        zeros = {f"x{i}_zero": t.q.zero_point for i, t in enumerate(operands)}
        parameters |= {**zeros, "y_zero": y.q.zero_point}
    if isinstance(op, Sub) and constants:
        parameters["constant_first"] = int(constant_first)
    return Step(
        node,
        KERNELS[f"mote_{op.kind}{form}_{'s8' if y.dtype is DType.INT8 else 's16'}"],
        parameters=tuple(parameters.items()),
        constants=constants,
        in_place=walk.in_place,
        split=walk.split,
    )


@dataclass(frozen=True)
class AffineSum:
    """y = clamp((x0 * x0_multiplier + x1 * x1_multiplier + offset) >> shift)."""

    x0_multiplier: int
    x1_multiplier: int
    offset: int
    shift: int


def affine_sum(op: Add | Sub, operands: Sequence[Tensor], y: Tensor) -> AffineSum | None:
    """The formula that gives the reference's byte for all 65,536 pairs of bytes, if one is found.

    The real factors are the ratios of the scales, with as many bits as an int32 accumulator holds.
    Each candidate is a pair of factors beside them; every pair of bytes then bounds the offset from
    below and from above. Factors a little too large turn exact halves away from zero on both sides
    of zero, as the reference does.
    """
    byte = np.arange(-128, 128)
    pair = tuple(x.astype(np.int8) for x in np.meshgrid(byte, byte, indexing="ij"))
    if isinstance(op, Add):
        want, sign = add(op, pair, operands, y).astype(np.int64), 1
    else:
        want, sign = sub(op, pair, operands, y).astype(np.int64), -1
    limits = activation_range(op.activation, y.q, y.dtype)
    ratios = [operands[0].q.scale / y.q.scale, sign * operands[1].q.scale / y.q.scale]
    centre = y.q.zero_point - sum(r * t.q.zero_point for r, t in zip(ratios, operands, strict=True))
    shift = widest_shift(128 * sum(map(abs, ratios)) + abs(centre) + 1)
    if shift is None:
        return None
    for m0, m1 in _candidates([r * 2**shift for r in ratios]):
        products = byte[:, None] * m0 + byte * m1
        offset = exact_offset(products, want, limits, shift)
        if offset is not None and 128 * (abs(m0) + abs(m1)) + abs(offset) < 2**31:
            return AffineSum(m0, m1, offset, shift)
    return None


def _candidates(factors: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Integers near the factors: the nearest first, then their neighbours, then slightly larger."""
    neighbours = [(d0, d1) for d0 in range(-2, 3) for d1 in range(-2, 3)]
    for d0, d1 in sorted(neighbours, key=lambda d: (abs(d[0]) + abs(d[1]), d)):
        yield round(factors[0]) + d0, round(factors[1]) + d1
    for stretch in (2.0**-bits for bits in range(19, 9, -1)):
        yield round(factors[0] * (1 + stretch)), round(factors[1] * (1 + stretch))


def _scales(operands: Sequence[Tensor], y: Tensor) -> dict[str, int]:
    """The multipliers and right shifts of the general kernels."""
    pairs = add_multipliers(operands[0], operands[1], y)
    # Each scaled operand is at most its greatest value, moved up and halved.
    largest_sum = 2 * LARGEST_OPERAND[y.dtype] << (SUM_SHIFTS[y.dtype] - 1)
    assert largest_sum << max(pairs.y[1], 0) < 2**31, "the operator's problems bound the scales"
    return {
        "x0_multiplier": pairs.x0[0],
        "x1_multiplier": pairs.x1[0],
        "y_multiplier": pairs.y[0],
        "x0_right": -pairs.x0[1],
        "x1_right": -pairs.x1[1],
        "y_right": -pairs.y[1],
    }
