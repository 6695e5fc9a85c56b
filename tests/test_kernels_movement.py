"""Moving and resizing in C: equal to the reference for every type, mode and shape."""

from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_check import check_kernels, check_random, one_node
from mote import reference
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Concat, Embedding, Op, Transpose
from mote.lower.lower import lower
from mote.lower.step import Alias
from mote.target.cores import CORES
from movement_graphs import MOVEMENTS

Q = Quantization((0.5,), (3,))
KERNELS = {
    "concat": {"mote_concat_s8", "mote_concat_u8", "mote_concat_s16"},
    "embedding": {"mote_embedding_s8", "mote_embedding_s16"},
    "pad": {f"mote_pad{m}_{t}" for m in ("", "_reflect") for t in ("s8", "s16")},
    "resize": {f"mote_resize_{m}_{t}" for m in ("nearest", "bilinear") for t in ("s8", "s16")},
    "slice": {f"mote_slice_{t}" for t in ("s8", "u8", "s16")},
    "transpose": {f"mote_transpose_{t}" for t in ("s8", "u8", "s16")},
}


def has_step(graph: Graph) -> bool:
    """A transpose may move nothing."""
    return bool(lower(graph, CORES["cortex-m3"]).steps)


@pytest.mark.parametrize("operator", MOVEMENTS)
def test_random_movements_equal_the_reference(operator: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    graphs = [g for g in (MOVEMENTS[operator](rng) for _ in range(150)) if has_step(g)]
    assert set(check_random(graphs, rng, tmp_path)) == KERNELS[operator]


def one(op: Op, *shapes: tuple[int, ...]) -> Graph:
    operands = [Tensor(f"x{i}", s, DType.INT8, Q) for i, s in enumerate(shapes)]
    return one_node(op, operands, DType.INT8, Q)


def test_an_index_outside_the_table_reads_the_nearest_row(tmp_path: Path) -> None:
    table = Tensor("t", (3, 2), DType.INT8, Q, np.arange(6, dtype=np.int8).reshape(3, 2))
    graph = one_node(Embedding(), (Tensor("i", (5,), DType.INT32), table), DType.INT8, Q)
    indices = np.array([-(2**31), -1, 1, 3, 2**31 - 1], np.int32)
    want = reference.run(graph, [indices])["y"]
    np.testing.assert_array_equal(want, [[0, 1], [0, 1], [2, 3], [4, 5], [4, 5]])
    check_kernels([graph], [[indices]], tmp_path)


def test_a_transpose_of_dimensions_of_one_element_is_free() -> None:
    graph = one(Transpose((3, 0, 2, 1)), (1, 5, 1, 4))
    assert has_step(graph)
    program = lower(one(Transpose((0, 3, 1, 2)), (1, 5, 4, 1)), CORES["cortex-m3"])
    assert not program.steps
    assert program.aliases == (Alias("y", "x0"),)


def test_a_transpose_of_planes_walks_two_loops() -> None:
    (step,) = lower(one(Transpose((0, 3, 1, 2)), (1, 5, 4, 8)), CORES["cortex-m3"]).steps
    assert dict(step.parameters) == {"size": (1, 1, 8, 20), "step": (0, 0, 1, 8), "offset": 0}


def test_the_generated_code_names_the_operands_of_a_concatenation() -> None:
    constant = Tensor("c", (1, 2), DType.INT8, Q, np.array([[7, 8]], np.int8))
    a, b = (Tensor(n, (1, 3), DType.INT8, Q) for n in "ab")
    build = mote.compile(one_node(Concat(1), (a, constant, b), DType.INT8, Q), "host")
    assert "const void *const x[] = {x0, 0, x1};" in build.files["model.c"]
    xs = [np.array([[1, 2, 3]], np.int8), np.array([[4, 5, 6]], np.int8)]
    np.testing.assert_array_equal(build.run(xs), [[1, 2, 3, 7, 8, 4, 5, 6]])
