"""Writes TFLite files field by field, also those that no converter makes."""

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite

from mote.ir.tensor import Array
from tflite_writer import _ints, _offsets, _table, _vector

VERSIONS = {"BROADCAST_TO": 2}
"""Of operators that LiteRT knows in no version 1."""
TYPES = {"float32": "FLOAT32", "int8": "INT8", "uint8": "UINT8", "int16": "INT16"} | {
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FLOAT16",
}


@dataclass
class RawTensor:
    """A tensor as the file states it; ``fields`` are further fields of its table."""

    shape: tuple[int, ...]
    type: str = "INT8"
    scales: tuple[float, ...] = (0.5,)
    zeros: tuple[int, ...] = (0,)
    axis: int = 0
    data: bytes | None = None
    name: str = ""
    buffer_fields: dict[str, int] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class RawOperator:
    """An operator: schema name (``CUSTOM:name`` for a custom one), tensors by name, options."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    options: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class RawModel:
    tensors: dict[str, RawTensor]
    operators: list[RawOperator]
    inputs: list[str]
    outputs: list[str]
    subgraphs: int = 1
    version: int = 3


def constant(array: Array, scales: tuple[float, ...] = (), axis: int = 0) -> RawTensor:
    """A constant tensor; symmetric when it has scales."""
    return RawTensor(
        array.shape,
        TYPES[array.dtype.name],
        scales,
        (0,) * len(scales),
        axis,
        array.tobytes(),
    )


def indices(*values: int) -> RawTensor:
    """A constant that states a shape or axes."""
    return constant(np.array(values, np.int32))


def write_raw(model: RawModel) -> bytes:
    b = flatbuffers.Builder(1024)
    names = list(model.tensors)
    number = {name: index for index, name in enumerate(names)} | {"": -1}
    buffers = [_table(b, "Buffer")]
    tensors = []
    for name, tensor in model.tensors.items():
        buffer = 0
        if tensor.data is not None or tensor.buffer_fields:
            data = {"Data": _vector(b, tensor.data, 16)} if tensor.data is not None else {}
            buffer = len(buffers)
            buffers.append(_table(b, "Buffer", **data, **tensor.buffer_fields))
        tensors.append(_tensor(b, tensor, tensor.name or name, buffer))
    kinds = list(dict.fromkeys(o.kind for o in model.operators))
    operators = [_operator(b, o, kinds, number) for o in model.operators]
    subgraph = _table(
        b,
        "SubGraph",
        Tensors=_offsets(b, tensors),
        Inputs=_ints(b, [number[name] for name in model.inputs]),
        Outputs=_ints(b, [number[name] for name in model.outputs]),
        Operators=_offsets(b, operators),
    )
    root = _table(
        b,
        "Model",
        Version=model.version,
        OperatorCodes=_offsets(b, [_code(b, kind) for kind in kinds]),
        Subgraphs=_offsets(b, [subgraph] * model.subgraphs),
        Buffers=_offsets(b, buffers),
    )
    b.Finish(root, file_identifier=b"TFL3")
    return bytes(b.Output())


def _tensor(b: flatbuffers.Builder, tensor: RawTensor, name: str, buffer: int) -> int:
    special = {}
    if tensor.fields.get("Sparsity"):
        special["Sparsity"] = _table(b, "SparsityParameters")
    quantization = _table(
        b,
        "QuantizationParameters",
        Scale=_vector(b, np.array(tensor.scales, "<f4").tobytes(), 4),
        ZeroPoint=_vector(b, np.array(tensor.zeros, "<i8").tobytes(), 8),
        QuantizedDimension=tensor.axis,
    )
    return _table(
        b,
        "Tensor",
        Shape=_ints(b, tensor.shape),
        Type=getattr(tflite.TensorType, tensor.type),
        Buffer=buffer,
        Name=b.CreateString("" if name == "<empty>" else name),
        Quantization=quantization,
        **{**tensor.fields, **special},
    )


def _code(b: flatbuffers.Builder, kind: str) -> int:
    name, _, custom = kind.partition(":")
    number = int(name) if name.isdigit() else getattr(tflite.BuiltinOperator, name)
    fields = {"CustomCode": b.CreateString(custom)} if custom else {}
    fields |= {"Version": VERSIONS[name]} if name in VERSIONS else {}
    return _table(
        b, "OperatorCode", DeprecatedBuiltinCode=min(number, 127), BuiltinCode=number, **fields
    )


def _operator(
    b: flatbuffers.Builder, operator: RawOperator, kinds: list[str], number: dict[str, int]
) -> int:
    options = {}
    if operator.options:
        fields = {
            name: _ints(b, value) if isinstance(value, tuple) else value
            for name, value in operator.fields.items()
        }
        options = {
            "BuiltinOptionsType": getattr(tflite.BuiltinOptions, operator.options),
            "BuiltinOptions": _table(b, operator.options, **fields),
        }
    return _table(
        b,
        "Operator",
        OpcodeIndex=kinds.index(operator.kind),
        Inputs=_ints(b, [number[name] for name in operator.inputs]),
        Outputs=_ints(b, [number[name] for name in operator.outputs]),
        **options,
    )
