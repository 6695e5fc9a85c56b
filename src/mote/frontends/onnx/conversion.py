"""Walks through a model's nodes in order: computes what is known, converts what is not."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mote.frontends.onnx.builder import Builder
from mote.frontends.onnx.definitions import check_node
from mote.frontends.onnx.dimensions import batch_symbols, fixed_shape
from mote.frontends.onnx.expansion import Expansion, branch, definition
from mote.frontends.onnx.folding import fold, is_foldable
from mote.frontends.onnx.layout import channels_last
from mote.frontends.onnx.operators import CONVERTERS, MICROSOFT_CONVERTERS, MOVING, WAYS_OUT
from mote.frontends.onnx.quantized import MICROSOFT, ON_INTEGERS, dequantized
from mote.frontends.onnx.records import InputRecord, ModelRecord, NodeRecord, OutputRecord
from mote.frontends.onnx.site import Site, Value
from mote.frontends.onnx.stand_ins import kept_shape, stated_shapes
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, RefusalError, short
from mote.ir import DType, Tensor
from mote.ir.ops import Dequantize, Quantize, Reshape, Shape, Transpose

if TYPE_CHECKING:
    import onnx

T = TypeVar("T")

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
QUANTISING = frozenset({"QuantizeLinear", "DequantizeLinear"})
MAX_STEPS = 200_000
GRID_KEEPING = frozenset({"Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten"})
"""Operators on a stored value that leave it on its integers."""


class Conversion:
    """One model on its way to a graph.

    Args:
        builder: The graph so far.
        problems: What cannot be converted, in the order of the file.
    """

    def __init__(
        self, model: ModelRecord, message: "onnx.ModelProto", dimensions: Mapping[str, int]
    ) -> None:
        self.builder = Builder()
        self.problems: list[RefusalError] = []
        self._model = model
        self._message = message
        self._sizes = {**batch_symbols(model), **dimensions}
        self._last = channels_last(model)
        self._values: dict[str, Value] = dict(model.constants)
        self._used = {o.name for o in model.outputs}
        self._waiting: set[str] = set()
        self._folded_bytes = 0
        self._steps = 0
        names = (n for node in model.nodes for n in (*node.inputs, *node.outputs))
        self.builder.reserved.update(
            names, (i.name for i in model.inputs), (o.name for o in model.outputs)
        )
        self._outputs = {o.name for o in model.outputs}
        self._stated: Mapping[str, Shape] | None = None

    def run(self) -> tuple[list[str], list[str]]:
        """Convert everything; the names of inputs and outputs."""
        for node in self._model.nodes:
            self._used.update(node.inputs)
            for value in node.attributes.values():
                self._used.update(_names_in_graph(value))
        inputs = [self._attempt(self._input, record) or "" for record in self._model.inputs]
        for node in self._model.nodes:
            self._convert_or_stand_in(node)
        if self.problems:
            return inputs, []
        outputs = [self._attempt(self._output, record) or "" for record in self._model.outputs]
        return inputs, outputs

    def _attempt(self, step: Callable[[T], str], record: T) -> str | None:
        try:
            return step(record)
        except RefusalError as refusal:
            self.problems.append(refusal)
            return None

    # Inputs and outputs

    def _input(self, record: InputRecord) -> str:
        dtype = INPUT_TYPES.get(record.dtype)
        if dtype is None:
            raise RefusalError(
                f"input '{short(record.name)}' has type {record.dtype}, "
                f"allowed: {', '.join(INPUT_TYPES)}",
                "export the model in float32",
            )
        shape = fixed_shape(record, self._sizes)
        last = record.name in self._last and len(shape) in (3, 4)
        stored = (shape[0], *shape[2:], shape[1]) if last else shape
        x = self.builder.input(record.name, stored, dtype)
        if x.bytes > MAX_TENSOR_BYTES:
            raise RefusalError(f"input '{short(record.name)}' has shape {list(shape)}")
        if last and dtype in INTEGERS:
            self._waiting.add(x.name)
        elif last:
            x = self._append(f"{record.name}/channels_first", Transpose(_first(len(shape))), x)
        self._values[record.name] = x
        return record.name

    def _output(self, record: OutputRecord) -> str:
        value = self._values.get(record.name)
        if value is None:
            raise RefusalError(f"output '{short(record.name)}' is a result that is not converted")
        if isinstance(value, Constant):
            if record.name in self._last and len(value.shape) in (3, 4):
                value = value.transposed(_last(len(value.shape)))
            return self.builder.constant(record.name, value).name
        if record.shape is not None and record.shape != value.shape:
            self._check_shape(record, value)
        y = value
        if record.name in self._last and len(y.shape) in (3, 4):
            y = self._moved(f"{record.name}/channels_last", Transpose(_last(len(y.shape))), y)
        if y.dtype is DType.INT8 and self._is_uint8(record.name):
            q = y.q
            shifted = type(q)(q.scales, (q.zero_point + 128,))
            y = self.builder.append(record.name, Quantize(), (y,), DType.UINT8, shifted)
        if y.name == record.name and y.name not in {i.name for i in self._model.inputs}:
            return y.name
        written = any(n.output == y.name for n in self.builder.nodes[-1:])
        if y is not value and written:
            return self.builder.change(y, record.name).name
        return self._own_name(y, record.name)

    def _own_name(self, y: Tensor, name: str) -> str:
        """An output that is an input or another output, as a value of its own."""
        copied = self.builder.append(name, Reshape(y.shape), (y,), y.dtype, y.quantization)
        return copied.name if copied.name == name else self.builder.change(copied, name).name

    def _check_shape(self, record: OutputRecord, value: Tensor) -> None:
        raise RefusalError(
            f"output '{short(record.name)}' has shape {list(value.shape)}, but the file states "
            f"{short(record.shape or ())}",
            "export the model with batch 1 and fixed shapes",
        )

    def _is_uint8(self, name: str) -> bool:
        outputs = self._message.graph.output
        return any(o.name == name and o.type.tensor_type.elem_type == 2 for o in outputs)

    def _append(self, name: str, op: Transpose, x: Tensor) -> Tensor:
        return self.builder.append(name, op, (x,), x.dtype, x.quantization)

    def _moved(self, name: str, op: Transpose, x: Tensor) -> Tensor:
        """``x`` in another order; a quantised value by way of the reals that it stands for."""
        if x.dtype not in INTEGERS:
            return self._append(name, op, x)
        real = self.builder.append(f"{name}/real", Dequantize(), (x,), DType.FLOAT32, None)
        moved = self._append(name, op, real)
        return self.builder.append(
            f"{name}/integers", Quantize(), (moved,), x.dtype, x.quantization
        )

    # Nodes

    def _convert_or_stand_in(self, record: NodeRecord) -> None:
        """Convert a node; a value of the same shape stands in for what cannot be."""
        try:
            self._convert(record, 0)
        except RefusalError as refusal:
            where = f"node {record.index} {short(record.kind)} '{short(record.base)}'"
            way_out = refusal.way_out or WAYS_OUT.get(record.kind, "")
            self.problems.append(RefusalError(f"{where}: {refusal}", way_out))
            self._stand_in(record)

    def _stand_in(self, record: NodeRecord) -> None:
        operands = [self._values.get(name) for name in record.inputs]
        if self._stated is None:
            self._stated = stated_shapes(self._message)
        if any(v is None and n for n, v in zip(record.inputs, operands, strict=True)):
            kept = None
        else:
            kept = kept_shape(record, operands)
        for name in record.outputs:
            shape = self._stated.get(name, kept)
            if name and name not in self._values and shape is not None:
                free = name if name not in self.builder.tensors else f"{name}/stand_in"
                self._values[name] = self.builder.input(free, shape, DType.FLOAT32)

    def _convert(self, record: NodeRecord, depth: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RefusalError("the model is too large once its definitions are written out")
        operands = [self._values.get(name) if name else None for name in record.inputs]
        if any(name and name not in self._values for name in record.inputs):
            return  # an operand was refused before
        check_node(record)
        if self._compute(record, operands):
            return
        expansion = self._expansion(record, operands)
        if expansion is None:
            self._emit(record, operands)
            return
        if depth >= 8:
            raise RefusalError("definitions are nested too deeply")
        self._values.update(expansion.constants)
        for node in expansion.nodes:
            self._used.update(node.inputs)
        for node in expansion.nodes:
            try:
                self._convert(node, depth + 1)
            except RefusalError as refusal:
                if depth or node.kind == record.kind:
                    raise
                told = f"in its definition {short(node.kind)}: {refusal}"
                raise RefusalError(told, refusal.way_out) from None

    def _compute(self, record: NodeRecord, operands: Sequence[Value | None]) -> bool:
        """Handle a node whose results are known now; False for any other."""
        if record.kind in ("Shape", "Size") and not record.domain and operands:
            x = operands[0]
            if x is None:
                raise RefusalError("operand 0 is missing")
            results = [_shape(record, x)]
        elif not all(c is None or isinstance(c, Constant) for c in operands):
            return False
        else:
            constants = [c for c in operands if c is None or isinstance(c, Constant)]
            if record.kind == "DequantizeLinear" and record.domain in ("", MICROSOFT):
                results = [dequantized(record, constants)]
            elif is_foldable(record, constants):
                results = fold(record, constants)
                _keep_grid(record, constants, results)
            else:
                return False
        for name, result in zip(record.outputs, results, strict=False):
            self._folded_bytes += result.array.nbytes
            if name:
                self._values[name] = result
        if self._folded_bytes > MAX_TENSOR_BYTES:
            raise RefusalError("the constants that it computes are too large together")
        return True

    def _expansion(self, record: NodeRecord, operands: Sequence[Value | None]) -> Expansion | None:
        """The nodes that a node stands for, or None for one that is converted as it is."""
        if (record.domain, record.kind) in ON_INTEGERS:
            return Expansion(tuple(ON_INTEGERS[record.domain, record.kind](record)), {})
        if record.kind == "If" and not record.domain:
            condition = operands[0] if operands else None
            if not isinstance(condition, Constant) or condition.array.size != 1:
                raise RefusalError("its condition is computed when the model runs")
            return branch(record, bool(condition.array.reshape(())), self._model.opsets)
        if record.domain or record.kind in CONVERTERS or record.kind in WAYS_OUT:
            return None
        return definition(record, operands)

    def _emit(self, record: NodeRecord, operands: Sequence[Value | None]) -> None:
        table = {"": CONVERTERS, MICROSOFT: MICROSOFT_CONVERTERS}.get(record.domain, {})
        converter = table.get(record.kind)
        if converter is None:
            domain = f" of {short(record.domain)}" if record.domain else ""
            raise RefusalError(
                f"the operator{domain} is not supported",
                WAYS_OUT.get(record.kind, "'mote ops' lists the supported operators"),
            )
        before = len(self.builder.nodes)
        quantised = next(
            (v for v in operands if isinstance(v, Tensor) and v.dtype in INTEGERS), None
        )
        moves = quantised is not None and record.kind in MOVING
        if moves:
            operands = [self._real(record, v) for v in operands]
        used = [name in self._used for name in record.outputs]
        result = converter(Site(self.builder, record, operands, used))
        results = [result] if isinstance(result, Constant | Tensor) else list(result or ())
        if record.kind == "DequantizeLinear":
            results = [self._channels_first(record, r) for r in results]
        for name, found in zip(record.outputs, results, strict=False):
            if found is None or not name:
                continue
            if isinstance(found, Constant):
                self._values[name] = found
                continue
            if moves:
                assert quantised is not None
                found = self._integers(record, found, quantised)
            self._bind(name, found, before)

    def _real(self, record: NodeRecord, value: Value | None) -> Value | None:
        if not isinstance(value, Tensor) or value.dtype not in INTEGERS:
            return value
        if value.quantization is None:
            raise RefusalError(
                f"'{value.name}' is {value.dtype.value} without scales",
                "put DequantizeLinear before it",
            )
        name = f"{record.base}/real"
        return self.builder.append(name, Dequantize(), (value,), DType.FLOAT32, None)

    def _integers(self, record: NodeRecord, x: Tensor, like: Tensor) -> Tensor:
        name = f"{record.base}/integers"
        return self.builder.append(name, Quantize(), (x,), like.dtype, like.quantization)

    def _channels_first(self, record: NodeRecord, y: Value) -> Value:
        """The reals of an 8-bit input that is stored with its channels last."""
        assert isinstance(y, Tensor)
        if record.inputs[0] not in self._waiting:
            return y
        return self._append(f"{record.base}/channels_first", Transpose(_first(len(y.shape))), y)

    def _bind(self, name: str, found: Tensor, before: int) -> None:
        """Give a result the name that the file has for it, if the node wrote it."""
        own = name
        if name in self._outputs and name in self._last:
            own = f"{name}/channels_first"
        elif name in self._outputs and self._is_uint8(name):
            own = f"{name}/int8"
        free = own not in self.builder.tensors
        if free and found.name != own and self.builder.is_new(found, before):
            found = self.builder.change(found, own)
        self._values[name] = found


def _shape(record: NodeRecord, x: Value) -> Constant:
    shape = x.shape
    if record.kind == "Size":
        return Constant(np.array(np.prod(shape, dtype=np.int64)))
    start, end = record.attributes.get("start", 0), record.attributes.get("end", len(shape))
    return Constant(np.array(shape[start:end], np.int64))


def _keep_grid(
    record: NodeRecord, operands: Sequence[Constant | None], results: list[Constant]
) -> None:
    """Elements that only move stay on the integers that the model stores."""
    x = operands[0] if operands else None
    if x is None or x.quantization is None or record.kind not in GRID_KEEPING:
        return
    if record.kind == "Transpose":
        rank = len(x.shape)
        permutation = record.attributes.get("perm", tuple(reversed(range(rank))))
        results[0] = x.transposed(permutation)
    else:
        results[0] = x.reshaped(results[0].shape)


def _first(rank: int) -> tuple[int, ...]:
    """From channels last to channels first."""
    return (0, rank - 1, *range(1, rank - 1))


def _last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1)


def _names_in_graph(value: object) -> set[str]:
    """Every name that the nodes of a subgraph read."""
    found: set[str] = set()
    todo = [value]
    while todo:
        graph = todo.pop()
        for node in getattr(graph, "node", ()):
            found.update(node.input)
            todo += [a.g for a in node.attribute if a.HasField("g")]
        found.update(o.name for o in getattr(graph, "output", ()))
    return found
