"""Products of activations: the reference is LiteRT, the kernels are the reference."""

from pathlib import Path

import numpy as np
import pytest

from kernel_runner import run_steps
from litert_oracle import assert_reference_is_litert, one_node, uniform_inputs
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Activation, MatMul
from mote.lower.lower import lower
from mote.target.cores import CORES

both_types = pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16], ids=lambda d: d.value)
LEADING = [((), ()), ((2,), (2,)), ((3,), (1,)), ((2, 3), (2, 3)), ((1, 3), (2, 1)), ((2, 1), ())]


def random_product(rng: np.random.Generator, dtype: DType, activation: Activation) -> Graph:
    rows, depth, columns = (int(rng.integers(1, 13)) for _ in range(3))
    turned = bool(rng.random() < 0.5)
    leading = LEADING[int(rng.integers(len(LEADING)))]
    shapes = (
        (*leading[0], rows, depth),
        (*leading[1], *((columns, depth), (depth, columns))[not turned]),
    )
    wide = dtype is DType.INT16
    zeros = [0 if wide else int(rng.integers(-128, 128)) for _ in range(3)]
    scales = [float(np.float32(rng.uniform(0.001, 0.1))) for _ in range(2)]
    spread = scales[0] * scales[1] * np.sqrt(depth) * (20000 if wide else 70)
    y_scale = float(np.float32(spread * 2.0 ** rng.uniform(-2, 3)))
    x0, x1 = (
        Tensor(f"x{i}", shapes[i], dtype, Quantization((scales[i],), (zeros[i],))) for i in (0, 1)
    )
    op = MatMul(transpose_x1=turned, activation=activation)
    return one_node(op, (x0, x1), Quantization((y_scale,), (zeros[2],)), dtype)


@both_types
def test_the_reference_is_what_litert_computes(dtype: DType) -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        graph = random_product(rng, dtype, Activation.NONE)
        if len(graph.tensors["x0"].shape) != len(graph.tensors["x1"].shape):
            continue
        assert_reference_is_litert(graph, [uniform_inputs(graph, rng) for _ in range(3)])


@both_types
def test_random_products_equal_the_reference(dtype: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    steps, xs, expected = [], [], []
    for _ in range(80):
        graph = random_product(rng, dtype, list(Activation)[int(rng.integers(4))])
        inputs = uniform_inputs(graph, rng)
        if rng.random() < 0.3:
            inputs = [rng.choice(np.array(dtype.range, dtype.numpy), x.shape) for x in inputs]
        steps += lower(graph, CORES["cortex-m4"]).steps
        xs.append(inputs)
        expected.append(reference.run(graph, inputs)["y"])
    found = run_steps(steps, xs, expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


def test_a_sum_that_could_leave_int32_is_refused() -> None:
    q = Quantization((0.1,), (0,))
    x0, x1 = (Tensor(f"x{i}", s, DType.INT8, q) for i, s in enumerate([(1, 40000), (40000, 1)]))
    graph = one_node(MatMul(), (x0, x1), Quantization((1.0,), (0,)), DType.INT8)
    with pytest.raises(UnsupportedModelError, match="40,000 products"):
        lower(graph, CORES["cortex-m4"])
