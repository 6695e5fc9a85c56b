"""Turns one tensor record into a tensor of the IR, or says why that cannot be."""

import math
from typing import Any

import numpy as np

from mote.frontends.tflite.records import TensorRecord
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Op, Shape
from mote.ir.tensor import Array

DTYPES = {
    "FLOAT16": DType.FLOAT32,
    "FLOAT32": DType.FLOAT32,
    "INT4": DType.INT4,
    "INT8": DType.INT8,
    "UINT8": DType.UINT8,
    "INT16": DType.INT16,
    "INT32": DType.INT32,
    "INT64": DType.INT64,
}
"""Types of tensors here; float16 and int4 are types of constants alone."""
INDEX_TYPES: dict[str, np.dtype[Any]] = {
    "INT32": np.dtype(np.int32),
    "INT64": np.dtype(np.int64),
}
MAX_RANK = 6
MAX_INDICES = 64
"""Most numbers in a constant that states a shape, axes or paddings."""

SCALES = (2.0**-64, 2.0**64)
"""Range of the scales of activations; weights of dead channels have smaller ones."""
MAX_RESCALING = 2.0**30
"""TFLite's fixed-point multipliers end here."""

FULL_INTEGER = (
    "convert with full integer quantisation (int8 activations, symmetric int8 weights), or as float"
)
CONVERT_AGAIN = "the file contradicts itself, convert it again"


class UnsupportedError(Exception):
    """Something that Mote does not implement: the reason and the way out."""

    def __init__(self, reason: str, way_out: str = "") -> None:
        super().__init__(reason)
        self.way_out = way_out


def record_bytes(record: TensorRecord) -> int:
    """Size in memory as the record states it; 0 for what ``convert_tensor`` refuses anyway."""
    dtype = DTYPES.get(record.type)
    if dtype is None or not is_shape(record.shape):
        return 0
    return (math.prod(record.shape) * dtype.bits + 7) // 8


def is_shape(shape: Shape) -> bool:
    """Few dimensions of at least 1: asked before anything multiplies them."""
    return len(shape) <= MAX_RANK and all(n >= 1 for n in shape)


def convert_tensor(record: TensorRecord, name: str) -> Tensor:
    """The tensor as the file states it."""
    if record.storage:
        raise UnsupportedError(f"tensor '{name}' is {record.storage}", "use plain dense tensors")
    computed = record.data is None
    if record.type not in DTYPES or (computed and record.type in ("FLOAT16", "INT4")):
        way_out = "" if record.type.startswith("number") else FULL_INTEGER
        raise UnsupportedError(f"tensor '{name}' has type {record.type}", way_out)
    dtype = DTYPES[record.type]
    if not is_shape(record.shape):
        raise UnsupportedError(
            f"tensor '{name}' has shape {list(record.shape)[:20]}, "
            f"allowed: up to {MAX_RANK} dimensions of at least 1",
            "fix the shapes when converting",
        )
    data = None if record.data is None else _values(record, name, dtype)
    return Tensor(name, record.shape, dtype, _quantization(record, name, dtype), data)


def _values(record: TensorRecord, name: str, dtype: DType) -> Array:
    """The values of a constant in the type that it has here."""
    if dtype is DType.INT4:
        return _unpacked(record, name)
    if record.type == "FLOAT16":
        return constant(record, name, np.dtype(np.float16)).astype(np.float32)
    return constant(record, name, dtype.numpy)


