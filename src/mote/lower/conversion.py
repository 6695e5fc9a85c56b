"""Quantize and dequantize as kernel calls."""

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Dequantize, Quantize
from mote.ir.tensor import DType
from mote.lower.kernels import KERNELS
from mote.lower.step import Constant, Step
from mote.reference.conversion import quantize
from mote.target.target import Core

SUFFIXES = {DType.FLOAT32: "f32", DType.INT8: "s8", DType.UINT8: "u8"}
"""The element types in the names of kernels."""


def lower_quantize(graph: Graph, node: Node, core: Core) -> Step:
    """Floats are divided; bytes look their result up in a table that the reference filled."""
    assert isinstance(node.op, Quantize)
    (x,), y = graph.operands(node), graph.result(node)
    kernel = KERNELS[f"mote_quantize_{SUFFIXES[x.dtype]}_{SUFFIXES[y.dtype]}"]
    elements = ("elements", y.elements)
    if x.dtype is DType.FLOAT32:
        return Step(node, kernel, (("y_scale", y.q.scale), elements, ("y_zero", y.q.zero_point)))
    every_byte = np.arange(256, dtype=np.uint8).view(x.dtype.numpy)
    table = quantize(node.op, (every_byte,), (x,), y)
    return Step(node, kernel, (elements,), (Constant("table", table, False),), in_place=(0,))


def lower_dequantize(graph: Graph, node: Node, core: Core) -> Step:
    """Bytes to the real numbers that they stand for."""
    assert isinstance(node.op, Dequantize)
    (x,), y = graph.operands(node), graph.result(node)
    return Step(
        node,
        KERNELS[f"mote_dequantize_{SUFFIXES[x.dtype]}_{SUFFIXES[y.dtype]}"],
        (("x_scale", x.q.scale), ("elements", y.elements), ("x_zero", x.q.zero_point)),
    )
