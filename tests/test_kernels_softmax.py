"""Softmax in C: equal to the reference for every difference, scale and row length."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, one_node
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Softmax
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.lower.softmax import exponentials
from mote.reference.softmax_s16 import EXPONENTIALS, RECIPROCALS
from mote.target.cores import CORES

PROBABILITY = Quantization((1 / 256,), (-128,))


WIDE_PROBABILITY = Quantization((1 / 32768,), (0,))
TABLES = Path(__file__).resolve().parents[1] / "src/mote/kernels/include/mote_softmax_tables.h"


def softmax_graph(shape: tuple[int, ...], scale: float, beta: float = 1.0) -> Graph:
    x = Tensor("x", shape, DType.INT8, Quantization((float(np.float32(scale)),), (7,)))
    return one_node(Softmax(beta=beta), (x,), DType.INT8, PROBABILITY)


def test_random_rows_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    graphs, inputs = [], []
    for _ in range(100):
        columns = int(rng.choice([1, 2, 3, 10, 12, 100, 500]))
        scale = float(np.exp(rng.uniform(-7, 3)))
        graphs.append(softmax_graph((3, columns), scale, float(rng.choice([0.5, 1, 1, 2.5]))))
        low = int(rng.choice([-128, -128, 100]))
        inputs.append([rng.integers(low, 128, (3, columns)).astype(np.int8)])
    check_kernels(graphs, inputs, tmp_path)


@pytest.mark.parametrize("scale", [0.003, 0.055, 0.18, 0.21, 1.0, 30.0])
def test_every_difference_of_two_values_is_exact(scale: float, tmp_path: Path) -> None:
    x = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=1).astype(np.int8)
    used = check_kernels([softmax_graph((256, 2), scale)], [[x]], tmp_path)
    assert set(used) == {"mote_softmax_s8"}
    few = [[part] for part in np.split(x, 8)]
    used = check_kernels([softmax_graph((32, 2), scale)] * 8, few, tmp_path)
    is_long = len(exponentials(Softmax(), softmax_graph((32, 2), scale).tensors["x"])) > 64
    assert set(used) == {"mote_softmax_short_s8" if is_long else "mote_softmax_s8"}


@pytest.mark.parametrize("columns", [511, 512, 2049, 4095])
def test_sums_of_many_equal_values_do_not_overflow(columns: int, tmp_path: Path) -> None:
    rows = np.array([[127], [-128], [0]], np.int8)
    x = np.repeat(rows, columns, axis=1)
    x[2, columns // 2] = 60
    check_kernels([softmax_graph((3, columns), 0.1)], [[x]], tmp_path)


@pytest.mark.parametrize("columns", [4096, 8192, 20_000])
def test_longer_rows_do_not_overflow_either(columns: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(columns)
    x = np.full((4, columns), 127, np.int8)
    x[1] = rng.integers(-128, 128, columns)
    x[2] = -128
    x[2, 7] = 127
    x[3] = rng.integers(120, 128, columns)
    used = check_kernels([softmax_graph((4, columns), 0.05)], [[x]], tmp_path)
    assert set(used) == {"mote_softmax_long_s8"}


def test_the_table_ends_where_exponentials_stop_to_matter() -> None:
    graph = softmax_graph((1, 4), 0.25)
    table = exponentials(Softmax(), graph.tensors["x"])
    assert table[0] == 2**31 - 1
    assert len(table) == int(20 * np.log(2) / 0.25) + 1  # exp(-d / 4) * 2**31 >= 2**11


def wide_softmax_graph(shape: tuple[int, ...], scale: float, beta: float = 1.0) -> Graph:
    x = Tensor("x", shape, DType.INT16, Quantization((float(np.float32(scale)),), (0,)))
    return one_node(Softmax(beta=beta), (x,), DType.INT16, WIDE_PROBABILITY)


def test_random_int16_rows_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    graphs, inputs = [], []
    for _ in range(60):
        columns = int(rng.choice([1, 2, 3, 10, 12, 100, 500]))
        scale = float(2.0 ** rng.uniform(-17, 1))
        graphs.append(wide_softmax_graph((3, columns), scale, float(rng.choice([0.5, 1, 1, 1.5]))))
        low, high = [(-32768, 32768), (32000, 32768), (-32768, -32767)][rng.integers(3)]
        inputs.append([rng.integers(low, high, (3, columns)).astype(np.int16)])
    check_kernels(graphs, inputs, tmp_path)


def test_every_int16_difference_is_exact(tmp_path: Path) -> None:
    x = np.stack([np.full(2**16, 32767), np.arange(-32768, 32768)], axis=1).astype(np.int16)
    check_kernels([wide_softmax_graph((2**16, 2), 3e-4)], [[x]], tmp_path)


def test_int16_sums_of_many_equal_values_do_not_overflow(tmp_path: Path) -> None:
    x = np.full((1, 2**16 - 1), -32768, np.int16)
    check_kernels([wide_softmax_graph((1, 2**16 - 1), 0.1)], [[x]], tmp_path)


def test_int16_rows_or_scales_that_overflow_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModelError, match=r"'node'.*overflows 32 bits"):
        lower(wide_softmax_graph((1, 2**16), 0.1), CORES["cortex-m4"])
    with pytest.raises(UnsupportedModelError, match=r"'node'.*out of 32 bits"):
        lower(wide_softmax_graph((1, 4), 4.0), CORES["cortex-m4"])


@pytest.mark.parametrize(
    ("name", "table"), [("exponentials", EXPONENTIALS), ("reciprocals", RECIPROCALS)]
)
def test_the_tables_in_the_kernel_are_the_references(name: str, table: Array) -> None:
    values = TABLES.read_text().partition(f"mote_{name}[513] = {{")[2].partition("}")[0]
    np.testing.assert_array_equal([int(v) for v in values.split(",") if v.strip()], table)
