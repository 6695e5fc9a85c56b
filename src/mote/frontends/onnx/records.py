"""An ONNX model as plain frozen data, whatever the protobuf messages looked like."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mote.frontends.onnx.values import Constant
from mote.ir.ops import Shape


@dataclass(frozen=True)
class NodeRecord:
    """One node of the file, or of the definition of one.

    Args:
        index: Position in the file; a node of a definition has that of the node it defines.
        kind: Its operator.
        domain: The operator set that defines the operator; empty for ONNX itself.
        version: Version of that operator set.
        name: As in the file, often empty.
        inputs: Names of its operands; an empty one is left out.
        outputs: Names of its results; an empty one is not wanted.
        attributes: Values by name: int, float, str, Constant, a message for a subgraph, or tuples.
        inside: The operator of the file that this one is part of the definition of.
    """

    index: int
    kind: str
    domain: str
    version: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    inside: str = ""

    @property
    def base(self) -> str:
        """The name of what it becomes."""
        return self.name or f"{self.kind.lower()}_{self.index}"

    def within(self, node: "NodeRecord") -> "NodeRecord":
        """This record as part of what another one means."""
        inside = node.inside or node.kind
        return replace(self, index=node.index, name=f"{node.base}/{self.base}", inside=inside)


@dataclass(frozen=True)
class InputRecord:
    """What the caller gives.

    Args:
        name: Its name.
        dtype: Element type as ONNX writes it in lower case, for example ``float``.
        dims: A size, the name of a symbolic size, or an empty text for each dimension; None when
            the file does not state the rank.
    """

    name: str
    dtype: str
    dims: tuple[int | str, ...] | None


@dataclass(frozen=True)
class OutputRecord:
    """What the caller gets; ``shape`` is None unless the file states all of it."""

    name: str
    shape: Shape | None


@dataclass(frozen=True)
class ModelRecord:
    """A model, its functions inlined.

    Args:
        opsets: Version of each operator set by domain.
        inputs: In the order of the file, without those that have an initial value.
        outputs: In the order of the file.
        nodes: In the order of the file, which is an order of execution.
        constants: Initial values by name.
    """

    opsets: Mapping[str, int]
    inputs: tuple[InputRecord, ...]
    outputs: tuple[OutputRecord, ...]
    nodes: tuple[NodeRecord, ...]
    constants: Mapping[str, Constant]
