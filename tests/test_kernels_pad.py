"""Padding in C: equal to the reference in one to four dimensions."""

from pathlib import Path

import numpy as np

from kernel_check import check_random, one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Pad
from mote.lower.lower import lower
from mote.target.cores import CORES

Rng = np.random.Generator


def pad_graph(shape: tuple[int, ...], paddings: tuple[tuple[int, int], ...], zero: int) -> Graph:
    q = Quantization((0.1,), (zero,))
    return one_node(Pad(paddings), (Tensor("x", shape, DType.INT8, q),), DType.INT8, q)


def random_pad(rng: Rng) -> Graph:
    rank = int(rng.integers(1, 5))
    shape = tuple(int(n) for n in rng.integers(1, 6, rank))
    none = rng.random(rank) < 0.4
    paddings = tuple(
        (0, 0) if skip else (int(rng.integers(0, 4)), int(rng.integers(0, 4))) for skip in none
    )
    return pad_graph(shape, paddings, int(rng.integers(-128, 128)))


def test_random_paddings_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    check_random([random_pad(rng) for _ in range(200)], rng, tmp_path)


def test_a_padded_plane_copies_whole_rows_of_pixels() -> None:
    graph = pad_graph((1, 4, 5, 8), ((0, 0), (1, 2), (1, 1), (0, 0)), 0)
    parameters = dict(lower(graph, CORES["cortex-m4"]).steps[0].parameters)
    assert parameters["rows"] == (1, 1, 4)
    assert parameters["row"] == 40
    assert parameters["first_gap"] == 7 * 8 + 8
