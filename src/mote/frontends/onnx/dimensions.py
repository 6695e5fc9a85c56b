"""Fixes the shapes of a model's inputs: a symbolic batch is 1, other symbols need a value."""

from collections.abc import Mapping

from mote.frontends.onnx.records import InputRecord, ModelRecord
from mote.frontends.onnx.values import RefusalError, short
from mote.ir.ops import Shape

FIX = (
    "fix them: mote.frontends.onnx.load(path, dimensions={'height': 96}), or "
    "python -m onnxruntime.tools.make_dynamic_shape_fixed"
)
MAX_RANK = 6
MAX_SIZE = 2**28


def batch_symbols(model: ModelRecord) -> dict[str, int]:
    """The names of symbolic first dimensions, which become 1."""
    firsts = (i.dims[0] for i in model.inputs if i.dims)
    return {d: 1 for d in firsts if isinstance(d, str) and d}


def fixed_shape(value: InputRecord, known: Mapping[str, int]) -> Shape:
    """The shape of an input with symbols replaced; refuses those without a value."""
    if value.dims is None:
        raise RefusalError(f"input '{short(value.name)}' has no shape", "export with fixed shapes")
    if len(value.dims) > MAX_RANK:
        raise RefusalError(
            f"input '{short(value.name)}' has {len(value.dims)} dimensions, allowed: {MAX_RANK}"
        )
    shape, unknown = [], []
    for i, dim in enumerate(value.dims):
        if isinstance(dim, str) and dim in known:
            shape.append(known[dim])
        elif isinstance(dim, str) and i == 0:
            shape.append(1)
        elif isinstance(dim, str):
            unknown.append(f"'{short(dim)}'" if dim else f"number {i}, which has no name")
        else:
            shape.append(dim)
    if unknown:
        are = "dimension" if len(unknown) == 1 else "dimensions"
        raise RefusalError(
            f"input '{short(value.name)}' has symbolic {are} {', '.join(unknown)}", FIX
        )
    if min(shape, default=1) < 1 or max(shape, default=1) > MAX_SIZE:
        raise RefusalError(f"input '{short(value.name)}' has shape {short(tuple(shape))}")
    return tuple(shape)
