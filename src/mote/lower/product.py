"""Products as kernel calls: short multiplications where exact, TFLite's rule elsewhere."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Mul
from mote.ir.tensor import Array, DType, Tensor
from mote.lower.broadcast import broadcast_walk, operand_places
from mote.lower.kernels import KERNELS
from mote.lower.shifted import exact_offset, widest_shift
from mote.lower.step import Constant, Step
from mote.reference.elementwise import mul, mul_multiplier
from mote.reference.fixed_point import activation_range
from mote.target.target import Core


def lower_mul(graph: Graph, node: Node, core: Core) -> Step:
    """int8: the short formula if it is exact, the general one otherwise; int16: the general one."""
    op = node.op
    assert isinstance(op, Mul)
    # The product does not depend on the order, and the kernels want a constant last.
    operands = sorted(graph.operands(node), key=lambda t: t.is_constant)
    y = graph.result(node)
    constants = tuple(Constant("constant", t.array, True) for t in operands if t.is_constant)
    if len(constants) == 2:
        raise UnsupportedModelError(f"node '{node.name}'", "mul of two constants")
    low, high = activation_range(op.activation, y.q, y.dtype)
    parameters: dict[str, int | tuple[int, ...]] = {"y_min": low, "y_max": high}
    parameters |= broadcast_walk(operands, y)
    multiplier, shift = mul_multiplier(operands[0], operands[1], y)
    form = "_constant" if constants else ""
    if y.dtype is DType.INT16:
        assert shift <= 0, "the operator's problems bound the scales"
        name = f"mote_mul{form}_s16"
        parameters |= {"y_multiplier": multiplier, "y_right": -shift}
    else:
        parameters |= {f"x{i}_zero": t.q.zero_point for i, t in enumerate(operands)}
        formula = short_product(op, operands, y)
        if formula is not None:
            name = f"mote_mul{form}_s8"
            parameters |= asdict(formula)
        else:
            name = f"mote_mul_exact{form}_s8"
            parameters |= {"multiplier": multiplier, "right": -shift, "y_zero": y.q.zero_point}
    return Step(
        node,
        KERNELS[name],
        parameters=tuple(parameters.items()),
        constants=constants,
        in_place=operand_places(operands, y),
    )


LOW_BITS = 14
"""Of a multiplier: times a product of bytes, of 17 bits with its sign, they stay inside int32."""


@dataclass(frozen=True)
class ShortProduct:
    """With p = (x0 - x0_zero) * (x1 - x1_zero), and n = negative for p < 0, 0 elsewhere:

    y = clamp((p * high + offset_high + n + ((p * low + offset_low) >> 14)) >> shift)
    """

    high: int
    low: int
    offset_high: int
    offset_low: int
    negative: int
    shift: int

    def fits(self, largest: int) -> bool:
        """True when no part of it leaves int32 for products up to ``largest``."""
        inner = largest * self.low + self.offset_low
        outer = largest * self.high + abs(self.offset_high) + abs(self.negative) + 1
        return max(inner, outer + (inner >> LOW_BITS)) < 2**31

    def scaled(self, products: Array) -> Array:
        """The results before they are clamped."""
        inner = (products * self.low + self.offset_low) >> LOW_BITS
        negative = np.where(products < 0, self.negative, 0)
        outer: Array = products * self.high + self.offset_high + negative + inner
        return outer >> self.shift


def short_product(op: Mul, operands: Sequence[Tensor], y: Tensor) -> ShortProduct | None:
    """The formula that gives the reference's byte for every pair of bytes, if one is found.

    It is floor((p * m + offset) / 2**(14 + shift)) with m and offset in two parts: a multiplier of
    28 bits from multiplications of 32. Double rounding moves every step of the result towards
    zero by the same amount, so negative products have an offset of their own. Only the bytes that
    a constant holds count.
    """
    bytes_of = [np.unique(t.array) if t.is_constant else np.arange(-128, 128) for t in operands]
    pair = np.meshgrid(*(b.astype(np.int8) for b in bytes_of), indexing="ij")
    want = mul(op, pair, operands, y).astype(np.int64)
    a, b = (x.astype(np.int64) - t.q.zero_point for x, t in zip(pair, operands, strict=True))
    products, limits = a * b, activation_range(op.activation, y.q, y.dtype)
    multiplier, exponent = mul_multiplier(operands[0], operands[1], y)
    ratio, largest = multiplier * 2.0 ** (exponent - 31), int(np.abs(products).max())
    room = widest_shift(largest * ratio + abs(y.q.zero_point) + 2)
    if room is None or not multiplier:
        return None
    shift = min(room, LOW_BITS - exponent)
    if shift < 0:
        return None
    for m in (round(ratio * 2.0 ** (LOW_BITS + shift)) + d for d in (0, 1, -1, 2, -2)):
        formula = _with_offsets(products, m, want, limits, shift)
        if formula is None or not formula.fits(largest):
            continue
        if np.array_equal(np.clip(formula.scaled(products), *limits), want):
            return formula
    return None


def _with_offsets(
    products: Array, multiplier: int, want: Array, limits: tuple[int, int], shift: int
) -> ShortProduct | None:
    """The offsets of products that are not negative, and of those that are."""
    offsets = []
    for part in (products >= 0, products < 0):
        values = products[part] * multiplier
        offset = 0
        if values.size:
            found = exact_offset(values, want[part], limits, LOW_BITS + shift, bits=46)
            if found is None:
                return None
            offset = found
        offsets.append(offset)
    high, low = divmod(multiplier, 2**LOW_BITS)
    offset_high, offset_low = divmod(offsets[0], 2**LOW_BITS)
    negative = (offsets[1] - offsets[0]) >> LOW_BITS
    return ShortProduct(high, low, offset_high, offset_low, negative, shift)
