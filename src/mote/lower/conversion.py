"""Quantize and dequantize as kernel calls."""

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Dequantize, Quantize
from mote.ir.tensor import DType
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.split import split_pointwise
from mote.lower.step import Constant, Step
from mote.reference.conversion import quantize
from mote.reference.fixed_point import quantize_multiplier
from mote.target.target import Core


def lower_quantize(graph: Graph, node: Node, core: Core) -> Step:
    """Floats are divided; bytes look their result up in a table that the reference filled; where
    int16 comes in, the integers are scaled.

    Raises:
        UnsupportedModelError: Integers, scaled up, do not fit 32 bits.
    """
    assert isinstance(node.op, Quantize)
    (x,), y = graph.operands(node), graph.result(node)
    name = f"mote_quantize_{SUFFIXES[x.dtype]}_{SUFFIXES[y.dtype]}"
    kernel = KERNELS["mote_table_s8" if name == "mote_quantize_s8_s8" else name]
    elements = ("elements", y.elements)
    split = split_pointwise(y, ("elements",))
    if x.dtype is DType.FLOAT32:
        to_steps = (("y_scale", y.q.scale), elements, ("y_zero", y.q.zero_point))
        # A float is read before the byte is written that lies in it; int16 could not alias it.
        in_place = (0,) if y.dtype.bits == 8 else ()
        return Step(node, kernel, to_steps, in_place=in_place, split=split)
    multiplier, shift = quantize_multiplier(x.q.scale / y.q.scale)
    if (2**15 if x.dtype is DType.INT16 else 255) << max(shift, 0) >= 2**31:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"rescaling from {x.q.scale:.3g} to {y.q.scale:.3g} overflows 32 bits",
        )
    if DType.INT16 in (x.dtype, y.dtype):
        rescale = (
            ("multiplier", multiplier),
            elements,
            ("right", -shift),
            ("x_zero", x.q.zero_point),
            ("y_zero", y.q.zero_point),
        )
        in_place = (0,) if y.dtype.bits <= x.dtype.bits else ()
        return Step(node, kernel, rescale, in_place=in_place, split=split)
    every_byte = np.arange(256, dtype=np.uint8).view(x.dtype.numpy)
    table = quantize(node.op, (every_byte,), (x,), y)
    constants = (Constant("table", table, False),)
    return Step(node, kernel, (elements,), constants, in_place=(0,), split=split)


def lower_dequantize(graph: Graph, node: Node, core: Core) -> Step:
    """Bytes to the real numbers that they stand for."""
    assert isinstance(node.op, Dequantize)
    (x,), y = graph.operands(node), graph.result(node)
    return Step(
        node,
        KERNELS[f"mote_dequantize_{SUFFIXES[x.dtype]}_{SUFFIXES[y.dtype]}"],
        (("x_scale", x.q.scale), ("elements", y.elements), ("x_zero", x.q.zero_point)),
        split=split_pointwise(y, ("elements",)),
    )
