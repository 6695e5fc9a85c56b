"""Quantising functions, norms and softmaxes from samples: near the float graph, and compiled."""

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Function,
    LayerNorm,
    LogSoftmax,
    Op,
    PRelu,
    Relu,
    Softmax,
    Unary,
)
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.quantization import LayerPrecision, QuantizationConfig, quantize, to_integers, to_reals
from mote.quantization.config import ActivationType
from mote.target import CORES

POSITIVE = (Function.LOG, Function.RECIPROCAL, Function.RSQRT, Function.SQRT)
INTERPOLATED = {
    Function.ERF: 6,
    Function.EXP: 5,
    Function.HARD_SIGMOID: 25,
    Function.HARD_SWISH: 13,
    Function.LOG: 14,
    Function.RECIPROCAL: 300,
    Function.RSQRT: 140,
    Function.SQRT: 16,
}
"""Steps of int16 by which straight lines between 513 points miss a curve that bends as much."""


def float_graph(op: Op, shape: tuple[int, ...] = (1, 4, 5, 6)) -> Graph:
    rng = np.random.default_rng(70)
    learnt: list[Array] = []
    if isinstance(op, LayerNorm):
        learnt = [rng.uniform(0.5, 2, shape[-1:]), rng.normal(0, 1, shape[-1:])]
    if isinstance(op, PRelu):
        learnt = [rng.uniform(-0.5, 0.5, shape[-1:])]
    constants = [
        Tensor(f"c{i}", a.shape, DType.FLOAT32, None, a.astype(np.float32))
        for i, a in enumerate(learnt)
    ]
    tensors = [Tensor("x", shape, DType.FLOAT32), *constants, Tensor("y", shape, DType.FLOAT32)]
    node = Node("node", op, ("x", *(t.name for t in constants)), "y")
    graph = Graph("g", {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def samples(op: Op, count: int = 40) -> Array:
    """Values of a normal distribution; positive where the function wants them."""
    x = np.random.default_rng(71).normal(0, 2, (count, 4, 5, 6)).astype(np.float32)
    positive = isinstance(op, Unary) and op.function in POSITIVE
    return np.abs(x) + np.float32(0.3) if positive else x


def distance(op: Op, activations: ActivationType) -> float:
    """The greatest distance to the float graph on the same quantised inputs, in steps."""
    graph, x = float_graph(op), samples(op)
    config = QuantizationConfig(layers={"*": LayerPrecision(activations=activations)})
    quantised = quantize(graph, x, config)
    assert len(lower(quantised, CORES["cortex-m4"]).steps) == 1
    into, out = quantised.tensors["x"], quantised.tensors["y"]
    worst = 0.0
    for sample in x[:8]:
        integers = to_integers(sample[None], into.q, into.dtype)
        want = reference.run(graph, [to_reals(integers, into.q)])["y"]
        low, high = ((n - out.q.zero_point) * out.q.scale for n in out.dtype.range)
        got = to_reals(reference.run(quantised, [integers])["y"], out.q)
        worst = max(worst, float(np.abs(got - np.clip(want, low, high)).max() / out.q.scale))
    return worst


OTHERS = (Relu(), Relu(Activation.RELU6), PRelu(), LayerNorm())


@pytest.mark.parametrize("function", Function, ids=lambda f: f.value)
def test_a_function_keeps_within_a_step_of_int8(function: Function) -> None:
    assert distance(made(function), "int8") <= (1.0 if function is Function.SQRT else 0.8)


@pytest.mark.parametrize("function", Function, ids=lambda f: f.value)
def test_a_function_keeps_within_few_steps_of_int16(function: Function) -> None:
    assert distance(made(function), "int16") <= INTERPOLATED.get(function, 3.0)


@pytest.mark.parametrize("op", OTHERS, ids=lambda op: op.kind)
@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_clamps_and_norms_keep_within_a_step(op: Op, activations: ActivationType) -> None:
    assert distance(op, activations) <= 1.0


def made(function: Function) -> Unary:
    alpha, beta = {
        Function.CLIP: (-1.0, 2.0),
        Function.ELU: (1.0, 0.0),
        Function.HARD_SIGMOID: (1 / 6, 0.5),
        Function.LEAKY_RELU: (0.1, 0.0),
    }.get(function, (0.0, 0.0))
    return Unary(function, alpha, beta)


def test_probabilities_and_logarithms_have_the_scale_of_tflite() -> None:
    fixed = {
        Softmax(): Quantization((1 / 256,), (-128,)),
        LogSoftmax(): Quantization((1 / 16,), (127,)),
        Unary(Function.SIGMOID): Quantization((1 / 256,), (-128,)),
        Unary(Function.TANH): Quantization((1 / 128,), (0,)),
    }
    for op, q in fixed.items():
        assert quantize(float_graph(op), samples(op)).tensors["y"].quantization == q
        assert distance(op, "int8") <= 2.0
    assert distance(Softmax(), "int16") <= 40.0


def test_a_norm_of_values_that_never_change_is_quantised_all_the_same() -> None:
    graph = float_graph(LayerNorm())
    zeros = np.zeros((4, 4, 5, 6), np.float32)
    quantised = quantize(graph, zeros)
    integers = to_integers(zeros[:1], quantised.tensors["x"].q)
    y = quantised.tensors["y"]
    got = to_reals(reference.run(quantised, [integers])["y"], y.q)
    want = np.broadcast_to(graph.tensors["c1"].array, got.shape)
    assert np.abs(got - want).max() <= y.q.scale
    assert lower(quantised, CORES["cortex-m0plus"]).steps
