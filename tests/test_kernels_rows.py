"""Layers that are computed some rows at a time give the bytes that they give at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kernel_check import one_node, random_input
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import (
    Add,
    BatchNorm,
    Concat,
    Dequantize,
    Embedding,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    Mul,
    Op,
    Pad,
    PadMode,
    PRelu,
    Quantize,
    Relu,
    Shape,
    Slice,
    Softmax,
    Sub,
    Transpose,
    Unary,
)
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.lower.split import row_shape
from mote.target.cores import CORES

S8, U8, S16, S32, F32 = DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.FLOAT32
ACTIVATIONS = (S8, S16, F32)
RNG = np.random.default_rng(30)


def quantization(dtype: DType) -> Quantization | None:
    return None if dtype in (F32, S32) else Quantization((0.05,), (0 if dtype is S16 else 3,))


def tensor(name: str, shape: Shape, dtype: DType) -> Tensor:
    return Tensor(name, shape, dtype, quantization(dtype))


def constant(name: str, shape: Shape, dtype: DType, q: Quantization | None = None) -> Tensor:
    low, high = (-3, 4) if dtype is F32 else (-100, 100)
    array = RNG.integers(low, high, shape).astype(dtype.numpy)
    return Tensor(name, shape, dtype, q or quantization(dtype), array)


def graph(op: Op, *operands: Tensor, to: DType | None = None) -> Graph:
    dtype = to or operands[0].dtype
    q = quantization(dtype)
    if isinstance(op, Softmax) and dtype is S8:
        q = Quantization((1 / 256,), (-128,))
    if isinstance(op, Softmax) and dtype is S16:
        q = Quantization((2.0**-15,), (0,))
    if isinstance(op, LogSoftmax) and dtype is S8:
        q = Quantization((16 / 256,), (127,))
    return one_node(op, operands, dtype, q)


def arithmetic() -> Iterator[Graph]:
    """Operands of the result's shape, and those that repeat, beside them and as constants."""
    shapes = [(2, 6, 5, 3), (2, 1, 5, 3), (2, 6, 1, 1), (2, 1, 1, 3), (1, 1, 5, 1)]
    repeating = [*shapes, (1, 1, 1, 1), (1, 5, 3), (5, 1), (3,), ()]
    for first, dtype in enumerate(ACTIVATIONS):
        for number, shape in enumerate(repeating, first):
            x, y = tensor("x", (2, 6, 5, 3), dtype), tensor("z", shape, dtype)
            yield graph((Mul(), Sub(), Add())[number % 3], *((x, y) if number % 2 else (y, x)))
        for op, shape in ((Add(), (1, 1, 5, 3)), (Sub(), (3,)), (Mul(), ())):
            x, y = tensor("x", (2, 6, 5, 3), dtype), constant("c", shape, dtype)
            yield graph(op, *((x, y) if first else (y, x)))
        yield graph(Add(), *(tensor(n, (2, 4, 3), dtype) for n in "ab"))
        yield graph(Mul(), tensor("a", (4, 3), dtype), tensor("b", (4, 1), dtype))
        yield graph(PRelu(), tensor("x", (2, 6, 5, 3), dtype), constant("a", (1, 3), dtype))


def functions() -> Iterator[Graph]:
    for dtype in ACTIVATIONS:
        for function in (Function.TANH, Function.ABS, Function.GELU, Function.SIGMOID):
            q = Quantization((2.0**-15 if dtype is S16 else 2.0**-7,), (0,))
            y = Tensor("y", (1, 6, 4, 2), dtype, None if dtype is F32 else q)
            x = tensor("x", y.shape, dtype)
            made = one_node(Unary(function), (x,), dtype, y.quantization)
            yield made
        yield graph(Relu(), tensor("x", (2, 6, 7), dtype))
        yield graph(Softmax(), tensor("x", (1, 4, 3, 5), dtype))
        yield graph(Softmax(), tensor("x", (4, 5), dtype))
    for dtype in (S8, F32):
        yield graph(LogSoftmax(), tensor("x", (2, 4, 3, 5), dtype))
    vectors = (np.abs(RNG.normal(size=5)).astype(np.float32) + 1 for _ in range(4))
    values = [Tensor(n, (5,), F32, None, v) for n, v in zip("abcd", vectors, strict=True)]
    yield graph(LayerNorm(), tensor("x", (2, 4, 5), F32), *values[:2])
    yield graph(BatchNorm(), tensor("x", (2, 4, 3, 5), F32), *values)
    for x, y in ((F32, S8), (F32, U8), (F32, S16), (S8, S16), (S16, S8), (S8, U8), (U8, S8)):
        yield graph(Quantize(), tensor("x", (2, 6, 5, 3), x), to=y)
    for x in (S8, U8, S16):
        yield graph(Dequantize(), tensor("x", (2, 6, 5, 3), x), to=F32)


def movements() -> Iterator[Graph]:
    shape = (2, 6, 5, 4)
    for dtype in ACTIVATIONS:
        x = tensor("x", shape, dtype)
        yield graph(Slice((0, 0, 0, 1), (2, 6, 5, 3), (1, 1, 1, 1)), x)
        yield graph(Slice((0, 0, 1, 0), (2, 6, 5, 4), (1, 1, 2, 3)), x)
        yield graph(Slice((0, 2, 0, 0), (2, 6, 5, 4), (1, 1, 1, 1)), x)
        yield graph(Slice((0, 1, 1, 1), (2, 6, 4, 4), (1, 2, 1, 1)), x)
        yield graph(Slice((1, 0), (7, 3), (2, 1)), tensor("x", (8, 3), dtype))
        yield graph(Transpose((0, 1, 3, 2)), x)
        yield graph(Concat(3), x, tensor("z", (2, 6, 5, 1), dtype), tensor("v", shape, dtype))
        yield graph(Concat(2), x, tensor("z", (2, 6, 2, 4), dtype))
        yield graph(Concat(1), tensor("x", (4, 3), dtype), tensor("z", (4, 2), dtype))
        for paddings in (((0, 0), (0, 0), (1, 2), (0, 0)), ((0, 0), (0, 0), (0, 1), (3, 1))):
            yield graph(Pad(paddings), x)
            yield graph(Pad(paddings, PadMode.REFLECT), x)
        yield graph(Pad(((0, 0), (0, 0), (0, 0), (2, 0))), x)
        table = constant("t", (9, 4), dtype)
        yield graph(Embedding(), tensor("i", (2, 3, 4), S32), table, to=dtype)


