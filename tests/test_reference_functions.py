"""Functions of one variable, PReLU and softmaxes on integers against LiteRT's reference kernels.

int8 functions on every byte, int16 ones on every integer, with scales at random.
"""

from collections.abc import Callable

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert, one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, Function, LogSoftmax, PRelu, Relu, Softmax, Unary
from mote.ir.tensor import Array
from mote.reference import run
from mote.reference.slopes import STRAIGHT
from mote.reference.unary import REAL_FUNCTIONS
from mote.run.litert import LiteRT
from random_functions import FIXED, every_value, function_graph, parameters, quantization
from tflite_writer import write_tflite

Rng = np.random.Generator
S8, S16 = DType.INT8, DType.INT16

LITERT_S8 = (
    Function.ABS,
    Function.EXP,
    Function.GELU,
    Function.GELU_TANH,
    Function.HARD_SWISH,
    Function.LEAKY_RELU,
    Function.LOG,
    Function.RSQRT,
    Function.SIGMOID,
    Function.SQRT,
    Function.TANH,
)
LITERT_S16 = tuple(f for f in LITERT_S8 if f not in (Function.HARD_SWISH, Function.SQRT))
ROOTS = (Function.RSQRT, Function.SQRT)
"""LiteRT stops at negative values."""


def random_function(rng: Rng, function: Function, dtype: DType) -> tuple[Graph, Array]:
    x, y = quantization(rng, dtype), quantization(rng, dtype)
    if function in ROOTS and dtype is S8:
        x = Quantization(x.scales, (-128,))
    if function is Function.HARD_SWISH:  # no finer for LiteRT, no coarser for its 16-bit shifts
        scale = np.clip(y.scale, x.scale / 120, x.scale * 250)
        y = Quantization((float(np.float32(scale)),), y.zero_points)
    if function is Function.EXP and dtype is S16:  # what saturates by far runs away in LiteRT
        x = Quantization((min(x.scale, 2.0**-13),), (0,))
        y = Quantization((max(y.scale, 2.0**-17),), (0,))
    y = FIXED.get((function, dtype), y)
    values = np.arange(0 if function in ROOTS and dtype is S16 else dtype.range[0], dtype.range[1])
    data = values.astype(dtype.numpy)
    op = Unary(function, *parameters(function, rng))
    return one_node(op, [Tensor("x", data.shape, dtype, x)], y, dtype), data


def check_libm(function: Function, seeds: range) -> None:
    """GELU on int16: LiteRT's table entries come from the machine's libm, which does not round
    ``erfcf`` and ``tanhf`` correctly. Few differ, by one."""
    different = 0
    for seed in seeds:
        graph, data = random_function(np.random.default_rng(seed), function, S16)
        want = LiteRT(write_tflite(graph)).run([data])["y"].astype(np.int64)
        steps = np.abs(want - run(graph, [data])["y"])
        assert steps.max() <= 1
        different += int(steps.any())
    assert different <= len(seeds) // 20


def check(function: Function, dtype: DType, seeds: range) -> None:
    if function in (Function.GELU, Function.GELU_TANH) and dtype is S16:
        check_libm(function, seeds)
        return
    for seed in seeds:
        graph, data = random_function(np.random.default_rng(seed), function, dtype)
        assert_reference_is_litert(graph, [[data]])


@pytest.mark.parametrize("function", LITERT_S8, ids=lambda f: f.value)
def test_an_int8_function_gives_the_bytes_of_litert(function: Function) -> None:
    check(function, S8, range(25))


@pytest.mark.parametrize("function", LITERT_S16, ids=lambda f: f.value)
def test_an_int16_function_gives_the_bytes_of_litert(function: Function) -> None:
    check(function, S16, range(4))


@pytest.mark.slow
@pytest.mark.parametrize("function", LITERT_S8, ids=lambda f: f.value)
def test_an_int8_function_gives_the_bytes_of_litert_for_many_more_scales(
    function: Function,
) -> None:
    check(function, S8, range(1000, 1500))


@pytest.mark.slow
@pytest.mark.parametrize("function", LITERT_S16, ids=lambda f: f.value)
def test_an_int16_function_gives_the_bytes_of_litert_for_many_more_scales(
    function: Function,
) -> None:
    check(function, S16, range(1000, 1050))


