"""Pooling and mean in C: equal to the reference over random windows, axes and extremes."""

from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_check import check_kernels, check_random, one_node, random_input
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Activation, AveragePool2D, MaxPool2D, Mean, Op, Padding
from mote.lower.global_pooling import Plane, averaged_plane
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import side_by_side
from row_builds import build_by_rows

Rng = np.random.Generator
Q = Quantization((0.05,), (-3,))


def x_of(*shape: int, q: Quantization = Q, dtype: DType = DType.INT8) -> Tensor:
    return Tensor("x", shape, dtype, q)


def zero_points(rng: Rng, dtype: DType, count: int) -> list[int]:
    return [int(rng.integers(-128, 128)) if dtype is DType.INT8 else 0 for _ in range(count)]


def random_pool(rng: Rng, kind: type[AveragePool2D] | type[MaxPool2D], dtype: DType) -> Graph:
    kernel = tuple(int(n) for n in rng.integers(1, 6, 2))
    pads = [int(rng.integers(0, k)) for k in (kernel[0], kernel[0], kernel[1], kernel[1])]
    least = (max(1, kernel[0] - pads[0] - pads[1]), max(1, kernel[1] - pads[2] - pads[3]))
    height, width = (n + int(rng.integers(0, 7)) for n in least)
    op = kind(
        kernel=(kernel[0], kernel[1]),
        stride=(int(rng.integers(1, 5)), int(rng.integers(1, 5))),
        padding=Padding(*pads),
        activation=list(Activation)[int(rng.integers(4))],
    )
    scale = float(np.float32(np.exp(rng.uniform(-5 if dtype is DType.INT8 else -9, 0))))
    q = Quantization((scale,), tuple(zero_points(rng, dtype, 1)))
    x = x_of(int(rng.integers(1, 3)), height, width, int(rng.integers(1, 14)), q=q, dtype=dtype)
    return one_node(op, (x,), dtype, q)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
@pytest.mark.parametrize("kind", [AveragePool2D, MaxPool2D])
def test_random_pools_equal_the_reference(
    kind: type[AveragePool2D] | type[MaxPool2D], dtype: DType, tmp_path: Path
) -> None:
    rng = np.random.default_rng(7)
    check_random([random_pool(rng, kind, dtype) for _ in range(120)], rng, tmp_path)


