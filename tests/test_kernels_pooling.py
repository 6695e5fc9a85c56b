"""Pooling and mean in C: equal to the reference over random windows, axes and extremes."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, check_random, one_node
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, AveragePool2D, MaxPool2D, Mean, Padding
from mote.lower.lower import lower
from mote.target.cores import CORES

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


@pytest.mark.parametrize("padding", [Padding(), Padding(1, 2, 2, 1)])
def test_a_window_over_the_whole_plane_equals_the_reference(
    padding: Padding, tmp_path: Path
) -> None:
    kernel = (5 + padding.top + padding.bottom, 4 + padding.left + padding.right)
    op = AveragePool2D(kernel=kernel, stride=(1, 1), padding=padding)
    graph = one_node(op, (x_of(2, 5, 4, 7),), DType.INT8, Q)
    check_random([graph], np.random.default_rng(0), tmp_path)


def random_mean(rng: Rng, dtype: DType = DType.INT8) -> Graph:
    rank = int(rng.integers(1, 5))
    shape = tuple(int(n) for n in rng.integers(1, 8, rank))
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
    check_random([random_mean(rng, dtype) for _ in range(200)], rng, tmp_path)


def test_a_mean_over_the_plane_folds_into_one_loop_over_its_cells() -> None:
    graph = one_node(Mean(axes=(1, 2)), (x_of(1, 5, 6, 8),), DType.INT8, Q)
    parameters = dict(lower(graph, CORES["cortex-m4"]).steps[0].parameters)
    assert (parameters["kept"], parameters["kept_step"]) == ((1, 8), (0, 1))
    assert (parameters["reduced"], parameters["reduced_step"]) == ((1, 30), (0, 8))


def test_sums_that_could_overflow_are_refused_by_name() -> None:
    pool = AveragePool2D(kernel=(5000, 5000), stride=(1, 1))
    wide = one_node(pool, (x_of(1, 5000, 5000, 1),), DType.INT8, Q)
    coarse, fine = Quantization((1e6,), (0,)), Quantization((1e-3,), (0,))
    scaled = one_node(Mean(axes=(1,)), (x_of(1, 40, q=coarse),), DType.INT8, fine)
    for graph in (wide, scaled):
        with pytest.raises(UnsupportedModelError, match=r"'node'.*overflows 32 bits"):
            lower(graph, CORES["cortex-m4"])
