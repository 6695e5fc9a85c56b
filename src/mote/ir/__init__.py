"""The intermediate representation: values, operators and graphs."""

from mote.ir.graph import Graph, Node, verify
from mote.ir.tensor import DType, Quantization, Tensor

__all__ = ["DType", "Graph", "Node", "Quantization", "Tensor", "verify"]
