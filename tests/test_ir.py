"""The intermediate representation: shapes, limits, printing and verification."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Embedding,
    FullyConnected,
    LogSoftmax,
    Mean,
    Mul,
    Pad,
    Padding,
    Quantize,
    Reshape,
    Softmax,
    Transpose,
    same_padding,
)
from mote.ir.text import format_graph

Q = Quantization((0.5,), (3,))


def activation(name: str, *shape: int, q: Quantization | None = Q) -> Tensor:
    return Tensor(name, shape, DType.INT8, q)


def constant(name: str, array: np.ndarray, q: Quantization | None = None) -> Tensor:
    return Tensor(name, array.shape, DType(array.dtype.name), q, array)


def small_graph() -> Graph:
    weight = constant("w", np.ones((4, 3, 3, 2), np.int8), Quantization((0.1,) * 4, (0,) * 4, 0))
    tensors = [
        activation("x", 1, 5, 5, 2),
        weight,
        constant("b", np.zeros(4, np.int32)),
        activation("y", 1, 5, 5, 4),
        activation("z", 1, 100),
    ]
    return Graph(
        "small",
        {t.name: t for t in tensors},
        (
            Node("conv", Conv2D(padding=Padding(1, 1, 1, 1)), ("x", "w", "b"), "y"),
            Node("flat", Reshape(to=(1, 100)), ("y",), "z"),
        ),
        ("x",),
        ("z",),
    )


def test_a_graph_prints_every_value_once_with_type_quantisation_and_hash() -> None:
    assert format_graph(small_graph()) == (
        "graph small\n"
        "  input x : int8[1,5,5,2] q(0.5,3)\n"
        "  const w : int8[4,3,3,2] q(axis 0) #c8bed0af\n"
        "  const b : int32[4] #374708ff\n"
        "  y = conv_2d(padding=(1,1,1,1)) x, w, b : int8[1,5,5,4] q(0.5,3)\n"
        "  z = reshape(to=(1,100)) y : int8[1,100] q(0.5,3)\n"
        "  output z\n"
    )


def test_macs_count_every_tap_of_every_output() -> None:
    graph = small_graph()
    assert graph.macs(graph.nodes[0]) == 5 * 5 * 4 * 3 * 3 * 2
    assert graph.macs(graph.nodes[1]) == 0


def test_constants_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        small_graph().tensors["w"].array[0] = 1


def test_a_wrong_shape_fails_verification() -> None:
    graph = small_graph()
    verify(graph)
    with pytest.raises(AssertionError, match="should be"):
        verify(graph.rebuild(graph.nodes, [activation("y", 1, 4, 5, 5)]))


def test_a_tensor_without_elements_fails_verification() -> None:
    x, y = activation("x", 2, 0), activation("y", 0, 2)
    node = Node("turn", Transpose(permutation=(1, 0)), ("x",), "y")
    with pytest.raises(AssertionError, match=r"turn: \['x', 'y'\] have no elements"):
        verify(Graph("g", {"x": x, "y": y}, (node,), ("x",), ("y",)))


def test_a_value_read_before_it_is_written_fails_verification() -> None:
    graph = small_graph()
    with pytest.raises(AssertionError, match="before they exist"):
        verify(graph.rebuild(reversed(graph.nodes)))


def test_rebuild_drops_tensors_that_nothing_uses() -> None:
    graph = small_graph()
    rebuilt = graph.rebuild([Node("conv", graph.nodes[0].op, ("x", "w", "b"), "y")])
    assert set(rebuilt.tensors) == {"x", "w", "b", "y", "z"}  # z is still the graph's output


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "expected"),
    [
        (5, 3, 1, 1, (1, 1)),
        (6, 3, 2, 1, (0, 1)),
        (5, 3, 2, 1, (1, 1)),
        (49, 10, 2, 1, (4, 5)),
        (10, 4, 2, 1, (1, 1)),
        (7, 2, 1, 1, (0, 1)),
        (6, 1, 4, 1, (0, 0)),
        (9, 3, 1, 3, (3, 3)),
    ],
)
def test_same_padding_puts_the_odd_element_after(
    size: int, kernel: int, stride: int, dilation: int, expected: tuple[int, int]
) -> None:
    before, after = same_padding(size, kernel, stride, dilation)
    assert (before, after) == expected
    padded = size + before + after - (kernel - 1) * dilation - 1
    assert padded // stride + 1 == -(-size // stride)


def test_shapes_follow_from_attributes() -> None:
    assert Conv2D(stride=(2, 2)).shape((1, 9, 8, 3), (7, 3, 3, 3), (7,)) == (1, 4, 3, 7)
    assert Conv2D(dilation=(2, 3)).shape((2, 9, 9, 3), (7, 3, 3, 3), (7,)) == (2, 5, 3, 7)
    assert DepthwiseConv2D().shape((1, 9, 9, 3), (1, 3, 3, 6), (6,)) == (1, 7, 7, 6)
    assert FullyConnected().shape((4, 8), (3, 8), (3,)) == (4, 3)
    assert Add().shape((1, 5, 1, 3), (4, 3)) == (1, 5, 4, 3)
    assert Mean(axes=(1, 2)).shape((1, 5, 4, 3)) == (1, 3)
    assert Mean(axes=(1,), keep_dims=True).shape((1, 5, 4, 3)) == (1, 1, 4, 3)
    assert Pad(paddings=((0, 0), (1, 2))).shape((1, 5)) == (1, 8)


def test_each_operator_names_what_it_cannot_take() -> None:
    x, y = activation("x", 1, 5, 5, 2), activation("y", 1, 5, 5, 2, q=Quantization((0.25,), (0,)))
    assert "share scale" in AveragePool2D(kernel=(2, 2)).problems((x,), y)[0]
    assert "larger than the padded input" in AveragePool2D(kernel=(6, 6)).problems((x,), x)[0]
    assert "cannot reshape" in Reshape(to=(3,)).problems((x,), x)[0]
    assert "1/256" in Softmax().problems((x,), x)[0]
    assert "do not broadcast" in Add().problems((x, activation("v", 1, 4, 5, 2)), x)[0]
    unquantised = activation("u", 1, 5, 5, 2, q=None)
    assert "without quantisation" in Add().problems((x, x), unquantised)[0]
    wide = Tensor("wide", (1, 5, 5, 2), DType.INT16)
    assert "int16 -> int16 is not supported" in LogSoftmax().problems((wide,), wide)[0]
    assert "without quantisation" in Add().problems((wide, wide), wide)[0]


def test_a_product_scaled_by_1_in_float32_is_refused() -> None:
    """The rule forms the factor in float32; these scales give a little less in real numbers."""
    scales = [Quantization((float(np.float32(s)),), (0,)) for s in (0.1, 0.05)]
    product = Quantization(
        (float(np.float32(scales[0].scale) * np.float32(scales[1].scale)),), (0,)
    )
    assert scales[0].scale * scales[1].scale < product.scale
    operands = [Tensor(n, (4,), DType.INT16, q) for n, q in zip("ab", scales, strict=True)]
    (problem,) = Mul().problems(tuple(operands), Tensor("y", (4,), DType.INT16, product))
    assert "too large for the result" in problem


def test_weights_with_a_zero_point_are_refused() -> None:
    x, y = activation("x", 1, 4), activation("y", 1, 3)
    bias = constant("b", np.zeros(3, np.int32))
    weight = constant("w", np.zeros((3, 4), np.int8), Quantization((0.1,), (1,)))
    assert FullyConnected().problems((x, weight, bias), y) == [
        "weights have a zero point other than 0"
    ]


@pytest.mark.parametrize(
    ("weight", "bias", "problem"),
    [
        (np.int8, np.float32, "int8 weights with float32 bias"),
        (np.float32, np.int32, "float32 weights with int32 bias"),
        (np.int8, np.int32, "int8 weights with int32 bias"),
    ],
)
def test_float_data_takes_float_weights_alone(weight: type, bias: type, problem: str) -> None:
    x, y = (Tensor(n, (1, 4), DType.FLOAT32) for n in "xy")
    w, b = constant("w", np.zeros((4, 4), weight)), constant("b", np.zeros(4, bias))
    found = FullyConnected().problems((x, w, b), y)
    assert f"{problem} are not supported; allowed: float32 with float32" in found


def test_computed_weights_and_biases_are_refused_whatever_their_scales() -> None:
    x, y = activation("x", 1, 4), activation("y", 1, 3)
    weight = constant("w", np.zeros((3, 4), np.int8), Quantization((0.1,) * 3, (0,) * 3, axis=0))
    bias = Tensor("b", (3,), DType.INT32)
    assert FullyConnected().problems((x, weight, bias), y) == ["weights and bias must be constants"]


def test_activations_have_one_scale() -> None:
    x = activation("x", 1, 3, q=Quantization((0.1,) * 3, (0,) * 3, axis=1))
    [problem] = Reshape(to=(3, 1)).problems((x,), replace(x, name="y"))[:1]
    assert problem == "tensor 'x' is quantised per channel, allowed: weights alone"


def test_scales_are_what_float32_holds() -> None:
    assert Quantization((0.1, 0.5), (0, 0), 0).scales == (float(np.float32(0.1)), 0.5)
    for scale in (1e-50, 1e39, -1.0, math.nan):
        with pytest.raises(AssertionError):
            Quantization((scale,), (0,))


def test_a_table_of_another_type_than_the_result_is_refused() -> None:
    index = Tensor("index", (2,), DType.INT32)
    table = constant("table", np.zeros((3, 4), np.int16), Quantization((0.5,), (0,)))
    result = Tensor("y", (2, 4), DType.INT8, Quantization((0.5,), (0,)))
    (problem,) = Embedding().problems((index, table), result)
    assert problem == "the table is int16, allowed: int8 as the result"


def test_a_zero_point_is_one_of_the_integers() -> None:
    x = activation("x", 4)
    for dtype, zero in ((DType.INT8, 128), (DType.INT8, -129), (DType.UINT8, -1)):
        y = Tensor("y", (4,), dtype, Quantization((0.5,), (zero,)))
        assert Quantize().problems((x,), y) == [
            f"tensor 'y' has a zero point outside {dtype.value}"
        ]


def test_4_bit_weights_lie_between_minus_8_and_7() -> None:
    Tensor("w", (2,), DType.INT4, Quantization((0.5,), (0,)), np.array([-8, 7], np.int8))
    for value in (-9, 8):
        with pytest.raises(AssertionError, match="w leaves 4 bits"):
            Tensor("w", (1,), DType.INT4, None, np.array([value], np.int8))


def test_padding_is_never_negative() -> None:
    with pytest.raises(AssertionError):
        Padding(0, -1, 0, 0)
