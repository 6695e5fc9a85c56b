"""Sums, differences and products of integers: the reference against LiteRT's reference kernels."""

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert, one_node, uniform_inputs
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Add, Mul, Sub

Rng = np.random.Generator
Kind = type[Add] | type[Sub] | type[Mul]
SHAPES = ((2, 4, 5, 8), (1, 1, 1, 8), (2, 4, 1, 1), (8,))
CASES = [(kind, dtype) for kind in (Add, Sub, Mul) for dtype in (DType.INT8, DType.INT16)]


def random_arithmetic(rng: Rng, kind: Kind, dtype: DType) -> Graph:
    """Scales far apart, often powers of two; zero points often at an end; a constant at times."""
    least = 8 if dtype is DType.INT8 else 4
    scales = 0.1 * 2.0 ** np.array([0, rng.uniform(-12, least), rng.uniform(-least, 8)])
    if kind is Mul:
        reach = rng.uniform(-14, 12) if dtype is DType.INT8 else rng.uniform(0.01, 20)
        scales[2] = max(scales[0] * scales[1] * 2.0**reach, 2.0**-24)  # LiteRT refuses less
    if rng.random() < 0.3:
        scales = 2.0 ** np.floor(np.log2(scales) + np.array([0, 0, 1]))
    low, high = dtype.range
    zeros = rng.choice([low, high, 0, int(rng.integers(low, high))], 3)
    zeros = zeros if dtype is DType.INT8 else np.zeros(3, int)
    qs = [
        Quantization((float(np.float32(s)),), (int(z),)) for s, z in zip(scales, zeros, strict=True)
    ]
    shapes = [SHAPES[0], SHAPES[int(rng.integers(4))]]
    constant = rng.random() < 0.3
    data = rng.integers(low, high, shapes[1], dtype.numpy, endpoint=True) if constant else None
    operands = [Tensor("a", shapes[0], dtype, qs[0]), Tensor("b", shapes[1], dtype, qs[1], data)]
    if rng.random() < 0.5:
        operands.reverse()
    activation = list(Activation)[int(rng.integers(4))]
    return one_node(kind(activation), operands, qs[2], dtype)


def check(kind: Kind, dtype: DType, seeds: range) -> None:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph = random_arithmetic(rng, kind, dtype)
        assert_reference_is_litert(graph, [uniform_inputs(graph, rng) for _ in range(2)])


@pytest.mark.parametrize(("kind", "dtype"), CASES)
def test_arithmetic_gives_the_bytes_of_litert(kind: Kind, dtype: DType) -> None:
    check(kind, dtype, range(40))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "dtype"), CASES)
def test_arithmetic_gives_the_bytes_of_litert_on_many_more(kind: Kind, dtype: DType) -> None:
    check(kind, dtype, range(1000, 4000))


@pytest.mark.parametrize("kind", [Sub, Mul])
def test_every_pair_of_bytes_gives_the_byte_of_litert(kind: type[Sub] | type[Mul]) -> None:
    byte = np.arange(-128, 128, dtype=np.int8)
    inputs = [np.repeat(byte, 256), np.tile(byte, 256)]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        a, b = 2.0 ** rng.uniform(-9, 0, 2)
        y = (
            a * b * 2.0 ** rng.uniform(2, 8)
            if kind is Mul
            else max(a, b) * 2.0 ** rng.uniform(0, 2)
        )
        zeros = (int(z) for z in rng.integers(-128, 128, 3))
        qs = [
            Quantization((float(np.float32(s)),), (z,))
            for s, z in zip((a, b, y), zeros, strict=True)
        ]
        operands = [Tensor(n, (65536,), DType.INT8, q) for n, q in zip("ab", qs, strict=False)]
        assert_reference_is_litert(one_node(kind(), operands, qs[2], DType.INT8), [inputs])
