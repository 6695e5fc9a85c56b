"""One layer of a float graph as it computes when it alone is quantised, in each precision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import MaxPool2D, Op, Pad, Reshape, Slice, Transpose, TransposedConv2D
from mote.ir.tensor import Array
from mote.quantization.assembly import Weighted
from mote.quantization.config import LayerPrecision, QuantizationConfig
from mote.quantization.flash import node_flash_bytes
from mote.quantization.moments import Moments, measure
from mote.quantization.post_training import quantize_prepared
from mote.quantization.precision import has_form
from mote.quantization.preparation import Prepared
from mote.quantization.scheme import to_integers, to_reals
from mote.quantization.simulate import Simulation
from mote.quantization.weights import corrected_bias, quantize_bias, quantize_weights

PRECISIONS: Mapping[str, LayerPrecision] = {
    "int8": LayerPrecision(),
    "int4": LayerPrecision(weights="int4"),
    "int16": LayerPrecision(activations="int16"),
}
"""What a layer can be alone: 8 bits, 4-bit weights, or int16 activations."""

WEIGHTS = {"int8": DType.INT8, "int4": DType.INT4}

MOVES: tuple[type[Op], ...] = (MaxPool2D, Pad, Reshape, Slice, Transpose)
"""Operators that round nothing: their result has the grid of what they read."""


@dataclass(frozen=True)
class Form:
    """A layer in one precision.

    Args:
        constants: The node's constant operands, float32, on the grids of their integers.
        result: Type and grid of the result.
        bytes: Flash of the constants.
    """

    constants: tuple[Tensor, ...]
    result: Tensor
    bytes: int


def layer_forms(
    prepared: Prepared, config: QuantizationConfig, advance: Callable[[], None]
) -> dict[str, dict[str, Form]]:
    """The forms of every layer that rounds, by layer and precision, in execution order.

    Weights are rounded as ``config`` says, against the float values of the layer's operand.

    Args:
        prepared: The float graph.
        config: ``layers`` apart.
        advance: Called for every node.
    """
    graph = prepared.graph
    plain = replace(config, search_weight_scales=False, correct_bias=False, adaround=False)
    integer = {
        name: quantize_prepared(prepared, replace(plain, layers=_everywhere(graph, name)))[0]
        for name in PRECISIONS
    }
    simulation = Simulation(graph, prepared.samples) if config.repairs else None
    found: dict[str, dict[str, Form]] = {}
    for node in graph.nodes:
        forms = {
            name: _form(graph, node, integer[name])
            for name in PRECISIONS
            if _is_quantised(graph, node, name, integer[name])
        }
        if isinstance(node.op, Weighted) and forms:
            moments = _moments(graph, node, simulation, config)
            forms = _repaired(graph, node, integer, forms, config, moments)
        if forms:
            found[node.name] = forms
        if simulation:
            simulation.advance(node)
            simulation.forget(node, {})
        advance()
    return found


def on_grid(value: Array, tensor: Tensor) -> Array:
    """Real values rounded and clamped as a quantised tensor holds them, float32."""
    return to_reals(to_integers(value, tensor.q, tensor.dtype), tensor.q)


def can_be(op: Op, name: str) -> bool:
    """Whether an operator that has an int8 form has the one of that name."""
    if name == "int4":
        return isinstance(op, Weighted) and not isinstance(op, TransposedConv2D)
    return name == "int8" or has_form(op, DType.INT16)


def _everywhere(graph: Graph, name: str) -> dict[str, LayerPrecision]:
    return {
        node.name: PRECISIONS[name if can_be(node.op, name) else "int8"] for node in graph.nodes
    }


def _is_quantised(graph: Graph, node: Node, name: str, integer: Graph) -> bool:
    if isinstance(node.op, MOVES) or not can_be(node.op, name):
        return False
    return graph.result(node).dtype is DType.FLOAT32 and (
        integer.tensors[node.output].dtype is not DType.FLOAT32
    )


def _form(graph: Graph, node: Node, integer: Graph) -> Form:
    own = integer.producer(node.output)
    assert own is not None
    constants = []
    for real, whole in zip(graph.operands(node), integer.operands(own), strict=True):
        if real.is_constant and real.dtype is DType.FLOAT32:
            constants.append(replace(real, data=to_reals(whole.array, whole.q)))
    return Form(tuple(constants), integer.tensors[node.output], node_flash_bytes(integer, own))


def _moments(
    graph: Graph, node: Node, simulation: Simulation | None, config: QuantizationConfig
) -> Moments | None:
    if simulation is None or isinstance(node.op, TransposedConv2D):
        return None
    x = simulation.real[node.inputs[0]]
    wanted = config.search_weight_scales or config.adaround
    return measure(graph, node, x, x, covariance=wanted)


def _repaired(
    graph: Graph,
    node: Node,
    integer: Mapping[str, Graph],
    forms: Mapping[str, Form],
    config: QuantizationConfig,
    moments: Moments | None,
) -> dict[str, Form]:
    """Weights and bias as the configuration makes them; int16 has the weights of int8."""
    weight, bias = graph.operands(node)[1:]
    operand = {name: _operand(node, integer[name]) for name in forms}
    rounded = {
        name: quantize_weights(graph, node, operand[name], WEIGHTS[name], config, moments)
        for name in forms
        if name in WEIGHTS
    }
    changed = {}
    for name, form in forms.items():
        weights, x = rounded.get(name, rounded["int8"]), operand[name]
        real = bias.array.astype(np.float64)
        if config.correct_bias and moments is not None:
            real = corrected_bias(graph, node, x, weights, moments)
        steps, q = quantize_bias(real, x, weights, config)
        constants = (
            replace(weight, data=to_reals(weights.integers, weights.q)),
            replace(bias, data=to_reals(steps, q)),
        )
        changed[name] = replace(form, constants=constants)
    return changed


def _operand(node: Node, integer: Graph) -> Tensor:
    own = integer.producer(node.output)
    assert own is not None
    return integer.operands(own)[0]