@pytest.mark.parametrize("cells", [2, 3, 125, 360, 361, 362, 1000])
def test_averages_of_every_sum_are_exact(cells: int, tmp_path: Path) -> None:
    """One row of cells per image; the sums run over everything from lowest to highest."""
    rows = min(2000, 255 * cells + 1)
    sums = np.unique(np.linspace(-128 * cells, 127 * cells, rows).round().astype(int))
    x = np.full((len(sums), 1, cells, 1), -128, np.int8)
    for image, total in zip(x, sums + 128 * cells, strict=True):
        image[0, : total // 255, 0] = 127
        if total % 255:
            image[0, total // 255, 0] = total % 255 - 128
    assert (x.astype(int).sum((1, 2, 3)) == sums).all()
    op = AveragePool2D(kernel=(1, cells), stride=(1, 1))
    graph = one_node(op, (x_of(*x.shape),), DType.INT8, Q)
    check_kernels([graph], [[x]], tmp_path)


def random_global_pool(
    rng: Rng, kind: type[AveragePool2D] | type[MaxPool2D], dtype: DType
) -> Graph:
    """One window, which covers the plane of one image."""
    shape = tuple(int(n) for n in rng.integers(1, 13, 3))
    pads = Padding(*(int(n) for n in rng.integers(0, 3, 4)))
    op = kind(
        kernel=(shape[0] + pads.top + pads.bottom, shape[1] + pads.left + pads.right),
        stride=(int(rng.integers(1, 5)), int(rng.integers(1, 5))),
        padding=pads,
        activation=list(Activation)[int(rng.integers(4))],
    )
    q = Quantization((0.05,), tuple(zero_points(rng, dtype, 1)))
    return one_node(op, (x_of(1, *shape, q=q, dtype=dtype),), dtype, q)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
@pytest.mark.parametrize("kind", [AveragePool2D, MaxPool2D])
def test_a_window_over_the_plane_is_pooled_part_by_part(
    kind: type[AveragePool2D] | type[MaxPool2D], dtype: DType, tmp_path: Path
) -> None:
    rng = np.random.default_rng(9)
    graphs = [random_global_pool(rng, kind, dtype) for _ in range(60)]
    (kernel,) = check_random(graphs, rng, tmp_path)
    assert kernel.startswith("mote_global_")
    steps = [lower(graph, CORES["cortex-m4"]).steps[0] for graph in graphs]
    assert all(step.split and step.split.accumulates for step in steps)


def test_windows_over_the_planes_of_several_images_equal_the_reference(tmp_path: Path) -> None:
    op = AveragePool2D(kernel=(6, 7), stride=(1, 1), padding=Padding(1, 0, 2, 1))
    graph = one_node(op, (x_of(2, 5, 4, 7),), DType.INT8, Q)
    check_random([graph], np.random.default_rng(0), tmp_path)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_pools_of_single_rows_give_what_whole_planes_give(dtype: DType) -> None:
    q = Quantization((0.05,), (3 if dtype is DType.INT8 else 0,))
    ops: tuple[Op, ...] = (
        MaxPool2D(kernel=(3, 2), stride=(1, 2), padding=Padding(1, 1, 0, 0)),
        AveragePool2D(kernel=(2, 3), stride=(1, 1), padding=Padding(0, 1, 1, 1)),
        AveragePool2D(kernel=(7, 4), stride=(1, 1)),
        MaxPool2D(kernel=(7, 4), stride=(1, 1)),
        Mean(axes=(1, 2)),
        Mean(axes=(1,)),
        Mean(axes=(2,)),
        Mean(axes=(2, 3), keep_dims=True),
    )
    tensors, nodes = {"x": x_of(1, 7, 8, 5, q=q, dtype=dtype)}, []
    for i, op in enumerate(ops):
        x = "x" if i == 0 else f"y{min(i, 2) - 1}"
        tensors[f"y{i}"] = Tensor(f"y{i}", op.shape(tensors[x].shape), dtype, q)
        nodes.append(Node(f"node{i}", op, (x,), f"y{i}"))
    outputs = tuple(f"y{i}" for i in range(2, len(ops)))
    graph = Graph("pools", tensors, tuple(nodes), ("x",), outputs)
    built = build_by_rows(graph, "host")
    assert [task.calls for task in built.plan.network.tasks] == [7] * len(ops)
    x = random_input(tensors["x"], np.random.default_rng(1))
    expected = reference.run(graph, [x])
    for name, got in zip(outputs, built.run(x), strict=True):
        np.testing.assert_array_equal(got, expected[name])


def test_pairs_of_sums_in_a_word_hold_planes_of_one_sign() -> None:
    """On a core that adds two channels at once; 256 times -128 is all int16 holds."""
    graphs, inputs = [], []
    for channels, cells in ((4, 1), (5, 255), (6, 256), (8, 257), (11, 513), (4, 1025)):
        x = x_of(1, 1, cells, channels)
        for op in (AveragePool2D(kernel=(1, cells), stride=(1, 1)), Mean(axes=(1, 2))):
            graphs.append(one_node(op, (x,), DType.INT8, Q))
            ends = np.where(np.arange(channels) % 3 == 1, 127, -128)
            inputs.append(np.broadcast_to(ends, x.shape).astype(np.int8))
    build = mote.compile(side_by_side(graphs), "cortex-m4")
    assert {s.kernel.name for s in build.program.steps} == {
        "mote_global_average_pool_s8",
        "mote_global_mean_s8",
    }
    samples = [inputs, [~x for x in inputs], [np.roll(x, 1, 3) for x in inputs]]
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, xs, got in zip(graphs, sample, outputs, strict=True):
            np.testing.assert_array_equal(got, reference.run(graph, [xs])["y"])


def random_mean(rng: Rng, dtype: DType = DType.INT8) -> Graph:
    rank = int(rng.integers(1, 5))
    shape = tuple(int(n) for n in rng.integers(1, 8, rank))
    if rank > 2 and rng.integers(2):
        shape = (1, *shape[1:])
    count = int(rng.integers(1, rank + 1))
    axes = tuple(sorted(int(a) for a in rng.choice(rank, count, replace=False)))
    scales = np.exp(rng.uniform(-5, 0)) * np.array([1, np.exp(rng.uniform(-2, 3))])
    q, qy = (
        Quantization((float(np.float32(s)),), (int(z),))
        for s, z in zip(scales, zero_points(rng, dtype, 2), strict=True)
    )
    op = Mean(axes=axes, keep_dims=bool(rng.integers(2)))
    return one_node(op, (x_of(*shape, q=q, dtype=dtype),), dtype, qy)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_random_means_equal_the_reference(dtype: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    kernels = check_random([random_mean(rng, dtype) for _ in range(200)], rng, tmp_path)
    assert min(kernels.values()) > 20
    assert len(kernels) == 2, "some are over the rows of one image, and come part by part"


@pytest.mark.parametrize(
    ("shape", "axes", "sizes"),
    [
        ((1, 5, 6, 8), (1, 2), (5, 30, 8)),
        ((1, 5, 6, 8), (0, 1), (5, 5, 48)),
        ((1, 5, 6, 8), (1, 2, 3), (5, 240, 1)),
        ((1, 5, 8), (1,), (5, 5, 8)),
        ((2, 5, 6, 8), (1, 2), None),
        ((1, 5, 6, 8), (1, 3), None),
        ((1, 5, 6, 8), (2,), None),
        ((1, 5, 6, 8), (0,), None),
        ((1, 5), (1,), None),
    ],
)
def test_a_mean_adds_the_rows_of_one_image(
    shape: tuple[int, ...], axes: tuple[int, ...], sizes: tuple[int, int, int] | None
) -> None:
    plane = averaged_plane(Mean(axes=axes), x_of(*shape))
    assert plane == (Plane(*sizes) if sizes else None)


def test_a_mean_over_the_planes_of_images_folds_into_one_loop_over_the_cells_of_each() -> None:
    graph = one_node(Mean(axes=(1, 2)), (x_of(2, 5, 6, 8),), DType.INT8, Q)
    parameters = dict(lower(graph, CORES["cortex-m4"]).steps[0].parameters)
    assert (parameters["kept"], parameters["kept_step"]) == ((2, 8), (240, 1))
    assert (parameters["reduced"], parameters["reduced_step"]) == ((1, 30), (0, 8))


def test_sums_that_could_overflow_are_refused_by_name() -> None:
    pool = AveragePool2D(kernel=(5000, 5000), stride=(1, 1))
    wide = one_node(pool, (x_of(1, 5000, 5000, 1),), DType.INT8, Q)
    coarse, fine = Quantization((1e6,), (0,)), Quantization((1e-3,), (0,))
    scaled = one_node(Mean(axes=(1,)), (x_of(1, 40, q=coarse),), DType.INT8, fine)
    for graph in (wide, scaled):
        with pytest.raises(UnsupportedModelError, match=r"'node'.*overflows 32 bits"):
            lower(graph, CORES["cortex-m4"])
