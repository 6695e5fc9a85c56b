"""The float32 meaning of operators against plain sums and LiteRT.

Floats are compared closely, not exactly: the order in which a sum is formed is nobody's contract.
"""

import math

import numpy as np
import pytest

from litert_oracle import one_node, uniform_inputs
from mote.ir import DType, Graph, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Padding,
    Relu,
    Reshape,
    Softmax,
)
from mote.ir.tensor import Array
from mote.reference import run
from mote.run.litert import run_litert
from tflite_writer import write_tflite

F32 = DType.FLOAT32
X = Tensor("x", (2, 6, 5, 4), F32)


def constant(name: str, *shape: int) -> Tensor:
    rng = np.random.default_rng(len(name) + math.prod(shape))
    return Tensor(name, shape, F32, None, rng.normal(0, 1, shape).astype(np.float32))


def weighted(op: Op, x: Tensor, shape: tuple[int, ...], channels: int) -> Graph:
    return one_node(op, [x, constant("weight", *shape), constant("bias", channels)], None, F32)


GRAPHS = [
    one_node(Add(activation=Activation.RELU), [X, Tensor("z", (4,), F32)], None, F32),
    one_node(AveragePool2D((3, 2), (2, 1), Padding(0, 1, 0, 1)), [X], None, F32),
    one_node(MaxPool2D((3, 2), (2, 1), Padding(0, 1, 0, 1), Activation.RELU6), [X], None, F32),
    one_node(Mean((1, 2), keep_dims=True), [X], None, F32),
    one_node(Mean((3,)), [X], None, F32),
    one_node(Pad(((0, 0), (1, 2), (0, 1), (0, 0))), [X], None, F32),
    one_node(Reshape((2, 120)), [X], None, F32),
    one_node(Softmax(beta=0.5), [X], None, F32),
    weighted(Conv2D(stride=(2, 2), activation=Activation.RELU_N1_TO_1), X, (3, 3, 2, 4), 3),
    weighted(Conv2D(dilation=(2, 1), padding=Padding(2, 2, 0, 0)), X, (6, 3, 1, 2), 6),
    weighted(DepthwiseConv2D(padding=Padding(1, 1, 1, 1)), X, (1, 3, 3, 8), 8),
    weighted(FullyConnected(activation=Activation.RELU), Tensor("x", (3, 9), F32), (5, 9), 5),
]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda g: g.name)
def test_float_operators_are_close_to_litert(graph: Graph) -> None:
    inputs = uniform_inputs(graph, np.random.default_rng(0))
    expected = run_litert(write_tflite(graph), inputs)["y"]
    found = run(graph, inputs)["y"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * abs(expected).max())


def test_a_convolution_is_the_sum_over_its_window() -> None:
    op = Conv2D(stride=(2, 1), dilation=(1, 2), padding=Padding(1, 0, 2, 1))
    graph = weighted(op, X, (6, 3, 2, 2), 6)  # two groups of two channels
    (x,) = uniform_inputs(graph, np.random.default_rng(1))
    weight, bias = graph.tensors["weight"].array, graph.tensors["bias"].array

    def at(n: int, i: int, j: int, c: int) -> float:
        return float(x[n, i, j, c]) if 0 <= i < 6 and 0 <= j < 5 else 0.0

    found = run(graph, [x])["y"]
    for n, i, j, o in np.ndindex(*found.shape):
        total = float(bias[o]) + sum(
            at(n, 2 * i + a - 1, j + 2 * b - 2, o // 3 * 2 + c) * float(weight[o, a, b, c])
            for a, b, c in np.ndindex(3, 2, 2)
        )
        assert math.isclose(found[n, i, j, o], total, rel_tol=1e-5, abs_tol=1e-4)


def test_batch_norm_and_relu_follow_their_formulas() -> None:
    names = ("gamma", "beta", "mean", "variance")
    parts: dict[str, Array] = {
        name: np.array(values, np.float32)
        for name, values in zip(names, ([1, 2], [0.5, -1], [1, -1], [4, 0.25]), strict=True)
    }
    operands = [Tensor("x", (1, 2), F32)]
    operands += [Tensor(name, (2,), F32, None, data) for name, data in parts.items()]
    graph = one_node(BatchNorm(epsilon=0.0), operands, None, F32)
    y = run(graph, [np.array([[3.0, 1.0]], np.float32)])["y"]
    np.testing.assert_array_equal(y, np.array([[1.5, 7.0]], np.float32))
    graph = one_node(Relu(activation=Activation.RELU6), [Tensor("x", (3,), F32)], None, F32)
    y = run(graph, [np.array([-1, 3, 9], np.float32)])["y"]
    np.testing.assert_array_equal(y, np.array([0, 3, 6], np.float32))
