"""Intervals and sums are sound for every input, and attained where inputs are independent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    OPS,
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PadMode,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Resize,
    ResizeMethod,
    Rounding,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import Array
from mote.ranges import RULES, Interval, accumulators, tensor_intervals
from random_graphs import random_graph, random_inputs, with_random_rounding

MOST_INPUTS = 2048
UNBOUNDED = {BatchNorm, Dequantize, LayerNorm, LogSoftmax, Softmax}
"""Operators whose results are floats, or may be anything that the type holds."""

LAYERS: tuple[tuple[Op, tuple[int, ...], tuple[int, ...]], ...] = (
    (Conv2D(), (1, 1, 1, 6), (3, 1, 1, 6)),
    (Conv2D(padding=Padding(1, 1, 1, 1)), (1, 3, 3, 1), (4, 3, 3, 1)),
    (Conv2D(padding=Padding(0, 1, 0, 1), stride=(2, 2)), (1, 2, 2, 2), (3, 2, 2, 2)),
    (Conv2D(padding=Padding(2, 1, 0, 3), dilation=(2, 1)), (1, 2, 4, 1), (3, 3, 2, 1)),
    (Conv2D(), (1, 2, 1, 4), (4, 2, 1, 2)),
    (DepthwiseConv2D(padding=Padding(1, 1, 1, 1)), (1, 2, 2, 2), (1, 3, 3, 4)),
    (DepthwiseConv2D(padding=Padding(0, 2, 1, 0), stride=(1, 2)), (1, 3, 3, 1), (1, 3, 2, 3)),
    (TransposedConv2D(stride=(2, 2)), (1, 2, 2, 2), (3, 3, 3, 2)),
    (TransposedConv2D(padding=Padding(1, 0, 1, 1), stride=(3, 1)), (1, 2, 3, 1), (2, 2, 3, 1)),
    (FullyConnected(), (1, 8), (5, 8)),
)


def int8(
    name: str, shape: tuple[int, ...], rng: np.random.Generator, scale: float = 0.05
) -> Tensor:
    zero = int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))
    return Tensor(name, shape, DType.INT8, Quantization((scale,), (zero,)))


def random_interval(channels: int, rng: np.random.Generator, widest: int = 256) -> Interval:
    """Some channels have one value only."""
    low = rng.integers(-128, 128, channels)
    width = np.where(rng.random(channels) < 0.3, 0, rng.integers(0, widest, channels))
    return Interval(low, np.minimum(low + width, 127))


def one_node(op: Op, operands: Sequence[Tensor], y: Tensor) -> Graph:
    shape = op.shape(*(t.shape for t in operands))
    tensors = [*operands, replace(y, shape=shape)]
    inputs = tuple(t.name for t in operands if not t.is_constant)
    node = Node("layer", op, tuple(t.name for t in operands), y.name)
    graph = Graph("one", {t.name: t for t in tensors}, (node,), inputs, (y.name,))
    verify(graph)
    return graph


def weighted_graph(op: Op, x_shape: tuple[int, ...], w_shape: tuple[int, ...], seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    axis = 3 if isinstance(op, DepthwiseConv2D) else 0
    weights = rng.integers(-127, 128, w_shape).astype(np.int8)
    weights[rng.random(w_shape) < 0.2] = 0
    scales = tuple(float(s) for s in 2.0 ** rng.uniform(-9, -5, w_shape[axis]))
    q = Quantization(scales, (0,) * len(scales), axis)
    bias = rng.integers(-3000, 3000, w_shape[axis]).astype(np.int32)
    operands = (
        int8("x", x_shape, rng),
        Tensor("weight", w_shape, DType.INT8, q, weights),
        Tensor("bias", bias.shape, DType.INT32, None, bias),
    )
    rounding = list(Rounding)[int(rng.integers(2))]
    activation = list(Activation)[int(rng.integers(4))]
    return one_node(
        replace(op, rounding=rounding, activation=activation), operands, int8("y", (), rng)
    )


def as_float(graph: Graph) -> Graph:
    """The same layer on numbers over their scales: its results are the sums, exactly."""
    tensors = [
        replace(
            t,
            dtype=DType.FLOAT32,
            quantization=None,
            data=t.array.astype(np.float32) if t.is_constant else None,
        )
        for t in graph.tensors.values()
    ]
    (node,) = graph.nodes
    plain = replace(node, op=replace(node.op, activation=Activation.NONE))
    return replace(graph, nodes=(plain,), tensors={t.name: t for t in tensors})


def corners(
    intervals: Sequence[Interval], shapes: Sequence[tuple[int, ...]]
) -> Iterator[list[Array]]:
    """Operands whose every element is at one of its ends, in all combinations."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    lows, highs = (
        np.concatenate(
            [
                np.broadcast_to(getattr(i, end), s).reshape(-1)
                for i, s in zip(intervals, shapes, strict=True)
            ]
        )
        for end in ("low", "high")
    )
    free = np.flatnonzero(lows != highs)
    assert 2 ** len(free) <= MOST_INPUTS, "too many to try"
    for ends in product((0, 1), repeat=len(free)):
        flat = lows.copy()
        flat[free] = np.where(ends, highs[free], lows[free])
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        yield [p.reshape(shape) for p, shape in zip(parts, shapes, strict=True)]


