"""Functions of one variable as kernel calls: tables where bytes go in, fixed point for int16."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Function, PRelu, Relu, Unary
from mote.ir.tensor import Array, DType, Tensor
from mote.lower.broadcast import broadcast_walk
from mote.lower.kernels import KERNELS
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.reference.prelu import prelu_multipliers
from mote.reference.sigmoid_s16 import scaling
from mote.reference.slopes import STRAIGHT, Slopes, slopes, straight
from mote.reference.unary import (
    function_table,
    interpolation_table,
    is_fixed_point,
)
from mote.target.target import Core

LARGEST = {DType.INT8: 255, DType.INT16: 2**15}
"""Distance of an integer to its zero point."""


def lower_unary(graph: Graph, node: Node, core: Core) -> Step:
    """A table of every byte; int16 takes straight lines, the sigmoid's rule or interpolation.

    Raises:
        UnsupportedModelError: A scaled value could leave int32.
    """
    op = node.op
    assert isinstance(op, Relu | Unary)
    (x,), y = graph.operands(node), graph.result(node)
    elements = ("elements", y.elements)
    split = split_pointwise(y, ("elements",))
    if isinstance(op, Relu) or op.function in STRAIGHT:
        lines = slopes(op, x, y)
        for _, shift in (lines.above, lines.below):
            _check_room(node, LARGEST[y.dtype], shift)
    if y.dtype is DType.INT8:
        table = Constant("table", _table(op, x, y), False)
        kernel = KERNELS["mote_table_s8"]
        return Step(node, kernel, (elements,), (table,), in_place=(0,), split=split)
    if isinstance(op, Relu) or op.function in STRAIGHT:
        return _straight(node, lines, y)
    if is_fixed_point(op, y):
        is_tanh = op.function is Function.TANH
        how = scaling(x.q.scale, is_tanh=is_tanh)
        parameters = (
            elements,
            ("multiplier", how.multiplier),
            ("right", how.right),
            ("is_tanh", int(is_tanh)),
        )
        return Step(node, KERNELS["mote_sigmoid_s16"], parameters, in_place=(0,), split=split)
    entries = Constant("table", interpolation_table(op, x, y), False)
    kernel = KERNELS["mote_table_s16"]
    return Step(node, kernel, (elements,), (entries,), in_place=(0,), split=split)


def _table(op: Relu | Unary, x: Tensor, y: Tensor) -> Array:
    """The results in the order of the unsigned byte."""
    every = np.arange(-128, 128).astype(np.int8)
    table = straight(op, every, x, y) if isinstance(op, Relu) else function_table(op, x, y)
    return np.roll(table, 128)


def _straight(node: Node, lines: Slopes, y: Tensor) -> Step:
    pairs = (lines.above, lines.below)
    parameters = (
        ("multiplier", tuple(multiplier for multiplier, _ in pairs)),
        ("elements", y.elements),
        ("y_min", lines.y_min),
        ("y_max", lines.y_max),
        ("mirrored", int(lines.mirrored)),
        ("right", tuple(-shift for _, shift in pairs)),
    )
    split = split_pointwise(y, ("elements",))
    return Step(node, KERNELS["mote_straight_s16"], parameters, in_place=(0,), split=split)


def lower_prelu(graph: Graph, node: Node, core: Core) -> Step:
    """Two multipliers, and a constant that repeats.

    Raises:
        UnsupportedModelError: A scaled value could leave int32.
    """
    assert isinstance(node.op, PRelu)
    operands, y = graph.operands(node), graph.result(node)
    x, alpha = operands
    above, below = prelu_multipliers(x, alpha, y)
    greatest = LARGEST[y.dtype]
    _check_room(node, greatest, above[1])
    _check_room(node, greatest**2, below[1])
    walk = broadcast_walk(operands, y)
    parameters: dict[str, int | tuple[int, ...]] = {
        "multiplier": above[0],
        "alpha_multiplier": below[0],
        **walk.parameters,
        "right": -above[1],
        "alpha_right": -below[1],
    }
    if y.dtype is DType.INT8:
        zeros = {"x_zero": x, "alpha_zero": alpha, "y_zero": y}
        parameters |= {name: t.q.zero_point for name, t in zeros.items()}
    return Step(
        node,
        KERNELS["mote_prelu_s8" if y.dtype is DType.INT8 else "mote_prelu_s16"],
        parameters=tuple(parameters.items()),
        constants=(Constant("alpha", alpha.array, True),),
        in_place=(0,),
        split=walk.split,
    )


def _check_room(node: Node, greatest: int, shift: int) -> None:
    if greatest << max(shift, 0) >= 2**31:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"rescales by 2**{shift} or nearly so, which leads out of 32 bits",
            hint="use a coarser scale for the result",
        )
