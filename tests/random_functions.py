"""Seeded random functions of one variable on integers, as graphs of one node."""

from dataclasses import replace

import numpy as np

from kernel_check import one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Function, LayerNorm, Op, Relu, Unary
from mote.ir.tensor import Array
from mote.reference.hard_swish import hard_swish_table

Rng = np.random.Generator

FIXED = {
    (Function.SIGMOID, DType.INT8): Quantization((1 / 256,), (-128,)),
    (Function.TANH, DType.INT8): Quantization((1 / 128,), (0,)),
    (Function.SIGMOID, DType.INT16): Quantization((1 / 32768,), (0,)),
    (Function.TANH, DType.INT16): Quantization((1 / 32768,), (0,)),
}
"""What TFLite demands of results."""


def quantization(rng: Rng, dtype: DType, low: float = -9, high: float = 1) -> Quantization:
    """Scales from 2**low to 2**high (2**-8 of that for int16), a third of them powers of two."""
    exponent = rng.uniform(low, high) - (8 if dtype is DType.INT16 else 0)
    exponent = np.floor(exponent) if rng.random() < 0.3 else exponent
    zero = 0
    if dtype is DType.INT8:
        zero = int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))
    return Quantization((float(np.float32(2.0**exponent)),), (zero,))


def parameters(function: Function, rng: Rng) -> tuple[float, float]:
    """alpha and beta of a function, exact in float32."""
    match function:
        case Function.LEAKY_RELU:
            return float(np.float32(rng.choice([0.01, 0.1, 0.3, 1.5, -0.2]))), 0.0
        case Function.ELU:
            return float(np.float32(rng.choice([1.0, 0.5]))), 0.0
        case Function.CLIP:
            return float(rng.choice([-np.inf, -1, 0, 0.25])), float(rng.choice([np.inf, 1, 6, 0.5]))
        case Function.HARD_SIGMOID:
            return float(np.float32(rng.choice([1 / 6, 0.2]))), 0.5
    return 0.0, 0.0


def random_operator(rng: Rng, function: Function | None) -> Op:
    """A Unary of that function, or a Relu."""
    if function is None:
        return Relu([Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1][rng.integers(3)])
    return Unary(function, *parameters(function, rng))


def function_graph(rng: Rng, function: Function | None, dtype: DType, count: int = 0) -> Graph:
    """A graph that computes it on ``count`` values; 0: as many as the type has."""
    op = random_operator(rng, function)
    x = quantization(rng, dtype)
    y = quantization(rng, dtype)
    if function is Function.HARD_SWISH and hard_swish_table(x, y) is None:
        y = Quantization(x.scales, y.zero_points)
    if function is not None and rng.random() < 0.8:
        y = FIXED.get((function, dtype), y)
    shape = (count or 2**dtype.bits,)
    return one_node(op, (Tensor("x", shape, dtype, x),), dtype, y)


LAYERS = (
    Function.ABS,
    Function.EXP,
    Function.GELU,
    Function.GELU_TANH,
    Function.HARD_SWISH,
    Function.LEAKY_RELU,
    Function.LOG,
    Function.SIGMOID,
    Function.TANH,
    None,
)
"""What LiteRT computes for every int8 input; None: a Relu."""


def random_layer(rng: Rng, x: Quantization, y: Quantization) -> tuple[Op, Quantization]:
    """A function inside an int8 graph, and its result's quantisation: ``y`` where it may be."""
    function = LAYERS[int(rng.integers(len(LAYERS)))]
    if function is Function.HARD_SWISH:  # no finer for LiteRT, no coarser for its 16-bit shifts
        scale = np.clip(y.scale, x.scale / 120, x.scale * 250)
        y = Quantization((float(np.float32(scale)),), y.zero_points)
    op = random_operator(rng, function)
    return op, y if function is None else FIXED.get((function, DType.INT8), y)


def with_own_functions(graph: Graph, seed: int) -> Graph:
    """The same int8 graph with what TFLite lacks: half of its functions become any of ours, or a
    layer norm."""
    rng = np.random.default_rng([seed, 4])
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        if isinstance(node.op, Unary) and rng.random() < 0.5:
            y = graph.result(node)
            if rng.random() < 0.3:
                gamma = rng.uniform(-60, 60, y.shape[-1]) * y.q.scale
                beta = rng.normal(0, 30, y.shape[-1]) * y.q.scale
                learnt = [
                    learnt_tensor(f"{node.name}.{name}", values)
                    for name, values in (("gamma", gamma), ("beta", beta))
                ]
                tensors |= {t.name: t for t in learnt}
                inputs = (*node.inputs, *(t.name for t in learnt))
                node = replace(node, op=LayerNorm(), inputs=inputs)
            else:
                function = list(Function)[int(rng.integers(len(Function)))]
                node = replace(node, op=random_operator(rng, function))
        nodes.append(node)
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def learnt_tensor(name: str, values: Array) -> Tensor:
    """Factors or offsets of a norm as int32 with one scale."""
    scale = float(np.float32(np.abs(values).max() / 2**30 or 1.0))
    integers = np.round(values / scale).astype(np.int32)
    return Tensor(name, values.shape, DType.INT32, Quantization((scale,), (0,)), integers)


def every_value(graph: Graph) -> Array:
    """All integers of the input's type."""
    low, high = graph.tensors["x"].dtype.range
    return np.arange(low, high + 1).astype(graph.tensors["x"].dtype.numpy)
