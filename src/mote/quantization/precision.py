"""Which element type every layer computes on, and refusal of what has no such form."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mote.errors import InputError, UnsupportedModelError
from mote.ir import DType, Graph
from mote.ir.ops import Dequantize, Op, Quantize, TransposedConv2D
from mote.quantization.config import QuantizationConfig

ACTIVATIONS: Mapping[str, DType] = {
    "int8": DType.INT8,
    "int16": DType.INT16,
    "float": DType.FLOAT32,
}
WEIGHTS: Mapping[str, DType] = {"int8": DType.INT8, "int4": DType.INT4}


@dataclass(frozen=True)
class ElementTypes:
    """Of one layer: its activations, and its weights where it has any."""

    activations: DType
    weights: DType


def element_types(graph: Graph, config: QuantizationConfig) -> dict[str, ElementTypes]:
    """The types of every node by name.

    Raises:
        InputError: A pattern of the configuration fits no layer.
        UnsupportedModelError: A node has no form in its type, or between it and its neighbours'.
    """
    names = [node.name for node in graph.nodes]
    idle = [
        p for p in config.layers if p not in names and not any(fnmatchcase(n, p) for n in names)
    ]
    if idle:
        raise InputError(
            "QuantizationConfig",
            f"layers {', '.join(map(repr, idle))} are not in {graph.name}",
            hint=f"its layers are {', '.join(names)}",
        )
    found, problems = {}, []
    for node in graph.nodes:
        wanted = config.precision(node.name)
        activations = ACTIVATIONS[wanted.activations]
        if activations is not DType.FLOAT32 and not has_form(node.op, activations):
            if not (config.allow_float and activations is DType.INT8):
                problems.append(
                    f"node '{node.name}': {node.op.label} has no {wanted.activations} form here"
                )
            activations = DType.FLOAT32
        if wanted.weights == "int4" and isinstance(node.op, TransposedConv2D):
            problems.append(f"node '{node.name}': {node.op.label} has no int4 weights here")
        found[node.name] = ElementTypes(activations, WEIGHTS[wanted.weights])
    if problems:
        raise UnsupportedModelError(
            graph.name,
            "not every layer can be quantised as asked",
            details=problems,
            hint="give them another precision; allow_float=True keeps those without int8 in float",
        )
    return found


def has_form(op: Op, dtype: DType) -> bool:
    """Whether an operator of a float graph exists on a type."""
    if isinstance(op, Quantize | Dequantize):
        return False
    return any(result is dtype for _, result in op.dtypes)


def input_type(graph: Graph, types: Mapping[str, ElementTypes], name: str) -> DType:
    """Of a graph input: what all its readers compute on, else int8; indices stay what they are."""
    if graph.tensors[name].dtype is not DType.FLOAT32:
        return graph.tensors[name].dtype
    wanted = {types[node.name].activations for node in graph.consumers(name)}
    return wanted.pop() if len(wanted) == 1 else DType.INT8
