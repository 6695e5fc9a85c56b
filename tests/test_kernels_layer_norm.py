"""Layer norm in C: equal to the reference for random and extreme rows, scales and lengths."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, one_node, random_input
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import LayerNorm
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_functions import learnt_tensor

Rng = np.random.Generator
S8, S16 = DType.INT8, DType.INT16


def layer_norm_graph(
    rng: Rng,
    dtype: DType,
    shape: tuple[int, ...],
    x_scale: float,
    y_scale: float,
    epsilon: float = 1e-5,
) -> Graph:
    gamma = rng.uniform(-2, 2, shape[-1]) * float(rng.choice([0.01, 1, 1, 30]))
    beta = rng.normal(0, 1, shape[-1])
    zeros = (0, 0) if dtype is S16 else (int(rng.integers(-128, 128)), int(rng.integers(-128, 128)))
    x, y = (
        Quantization((float(np.float32(scale)),), (zero,))
        for scale, zero in zip((x_scale, y_scale), zeros, strict=True)
    )
    operands = (
        Tensor("x", shape, dtype, x),
        learnt_tensor("gamma", gamma),
        learnt_tensor("beta", beta),
    )
    return one_node(LayerNorm(epsilon=epsilon), operands, dtype, y)


def random_layer_norm(rng: Rng, dtype: DType) -> Graph:
    columns = int(rng.choice([1, 2, 3, 4, 16, 17, 64, 100, 500]))
    unit = 1.0 if dtype is S8 else 1 / 256
    x_scale = unit * float(2.0 ** rng.uniform(-12, 4))
    y_scale = unit * float(2.0 ** rng.uniform(-7, -2))
    epsilon = float(rng.choice([1e-5, 1e-12, 0.0, 1e-3, 10.0]))
    return layer_norm_graph(rng, dtype, (4, columns), x_scale, y_scale, epsilon)


def rows(graph: Graph, rng: Rng) -> Array:
    """Rows of several kinds, among them constant ones and single spikes."""
    x = graph.tensors["x"]
    low, high = x.dtype.range
    data = random_input(x, rng).copy()
    data[0] = rng.integers(low, high, endpoint=True)
    data[1] = data[0]
    data[1, int(rng.integers(x.shape[-1]))] = rng.choice([low, high, data[0, 0]])
    return data


@pytest.mark.parametrize("dtype", [S8, S16])
def test_random_rows_equal_the_reference(dtype: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(40)
    graphs = [random_layer_norm(rng, dtype) for _ in range(80)]
    check_kernels(graphs, [[rows(g, rng)] for g in graphs], tmp_path)


@pytest.mark.parametrize(("dtype", "columns"), [(S8, 2**16 - 1), (S16, 2**15 - 1)])
def test_the_longest_rows_do_not_overflow(dtype: DType, columns: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(41)
    graph = layer_norm_graph(rng, dtype, (3, columns), 0.1, 0.1)
    low, high = dtype.range
    data = rng.choice(np.array([low, high]), (3, columns)).astype(dtype.numpy)
    data[1] = low
    data[1, 5] = high
    data[2] = low
    check_kernels([graph], [[data]], tmp_path)
    longer = layer_norm_graph(rng, dtype, (1, columns + 1), 0.1, 0.1)
    with pytest.raises(UnsupportedModelError, match=r"'node'.*overflows"):
        lower(longer, CORES["cortex-m4"])


def test_a_result_scale_that_is_too_fine_is_refused_by_name() -> None:
    graph = layer_norm_graph(np.random.default_rng(42), S8, (1, 16), 0.1, 2.0**-40)
    with pytest.raises(UnsupportedModelError, match=r"'node'.*too fine"):
        lower(graph, CORES["cortex-m4"])
