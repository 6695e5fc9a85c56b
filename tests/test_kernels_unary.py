"""Functions of one variable in C: equal to the reference for every value of their type."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, check_random, one_node
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Function, Op, PRelu, Relu, Unary
from mote.lower.lower import lower
from mote.reference.sigmoid_s16 import TABLE
from mote.target.cores import CORES
from random_functions import every_value, function_graph, quantization

S8, S16 = DType.INT8, DType.INT16
KERNELS = Path(__file__).resolve().parents[1] / "src" / "mote" / "kernels"


def test_every_byte_of_every_function_is_looked_up(tmp_path: Path) -> None:
    rng = np.random.default_rng(20)
    graphs = [function_graph(rng, f, S8) for f in (None, *Function) for _ in range(2)]
    assert check_kernels(graphs, [[every_value(g)] for g in graphs], tmp_path) == {
        "mote_table_s8": 2 * len(graphs)
    }


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 64])
def test_bytes_are_looked_up_whatever_their_number(count: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(count)
    check_random([function_graph(rng, Function.TANH, S8, count)], rng, tmp_path)


def test_every_int16_of_every_function_equals_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(21)
    graphs = [function_graph(rng, f, S16) for f in (None, *Function)]
    graphs += [function_graph(rng, f, S16) for f in (Function.SIGMOID, Function.TANH)]
    used = check_kernels(graphs, [[every_value(g)] for g in graphs], tmp_path)
    assert set(used) == {"mote_table_s16", "mote_straight_s16", "mote_sigmoid_s16"}


@pytest.mark.parametrize("function", [Function.SIGMOID, Function.TANH])
@pytest.mark.parametrize("scale", [2.0**-12, 2.0**-11, 2.0**-32, 2.0**-45, 3.0, 100.0])
def test_sigmoids_of_extreme_scales_do_not_overflow(
    function: Function, scale: float, tmp_path: Path
) -> None:
    x = Tensor("x", (2**16,), S16, Quantization((scale,), (0,)))
    graph = one_node(Unary(function), (x,), S16, Quantization((2.0**-15,), (0,)))
    check_kernels([graph], [[every_value(graph)]], tmp_path)


def test_the_table_in_the_kernel_is_the_references() -> None:
    text = (KERNELS / "mote_sigmoid_s16.c").read_text()
    values = text.partition("table[256] = {")[2].partition("}")[0]
    np.testing.assert_array_equal([int(v) for v in values.split(",") if v.strip()], TABLE)


def test_clamps_whose_scale_leads_out_of_32_bits_are_refused_by_name() -> None:
    x = Tensor("x", (4,), S16, Quantization((2.0**17,), (0,)))
    graph = one_node(Relu(Activation.RELU), (x,), S16, Quantization((1.0,), (0,)))
    with pytest.raises(UnsupportedModelError, match=r"'node'.*out of 32 bits"):
        lower(graph, CORES["cortex-m4"])


@pytest.mark.parametrize("dtype", [S8, S16])
@pytest.mark.parametrize(
    "op", [Relu(Activation.RELU), Unary(Function.NEGATE), Unary(Function.LEAKY_RELU, 0.1), PRelu()]
)
def test_scales_whose_quotient_leaves_float32_are_refused_by_name(op: Op, dtype: DType) -> None:
    large, small = Quantization((3e38,), (0,)), Quantization((1e-38,), (0,))
    operands = [Tensor("x", (4,), dtype, large)]
    if isinstance(op, PRelu):
        operands.append(Tensor("alpha", (4,), dtype, large, np.ones(4, dtype.numpy)))
    with pytest.raises(UnsupportedModelError, match=r"'node'.*out of 32 bits"):
        lower(one_node(op, operands, dtype, small), CORES["cortex-m4"])


def random_prelu(rng: np.random.Generator, dtype: DType) -> Graph:
    shape = [(2, 3, 4, 5), (6, 5), (7,)][rng.integers(3)]
    kept = rng.integers(0, 2, len(shape)) if rng.random() < 0.5 else [0] * (len(shape) - 1) + [1]
    part = tuple(n if keep else 1 for n, keep in zip(shape, kept, strict=True))
    part = part[int(rng.integers(len(part))) :] if all(n == 1 for n in part[:-1]) else part
    low, high = dtype.range
    data = rng.integers(low, high, part, endpoint=True).astype(dtype.numpy)
    if rng.random() < 0.3:
        data = rng.choice(np.array([low, high]), part).astype(dtype.numpy)
    alpha = Tensor("alpha", part, dtype, quantization(rng, dtype, -10, 0), data)
    x = Tensor("x", shape, dtype, quantization(rng, dtype))
    return one_node(PRelu(), (x, alpha), dtype, quantization(rng, dtype))


@pytest.mark.parametrize("dtype", [S8, S16])
def test_random_prelus_equal_the_reference(dtype: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(22)
    check_random([random_prelu(rng, dtype) for _ in range(60)], rng, tmp_path)


def test_a_prelu_whose_products_leave_32_bits_is_refused_by_name() -> None:
    q = Quantization((2.0**-8,), (0,))
    alpha = Tensor("alpha", (4,), S16, Quantization((1.0,), (0,)), np.ones(4, np.int16))
    graph = one_node(PRelu(), (Tensor("x", (4,), S16, q), alpha), S16, q)
    with pytest.raises(UnsupportedModelError, match=r"'node'.*out of 32 bits"):
        lower(graph, CORES["cortex-m4"])
