"""Softmax and its logarithm as kernel calls: exponentials from tables, or computed."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import LogSoftmax, Softmax
from mote.ir.tensor import Array, DType, Tensor
from mote.lower.kernels import KERNELS
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.reference.fixed_point import saturating_rounding_doubling_high_mul
from mote.reference.softmax import (
    INTEGER_BITS,
    SUM_INTEGER_BITS,
    exp_of_negative,
    softmax_parameters,
)
from mote.reference.softmax_s16 import difference_multiplier
from mote.target.target import Core

MOST_COLUMNS = {DType.INT8: 2**SUM_INTEGER_BITS - 1, DType.INT16: 2**16 - 1}
"""Each exponential is at most 2**19 in the sum's Q12.19 (2**15 for int16); the sum must stay below
2**31."""

MOST_COMPUTED = 64
"""Values whose exponentials may be computed, in about 200 instructions each, to spare a table."""

SMALL_TABLE = 64
"""Entries that take no more flash than the code that computes them."""

LARGEST_SHIFT_S16 = 14
"""By which differences below 2**16 may move up."""


def lower_softmax(graph: Graph, node: Node, core: Core) -> Step:
    """Softmax over the last axis.

    Raises:
        UnsupportedModelError: The sum of a row does not fit 32 bits.
    """
    assert isinstance(node.op, Softmax)
    (x,) = graph.operands(node)
    rows = ("rows", x.elements // x.shape[-1]), ("columns", x.shape[-1])
    split = split_pointwise(x, ("rows",))
    if x.dtype is DType.INT16:
        multiplier, shift = difference_multiplier(node.op, x)
        if shift > LARGEST_SHIFT_S16:
            raise UnsupportedModelError(
                f"node '{node.name}'",
                f"scale {x.q.scale:.3g} and beta {node.op.beta:.3g} lead out of 32 bits",
            )
        parameters = (("multiplier", multiplier), *_rows(node, x), ("right", -shift))
        return Step(node, KERNELS["mote_softmax_s16"], parameters, in_place=(0,), split=split)
    table = exponentials(node.op, x)
    if x.elements <= MOST_COMPUTED and len(table) > SMALL_TABLE:
        multiplier, shift, _ = softmax_parameters(node.op, x)
        parameters = (("multiplier", multiplier), *rows, ("entries", len(table)), ("left", shift))
        kernel = KERNELS["mote_softmax_short_s8"]
        return Step(node, kernel, parameters, in_place=(0,), split=split)
    is_long = x.shape[-1] > MOST_COLUMNS[DType.INT8]
    return Step(
        node,
        KERNELS["mote_softmax_long_s8" if is_long else "mote_softmax_s8"],
        parameters=(*rows, ("entries", len(table))),
        constants=(Constant("exponentials", table, False),),
        in_place=(0,),
        split=split,
    )


def lower_log_softmax(graph: Graph, node: Node, core: Core) -> Step:
    """Log softmax over the last axis.

    Raises:
        UnsupportedModelError: The sum of a row does not fit 32 bits.
    """
    assert isinstance(node.op, LogSoftmax)
    (x,) = graph.operands(node)
    table = exponentials(Softmax(), x)
    multiplier, shift, least = softmax_parameters(Softmax(), x)
    difference = np.arange(min(255, -least) + 1, dtype=np.int64)
    scaled = saturating_rounding_doubling_high_mul(-difference << shift, multiplier)
    # Beyond -16 the result is its least value, whatever the sum, which is at least 1.
    most = int(np.flatnonzero(scaled >= -(16 << (31 - INTEGER_BITS)))[-1])
    if most == 0:  # no difference is scaled, and the shift may be beyond what C can shift by
        multiplier, shift = 0, 0
    return Step(
        node,
        KERNELS["mote_log_softmax_s8"],
        parameters=(
            ("multiplier", multiplier),
            *_rows(node, x),
            ("entries", len(table)),
            ("most", most),
            ("left", shift),
        ),
        constants=(Constant("exponentials", table, False),),
        in_place=(0,),
        split=split_pointwise(x, ("rows",)),
    )


def _rows(node: Node, x: Tensor) -> tuple[tuple[str, int], ...]:
    """Number and length of rows whose sum fits 32 bits."""
    columns, most = x.shape[-1], MOST_COLUMNS[x.dtype]
    if columns > most:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"{node.op.label} over {columns:,} values overflows 32 bits, allowed: {most:,}",
        )
    return ("rows", x.elements // columns), ("columns", columns)


def exponentials(op: Softmax, x: Tensor) -> Array:
    """exp(-beta * scale * d) in Q0.31 for d = 0, 1, ... while it changes a result.

    Below 2**(SUM_INTEGER_BITS - 1) an exponential adds 0 to the sum, and as no sum is below 1 its
    probability is less than half of 1 / 256.
    """
    multiplier, shift, least = softmax_parameters(op, x)
    difference = -np.arange(min(255, -least) + 1, dtype=np.int64)
    scaled = saturating_rounding_doubling_high_mul(difference << shift, multiplier)
    table = exp_of_negative(scaled).astype(np.int32)
    matters = np.flatnonzero(table >= 2 ** (SUM_INTEGER_BITS - 1))
    return table[: int(matters[-1]) + 1]
