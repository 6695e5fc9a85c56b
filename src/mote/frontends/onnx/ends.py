"""Inputs and outputs: their types, shapes and layout in the graph, and the names of the file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mote.frontends.onnx.builder import Builder
from mote.frontends.onnx.dimensions import batch_symbols, fixed_shape
from mote.frontends.onnx.layout import channels_last
from mote.frontends.onnx.records import InputRecord, ModelRecord, OutputRecord
from mote.frontends.onnx.site import Value
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, RefusalError, short
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Dequantize, Quantize, Reshape, Transpose

if TYPE_CHECKING:
    import onnx

INPUT_TYPES = {
    "float": DType.FLOAT32,
    "int8": DType.INT8,
    "uint8": DType.UINT8,
    "int16": DType.INT16,
    "int32": DType.INT32,
    "int64": DType.INT32,
}
"""Element types of inputs; int64 ones are indices, for which a graph has int32."""

INTEGERS = (DType.INT8, DType.UINT8, DType.INT16)
"""Types of quantised values."""

MOVED_RANKS = (3, 4)
"""Ranks of values that a graph may store with the channels last."""


class Ends:
    """Makes the inputs of a graph, and its outputs of what the model computes."""

    def __init__(
        self,
        builder: Builder,
        model: ModelRecord,
        message: "onnx.ModelProto",
        dimensions: Mapping[str, int],
    ) -> None:
        self._builder = builder
        self._sizes = {**batch_symbols(model), **dimensions}
        self._last = channels_last(model)
        self._inputs = {i.name for i in model.inputs}
        self._outputs = {o.name for o in model.outputs}
        self._waiting: set[str] = set()
        self._bytes = {
            o.name for o in message.graph.output if o.type.tensor_type.elem_type == _UINT8
        }

    def input(self, record: InputRecord) -> Tensor:
        """The value as the model reads it."""
        dtype = INPUT_TYPES.get(record.dtype)
        if dtype is None:
            raise RefusalError(
                f"input '{short(record.name)}' has type {record.dtype}, "
                f"allowed: {', '.join(INPUT_TYPES)}",
                "export the model in float32",
            )
        shape = fixed_shape(record, self._sizes)
        last = record.name in self._last and len(shape) in MOVED_RANKS
        stored = (shape[0], *shape[2:], shape[1]) if last else shape
        x = self._builder.input(record.name, stored, dtype)
        if x.bytes > MAX_TENSOR_BYTES:
            raise RefusalError(f"input '{short(record.name)}' has shape {list(shape)}")
        if last and dtype in INTEGERS:
            self._waiting.add(x.name)  # its meaning is known where it is dequantised
            return x
        return self._transposed(x, record.name) if last else x

    def dequantized(self, source: str, real: Value, name: str) -> Value:
        """The reals of a quantised input, as the model reads them."""
        if source not in self._waiting or isinstance(real, Constant):
            return real
        return self._transposed(real, name)

    def own_name(self, name: str) -> str:
        """What a result is called; one that an output is made of leaves it the file's name."""
        if name in self._outputs and name in self._last:
            return f"{name}/channels_first"
        if name in self._outputs and name in self._bytes:
            return f"{name}/int8"
        return name

    def output(self, record: OutputRecord, value: Value | None) -> str:
        """The name of the tensor that the caller reads."""
        if value is None:
            raise RefusalError(f"output '{short(record.name)}' is a result that is not converted")
        if record.name in self._inputs:
            raise RefusalError(
                f"output '{short(record.name)}' is an input as well",
                "leave it out: the application has it",
            )
        moves = record.name in self._last and len(value.shape) in MOVED_RANKS
        if isinstance(value, Constant):
            stored = value.transposed(_to_last(len(value.shape))) if moves else value
            return self._builder.constant(record.name, stored).name
        if record.shape not in (None, value.shape):
            raise RefusalError(
                f"output '{short(record.name)}' has shape {list(value.shape)}, but the file "
                f"states {short(record.shape or ())}",
                "export the model with batch 1 and fixed shapes",
            )
        y = self._moved(value, record.name) if moves else value
        if y.dtype is DType.INT8 and record.name in self._bytes:
            q = Quantization(y.q.scales, (y.q.zero_point + 128,))
            y = self._builder.append(record.name, Quantize(), (y,), DType.UINT8, q)
        if y.name == record.name and y.name not in self._inputs:
            return y.name
        if y is value:  # an input, or another output: a value of its own that equals it
            y = self._builder.append(record.name, Reshape(y.shape), (y,), y.dtype, y.quantization)
        return y.name if y.name == record.name else self._builder.change(y, record.name).name

    def _transposed(self, x: Tensor, name: str) -> Tensor:
        """Channels last as channels first."""
        rank = len(x.shape)
        op = Transpose((0, rank - 1, *range(1, rank - 1)))
        return self._builder.append(f"{name}/channels_first", op, (x,), x.dtype, x.quantization)

    def _moved(self, x: Tensor, name: str) -> Tensor:
        """Channels first as last; a quantised value by way of the reals that it stands for."""
        name, op = f"{name}/channels_last", Transpose(_to_last(len(x.shape)))
        if x.dtype not in INTEGERS:
            return self._builder.append(name, op, (x,), x.dtype, x.quantization)
        real = self._builder.append(f"{name}/real", Dequantize(), (x,), DType.FLOAT32, None)
        moved = self._builder.append(name, op, (real,), DType.FLOAT32, None)
        result = f"{name}/integers"
        return self._builder.append(result, Quantize(), (moved,), x.dtype, x.quantization)


_UINT8 = 2
"""ONNX's number of the type."""


def _to_last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1)
