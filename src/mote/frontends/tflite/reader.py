"""Reads a TFLite FlatBuffer into records, trusting no offset, length or count in it.

The schema's generated accessors check nothing themselves. What they read lies in the file all the
same: scalars go through ``struct.unpack_from`` and vectors through ``numpy.frombuffer``, and both
raise when they leave the buffer. What remains is work without bound, from lengths that lie and from
vectors that many tables share; every vector is therefore paid for from a budget before it is read.
"""

import struct
from typing import Any

import numpy as np
import tflite

from mote.errors import ModelFileError
from mote.frontends.tflite.options import OPTIONS
from mote.frontends.tflite.records import ModelRecord, OperatorRecord, Options, TensorRecord

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
MAX_TABLES = 10_000
"""Most tensors, operators, buffers or operator codes; the largest known networks have hundreds."""
MAX_BYTES = 2**25
"""Most bytes of names, shapes, scales and indices; weights are not among them."""


class _DamageError(ValueError):
    """What the file says cannot be."""


_OUT_OF_FILE = (struct.error, TypeError, ValueError, IndexError, OverflowError)
"""What the accessors raise for offsets and lengths that leave the file; TypeError if negative."""


def read(data: bytes, source: str) -> ModelRecord:
    """The main subgraph of the model in ``data``; ``source`` names it in errors."""
    try:
        return _Reader(data).model()
    except _OUT_OF_FILE as error:
        reason = str(error) if isinstance(error, _DamageError) else "an offset leaves the file"
        raise ModelFileError(
            source,
            f"the file is damaged: {reason}",
            hint="it may be truncated: copy or convert it again",
        ) from error


def _names(enumeration: type[Any]) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_TYPES = _names(tflite.TensorType)
_OPERATORS = _names(tflite.BuiltinOperator)


class _Reader:
    """Reads one file and counts what has been read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        # Tables may share vectors, but no converter repeats the whole file eight times.
        self._budget = min(8 * len(data) + 4096, MAX_BYTES)

    def _pay(self, size: int) -> None:
        self._budget -= size
        if size > len(self._data) or self._budget < 0:
            raise _DamageError(f"a vector of {size:,} bytes in a file of {len(self._data):,}")

    def _array(self, table: Any, field: str, itemsize: int) -> Any:
        self._pay(getattr(table, f"{field}Length")() * itemsize)
        return getattr(table, f"{field}AsNumpy")()

    def _vector(self, table: Any, field: str, itemsize: int = 4) -> tuple[Any, ...]:
        array = self._array(table, field, itemsize)
        return tuple(array.tolist()) if isinstance(array, np.ndarray) else ()

    def _tables(self, table: Any, field: str) -> list[Any]:
        count = getattr(table, f"{field}Length")()
        if count > MAX_TABLES:
            raise _DamageError(f"{count:,} {field.lower()}, allowed: {MAX_TABLES:,}")
        self._pay(4 * count)
        return [getattr(table, field)(index) for index in range(count)]

    def _text(self, raw: bytes | None) -> str:
        self._pay(len(raw or b""))
        return (raw or b"").decode("utf-8", errors="replace")

    def model(self) -> ModelRecord:
        model = tflite.Model.GetRootAs(self._data, 0)
        if model.Version() != SCHEMA_VERSION:
            raise _DamageError(f"schema version {model.Version()}, allowed: {SCHEMA_VERSION}")
        subgraphs = self._tables(model, "Subgraphs")
        if not subgraphs:
            raise _DamageError("no subgraph")
        main = subgraphs[0]
        buffers = self._tables(model, "Buffers")
        kinds = [self._kind(code) for code in self._tables(model, "OperatorCodes")]
        return ModelRecord(
            subgraphs=len(subgraphs),
            tensors=tuple(self._tensor(t, buffers) for t in self._tables(main, "Tensors")),
            operators=tuple(
                self._operator(index, operator, kinds)
                for index, operator in enumerate(self._tables(main, "Operators"))
            ),
            inputs=self._vector(main, "Inputs"),
            outputs=self._vector(main, "Outputs"),
        )

    def _kind(self, code: Any) -> str:
        # Codes above 127 do not fit into the old field, which then holds 127.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if number == tflite.BuiltinOperator.CUSTOM:
            return f"CUSTOM '{self._text(code.CustomCode())}'"
        return _OPERATORS.get(number, f"number {number}")

    def _operator(self, index: int, operator: Any, kinds: list[str]) -> OperatorRecord:
        code = operator.OpcodeIndex()
        if code >= len(kinds):
            raise _DamageError(f"operator {index} has code index {code} of {len(kinds)}")
        options_type = operator.BuiltinOptionsType()
        return OperatorRecord(
            index=index,
            kind=kinds[code],
            inputs=self._vector(operator, "Inputs"),
            outputs=self._vector(operator, "Outputs"),
            options_type=options_type,
            options=self._options(operator, options_type),
        )

    def _options(self, operator: Any, options_type: int) -> Options:
        union = operator.BuiltinOptions()
        if union is None or options_type not in OPTIONS:
            return Options()
        schema, convert = OPTIONS[options_type]
        table = schema()
        table.Init(union.Bytes, union.Pos)
        return convert(table, self._vector)

    def _tensor(self, tensor: Any, buffers: list[Any]) -> TensorRecord:
        name = self._text(tensor.Name())
        if tensor.Buffer() >= len(buffers):
            raise _DamageError(f"tensor '{name}' has buffer {tensor.Buffer()} of {len(buffers)}")
        buffer = buffers[tensor.Buffer()]
        size = buffer.DataLength()
        # Not paid for: this is a view, and several tensors may well share one buffer.
        data = buffer.DataAsNumpy() if size else None
        quantization = tensor.Quantization()
        scales: tuple[float, ...] = ()
        zero_points: tuple[int, ...] = ()
        axis = 0
        if quantization is not None:
            scales = self._vector(quantization, "Scale")
            zero_points = self._vector(quantization, "ZeroPoint", 8)
            axis = quantization.QuantizedDimension()
        return TensorRecord(
            name=name,
            shape=self._vector(tensor, "Shape"),
            type=_TYPES.get(tensor.Type(), f"number {tensor.Type()}"),
            data=data,
            scales=scales,
            zero_points=zero_points,
            axis=axis,
            storage=_storage(tensor, buffer, quantization),
        )


def _storage(tensor: Any, buffer: Any, quantization: Any) -> str:
    """Why the values cannot be read as they lie in the file."""
    if tensor.Sparsity() is not None:
        return "sparse"
    if tensor.IsVariable():
        return "a variable that keeps its value between runs"
    if buffer.Offset() > 1 or buffer.Size() > 1:
        return "stored outside the FlatBuffer"
    if quantization is not None and quantization.DetailsType():
        return "quantised in a custom way"
    return ""