@pytest.mark.parametrize("dtype", [S8, S16])
def test_a_clamp_that_rescales_gives_the_bytes_of_litert(dtype: DType) -> None:
    rng = np.random.default_rng(50)
    for _ in range(20):
        clamps = [Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1]
        op = Relu(clamps[int(rng.integers(3 if dtype is S8 else 2))])
        x = Tensor("x", (2**dtype.bits,), dtype, quantization(rng, dtype))
        graph = one_node(op, [x], quantization(rng, dtype), dtype)
        assert_reference_is_litert(graph, [[every_value(graph)]])


def random_prelu(rng: Rng) -> tuple[Graph, Array]:
    shape = (5, 3, 4, 16)
    part = [(16,), (1, 1, 16), (3, 1, 16), (3, 4, 16), (1,), (3, 1, 1)][rng.integers(6)]
    data = rng.integers(-128, 128, part).astype(np.int8)
    alpha = Tensor("alpha", part, S8, quantization(rng, S8, -12, 0), data)
    x = Tensor("x", shape, S8, quantization(rng, S8))
    graph = one_node(PRelu(), [x, alpha], quantization(rng, S8), S8)
    return graph, rng.integers(-128, 128, shape).astype(np.int8)


def rows(rng: Rng, dtype: DType) -> Array:
    """Rows of all lengths, at times of values close together."""
    low, high = dtype.range
    columns = int(rng.choice([1, 2, 3, 10, 64, 300, 1000]))
    return (rng.integers(low, high, (16, columns)) // rng.choice([1, 1, 8])).astype(dtype.numpy)


def random_log_softmax(rng: Rng) -> tuple[Graph, Array]:
    data = rows(rng, S8)
    x = Tensor("x", data.shape, S8, quantization(rng, S8, -12, 3))
    return one_node(LogSoftmax(), [x], Quantization((16 / 256,), (127,)), S8), data


def random_softmax(rng: Rng) -> tuple[Graph, Array]:
    data = rows(rng, S16)
    x = Tensor("x", data.shape, S16, quantization(rng, S16, -8, 4))
    op = Softmax(beta=float(np.float32(2.0 ** rng.uniform(-3, 3))))
    return one_node(op, [x], Quantization((2.0**-15,), (0,)), S16), data


@pytest.mark.parametrize("make", [random_prelu, random_log_softmax, random_softmax])
def test_operators_on_rows_give_the_bytes_of_litert(
    make: Callable[[Rng], tuple[Graph, Array]],
) -> None:
    for seed in range(60):
        graph, data = make(np.random.default_rng(seed))
        assert_reference_is_litert(graph, [[data]])


@pytest.mark.parametrize(
    "function", [f for f in Function if f not in LITERT_S8], ids=lambda f: f.value
)
def test_an_int8_function_of_our_own_is_the_rounded_real_one(function: Function) -> None:
    """Equal to rounding the exact value but where float32 falls on the other side of a half."""
    for seed in range(20):
        graph = function_graph(np.random.default_rng(seed), function, S8)
        (node,), x, y = graph.nodes, graph.tensors["x"], graph.tensors["y"]
        op = node.op
        assert isinstance(op, Unary)
        real = (every_value(graph).astype(np.float64) - x.q.zero_point) * x.q.scale
        with np.errstate(all="ignore"):
            exact = REAL_FUNCTIONS[function](real, op.alpha, op.beta) / y.q.scale + y.q.zero_point
        want = np.clip(np.nan_to_num(exact, nan=-128), -128, 127)
        got = run(graph, [every_value(graph)])["y"]
        # Straight lines round twice: the product, then what a shift takes off.
        allowed = 0.75 if function in STRAIGHT else 0.5 + 2e-3
        assert (np.abs(got - want) <= allowed).all(), (seed, op)


def test_int16_exponentials_that_saturate_stay_saturated() -> None:
    """LiteRT's correction of the interpolation error runs away here and gives -32768."""
    x = Tensor("x", (2,), S16, Quantization((0.0047,), (0,)))
    graph = one_node(Unary(Function.EXP), [x], Quantization((1e-5,), (0,)), S16)
    np.testing.assert_array_equal(run(graph, [np.array([16320, 32767], np.int16)])["y"], 32767)
