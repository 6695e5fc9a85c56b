"""The graph under construction while a PyTorch program is converted, and the values in it.

Values keep the dimensions that they have in PyTorch. Operators of the graph count planes as
``[N, H, W, C]``: they stand between transposes, which ``passes.remove_transposes`` removes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Op, Shape, Transpose
from mote.ir.tensor import Array

if TYPE_CHECKING:
    import torch

MAX_ELEMENTS = 2**26
"""Most elements of one value; far above any microcontroller, a bound for hostile files."""


class RefusalError(Exception):
    """One PyTorch operation cannot be converted; becomes a line of the user's error."""

    def __init__(self, reason: str, way_out: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.way_out = way_out


@dataclass(frozen=True)
class Value:
    """A PyTorch value in the graph.

    Args:
        tensor: Its tensor in the graph, with the dimensions that PyTorch sees.
        shape: Its shape.
        planar: True when its second dimension holds the channels of planes or of a sequence.
    """

    tensor: str
    shape: Shape
    planar: bool = False


@dataclass(frozen=True)
class Parameter:
    """A stored value: a weight or buffer under its qualified name, or what is computed from such.

    Args:
        name: Its name.
        tensor: Its values.
        quantization: Of float values that the module stores as integers.
        grid: The type of those integers.
    """

    name: str
    tensor: "torch.Tensor"
    quantization: Quantization | None = None
    grid: DType | None = None

    def array(self, what: str) -> Array:
        """A copy of the values, so that training on does not change the graph; ``what`` it is."""
        found = str(self.tensor.dtype)
        if found != "torch.float32":
            raise RefusalError(
                f"its {what} has type {found}, allowed: float32", "call module.float()"
            )
        if self.tensor.is_meta:
            raise RefusalError(f"its {what} has no values (device meta)", "load the weights first")
        return np.array(self.tensor.detach().cpu().numpy())

    def numbers(self, what: str) -> Array:
        """The values where PyTorch would promote integers to float32."""
        if self.tensor.dtype.is_floating_point or self.tensor.is_complex():
            return self.array(what)
        return np.array(self.tensor.detach().cpu().numpy()).astype(np.float32)


@dataclass
class Builder:
    """Collects tensors and nodes; one per conversion.

    Args:
        tensors: Every tensor so far, by name.
        nodes: Nodes in execution order.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    _producers: dict[str, Node] = field(default_factory=dict)

    def input(self, name: str, shape: Shape, dtype: DType) -> Value:
        _check_size(shape)
        tensor = Tensor(self._free(name), shape, dtype)
        self.tensors[tensor.name] = tensor
        return Value(tensor.name, shape)

    def constant(
        self,
        name: str,
        array: Any,
        quantization: Quantization | None = None,
        grid: DType | None = None,
    ) -> Value:
        """A constant with these values; equal ones of the same name are shared."""
        array = np.asarray(array, np.float32)
        _check_size(array.shape)
        known = self.tensors.get(name)
        if (
            known is not None
            and known.is_constant
            and known.quantization == quantization
            and np.array_equal(known.array, array)
        ):
            return Value(name, array.shape)
        name = self._free(name)
        self.tensors[name] = Tensor(name, array.shape, DType.FLOAT32, quantization, array, grid)
        return Value(name, array.shape)

    def emit(
        self,
        name: str,
        op: Op,
        operands: Sequence[Value],
        dtype: DType | None = None,
        quantization: Quantization | None = None,
    ) -> Value:
        """Append a node and return its result; type and quantisation are the operand's if None."""
        inputs = tuple(self.tensors[v.tensor] for v in operands)
        name = self._free(name)
        dtype = dtype or inputs[0].dtype
        if quantization is None and dtype is inputs[0].dtype and not inputs[0].is_constant:
            quantization = inputs[0].quantization
        stand_in = Tensor(name, (1,), dtype, quantization)
        problems = op.problems(inputs, stand_in)
        if problems:
            raise RefusalError("; ".join(problems), "change the layer's settings")
        result = Tensor(name, op.shape(*(t.shape for t in inputs)), dtype, quantization)
        _check_size(result.shape)
        self.tensors[name] = result
        self.nodes.append(Node(name, op, tuple(v.tensor for v in operands), name))
        self._producers[name] = self.nodes[-1]
        return Value(name, result.shape)

    def permuted(self, name: str, x: Value, order: Sequence[int]) -> Value:
        """The dimensions in another order; one transpose that undoes another makes neither."""
        order = tuple(order)
        if order == tuple(range(len(order))):
            return x
        before = self._producers.get(x.tensor)
        if before is not None and isinstance(before.op, Transpose):
            first = before.op.permutation
            if all(first[d] == i for i, d in enumerate(order)):
                source = before.inputs[0]
                return Value(source, self.tensors[source].shape)
        return self.emit(name, Transpose(permutation=order), (x,))

    def output(self, x: Value) -> Value:
        """``[N, C, ...]`` with the channels last, under its own name."""
        y = self.permuted(f"{x.tensor}.nhwc", x, (0, *range(2, len(x.shape)), 1))
        if y.tensor != f"{x.tensor}.nhwc":
            return y
        self._rename(x.tensor, self._free(f"{x.tensor}.nchw"))
        self._rename(y.tensor, x.tensor)
        return Value(x.tensor, y.shape)

    def _rename(self, old: str, new: str) -> None:
        self.tensors[new] = replace(self.tensors.pop(old), name=new)
        for i, node in enumerate(self.nodes):
            inputs = tuple(new if t == old else t for t in node.inputs)
            output = new if node.output == old else node.output
            self.nodes[i] = replace(node, inputs=inputs, output=output)

    def graph(self, name: str, inputs: Sequence[str], outputs: Sequence[Value]) -> Graph:
        used = {t for node in self.nodes for t in (*node.inputs, node.output)}
        used |= {*inputs, *(v.tensor for v in outputs)}
        return Graph(
            name,
            {k: t for k, t in self.tensors.items() if k in used},
            tuple(self.nodes),
            tuple(inputs),
            tuple(v.tensor for v in outputs),
        )

    def _free(self, name: str) -> str:
        count, free = 1, name
        while free in self.tensors:
            count += 1
            free = f"{name}_{count}"
        return free


def _check_size(shape: Shape) -> None:
    if 0 in shape:
        raise RefusalError(f"a value of shape {list(shape)} has no elements", "drop it")
    if float(np.prod(np.array(shape, float))) > MAX_ELEMENTS:
        raise RefusalError(
            f"a value of shape {list(shape)} has more than {MAX_ELEMENTS:,} elements",
            "use a smaller input",
        )
