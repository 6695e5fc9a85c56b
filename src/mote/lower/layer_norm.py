"""Layer norm as a kernel call, with the proof that a row of that length does not overflow."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import LayerNorm
from mote.ir.tensor import DType
from mote.lower.kernels import KERNELS
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.reference.layer_norm import layer_norm_constants
from mote.target.target import Core

MOST_COLUMNS = {DType.INT8: 2**16 - 1, DType.INT16: 2**15 - 1}
"""n times the distance from the mean, below n * 2**8 and n * 2**16, must stay below 2**31, and
n**2 times the variance, at most n**2 * 2**14 and n**2 * 2**30, below 2**62."""


def lower_layer_norm(graph: Graph, node: Node, core: Core) -> Step:
    """Layer norm over the last axis.

    Raises:
        UnsupportedModelError: A row is too long, or a scale leaves no room for the result.
    """
    assert isinstance(node.op, LayerNorm)
    (x, gamma, beta), y = graph.operands(node), graph.result(node)
    columns, where = x.shape[-1], f"node '{node.name}'"
    if columns > MOST_COLUMNS[x.dtype]:
        raise UnsupportedModelError(
            where,
            f"layer norm over {columns:,} values overflows, allowed: {MOST_COLUMNS[x.dtype]:,}",
        )
    p = layer_norm_constants(node.op, x, gamma, beta, y)
    if p.right < 1:
        raise UnsupportedModelError(
            where,
            f"the result's scale {y.q.scale:.3g} is too fine: gamma and beta lead out of 32 bits",
            hint="use a coarser scale for the result",
        )
    parameters = (
        ("epsilon", p.epsilon),
        ("rows", x.elements // columns),
        ("columns", columns),
        ("fraction_bits", p.fraction_bits),
        ("root_bits", p.root_bits),
        ("right", p.right),
        ("y_zero", y.q.zero_point),
    )
    return Step(
        node,
        KERNELS["mote_layer_norm_s8" if y.dtype is DType.INT8 else "mote_layer_norm_s16"],
        parameters=parameters,
        constants=(
            Constant("gamma", p.gamma.astype(np.int32), True),
            Constant("beta", p.beta.astype(np.int32), True),
        ),
        in_place=(0,),
        split=split_pointwise(x, ("rows",)),
    )