def products() -> Iterator[Graph]:
    for dtype in ACTIVATIONS:
        wide, weights = dtype is S16, F32 if dtype is F32 else S8
        q = Quantization((0.01,), (0,)) if weights is S8 else None
        bias = F32 if dtype is F32 else DType.INT64 if wide else S32
        operands = (
            tensor("x", (6, 11), dtype),
            constant("w", (5, 11), weights, q),
            Tensor("b", (5,), bias, None, np.arange(5).astype(bias.numpy)),
        )
        yield graph(FullyConnected(), *operands)
        for a, b, transposed in (
            ((6, 4), (4, 3), False),
            ((1, 6, 4), (4, 3), False),
            ((2, 6, 4), (2, 4, 3), False),
            ((2, 6, 4), (2, 3, 4), True),
            ((2, 6, 4), (1, 3, 4), True),
            ((2, 3, 6, 4), (2, 3, 4, 5), False),
            ((2, 3, 6, 4), (2, 1, 4, 5), False),
            ((1, 1, 6, 4), (2, 3, 5, 4), True),
        ):
            yield graph(MatMul(transposed), tensor("a", a, dtype), tensor("b", b, dtype))
    yield graph(MatMul(), tensor("a", (2, 6, 4), F32), constant("b", (4, 3), F32))
    yield graph(MatMul(), constant("a", (6, 4), F32), tensor("b", (2, 3, 4, 3), F32))


def wholes() -> Iterator[Graph]:
    """What one call has to compute."""
    for dtype in ACTIVATIONS:
        x = tensor("x", (2, 6, 5, 4), dtype)
        yield graph(Add(), x, constant("c", (1, 6, 5, 4), dtype))  # another constant for each row
        yield graph(Add(), x, tensor("z", (1, 6, 5, 4), dtype))  # a row of which image?
        yield graph(Add(), x, tensor("z", (6, 5, 4), dtype))
        yield graph(Concat(3), x, constant("c", (2, 6, 5, 1), dtype))
        yield graph(Concat(1), x, tensor("z", (2, 6, 5, 4), dtype))
        yield graph(Slice((1, 0, 0, 0), (2, 6, 5, 4), (1, 1, 1, 1)), x)
        yield graph(Transpose((0, 2, 1, 3)), x)
        yield graph(Pad(((0, 0), (1, 0), (0, 0), (0, 0))), x)
        yield graph(Pad(((0, 0), (1, 0), (0, 0), (0, 0)), PadMode.REFLECT), x)
        yield graph(MatMul(), tensor("a", (1, 6, 4), dtype), tensor("b", (2, 4, 3), dtype))
    yield graph(MatMul(), constant("a", (6, 4), F32), tensor("b", (2, 4, 3), F32))


def sample(made: Graph) -> list[Array]:
    found = []
    for name in made.inputs:
        t = made.tensors[name]
        if t.dtype is F32:
            found.append(RNG.normal(0, 3, t.shape).astype(np.float32))
        elif t.dtype is S32:
            found.append(RNG.integers(-2, 12, t.shape).astype(np.int32))
        else:
            found.append(random_input(t, RNG))
    return found


@pytest.mark.parametrize(
    ("family", "core"),
    [
        (arithmetic, "cortex-m3"),
        (functions, "cortex-m3"),
        (movements, "cortex-m3"),
        (products, "cortex-m3"),
        (products, "cortex-m4"),
    ],
)
def test_calls_of_some_rows_give_the_bytes_of_one_call(
    family: Callable[[], Iterator[Graph]], core: str, tmp_path: Path
) -> None:
    jobs = []
    for made in family():
        (step,) = lower(made, CORES[core]).steps
        assert step.split, f"{step.node.op} {[made.tensors[t].shape for t in step.node.inputs]}"
        images, height, _ = row_shape(made.result(step.node))
        assert step.split.rows == height > 1
        xs = sample(made)
        want = reference.run(made, xs)["y"]
        jobs += [
            (step, xs, want, images * calls) for calls in {1, 2, height} if height % calls == 0
        ]
    steps, inputs, results, calls = zip(*jobs, strict=True)
    for (step, _, want, count), got in zip(
        jobs, run_steps(steps, inputs, results, tmp_path, calls=calls), strict=True
    ):
        message = f"{step.kernel.name}: {step.node.op} in {count} calls"
        if want.dtype != np.float32:
            np.testing.assert_array_equal(got, want, err_msg=message)
        elif count == row_shape_of(want)[0]:
            whole = got
            np.testing.assert_allclose(got, want, 1e-4, 1e-5, err_msg=message)
        else:
            np.testing.assert_array_equal(got.view(np.int32), whole.view(np.int32), message)


def row_shape_of(array: Array) -> tuple[int, int, int]:
    return row_shape(Tensor("y", array.shape, F32))


def test_what_needs_rows_that_calls_cannot_tell_apart_is_computed_at_once() -> None:
    for made in wholes():
        (step,) = lower(made, CORES["cortex-m4"]).steps
        assert step.split is None, step.node.op
