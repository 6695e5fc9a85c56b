"""The graph under construction while an ONNX model is converted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, RefusalError, short
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Op, Reshape, Softmax, Transpose

MAX_NODES = 20_000
MAX_RANK = 8

TYPES = {"float32": DType.FLOAT32, "int8": DType.INT8, "uint8": DType.UINT8} | {
    "int16": DType.INT16,
    "int32": DType.INT32,
    "int64": DType.INT64,
}
"""Element types of constants that a graph holds."""


@dataclass
class Builder:
    """Collects tensors and nodes; one per conversion.

    Args:
        tensors: Every tensor so far, by name.
        nodes: Nodes in execution order.
        reserved: Names that no inserted tensor may take: those of the file.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    reserved: set[str] = field(default_factory=set)
    _node_names: set[str] = field(default_factory=set)
    _infinite: set[str] = field(default_factory=set)
    _undefined: set[str] = field(default_factory=set)

    def input(self, name: str, shape: tuple[int, ...], dtype: DType) -> Tensor:
        self.tensors[name] = Tensor(name, shape, dtype)
        return self.tensors[name]

    def constant(self, name: str, constant: Constant) -> Tensor:
        """A constant of the graph; an equal one of the same name serves again."""
        dtype = TYPES.get(constant.array.dtype.name)
        if dtype is None:
            raise RefusalError(
                f"'{short(name)}' has type {constant.array.dtype.name}, allowed: float32",
                "export the model in float32",
            )
        if 0 in constant.shape:
            raise RefusalError(f"constant '{short(name)}' has no elements", "drop it")
        array = np.ascontiguousarray(constant.array).reshape(constant.shape)
        known = self.tensors.get(name)
        if (
            known is not None
            and known.is_constant
            and known.quantization == constant.quantization
            and known.array.dtype == array.dtype
            and np.array_equal(known.array, array)
        ):
            return known
        q, grid = constant.quantization, constant.grid
        tensor = Tensor(self._free(name, own=True), array.shape, dtype, q, array, grid)
        self.tensors[tensor.name] = tensor
        return tensor

    def append(
        self,
        name: str,
        op: Op,
        operands: Sequence[Tensor],
        dtype: DType,
        quantization: Quantization | None,
    ) -> Tensor:
        """Add a node; its result gets the name of the node until ``rename``."""
        stand_in = Tensor("result", (1,), dtype, quantization)
        if any(len(t.shape) > MAX_RANK for t in operands):
            raise RefusalError(f"more than {MAX_RANK} dimensions are not supported")
        if all(t.is_constant for t in operands):
            raise RefusalError("it computes from constants alone", "fold constants on export")
        problems = op.problems(tuple(operands), stand_in)
        if problems:
            raise RefusalError("; ".join(problems).replace("tensor 'result'", "its result"))
        shape = op.shape(*(t.shape for t in operands))
        if 0 in shape:
            raise RefusalError(f"a value of shape {list(shape)} has no elements", "drop it")
        if len(self.nodes) >= MAX_NODES:
            raise RefusalError(f"more than {MAX_NODES:,} operations", "simplify the model")
        name = self._free(name)
        result = Tensor(name, shape, dtype, quantization)
        if result.bytes > MAX_TENSOR_BYTES:
            raise RefusalError(
                f"a value of shape {short(shape)} takes {result.bytes:,} bytes, "
                f"allowed: {MAX_TENSOR_BYTES:,}"
            )
        self._follow_infinity(op, operands, name)
        self.tensors[name] = result
        self.nodes.append(Node(self._node_name(name), op, tuple(t.name for t in operands), name))
        return result

    def is_finite(self, tensor: Tensor) -> bool:
        """False for a value that stored infinities may have made infinite, or no number."""
        return tensor.name not in self._infinite | self._undefined

    def is_probability(self, tensor: Tensor) -> bool:
        """True for the result of a softmax, perhaps in another order, of finite values."""
        while True:
            node = next((n for n in reversed(self.nodes) if n.output == tensor.name), None)
            if node is None or tensor.name in self._undefined:
                return False
            if isinstance(node.op, Softmax):
                return True
            if not isinstance(node.op, Transpose | Reshape):
                return False
            tensor = self.tensors[node.inputs[0]]

    def _follow_infinity(self, op: Op, operands: Sequence[Tensor], name: str) -> None:
        """A softmax takes infinities away, unless a stored mask covers whole rows."""
        for t in operands:
            if t.is_constant and t.dtype is DType.FLOAT32 and not np.isfinite(t.array).all():
                whole = not np.isfinite(t.array).any(axis=-1 if t.shape else None).all()
                (self._undefined if whole else self._infinite).add(t.name)
        names = {t.name for t in operands}
        if names & self._undefined:
            self._undefined.add(name)
        elif names & self._infinite and not isinstance(op, Softmax):
            self._infinite.add(name)

    def change(self, tensor: Tensor, name: str) -> Tensor:
        """The tensor under another name, which the file gives it."""
        assert name not in self.tensors
        del self.tensors[tensor.name]
        renamed = replace(tensor, name=name)
        for group in (self._infinite, self._undefined):
            if tensor.name in group:
                group.add(name)
        self.tensors[name] = renamed
        for i in reversed(range(len(self.nodes))):
            node = self.nodes[i]
            if node.output == tensor.name:
                self.nodes[i] = replace(node, output=name)
                break
            assert tensor.name not in node.inputs
        return renamed

    def is_new(self, tensor: Tensor, count: int) -> bool:
        """True when one of the nodes after the first ``count`` writes it and none reads it."""
        new = self.nodes[count:]
        return any(n.output == tensor.name for n in new) and all(
            tensor.name not in n.inputs for n in new
        )

    def graph(self, name: str, inputs: Sequence[str], outputs: Sequence[str], sha256: str) -> Graph:
        used = {t for node in self.nodes for t in (*node.inputs, node.output)}
        used |= {*inputs, *outputs}
        return Graph(
            name,
            {k: t for k, t in self.tensors.items() if k in used},
            tuple(self.nodes),
            tuple(inputs),
            tuple(outputs),
            sha256,
        )

    def _free(self, name: str, own: bool = False) -> str:
        count, free = 1, name
        while free in self.tensors or (free in self.reserved and not (own and free == name)):
            count += 1
            free = f"{name}_{count}"
        return free

    def _node_name(self, name: str) -> str:
        count, free = 1, name
        while free in self._node_names:
            count += 1
            free = f"{name}_{count}"
        self._node_names.add(free)
        return free
