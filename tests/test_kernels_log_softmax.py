"""Log softmax in C: equal to the reference for every difference, scale and row length."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, one_node
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import LogSoftmax
from mote.lower.lower import lower
from mote.target.cores import CORES

LOGARITHM = Quantization((16 / 256,), (127,))


def log_softmax_graph(shape: tuple[int, ...], scale: float) -> Graph:
    x = Tensor("x", shape, DType.INT8, Quantization((float(np.float32(scale)),), (7,)))
    return one_node(LogSoftmax(), (x,), DType.INT8, LOGARITHM)


def test_random_rows_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(30)
    graphs, inputs = [], []
    for _ in range(100):
        columns = int(rng.choice([1, 2, 3, 10, 12, 100, 500]))
        scale = float(np.exp(rng.uniform(-9, 5)))
        graphs.append(log_softmax_graph((3, columns), scale))
        low = int(rng.choice([-128, -128, 100]))
        inputs.append([rng.integers(low, 128, (3, columns)).astype(np.int8)])
    check_kernels(graphs, inputs, tmp_path)


@pytest.mark.parametrize("scale", [2.0**-27, 0.003, 0.055, 0.18, 1.0, 30.0, 1000.0])
def test_every_difference_of_two_values_is_exact(scale: float, tmp_path: Path) -> None:
    x = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=1).astype(np.int8)
    check_kernels([log_softmax_graph((256, 2), scale)], [[x]], tmp_path)


@pytest.mark.parametrize("columns", [511, 512, 2049, 4095])
def test_sums_of_many_equal_values_do_not_overflow(columns: int, tmp_path: Path) -> None:
    rows = np.array([[127], [-128], [0]], np.int8)
    x = np.repeat(rows, columns, axis=1)
    x[2, columns // 2] = 127
    check_kernels([log_softmax_graph((3, columns), 0.1)], [[x]], tmp_path)


def test_longer_rows_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModelError, match=r"'node'.*log_softmax.*overflows 32 bits"):
        lower(log_softmax_graph((1, 4096), 0.1), CORES["cortex-m4"])
