"""The graph under construction while a PyTorch program is converted, and the layout of its values.

PyTorch counts in NCHW, a ``Graph`` in NHWC. No transpose is ever emitted: a 4-D value is the same
value under the other order, and a flattened one remembers the plane it came from, so that the
layer that reads it permutes its weights instead.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import Op, Shape
from mote.ir.tensor import Array

if TYPE_CHECKING:
    import torch


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
        tensor: Its tensor in the graph.
        shape: Its shape in PyTorch.
        plane: (C, H, W) when PyTorch sees ``[N, C*H*W]`` but the elements are stored in the order
            (H, W, C); None when both orders are the same.
    """

    tensor: str
    shape: Shape
    plane: Shape | None = None

    @property
    def planar(self) -> bool:
        return len(self.shape) == 4


@dataclass(frozen=True)
class Parameter:
    """A weight or buffer of the module, under its qualified name."""

    name: str
    tensor: "torch.Tensor"

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


def stored_shape(shape: Shape) -> Shape:
    """The shape in the graph of a PyTorch shape: NHWC for NCHW."""
    if 0 in shape:
        raise RefusalError(f"a value of shape {list(shape)} has no elements", "drop it")
    match shape:
        case (n, c, h, w):
            return (n, h, w, c)
        case (_, _):
            return shape
    raise RefusalError(
        f"a value of shape {list(shape)} has no layout here",
        "keep values as [N, C, H, W] or [N, features]",
    )


def same_order(shape: Shape) -> bool:
    """True when NCHW and NHWC store the elements in the same order."""
    _, c, h, w = shape
    return c == 1 or h * w == 1


@dataclass
class Builder:
    """Collects tensors and nodes; one per conversion.

    Args:
        tensors: Every tensor so far, by name.
        nodes: Nodes in execution order.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def input(self, name: str, shape: Shape) -> Value:
        tensor = Tensor(self._free(name), stored_shape(shape), DType.FLOAT32)
        self.tensors[tensor.name] = tensor
        return Value(tensor.name, shape)

    def constant(self, name: str, array: Any) -> str:
        """The name of a constant with these values; equal ones of the same name are shared."""
        array = np.ascontiguousarray(array, np.float32)
        known = self.tensors.get(name)
        if known is not None and known.is_constant and np.array_equal(known.array, array):
            return name
        name = self._free(name)
        self.tensors[name] = Tensor(name, array.shape, DType.FLOAT32, data=array)
        return name

    def emit(
        self,
        name: str,
        op: Op,
        operands: Sequence[str],
        shape: Shape,
        plane: Shape | None = None,
    ) -> Value:
        """Append a node and return its result, whose shape in PyTorch is ``shape``."""
        inputs = tuple(self.tensors[t] for t in operands)
        name = self._free(name)
        result = Tensor(name, stored_shape(shape), DType.FLOAT32)
        problems = op.problems(inputs, result)
        if problems:
            raise RefusalError("; ".join(problems), "change the layer's settings")
        found = op.shape(*(t.shape for t in inputs))
        assert found == result.shape, f"{name}: {found} is not PyTorch's {result.shape}"
        self.tensors[name] = result
        self.nodes.append(Node(name, op, tuple(operands), name))
        return Value(name, shape, plane)

    def graph(self, name: str, inputs: Sequence[Value], outputs: Sequence[Value]) -> Graph:
        used = {t for node in self.nodes for t in (*node.inputs, node.output)}
        used |= {v.tensor for v in (*inputs, *outputs)}
        return Graph(
            name,
            {k: t for k, t in self.tensors.items() if k in used},
            tuple(self.nodes),
            tuple(v.tensor for v in inputs),
            tuple(v.tensor for v in outputs),
        )

    def _free(self, name: str) -> str:
        count, free = 1, name
        while free in self.tensors:
            count += 1
            free = f"{name}_{count}"
        return free


def stored_features(array: Array, plane: Shape | None) -> Array:
    """Reorder the last axis of ``[..., C*H*W]`` to the order (H, W, C) of a stored plane."""
    if plane is None:
        return array
    c, h, w = plane
    rows = array.reshape(-1, c, h, w).transpose(0, 2, 3, 1)
    return rows.reshape(array.shape)


def reshaped_plane(value: Value, shape: Shape) -> tuple[bool, Shape | None]:
    """Whether a reshape to ``shape`` moves no element, and the plane of its result."""
    if shape[0] != value.shape[0] or math.prod(shape) != math.prod(value.shape):
        return False, None
    if value.planar and len(shape) == 2:
        return True, None if same_order(value.shape) else value.shape[1:]
    if not value.planar and len(shape) == 2:
        return True, value.plane
    if not value.planar and len(shape) == 4:
        if value.plane is not None:
            return value.plane == shape[1:], None
        return same_order(shape), None
    if value.planar and len(shape) == 4:
        return same_order(value.shape) and same_order(shape), None
    return False, None
