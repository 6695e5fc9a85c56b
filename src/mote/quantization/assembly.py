"""Builds the integer graph node by node, in execution order: scales follow from the operands'."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import (
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    Quantize,
    Rounding,
    TransposedConv2D,
)
from mote.quantization.config import QuantizationConfig
from mote.quantization.explain import explain_tensor, explain_weights
from mote.quantization.fixed_results import fixed_result
from mote.quantization.moments import measure
from mote.quantization.precision import ElementTypes, input_type
from mote.quantization.ranges import Range
from mote.quantization.report import LayerReport, TensorReport, WeightReport
from mote.quantization.results import (
    constant_quantization,
    free_quantization,
    quantized_constant,
    result_quantization,
)
from mote.quantization.shared import KEEPS_SCALE
from mote.quantization.simulate import Simulation
from mote.quantization.weights import (
    QuantizedWeights,
    corrected_bias,
    quantize_bias,
    quantize_weights,
)

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D


class Assembly:
    """The integer graph so far.

    Args:
        float_graph: What is quantised.
        types: Element types by node name.
        ranges: Of every float activation.
        simulation: Values of both graphs on samples; None when nothing asks for them.
    """

    def __init__(
        self,
        float_graph: Graph,
        config: QuantizationConfig,
        types: Mapping[str, ElementTypes],
        ranges: Mapping[str, Range],
        simulation: Simulation | None,
    ) -> None:
        self.float_graph = float_graph
        self.config = config
        self.types = types
        self.ranges = ranges
        self.simulation = simulation
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.copies: dict[str, list[str]] = {}
        self.input_reports: list[TensorReport] = []
        self.layer_reports: list[LayerReport] = []
        self._taken = {*float_graph.tensors, *(n.name for n in float_graph.nodes)}
        self._weights: dict[tuple[str, DType], QuantizedWeights] = {}

    def enter(self, name: str) -> None:
        """A graph input."""
        real = self.float_graph.tensors[name]
        dtype = input_type(self.float_graph, self.types, name)
        quantised = dtype not in (DType.FLOAT32, DType.INT32)
        q = self._free(name, dtype) if quantised else None
        self.tensors[name] = replace(real, dtype=dtype, quantization=q)
        if self.simulation:
            self.simulation.enter(self.tensors[name])
            self.input_reports.append(explain_tensor(self.simulation, self.tensors[name]))

    def append(self, node: Node) -> None:
        """The integer form of a node, behind the conversions that it needs."""
        dtype = self.types[node.name].activations
        if self.float_graph.result(node).dtype is DType.INT32:
            dtype = DType.INT32
        weight_report: WeightReport | None = None
        q: Quantization | None
        if dtype in (DType.FLOAT32, DType.INT32):
            changed, q = self._float(node), None
        elif isinstance(node.op, Weighted):
            changed, weights, change = self._weighted(node, dtype)
            q = self._result(node, changed, dtype)
            if self.simulation:
                weight_report = explain_weights(
                    self.float_graph, node, weights, self.types[node.name].weights, change, q
                )
        else:
            q = self._kept_quantization(node, dtype)
            changed = self._unweighted(node, dtype, q)
            q = q or self._result(node, changed, dtype)
        result = self.float_graph.result(node)
        self.tensors[node.output] = replace(result, dtype=dtype, quantization=q)
        self.nodes.append(changed)
        if self.simulation:
            self.simulation.advance(node)
            self.simulation.advance_quantized(self.tensors, self.nodes[-1:])
            report = explain_tensor(self.simulation, self.tensors[node.output])
            self.layer_reports.append(
                LayerReport(
                    name=node.name, kind=node.op.label, result=report, weights=weight_report
                )
            )
            self.simulation.forget(node, self.copies)

    def _result(self, node: Node, changed: Node, dtype: DType) -> Quantization:
        operands = [self.tensors[name] for name in changed.inputs]
        scheme = self.config.activations
        return result_quantization(node, operands, self.ranges[node.output], scheme, dtype)

    def graph(self) -> Graph:
        """The finished graph."""
        whole = replace(self.float_graph, tensors=self.tensors, nodes=tuple(self.nodes))
        return whole.rebuild(whole.nodes)

    def _float(self, node: Node) -> Node:
        inputs = []
        for tensor in self.float_graph.operands(node):
            if tensor.is_constant:
                self.tensors[tensor.name] = tensor
            inputs.append(
                tensor.name
                if tensor.is_constant or tensor.dtype is DType.INT32
                else self._as(tensor.name, DType.FLOAT32, None).name
            )
        return replace(node, inputs=tuple(inputs))

    def _weighted(self, node: Node, dtype: DType) -> tuple[Node, QuantizedWeights, float]:
        """The layer, its weights, and the greatest change of its bias (a real number)."""
        assert isinstance(node.op, Weighted)
        graph, config, simulation = self.float_graph, self.config, self.simulation
        x = self._as(node.inputs[0], dtype, None)
        moments = None
        if simulation and config.repairs and not isinstance(node.op, TransposedConv2D):
            real, found = simulation.real[node.inputs[0]], simulation.reals(x)
            wanted = config.search_weight_scales or config.adaround
            moments = measure(graph, node, real, found, covariance=wanted)
        key = (node.inputs[1], self.types[node.name].weights)
        if key not in self._weights:  # a layer called twice keeps one copy of its weights
            self._weights[key] = quantize_weights(graph, node, x, key[1], config, moments)
        weights = self._weights[key]
        own = graph.tensors[node.inputs[2]].array.astype(np.float64)
        bias = own
        if config.correct_bias and moments is not None:
            bias = corrected_bias(graph, node, x, weights, moments)
        steps, bias_q = quantize_bias(bias, x, weights, config)
        bias_type = DType.INT64 if dtype is DType.INT16 else DType.INT32
        weight = graph.tensors[node.inputs[1]]
        constants = [
            Tensor(weight.name, weight.shape, key[1], weights.q, weights.integers),
            Tensor(node.inputs[2], own.shape, bias_type, bias_q, steps),
        ]
        names = [self._constant(node, tensor) for tensor in constants]
        op = replace(node.op, rounding=Rounding.SINGLE)
        changed = replace(node, op=op, inputs=(x.name, *names))
        return changed, weights, float(np.abs(bias - own).max(initial=0))

    def _unweighted(self, node: Node, dtype: DType, q: Quantization | None) -> Node:
        """A node without weights, whose constant operands get their own range.

        ``q``: what all its operands must have; None when each has its own.
        """
        inputs = []
        for tensor in self.float_graph.operands(node):
            if tensor.dtype is DType.INT32:
                self.tensors.setdefault(tensor.name, tensor)
                inputs.append(tensor.name)
            elif tensor.is_constant:
                scheme = self.config.activations
                new = quantized_constant(node, tensor, q, scheme, dtype)
                inputs.append(self._constant(node, new))
            else:
                inputs.append(self._as(tensor.name, dtype, q).name)
        return replace(node, inputs=tuple(inputs))

    def _kept_quantization(self, node: Node, dtype: DType) -> Quantization | None:
        """The scale that a node's operands and result share; None where they need not."""
        if not isinstance(node.op, KEEPS_SCALE):
            return None
        operands = self.float_graph.operands(node)
        ranged = [t for t in operands if t.dtype is DType.FLOAT32]
        activations = [
            t for t in ranged if not t.is_constant and self.tensors[t.name].dtype is dtype
        ]
        known = [self.tensors[t.name].q for t in activations]
        if len(ranged) == 1:
            if ranged[0].is_constant:  # an embedding's table
                return constant_quantization(ranged[0], self.config.activations, dtype)
            return self._as(ranged[0].name, dtype, None).q
        # a concatenation: operands made for it have its range, and one scale unless a layer's
        # accumulator asked for a coarser one
        bounds = self.ranges[node.output]
        made = [
            q.scale
            for t, q in zip(activations, known, strict=True)
            if self.ranges[t.name] == bounds and not self._is_fixed(t.name, dtype)
        ]
        return self._free(node.output, dtype, max(made, default=0.0))

    def _is_fixed(self, name: str, dtype: DType) -> bool:
        node = self.float_graph.producer(name)
        return node is not None and fixed_result(node.op, dtype) is not None

    def _free(self, name: str, dtype: DType, finest: float = 0.0) -> Quantization:
        return free_quantization(self.ranges[name], self.config.activations, dtype, finest, 1.0)

    def _as(self, name: str, dtype: DType, q: Quantization | None) -> Tensor:
        """A tensor in a type and, when ``q`` is given, a quantisation; converted if it differs."""
        tensor = self.tensors[name]
        if tensor.dtype is dtype and (q is None or tensor.quantization == q):
            return tensor
        for copy in self.copies.get(name, ()):
            known = self.tensors[copy]
            if known.dtype is dtype and (q is None or known.quantization == q):
                return known
        if dtype is DType.FLOAT32:
            op: Quantize | Dequantize = Dequantize(keep_float=True)
        else:
            op = Quantize()
            q = q or self._free(name, dtype)
        own = self._free_name(f"{name}.{dtype.value}")
        converted = replace(tensor, name=own, dtype=dtype, quantization=q)
        self.tensors[own] = converted
        self.nodes.append(Node(own, op, (name,), own))
        self.copies.setdefault(name, []).append(own)
        if self.simulation:
            self.simulation.advance_quantized(self.tensors, self.nodes[-1:])
        return converted

    def _constant(self, node: Node, new: Tensor) -> str:
        """The name of a constant: an equal one serves again."""
        for known in self.tensors.values():
            same = known.is_constant and (known.dtype, known.quantization) == (
                new.dtype,
                new.quantization,
            )
            if same and np.array_equal(known.array, new.array):
                return known.name
        if new.name in self.tensors:
            role = node.op.inputs[self._role(node, new.name)]
            new = replace(new, name=self._free_name(f"{node.name}.{role}"))
        self.tensors[new.name] = new
        return new.name

    @staticmethod
    def _role(node: Node, name: str) -> int:
        return min(node.inputs.index(name), len(node.op.inputs) - 1)

    def _free_name(self, name: str) -> str:
        count, free = 1, name
        while free in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._taken.add(free)
        return free