def _unpacked(record: TensorRecord, name: str) -> Array:
    """int4, two in a byte, the first one in the low half."""
    assert record.data is not None
    elements = math.prod(record.shape)
    if record.data.size != (elements + 1) // 2:
        raise _wrong_size(record, name, (elements + 1) // 2)
    packed = np.frombuffer(record.data, np.uint8)
    pairs = np.stack([packed & 15, packed >> 4], axis=-1).ravel()[:elements]
    return ((pairs ^ 8).astype(np.int8) - np.int8(8)).reshape(record.shape)


def _wrong_size(record: TensorRecord, name: str, expected: int) -> UnsupportedError:
    assert record.data is not None
    return UnsupportedError(
        f"constant '{name}' has {record.data.size:,} bytes, its shape {expected:,}", CONVERT_AGAIN
    )


def constant(record: TensorRecord, name: str, dtype: np.dtype[Any]) -> Array:
    """The values of a constant."""
    assert record.data is not None
    expected = math.prod(record.shape) * dtype.itemsize
    if record.data.size != expected:
        raise _wrong_size(record, name, expected)
    values = np.frombuffer(record.data, dtype.newbyteorder("<")).astype(dtype, copy=False)
    # A damaged file may have put it at an odd address, which C code would not forgive.
    return np.require(values, requirements="A").reshape(record.shape)


def indices(record: TensorRecord, name: str) -> tuple[int, ...]:
    """The values of a constant that states a shape, axes or paddings."""
    if record.data is None:
        raise UnsupportedError(f"'{name}' is computed at run time", "make it a constant")
    if record.type not in INDEX_TYPES or record.storage:
        raise UnsupportedError(
            f"'{name}' is {record.storage or record.type}, allowed: INT32, INT64"
        )
    if not is_shape(record.shape) or record.data.size > MAX_INDICES * 8:
        raise UnsupportedError(f"'{name}' states more than {MAX_INDICES} numbers", CONVERT_AGAIN)
    return tuple(constant(record, name, INDEX_TYPES[record.type]).ravel().tolist())


def check_scales(op: Op, operands: tuple[Tensor, ...], result: Tensor) -> None:
    """Refuse scales that are finite, but whose ratio no fixed-point multiplier holds."""
    quantized = [t for t in (operands[0], result) if t.quantization is not None]
    least, greatest = SCALES
    for tensor in quantized:
        if not least <= tensor.q.scale <= greatest:
            raise UnsupportedError(
                f"'{tensor.name}' has scale {tensor.q.scale:.3g}, "
                f"allowed: {least:.3g} to {greatest:.3g}",
                CONVERT_AGAIN,
            )
    if len(quantized) < 2:
        return
    weighted = "weight" in op.inputs
    weight = max(operands[1].q.scales) if weighted else 1.0
    others = [t for t in operands[1:] if t.quantization is not None and not weighted]
    scale = max(t.q.scale for t in (operands[0], *others)) * weight
    if scale / result.q.scale >= MAX_RESCALING:
        raise UnsupportedError(
            f"rescales by {scale / result.q.scale:.3g}, allowed: below {MAX_RESCALING:.3g}",
            CONVERT_AGAIN,
        )


def _quantization(record: TensorRecord, name: str, dtype: DType) -> Quantization | None:
    """Of int8 and uint8 alone: a bias has the scale input * weight and says nothing new."""
    if not record.scales or dtype is DType.FLOAT32:
        return None
    if len(record.zero_points) != len(record.scales):
        raise UnsupportedError(
            f"tensor '{name}' has {len(record.scales)} scales "
            f"and {len(record.zero_points)} zero points",
            CONVERT_AGAIN,
        )
    if any(not (math.isfinite(scale) and scale > 0) for scale in record.scales):
        raise UnsupportedError(f"tensor '{name}' has a scale that is not positive", CONVERT_AGAIN)
    least, greatest = dtype.range
    if any(not least <= zero <= greatest for zero in record.zero_points):
        raise UnsupportedError(
            f"tensor '{name}' has a zero point outside {dtype.value}", CONVERT_AGAIN
        )
    if dtype in (DType.INT32, DType.INT64):
        if any(record.zero_points):
            raise UnsupportedError(f"bias '{name}' has a zero point other than 0", FULL_INTEGER)
        return None
    if len(record.scales) == 1:
        return Quantization(record.scales, record.zero_points)
    if not 0 <= record.axis < len(record.shape) or record.shape[record.axis] != len(record.scales):
        raise UnsupportedError(
            f"tensor '{name}' of shape {list(record.shape)} has {len(record.scales)} scales "
            f"along axis {record.axis}",
            CONVERT_AGAIN,
        )
    return Quantization(record.scales, record.zero_points, record.axis)
