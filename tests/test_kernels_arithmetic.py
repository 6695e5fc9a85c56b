"""Sums, differences and products in C: equal to the reference for bytes and int16 of any shape."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, check_random, one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Add, Mul, Sub
from mote.lower.lower import lower
from mote.target.cores import CORES

Rng = np.random.Generator
Pair = tuple[float, int]
Kind = type[Add] | type[Sub] | type[Mul]
NONE = Activation.NONE


def q(pair: Pair) -> Quantization:
    return Quantization((float(np.float32(pair[0])),), (pair[1],))


def every_pair(kind: Kind, q0: Pair, q1: Pair, qy: Pair, activation: Activation) -> Graph:
    operands = [Tensor(n, (65536,), DType.INT8, q(p)) for n, p in (("a", q0), ("b", q1))]
    return one_node(kind(activation), operands, DType.INT8, q(qy))


SIXTHS = ((0.03418402746319771, 36), (0.03418402746319771, 93), (0.20510416477918625, -38))
"""Every sixth difference is an exact half, and which side it goes to follows no affine rule."""

DIFFERENCES = [
    pytest.param((0.05, 3), (0.07, -7), (0.09, 11), NONE, "mote_sub_s8", id="plain"),
    pytest.param((0.02, -128), (1.9, 127), (0.8, -20), Activation.RELU6, "mote_sub_s8", id="clamp"),
    pytest.param((0.1, 3), (0.1, -5), (0.2, 2), NONE, "mote_sub_s8", id="halves"),
    pytest.param(*SIXTHS, NONE, "mote_sub_broadcast_s8", id="sixths"),
]
PRODUCTS = [
    pytest.param((0.05, 3), (0.07, -7), (0.9, 11), NONE, "mote_mul_s8", id="plain"),
    pytest.param((0.0039, -128), (0.0471, 5), (0.03, -9), NONE, "mote_mul_s8", id="gate"),
    pytest.param((0.5, 3), (0.25, -5), (2.0, 2), NONE, "mote_mul_s8", id="halves"),
    pytest.param((0.9, 0), (0.7, 5), (0.1, -3), Activation.RELU_N1_TO_1, "mote_mul_s8", id="much"),
    pytest.param((1.0, -128), (1.0, 127), (2.0**-14, 0), NONE, "mote_mul_s8", id="up"),
]


@pytest.mark.parametrize(("q0", "q1", "qy", "activation", "kernel"), DIFFERENCES)
def test_every_pair_of_bytes_subtracts_exactly(
    q0: Pair, q1: Pair, qy: Pair, activation: Activation, kernel: str, tmp_path: Path
) -> None:
    check_every_pair(every_pair(Sub, q0, q1, qy, activation), kernel, tmp_path)


@pytest.mark.parametrize(("q0", "q1", "qy", "activation", "kernel"), PRODUCTS)
def test_every_pair_of_bytes_multiplies_exactly(
    q0: Pair, q1: Pair, qy: Pair, activation: Activation, kernel: str, tmp_path: Path
) -> None:
    check_every_pair(every_pair(Mul, q0, q1, qy, activation), kernel, tmp_path)


def check_every_pair(graph: Graph, kernel: str, folder: Path) -> None:
    byte = np.arange(-128, 128, dtype=np.int8)
    used = check_kernels([graph], [[np.repeat(byte, 256), np.tile(byte, 256)]], folder)
    assert set(used) == {kernel}


def random_arithmetic(rng: Rng, kind: Kind, dtype: DType) -> Graph:
    shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 5)))
    shapes = [shape, shape]
    if rng.random() < 0.6:
        shapes = [tuple(1 if rng.random() < 0.3 else n for n in shape) for _ in "ab"]
        shapes[1] = shapes[1][int(rng.integers(0, len(shape))) :]
        shapes = shapes if rng.random() < 0.5 else shapes[::-1]
    low, high = dtype.range
    scales = np.exp(rng.uniform(-5, 1)) * np.array([1, *np.exp(rng.uniform(-2, 2, 2))])
    if kind is Mul:
        reach = 2.0 ** rng.uniform(-3, 10) if dtype is DType.INT8 else 2.0 ** rng.uniform(0.1, 20)
        scales[2] = scales[0] * scales[1] * reach
    if rng.random() < 0.2:
        scales = 2.0 ** np.floor(np.log2(scales) + np.array([0, 0, 1]))
    zeros = rng.integers(low, high, 3) if dtype is DType.INT8 else [0, 0, 0]
    qs = [q((float(s), int(z))) for s, z in zip(scales, zeros, strict=True)]
    constant = int(rng.choice([0, 1, -1, -1, -1]))
    operands = [
        Tensor(
            name,
            s,
            dtype,
            p,
            rng.integers(low, high, s, dtype.numpy, endpoint=True) if i == constant else None,
        )
        for i, (name, s, p) in enumerate(zip("ab", shapes, qs, strict=False))
    ]
    activation = list(Activation)[int(rng.integers(4))]
    return one_node(kind(activation), operands, dtype, qs[2])


def test_random_sums_differences_and_products_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cases = [(kind, dtype) for kind in (Add, Sub, Mul) for dtype in (DType.INT8, DType.INT16)]
    used = check_random(
        [random_arithmetic(rng, *case) for case in cases for _ in range(25)], rng, tmp_path
    )
    assert set(used) == {
        *(f"mote_{kind}{form}_s16" for kind in ("add", "sub", "mul") for form in ("", "_constant")),
        *(f"mote_{kind}{form}_s8" for kind in ("add", "sub") for form in ("", "_broadcast")),
        "mote_affine_s8",
        "mote_mul_s8",
        "mote_mul_constant_s8",
    }


def test_extremes_of_int16_stay_inside_32_bits(tmp_path: Path) -> None:
    ends = np.array([-32768, -32768, 32767, 32767], np.int16)
    xs = [ends, np.array([-32768, 32767, -32768, 32767], np.int16)]
    graphs = []
    for kind in (Add, Sub, Mul):
        for scale in (0.5, 0.37, 2.0**-10 if kind is not Mul else 2.0):
            a, b = (Tensor(n, (4,), DType.INT16, q((s, 0))) for n, s in (("a", 0.5), ("b", 0.25)))
            graphs.append(one_node(kind(), (a, b), DType.INT16, q((scale, 0))))
    check_kernels(graphs, [xs] * len(graphs), tmp_path)


@pytest.mark.parametrize("kind", [Add, Sub])
def test_a_constant_per_channel_takes_one_multiplication(kind: Kind) -> None:
    """As biases and shifts leave it: one multiplier, an offset for each value of the constant."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(60):
        s0, s1 = np.exp(rng.uniform(-5, 0, 2))
        data = rng.integers(-128, 128, 8).astype(np.int8)
        a = Tensor("a", (3, 8), DType.INT8, q((float(s0), int(rng.integers(-128, 128)))))
        b = Tensor("b", (8,), DType.INT8, q((float(s1), int(rng.integers(-128, 128)))), data)
        y = (float(max(s0, s1) * 1.3), int(rng.integers(-128, 128)))
        operands = (a, b) if rng.random() < 0.7 else (b, a)
        (step,) = lower(one_node(kind(), operands, DType.INT8, q(y)), CORES["cortex-m3"]).steps
        found += step.kernel.name == "mote_affine_s8"
    assert found >= 57


def test_a_large_constant_stays_bytes(tmp_path: Path) -> None:
    """An offset for each of its elements would take four times the flash."""
    data = np.arange(2048).astype(np.int8)
    b = Tensor("b", (2048,), DType.INT8, q((0.02, 0)), data)
    a = Tensor("a", (2048,), DType.INT8, q((0.1, 3)))
    for operands, kind in (((a, b), Add), ((a, b), Sub), ((b, a), Sub)):
        graph = one_node(kind(), operands, DType.INT8, q((0.12, 0)))
        (step,) = lower(graph, CORES["cortex-m3"]).steps
        assert step.kernel.name == f"mote_{kind.kind}_constant_s8"
        check_random([graph], np.random.default_rng(1), tmp_path)
