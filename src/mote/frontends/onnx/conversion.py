"""Walks through a model's nodes in order: computes what is known, converts what is not."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mote.frontends.onnx.builder import Builder
from mote.frontends.onnx.definitions import check_node
from mote.frontends.onnx.ends import INTEGERS, Ends
from mote.frontends.onnx.expansion import Expansion, branch, definition
from mote.frontends.onnx.folding import fold, is_foldable
from mote.frontends.onnx.operators import CONVERTERS, MICROSOFT_CONVERTERS, MOVING, WAYS_OUT
from mote.frontends.onnx.quantized import MICROSOFT, ON_INTEGERS, dequantized
from mote.frontends.onnx.records import InputRecord, ModelRecord, NodeRecord, OutputRecord
from mote.frontends.onnx.site import Site, Value
from mote.frontends.onnx.stand_ins import kept_shape, stated_shapes
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, RefusalError, short
from mote.ir import DType, Tensor
from mote.ir.ops import Dequantize, Quantize, Shape

if TYPE_CHECKING:
    import onnx

MAX_STEPS = 200_000
GRID_KEEPING = frozenset({"Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten"})
"""Operators on a stored value that leave it on its integers."""


class LostError(RefusalError):
    """A node cannot be judged, because what it reads was refused."""


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
        self._ends = Ends(self.builder, model, message, dimensions)
        self._values: dict[str, Value] = dict(model.constants)
        self._used = {o.name for o in model.outputs}
        self._lost: set[str] = set()
        self._folded_bytes = 0
        self._steps = 0
        names = (n for node in model.nodes for n in (*node.inputs, *node.outputs))
        self.builder.reserved.update(
            names, (i.name for i in model.inputs), (o.name for o in model.outputs)
        )
        self._stated: Mapping[str, Shape] | None = None

    def run(self) -> tuple[list[str], list[str]]:
        """Convert everything; the names of inputs and outputs."""
        for node in self._model.nodes:
            self._used.update(node.inputs)
            for value in node.attributes.values():
                self._used.update(_names_in_graph(value))
        for given in self._model.inputs:
            self._input(given)
        for node in self._model.nodes:
            self._convert_or_stand_in(node)
        names = [i.name for i in self._model.inputs]
        return names, [] if self.problems else [self._output(o) for o in self._model.outputs]

    def _input(self, record: InputRecord) -> None:
        try:
            self._values[record.name] = self._ends.input(record)
        except RefusalError as refusal:
            self.problems.append(refusal)
            self._lost.add(record.name)

    def _output(self, record: OutputRecord) -> str:
        try:
            return self._ends.output(record, self._values.get(record.name))
        except RefusalError as refusal:
            self.problems.append(refusal)
            return ""

    def _convert_or_stand_in(self, record: NodeRecord) -> None:
        """Convert a node; a value of the same shape stands in for what cannot be."""
        try:
            self._convert(record, 0)
        except LostError:
            self._lost.update(record.outputs)
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
        self._lost.update(name for name in record.outputs if name not in self._values)

    def _convert(self, record: NodeRecord, depth: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RefusalError("the model is too large once its definitions are written out")
        operands = [self._values.get(name) if name else None for name in record.inputs]
        missing = [name for name in record.inputs if name and name not in self._values]
        if any(name in self._lost for name in missing):
            raise LostError("an operand was refused before")
        if missing:
            raise RefusalError(f"it reads '{short(missing[0])}' that nothing writes")
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
            except LostError:
                raise
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
            source = record.inputs[0]
            results = [self._ends.dequantized(source, r, record.base) for r in results]
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

    def _bind(self, name: str, found: Tensor, before: int) -> None:
        """Give a result the name that the file has for it, if the node wrote it."""
        own = self._ends.own_name(name)
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
