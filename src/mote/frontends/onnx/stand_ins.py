"""Shapes of values that cannot be converted, so that what reads them is judged as well."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mote.frontends.onnx.builder import MAX_RANK
from mote.frontends.onnx.values import MAX_TENSOR_BYTES

if TYPE_CHECKING:
    import onnx

MAX_BYTES = 2**26
"""Of a model whose shapes are inferred: beyond it, only what is in the way at first is told."""


def inferred_shapes(
    model: "onnx.ModelProto", sizes: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """Shapes of float values by name, as far as ONNX infers them; never an error."""
    import onnx

    if model.ByteSize() > MAX_BYTES:
        return {}
    try:
        fixed = onnx.ModelProto()
        fixed.CopyFrom(model)
        for value in fixed.graph.input:
            for i, dim in enumerate(value.type.tensor_type.shape.dim):
                if not dim.HasField("dim_value") and (i == 0 or dim.dim_param in sizes):
                    dim.dim_value = sizes.get(dim.dim_param, 1)
        graph = onnx.shape_inference.infer_shapes(fixed, data_prop=True).graph
    except Exception:  # a damaged model; the first problems are told
        return {}
    found = {}
    for value in [*graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        shape = tuple(d.dim_value for d in tensor.shape.dim)
        known = tensor.HasField("shape") and all(0 < n < MAX_TENSOR_BYTES for n in shape)
        if known and tensor.elem_type == onnx.TensorProto.FLOAT and len(shape) <= MAX_RANK:
            found[value.name] = shape
    return found
