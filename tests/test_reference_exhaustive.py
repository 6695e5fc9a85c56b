"""Operators of one or two int8 inputs on every combination of their values, against LiteRT.

Last bits matter here that random inputs rarely touch: the shifts of add, the polynomial of softmax,
the halves of fully connected layers, the float32 quotients of quantize and of fused activations.
"""

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert, one_node
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Activation, Add, AveragePool2D, FullyConnected, Quantize, Softmax
from mote.reference import run
from mote.reference.fixed_point import activation_range

S8, F32 = DType.INT8, DType.FLOAT32
EVERY = np.arange(-128, 128).astype(np.int8)
PAIRS = np.stack(np.meshgrid(EVERY, EVERY, indexing="ij"), axis=-1).reshape(-1, 2)


def q(scale: float, zero: int = 0) -> Quantization:
    return Quantization((float(np.float32(scale)),), (zero,))


@pytest.mark.parametrize("seed", range(25))
def test_add_on_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zeros = [int(z) for z in rng.integers(-128, 128, 3)]
    scales = [0.1, 0.1 * 2.0 ** rng.uniform(-6, 6), 0.1 * 2.0 ** rng.uniform(-3, 3)]
    if seed % 5 == 0:
        scales = [0.25, 0.25 * 2.0 ** rng.integers(-3, 4), 0.5]
    a, b = (Tensor(n, (65536,), S8, q(s, z)) for n, s, z in zip("ab", scales, zeros, strict=False))
    graph = one_node(Add(), [a, b], q(scales[2], zeros[2]), S8)
    assert_reference_is_litert(graph, [[PAIRS[:, 0].copy(), PAIRS[:, 1].copy()]])


@pytest.mark.parametrize("seed", range(25))
def test_softmax_on_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = Tensor("x", (65536, 2), S8, q(2.0 ** rng.uniform(-9, 0)))
    graph = one_node(Softmax(), [x], q(1 / 256, -128), S8)
    assert_reference_is_litert(graph, [[PAIRS]])


@pytest.mark.parametrize("seed", range(40))
def test_requantizing_every_value(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = 2.0 ** rng.uniform(-4, 4) if seed % 2 else 2.0 ** rng.integers(-4, 5)
    x = Tensor("x", (256,), S8, q(1.0, int(rng.integers(-128, 128))))
    graph = one_node(Quantize(), [x], q(scale, int(rng.integers(-128, 128))), S8)
    assert_reference_is_litert(graph, [[EVERY]])


@pytest.mark.parametrize("seed", range(12))
def test_averages_of_every_pair(seed: int) -> None:
    quantization = q(0.1, int(np.random.default_rng(seed).integers(-128, 128)))
    x = Tensor("x", (1, 65536, 2, 1), S8, quantization)
    op = AveragePool2D(kernel=(1, 2), activation=list(Activation)[seed % 4])
    graph = one_node(op, [x], quantization, S8)
    assert_reference_is_litert(graph, [[PAIRS.reshape(1, 65536, 2, 1)]])


@pytest.mark.parametrize("exponent", range(-7, 3))
def test_fully_connected_layers_round_halves_as_real_numbers_do(exponent: int) -> None:
    """Scales that are powers of two make every second product an exact half."""
    x = Tensor("x", (65536, 2), S8, q(1.0))
    weight = Tensor("w", (3, 2), S8, q(1.0), np.array([[1, 2], [-3, 5], [7, -1]], np.int8))
    bias = Tensor("b", (3,), DType.INT32, None, np.array([0, 1, -1], np.int32))
    graph = one_node(FullyConnected(), [x, weight, bias], q(2.0**-exponent), S8)
    assert_reference_is_litert(graph, [[PAIRS]])


def test_quantizing_divides_in_float32() -> None:
    """Values around every half, where a double quotient falls on the other side."""
    differs = 0
    for scale in np.random.default_rng(0).uniform(0.01, 1, 20).astype(np.float32):
        halves = ((np.arange(-130, 130) + 0.5) * np.float64(scale)).astype(np.float32)
        values = np.concatenate([halves, np.nextafter(halves, -999), np.nextafter(halves, 999)])
        x = Tensor("x", values.shape, F32)
        graph = one_node(Quantize(), [x], q(float(scale), 1), S8)
        assert_reference_is_litert(graph, [[values]])
        exact = np.rint(values.astype(np.float64) / np.float64(scale)) + 1
        differs += int((run(graph, [values])["y"] != np.clip(exact, -128, 127)).sum())
    assert differs > 0, "no value tells float32 from double"


def test_the_bounds_of_activations_divide_in_float32() -> None:
    """Scales for which 6 / scale is a half in float32 and less in double."""
    found = 0
    for half in np.arange(20.5, 120):
        scale = np.float32(6 / half)
        if np.float32(6) / scale != np.float32(half) or 6 / float(scale) >= half:
            continue
        found += 1
        quantization = q(float(scale), -128)
        bounds = activation_range(Activation.RELU6, quantization, S8)
        assert bounds == (-128, int(half + 0.5) - 128)
        x = Tensor("x", (256,), S8, quantization)
        op = Add(activation=Activation.RELU6)
        graph = one_node(op, [x, Tensor("z", (256,), S8, q(0.1))], quantization, S8)
        assert_reference_is_litert(graph, [[EVERY, EVERY]])
    assert found >= 5
