"""Shapes of values that cannot be converted, so that what reads them is judged as well."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mote.frontends.onnx.builder import MAX_RANK
from mote.frontends.onnx.layout import KEEPING
from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.site import Value
from mote.frontends.onnx.values import MAX_TENSOR_BYTES
from mote.ir.ops import Shape

if TYPE_CHECKING:
    import onnx


def stated_shapes(model: "onnx.ModelProto") -> dict[str, Shape]:
    """Shapes of float values that the file itself states, as exporters write them."""
    found = {}
    for value in model.graph.value_info:
        tensor = value.type.tensor_type
        shape = tuple(d.dim_value for d in tensor.shape.dim)
        fits = len(shape) <= MAX_RANK and math.prod(shape) < MAX_TENSOR_BYTES // 4
        known = tensor.HasField("shape") and all(n > 0 for n in shape)
        if tensor.elem_type == 1 and known and fits:
            found[value.name] = shape
    return found


def kept_shape(record: NodeRecord, operands: Sequence[Value | None]) -> Shape | None:
    """The shape of an elementwise operator's result."""
    shapes = [v.shape for v in operands if v is not None]
    resized = record.kind in ("Concat", "Pad", "Slice", "Split")
    if record.kind not in KEEPING or resized or record.kind.startswith("Q"):  # not float
        return None
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        return None
    return shape if math.prod(shape) < MAX_TENSOR_BYTES // 4 else None