def extremes(values: Sequence[Array]) -> tuple[Array, Array]:
    """The least and the greatest of each channel over all results."""
    rows = np.concatenate([v.reshape(-1, v.shape[-1]) for v in values]).astype(np.int64)
    return rows.min(0), rows.max(0)


def assert_attained(graph: Graph, intervals: Sequence[Interval]) -> None:
    """No operand at its ends leaves the computed interval, and some reach both ends of it."""
    shapes = [graph.tensors[t].shape for t in graph.inputs]
    values = [
        reference.run(graph, [x.astype(np.int8) for x in xs])[graph.outputs[0]]
        for xs in corners(intervals, shapes)
    ]
    low, high = extremes(values)
    found = tensor_intervals(graph, dict(zip(graph.inputs, intervals, strict=True)))
    np.testing.assert_array_equal(found[graph.outputs[0]].low, low)
    np.testing.assert_array_equal(found[graph.outputs[0]].high, high)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", range(len(LAYERS)))
def test_layers_with_weights_attain_their_bounds(case: int, seed: int) -> None:
    graph = weighted_graph(*LAYERS[case], seed=100 * case + seed)
    x = graph.tensors["x"]
    interval = random_interval(x.shape[-1], np.random.default_rng(seed))
    assert_attained(graph, [interval])

    sums = accumulators(graph, graph.nodes[0], interval)
    floats, zero = as_float(graph), x.q.zero_point
    bias = graph.tensors["bias"].array.astype(np.int64)
    inputs = [xs[0] - zero for xs in corners([interval], [x.shape])]
    values = [reference.run(floats, [v.astype(np.float32)])["y"] - bias for v in inputs]
    low, high = extremes(values)
    np.testing.assert_array_equal(sums.sum_low, low)
    np.testing.assert_array_equal(sums.sum_high, high)
    np.testing.assert_array_equal(sums.low, low + bias)
    np.testing.assert_array_equal(sums.high, high + bias)


@pytest.mark.parametrize("case", range(len(LAYERS)))
def test_sums_of_stored_integers_differ_by_what_the_bias_takes_in(case: int) -> None:
    """low and high are what they were; sums and magnitude are those of the raw products."""
    graph = weighted_graph(*LAYERS[case], seed=case)
    node, x, weight = graph.nodes[0], graph.tensors["x"], graph.tensors["weight"]
    interval = random_interval(x.shape[-1], np.random.default_rng(case))
    raw, centred = (accumulators(graph, node, interval, offset) for offset in (0, None))
    np.testing.assert_array_equal(raw.low, centred.low)
    np.testing.assert_array_equal(raw.high, centred.high)
    axis = 3 if isinstance(node.op, DepthwiseConv2D) else 0
    rows = np.moveaxis(weight.array.astype(np.int64), axis, 0).reshape(len(raw.low), -1)
    shift = x.q.zero_point * rows.sum(1)
    np.testing.assert_array_equal(raw.sum_low, centred.sum_low + shift)
    assert (np.maximum(np.abs(raw.sum_low), np.abs(raw.sum_high)) <= raw.magnitude).all()
    assert (raw.magnitude <= np.abs(rows).sum(1) * 128).all()
    assert (centred.magnitude <= np.abs(rows).sum(1) * 255).all()


