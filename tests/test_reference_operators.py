"""Every int8 operator of the reference against LiteRT's reference kernels, parameters at random.

The parameters go further than networks do: zero points at the ends, multipliers far above and below
one, scales that are powers of two (whose products hit exact halves).
"""

import math
from collections.abc import Callable

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert, one_node, uniform_inputs
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Padding,
    Quantize,
    Reshape,
    Softmax,
    same_padding,
)
from mote.reference import run
from mote.reference.softmax import EXP_POWERS

Rng = np.random.Generator
S8, U8, S16, F32 = DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32
SHAPE = (2, 4, 5, 8)


def quantization(rng: Rng, scale: float, dtype: DType = S8) -> Quantization:
    """That scale, or the power of two below it, and a zero point that is often at an end."""
    low, high = dtype.range
    zero = int(rng.choice([low, high, (low + high + 1) // 2, int(rng.integers(low, high))]))
    zero = 0 if dtype is S16 else zero
    if rng.random() < 0.3:
        scale = 2.0 ** np.floor(np.log2(scale))
    return Quantization((float(np.float32(scale)),), (zero,))


def activation(rng: Rng) -> Activation:
    return list(Activation)[int(rng.integers(4))]


def tensor(
    rng: Rng, name: str, shape: tuple[int, ...] = SHAPE, scale: float = 0.1, dtype: DType = S8
) -> Tensor:
    return Tensor(name, shape, dtype, quantization(rng, scale, dtype))


def weighted(rng: Rng, op: Op, x: Tensor, shape: tuple[int, ...], axis: int) -> Graph:
    """A layer with weights whose multipliers go from 2**-14 to 2**12."""
    channels = shape[axis]
    limit = int(rng.choice([2, 128]))
    data = rng.integers(-limit, limit, shape).astype(np.int8)
    scales = (2.0 ** rng.uniform(-14, 6, channels)).astype(np.float32)
    if rng.random() < 0.3:
        scales = (2.0 ** rng.integers(-14, 6, channels)).astype(np.float32)
    values = tuple(map(float, scales if rng.random() < 0.7 else scales[:1]))
    q = Quantization(values, (0,) * len(values), axis if len(values) > 1 else None)
    weight = Tensor("w", shape, S8, q, data)
    bias = Tensor("b", (channels,), DType.INT32, None, rng.integers(-99, 99, channels, np.int32))
    return one_node(op, [x, weight, bias], quantization(rng, 2.0 ** rng.uniform(-9, 6)), S8)


def padding(rng: Rng, op: Conv2D | DepthwiseConv2D, kernel: tuple[int, int]) -> Padding:
    if rng.random() < 0.3:
        return Padding()
    sides = [
        same_padding(n, k, s, d)
        for n, k, s, d in zip(SHAPE[1:3], kernel, op.stride, op.dilation, strict=True)
    ]
    return Padding(*sides[0], *sides[1])


def random_conv(rng: Rng, kind: type[Conv2D] | type[DepthwiseConv2D]) -> Graph:
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    op = kind(stride=stride, activation=activation(rng))
    op = kind(stride=stride, activation=op.activation, padding=padding(rng, op, kernel))
    if kind is Conv2D:
        groups = int(rng.choice([1, 1, 2, 8]))
        shape = (groups * int(rng.integers(1, 6)), *kernel, 8 // groups)
        return weighted(rng, op, tensor(rng, "x"), shape, 0)
    return weighted(rng, op, tensor(rng, "x"), (1, *kernel, 8 * int(rng.integers(1, 4))), 3)


def random_fully_connected(rng: Rng) -> Graph:
    depth = int(rng.choice([1, 9, 64]))
    op = FullyConnected(activation=activation(rng))
    return weighted(rng, op, tensor(rng, "x", (16, depth)), (int(rng.integers(1, 9)), depth), 0)


def random_add(rng: Rng) -> Graph:
    a = tensor(rng, "a")
    shape = [SHAPE, (1, 1, 1, 8), (2, 4, 1, 1), (8,)][int(rng.integers(4))]
    b = tensor(rng, "b", shape, 0.1 * 2.0 ** rng.uniform(-24, 9))
    op = Add(activation=activation(rng))
    return one_node(op, [a, b], quantization(rng, 0.1 * 2.0 ** rng.uniform(-8, 8)), S8)


def random_pool(rng: Rng, kind: type[AveragePool2D] | type[MaxPool2D], dtype: DType = S8) -> Graph:
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 6)))
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    pads = Padding()
    if rng.random() < 0.6:
        rows = same_padding(SHAPE[1], kernel[0], stride[0])
        pads = Padding(*rows, *same_padding(SHAPE[2], kernel[1], stride[1]))
    x = tensor(rng, "x", scale=0.1 if dtype is S8 else 2.0 ** rng.uniform(-14, -3), dtype=dtype)
    op = kind(kernel=kernel, stride=stride, padding=pads, activation=activation(rng))
    return one_node(op, [x], x.quantization, dtype)


def random_mean(rng: Rng, dtype: DType = S8) -> Graph:
    rank = int(rng.integers(1, 5))
    shape = tuple(int(n) for n in rng.integers(1, 9, rank))
    count = int(rng.integers(1, rank + 1))
    axes = tuple(sorted(int(a) for a in rng.choice(rank, count, replace=False)))
    x = tensor(rng, "x", shape, dtype=dtype)
    scale = x.q.scale if rng.random() < 0.3 else 0.1 * 2.0 ** rng.uniform(-5, 5)
    op = Mean(axes=axes, keep_dims=bool(rng.random() < 0.5))
    return one_node(op, [x], quantization(rng, scale, dtype), dtype)


def random_pad(rng: Rng) -> Graph:
    rank = int(rng.integers(1, 5))
    x = tensor(rng, "x", SHAPE[:rank])
    sides = tuple((int(a), int(b)) for a, b in rng.integers(0, 3, (rank, 2)))
    return one_node(Pad(sides), [x], x.quantization, S8)


def random_reshape(rng: Rng) -> Graph:
    x = tensor(rng, "x")
    to = [(2, 160), (320,), (1, 8, 40), (2, 5, 4, 8)][int(rng.integers(4))]
    return one_node(Reshape(to), [x], x.quantization, S8)


def random_softmax(rng: Rng) -> Graph:
    shape = (4, int(rng.choice([1, 2, 3, 10, 64, 300])))
    x = tensor(rng, "x", shape, 2.0 ** rng.uniform(-12, 3))
    op = Softmax(beta=float(np.float32(2.0 ** rng.uniform(-6, 6))))
    return one_node(op, [x], Quantization((1 / 256,), (-128,)), S8)


def random_requantize(rng: Rng) -> Graph:
    source, to = [(S8, S8), (S8, U8), (U8, S8)][int(rng.integers(3))]
    x = Tensor("x", SHAPE, source, quantization(rng, 0.1, source))
    scale = x.q.scale if rng.random() < 0.3 else 0.1 * 2.0 ** rng.uniform(-12, 12)
    return one_node(Quantize(), [x], quantization(rng, scale, to), to)


def random_requantize_wide(rng: Rng) -> Graph:
    """At least one side int16, and no result so fine that the integers leave int32."""
    source, to = [(S8, S16), (S16, S8), (S16, S16)][int(rng.integers(3))]
    x = Tensor("x", SHAPE, source, quantization(rng, 0.1, source))
    scale = x.q.scale if rng.random() < 0.3 else 0.1 * 2.0 ** rng.uniform(-12, 12)
    return one_node(Quantize(), [x], quantization(rng, scale, to), to)


def random_quantize(rng: Rng) -> Graph:
    to = (S8, U8, S16)[int(rng.integers(3))]
    x = Tensor("x", SHAPE, F32)
    return one_node(Quantize(), [x], quantization(rng, 2.0 ** rng.uniform(-6, 4), to), to)


def random_dequantize(rng: Rng) -> Graph:
    source = (S8, U8, S16)[int(rng.integers(3))]
    x = Tensor("x", SHAPE, source, quantization(rng, 2.0 ** rng.uniform(-6, 4), source))
    return one_node(Dequantize(), [x], None, F32)


GRAPHS: dict[str, Callable[[Rng], Graph]] = {
    "add": random_add,
    "average_pool_2d": lambda rng: random_pool(rng, AveragePool2D),
    "average_pool_2d_int16": lambda rng: random_pool(rng, AveragePool2D, S16),
    "conv_2d": lambda rng: random_conv(rng, Conv2D),
    "dequantize": random_dequantize,
    "depthwise_conv_2d": lambda rng: random_conv(rng, DepthwiseConv2D),
    "fully_connected": random_fully_connected,
    "max_pool_2d": lambda rng: random_pool(rng, MaxPool2D),
    "max_pool_2d_int16": lambda rng: random_pool(rng, MaxPool2D, S16),
    "mean": random_mean,
    "mean_int16": lambda rng: random_mean(rng, S16),
    "pad": random_pad,
    "quantize_floats": random_quantize,
    "quantize_integers": random_requantize,
    "quantize_int16": random_requantize_wide,
    "reshape": random_reshape,
    "softmax": random_softmax,
}


def check(operator: str, seeds: range) -> None:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph = GRAPHS[operator](rng)
        assert_reference_is_litert(graph, [uniform_inputs(graph, rng) for _ in range(2)])


@pytest.mark.parametrize("operator", GRAPHS)
def test_operator_gives_the_bytes_of_litert(operator: str) -> None:
    check(operator, range(40))


@pytest.mark.slow
@pytest.mark.parametrize("operator", GRAPHS)
def test_operator_gives_the_bytes_of_litert_on_many_more(operator: str) -> None:
    check(operator, range(1000, 4000))


def test_average_of_a_window_rounds_halves_away_from_zero() -> None:
    q = Quantization((1.0,), (0,))
    x = Tensor("x", (1, 2, 1, 4), S8, q)
    graph = one_node(AveragePool2D(kernel=(2, 1)), [x], q, S8)
    data = np.array([[1, -1, 3, -3], [2, -2, 2, -2]], np.int8).reshape(x.shape)
    assert_reference_is_litert(graph, [[data]])
    np.testing.assert_array_equal(run(graph, [data])["y"].ravel(), [2, -2, 3, -3])


def test_quantizing_saturates_what_an_integer_cannot_hold() -> None:
    x = Tensor("x", (4,), F32)
    graph = one_node(Quantize(), [x], Quantization((0.5,), (3,)), S8)
    data = np.array([1e30, -1e30, 63.0, 0.25], np.float32)
    np.testing.assert_array_equal(run(graph, [data])["y"], [127, -128, 127, 4])


def test_the_exponentials_of_softmax_are_those_of_mathematics() -> None:
    for bit, power in EXP_POWERS:
        assert power == round(math.exp(-(2.0 ** (bit - 26))) * 2**31)


@pytest.mark.parametrize("exponent", [-26, -27, -64])
def test_softmax_of_differences_too_small_for_a_multiplier_is_uniform(exponent: int) -> None:
    """LiteRT stops the process here, so it cannot be asked."""
    x = Tensor("x", (1, 4), S8, Quantization((2.0**exponent,), (3,)))
    graph = one_node(Softmax(), [x], Quantization((1 / 256,), (-128,)), S8)
    y = run(graph, [np.array([[-128, 127, 0, 5]], np.int8)])["y"]
    np.testing.assert_array_equal(y, [[-64] * 4])
