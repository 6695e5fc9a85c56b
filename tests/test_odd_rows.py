"""Layers whose rows read rows at no common distance: resizing and transposed convolution."""

import re

import numpy as np
import pytest

import mote
from kernel_check import random_input
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Conv2D, Op, Padding, Resize, ResizeMethod, TransposedConv2D
from mote.ir.tensor import Array
from mote.lower.split import Ranges
from row_builds import Choice, build_by_rows, one_row, some_rows

TYPES = [DType.INT8, DType.INT16, DType.FLOAT32]
BIAS = {DType.INT8: DType.INT32, DType.INT16: DType.INT64, DType.FLOAT32: DType.FLOAT32}
CHANNELS = 3


def layers(dtype: DType, images: int) -> Graph:
    """A decoder: each kind of layer, at ratios that are whole and that are not."""
    rng = np.random.default_rng(4)
    is_float = dtype is DType.FLOAT32
    q = None if is_float else Quantization((0.05,), (0,))
    ops: tuple[Op, ...] = (
        Resize(to=(7, 6), method=ResizeMethod.BILINEAR, half_pixel_centers=True),
        TransposedConv2D(stride=(3, 2), padding=Padding(1, 0, 1, 0)),
        Resize(to=(26, 9), method=ResizeMethod.NEAREST),
        TransposedConv2D(stride=(2, 1), dilation=(2, 1), padding=Padding(2, 2, 0, 1)),
        Resize(to=(16, 9), method=ResizeMethod.BILINEAR, align_corners=True),
        Conv2D(padding=Padding(1, 1, 1, 1)),
        Resize(to=(32, 9), method=ResizeMethod.NEAREST),
    )
    tensors = {"x": Tensor("x", (images, 5, 4, CHANNELS), dtype, q)}
    nodes = []
    for i, op in enumerate(ops):
        operands = [f"y{i - 1}" if i else "x"]
        if not isinstance(op, Resize):
            scales = Quantization((0.01,) * CHANNELS, (0,) * CHANNELS, 0)
            weights = rng.integers(-99, 100, (CHANNELS, 3, 3, CHANNELS))
            kind = DType.FLOAT32 if is_float else DType.INT8
            tensors[f"w{i}"] = Tensor(
                f"w{i}", weights.shape, kind, None if is_float else scales, _typed(weights, kind)
            )
            bias = _typed(rng.integers(-99, 100, CHANNELS), BIAS[dtype])
            tensors[f"b{i}"] = Tensor(f"b{i}", bias.shape, BIAS[dtype], None, bias)
            operands += [f"w{i}", f"b{i}"]
        y = op.shape(*(tensors[name].shape for name in operands))
        tensors[f"y{i}"] = Tensor(f"y{i}", y, dtype, q)
        nodes.append(Node(f"node{i}", op, tuple(operands), f"y{i}"))
    return Graph("decoder", tensors, tuple(nodes), ("x",), (f"y{len(ops) - 1}",))


def _typed(values: Array, dtype: DType) -> Array:
    return values.astype(dtype.numpy)


def sample(graph: Graph) -> Array:
    x, rng = graph.tensors["x"], np.random.default_rng(5)
    if x.dtype is DType.FLOAT32:
        return rng.standard_normal(x.shape).astype(np.float32)
    return random_input(x, rng)


@pytest.mark.parametrize("choose", [one_row, some_rows])
@pytest.mark.parametrize(("dtype", "images"), [(t, 1 + (t is DType.INT8)) for t in TYPES])
def test_calls_of_some_rows_give_the_bytes_of_the_reference(
    dtype: DType, images: int, choose: Choice
) -> None:
    graph = layers(dtype, images)
    x = sample(graph)
    expected = mote.compile(graph, "host", allow_float=True, optimize="time").run(x)
    if dtype is not DType.FLOAT32:
        np.testing.assert_array_equal(expected, mote.reference.run(graph, [x])["y6"])
    built = build_by_rows(graph, "host", choose)
    assert sum(task.calls > images for task in built.plan.network.tasks) > len(graph.nodes) / 2
    np.testing.assert_array_equal(built.run(x), expected)


def test_decoders_stream() -> None:
    graph = layers(DType.INT8, 1)
    small, fast = (mote.compile(graph, "host", optimize=goal) for goal in ("ram", "time"))
    assert small.plan.total_bytes < 0.75 * fast.plan.total_bytes
    x = sample(graph)
    np.testing.assert_array_equal(small.run(x), fast.run(x))


def test_a_table_says_where_a_call_starts_to_read_unless_a_distance_does() -> None:
    text = build_by_rows(layers(DType.INT8, 1), "host").files["model.c"]
    tables = dict(
        re.findall(r"static const uint8_t (first_\d+)\[\d+\] = \{\s*([^}]*?),?\s*\};", text)
    )
    assert tables["first_00"].replace(" ", "") == "0,0,1,1,2,3,4"
    assert set(tables) == {"first_00", "first_01", "first_02", "first_03", "first_04", "first_06"}


def test_ranges_know_what_calls_of_several_rows_read() -> None:
    ranges = Ranges(((0, 1), (0, 2), (1, 3), (2, 3), (3, 3), (3, 3)))
    assert [ranges.first(row) for row in (0, 2, 5)] == [0, 1, 3]
    assert ranges.rows(1, 4, 3) == (0, 3)
    assert [ranges.span(rows) for rows in (1, 2, 3, 6)] == [2, 2, 3, 3]
    assert Ranges(((0, 0), (0, 0))).extent == 1