def test_the_magnitude_is_the_sum_of_the_largest_products() -> None:
    weights = np.array([[3, -5, 0, 7]], np.int8)
    x = Tensor("x", (1, 4), DType.INT8, Quantization((0.1,), (10,)))
    q = Quantization((0.1,), (0,))
    operands = (
        x,
        Tensor("weight", weights.shape, DType.INT8, q, weights),
        Tensor("bias", (1,), DType.INT32, None, np.array([9], np.int32)),
    )
    graph = one_node(FullyConnected(), operands, int8("y", (), np.random.default_rng(0)))
    interval = Interval(np.array([-20, 12, -128, 5]), np.array([20, 14, 127, 5]))
    sums = accumulators(graph, graph.nodes[0], interval)
    assert sums.magnitude.tolist() == [3 * 30 + 5 * 4 + 7 * 5]
    assert (sums.sum_low.tolist(), sums.sum_high.tolist()) == ([-90 - 20 - 35], [30 - 10 - 35])
    assert accumulators(graph, graph.nodes[0], interval, 0).magnitude.tolist() == [60 + 70 + 35]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("op", [Add(), Sub(), Mul(), Add(Activation.RELU6)], ids=str)
def test_sums_and_products_of_independent_operands_attain_their_bounds(op: Op, seed: int) -> None:
    rng = np.random.default_rng(seed)
    operands = [int8("a", (1, 1, 2, 2), rng, 0.02), int8("b", (1, 1, 2, 2), rng, 0.05)]
    intervals = [random_interval(2, rng) for _ in operands]
    assert_attained(one_node(op, operands, int8("y", (), rng, 0.04)), intervals)


@pytest.mark.parametrize(
    "op",
    [
        AveragePool2D((2, 2), (1, 1), Padding(1, 0, 1, 0)),
        AveragePool2D((3, 1), activation=Activation.RELU),
        MaxPool2D((2, 2), (2, 2), Padding(0, 1, 0, 1)),
        Mean((1, 2)),
        Mean((3,), keep_dims=True),
        Mean((1, 2, 3)),
        Pad(((0, 0), (1, 0), (0, 0), (0, 0)), value=1.5),
        Pad(((0, 0), (0, 0), (0, 0), (1, 2)), value=-1.0),
        Pad(((0, 0), (1, 1), (0, 0), (0, 0)), PadMode.REFLECT),
        Reshape((1, 2, 1, 5)),
        Reshape((1, 10)),
        Reshape((10, 1)),
        Resize((4, 3), ResizeMethod.BILINEAR),
        Resize((4, 3), ResizeMethod.NEAREST),
        Slice((0, 0, 0, 0), (1, 5, 1, 2), (1, 2, 1, 2)),
        Transpose((0, 2, 1, 3)),
        Transpose((0, 3, 2, 1)),
    ],
    ids=str,
)
def test_pools_and_movements_attain_their_bounds(op: Op) -> None:
    rng = np.random.default_rng(5)
    x = int8("x", (1, 5, 1, 2), rng)
    if isinstance(op, AveragePool2D | MaxPool2D | Resize) and op.shape(x.shape)[2] > 1:
        x = replace(x, shape=(1, 3, 3, 1))
    y = int8("y", (), rng, 0.03) if isinstance(op, Mean) else replace(x, name="y")
    assert_attained(one_node(op, [x], y), [random_interval(x.shape[-1], rng)])


