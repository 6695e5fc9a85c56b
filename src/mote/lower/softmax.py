"""Softmax as a kernel call: a table of exponentials, as long as they matter."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Softmax
from mote.ir.tensor import Array, Tensor
from mote.lower.kernels import KERNELS
from mote.lower.step import Constant, Step
from mote.reference.fixed_point import saturating_rounding_doubling_high_mul
from mote.reference.softmax import SUM_INTEGER_BITS, exp_of_negative, softmax_parameters
from mote.target.target import Core

MOST_COLUMNS = 2 ** (SUM_INTEGER_BITS) - 1
"""Each exponential is at most 2**19 in the sum's Q12.19, which must stay below 2**31."""


def lower_softmax(graph: Graph, node: Node, core: Core) -> Step:
    """Softmax over the last axis.

    Raises:
        UnsupportedModelError: The sum of a row does not fit 32 bits.
    """
    assert isinstance(node.op, Softmax)
    (x,) = graph.operands(node)
    columns = x.shape[-1]
    if columns > MOST_COLUMNS:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"softmax over {columns:,} values overflows 32 bits, allowed: {MOST_COLUMNS:,}",
        )
    table = exponentials(node.op, x)
    return Step(
        node,
        KERNELS["mote_softmax_s8"],
        parameters=(
            ("rows", x.elements // columns),
            ("columns", columns),
            ("entries", len(table)),
        ),
        constants=(Constant("exponentials", table, False),),
        in_place=(0,),
    )


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
