"""Addition in C: equal to the reference for every pair of bytes, every shape and place."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, check_random, one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Add
from mote.lower.lower import lower
from mote.target.cores import CORES

Rng = np.random.Generator
Pair = tuple[float, int]


def operand(name: str, shape: tuple[int, ...], q: Pair, data: np.ndarray | None = None) -> Tensor:
    quantization = Quantization((float(np.float32(q[0])),), (q[1],))
    return Tensor(name, shape, DType.INT8, quantization, data)


def add_graph(x0: Tensor, x1: Tensor, y: Pair, activation: Activation = Activation.NONE) -> Graph:
    return one_node(Add(activation), (x0, x1), DType.INT8, operand("y", (), y).q)


SIXTHS = ((0.03418402746319771, 36), (0.03418402746319771, -93), (0.20510416477918625, -38))
"""Every sixth sum is an exact half, and which side it goes to follows no affine rule."""

ALL_PAIRS = [
    pytest.param((0.0256, 4), (0.0677, -128), (0.0331, -128), Activation.RELU, id="residual"),
    pytest.param((0.05, 3), (0.07, -7), (0.09, 11), Activation.NONE, id="plain"),
    pytest.param((0.02, -128), (1.9, 127), (0.8, -20), Activation.RELU6, id="unlike-scales"),
    pytest.param((0.001, 0), (0.0007, 5), (0.4, 127), Activation.NONE, id="tiny-result"),
    pytest.param((0.9, 0), (0.7, 5), (0.1, -3), Activation.RELU_N1_TO_1, id="saturating"),
    pytest.param((0.1, 3), (0.1, -5), (0.2, 2), Activation.NONE, id="halves"),
    pytest.param((0.25, 3), (1.0, -5), (1.0, 2), Activation.NONE, id="powers-of-two"),
    pytest.param(SIXTHS[0], SIXTHS[1], SIXTHS[2], Activation.NONE, id="sixths"),
    pytest.param((0.1, 3), (0.1, -5), (0.1, 2), Activation.NONE, id="one-scale"),
]


@pytest.mark.parametrize(("q0", "q1", "qy", "activation"), ALL_PAIRS)
def test_every_pair_of_bytes_adds_exactly(
    q0: Pair, q1: Pair, qy: Pair, activation: Activation, tmp_path: Path
) -> None:
    byte = np.arange(-128, 128, dtype=np.int8)
    x0, x1 = np.repeat(byte, 256), np.tile(byte, 256)
    shape = (65536,)
    graph = add_graph(operand("a", shape, q0), operand("b", shape, q1), qy, activation)
    check_kernels([graph], [[x0, x1]], tmp_path)


def random_add(rng: Rng) -> Graph:
    shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 5)))
    shapes = [shape, shape]
    if rng.random() < 0.6:
        shapes = [tuple(1 if rng.random() < 0.3 else n for n in shape) for _ in "ab"]
        shapes[1] = shapes[1][int(rng.integers(0, len(shape))) :]
    scales = np.exp(rng.uniform(-5, 1)) * np.array([1, *np.exp(rng.uniform(-2, 2, 2))])
    if rng.random() < 0.2:
        scales[1:] = scales[0] * 2.0 ** rng.integers(-2, 3, 2)
    q = [(float(s), int(z)) for s, z in zip(scales, rng.integers(-128, 128, 3), strict=True)]
    constant = int(rng.choice([0, 1, -1, -1, -1]))
    x0, x1 = (
        operand(name, s, p, rng.integers(-128, 128, s).astype(np.int8) if i == constant else None)
        for i, (name, s, p) in enumerate(zip("ab", shapes, q, strict=False))
    )
    return add_graph(x0, x1, q[2], list(Activation)[int(rng.integers(4))])


def test_random_additions_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    used = check_random([random_add(rng) for _ in range(150)], rng, tmp_path)
    assert set(used) == {"mote_add_s8", "mote_add_broadcast_s8", "mote_affine_s8"}


def test_operands_of_one_shape_take_the_affine_formula_where_it_is_exact() -> None:
    def kernel(q0: Pair, q1: Pair, qy: Pair) -> str:
        graph = add_graph(operand("a", (2, 3), q0), operand("b", (2, 3), q1), qy)
        return lower(graph, CORES["cortex-m3"]).steps[0].kernel.name

    assert kernel((0.05, 3), (0.07, -7), (0.09, 11)) == "mote_add_s8"
    assert kernel((0.1, 3), (0.1, -5), (0.2, 2)) == "mote_add_s8"
    assert kernel(*SIXTHS) == "mote_add_broadcast_s8"


def test_the_affine_formula_is_found_for_nearly_all_scales() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(100):
        s0, s1 = np.exp(rng.uniform(-5, 0, 2))
        sy = max(s0, s1) * np.exp(rng.uniform(-0.5, 1))
        zeros = (int(z) for z in rng.integers(-128, 128, 3))
        q0, q1, qy = ((float(s), z) for s, z in zip((s0, s1, sy), zeros, strict=True))
        graph = add_graph(operand("a", (4,), q0), operand("b", (4,), q1), qy)
        found += lower(graph, CORES["cortex-m3"]).steps[0].kernel.name == "mote_add_s8"
    assert found >= 95


def test_folding_walks_a_channel_vector_in_two_loops() -> None:
    graph = add_graph(operand("a", (1, 5, 6, 8), (0.1, 0)), operand("b", (8,), (0.1, 0)), (0.2, 0))
    parameters = dict(lower(graph, CORES["cortex-m3"]).steps[0].parameters)
    assert parameters["size"] == (1, 1, 30, 8)
    assert parameters["x0_step"] == (0, 0, 8, 1)
    assert parameters["x1_step"] == (0, 0, 0, 1)


def test_only_an_operand_of_the_results_size_may_be_overwritten() -> None:
    graph = add_graph(operand("a", (1, 4), (0.1, 0)), operand("b", (3, 4), (0.2, 0)), (0.2, 0))
    assert lower(graph, CORES["cortex-m3"]).steps[0].in_place == (1,)