@pytest.mark.parametrize(
    "op",
    [Unary(f) for f in (Function.ABS, Function.TANH, Function.SQUARE, Function.NEGATE)]
    + [Relu(Activation.RELU6), Quantize()],
    ids=str,
)
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_functions_attain_the_bounds_over_all_integers_of_an_interval(op: Op, dtype: DType) -> None:
    rng = np.random.default_rng(3)
    least, most = dtype.range
    low = rng.integers(least, most, 6)
    interval = Interval(low, np.minimum(low + rng.integers(0, (most - least) // 2, 6), most))
    q = Quantization((2.0 / most,), (0,))
    x = Tensor("x", (1, 6), dtype, q)
    graph = one_node(op, [x], replace(x, name="y"))
    found = tensor_intervals(graph, {"x": interval})["y"]
    for c in range(6):
        every = np.arange(interval.low[c], interval.high[c] + 1).astype(dtype.numpy)
        whole = replace(
            graph,
            tensors={t.name: replace(t, shape=(len(every), 1)) for t in graph.tensors.values()},
        )
        y = reference.run(whole, [every.reshape(-1, 1)])["y"]
        assert (found.low[c], found.high[c]) == (y.min(), y.max())


def test_prelu_and_constants_are_followed_channel_by_channel() -> None:
    rng = np.random.default_rng(11)
    x = int8("x", (1, 1, 1, 3), rng)
    alpha = replace(int8("alpha", (3,), rng, 0.01), data=np.array([-90, 0, 90], np.int8))
    assert_attained(
        one_node(PRelu(), [x, alpha], int8("y", (), rng)),
        [Interval(np.array([-128, x.q.zero_point, 5]), np.array([x.q.zero_point, 127, 5]))],
    )
    joined = replace(x, name="c", data=np.array([[[[-7, 0, 9]]]], np.int8))
    graph = one_node(Concat(3), [x, joined], replace(x, name="y"))
    found = tensor_intervals(graph)["y"]
    assert (found.low.tolist(), found.high.tolist()) == (
        [-128, -128, -128, -7, 0, 9],
        [127, 127, 127, -7, 0, 9],
    )


@pytest.mark.parametrize("transposed", [False, True])
def test_products_of_activations_attain_their_bounds(transposed: bool) -> None:
    rng = np.random.default_rng(7)
    op = MatMul(transpose_x1=transposed)
    a, b = int8("a", (1, 2), rng), int8("b", (3, 2) if transposed else (2, 3), rng)
    intervals = [random_interval(2, rng), random_interval(b.shape[1], rng)]
    graph = one_node(op, [a, b], int8("y", (), rng, 0.2))
    assert_attained(graph, intervals)


def test_a_constant_that_meets_padding_is_constant_only_if_the_padding_does_not_show() -> None:
    """Depthwise over a plane of one value: the border's sums are others, but may round alike."""
    rng = np.random.default_rng(2)
    weights = np.stack([np.full((3, 3), 1), np.full((3, 3), 60)], -1)[None].astype(np.int8)
    x = Tensor("x", (1, 4, 4, 2), DType.INT8, Quantization((0.01,), (0,)))
    operands = (
        x,
        Tensor("weight", (1, 3, 3, 2), DType.INT8, Quantization((0.01,), (0,)), weights),
        Tensor("bias", (2,), DType.INT32, None, np.zeros(2, np.int32)),
    )
    op = DepthwiseConv2D(padding=Padding(1, 1, 1, 1))
    graph = one_node(op, operands, Tensor("y", (), DType.INT8, Quantization((0.02,), (0,))))
    interval = Interval(np.array([8, 8]), np.array([8, 8]))
    assert tensor_intervals(graph, {"x": interval})["y"].is_constant.tolist() == [True, False]
    assert_attained(graph, [interval])
    valid = replace(graph.nodes[0], op=DepthwiseConv2D())
    whole = one_node(valid.op, operands, int8("y", (), rng))
    assert tensor_intervals(whole, {"x": interval})["y"].is_constant.all()


def test_a_sum_that_could_wrap_has_any_value() -> None:
    x = Tensor("x", (1, 1), DType.INT8, Quantization((1.0,), (0,)))
    operands = (
        x,
        Tensor("w", (1, 1), DType.INT8, Quantization((1.0,), (0,)), np.array([[1]], np.int8)),
        Tensor("bias", (1,), DType.INT32, None, np.array([2**31 - 1], np.int32)),
    )
    graph = one_node(FullyConnected(), operands, Tensor("y", (), DType.INT8, x.quantization))
    found = tensor_intervals(graph)["y"]
    assert (found.low.tolist(), found.high.tolist()) == ([-128], [127])


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_values_of_random_graphs_lie_in_their_intervals(first: int) -> None:
    for seed in range(first, first + 40):
        graph = with_random_rounding(random_graph(seed), seed)
        found = tensor_intervals(graph)
        for turn in range(2):
            values = reference.run(graph, random_inputs(graph, seed + 1000 * turn))
            for name, interval in found.items():
                assert interval.contains(values[name]), (seed, name)


def test_every_operator_has_a_rule_or_may_give_anything() -> None:
    assert set(RULES) == set(OPS) - UNBOUNDED
