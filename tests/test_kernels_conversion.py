"""Quantize and dequantize in C: equal to the reference for all integers and for special floats."""

from pathlib import Path

import numpy as np
import pytest

from kernel_check import check_kernels, one_node
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import Dequantize, Op, Quantize
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.target.cores import CORES

Rng = np.random.Generator
F32, S8, U8, S16 = DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16


def random_quantization(dtype: DType, rng: Rng) -> Quantization | None:
    if dtype is F32:
        return None
    scale = float(np.float32(np.exp(rng.uniform(-6, 2))))
    zero = 0 if dtype is S16 else int(rng.integers(*dtype.range, endpoint=True))
    return Quantization((scale,), (zero,))


def conversion(op: Op, into: DType, out: DType, count: int, rng: Rng) -> Graph:
    x = Tensor("x", (count,), into, random_quantization(into, rng))
    return one_node(op, (x,), out, random_quantization(out, rng))


def every_byte(dtype: DType) -> Array:
    return np.arange(256, dtype=np.uint8).view(dtype.numpy)


@pytest.mark.parametrize(("into", "out"), [(S8, S8), (S8, U8), (U8, S8)])
def test_every_byte_requantizes_exactly(into: DType, out: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    graphs = [conversion(Quantize(), into, out, 256, rng) for _ in range(40)]
    check_kernels(graphs, [[every_byte(into)]] * len(graphs), tmp_path)


def every_value(dtype: DType) -> Array:
    return np.arange(dtype.range[0], dtype.range[1] + 1).astype(dtype.numpy)


@pytest.mark.parametrize(("into", "out"), [(S8, S16), (S16, S8), (S16, S16)])
def test_every_int16_requantizes_exactly(into: DType, out: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    x = every_value(into)
    graphs = [conversion(Quantize(), into, out, x.size, rng) for _ in range(8)]
    check_kernels(graphs, [[x]] * len(graphs), tmp_path)


def test_every_int16_dequantizes_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    x = every_value(S16)
    graphs = [conversion(Dequantize(), S16, F32, x.size, rng) for _ in range(4)]
    check_kernels(graphs, [[x]] * len(graphs), tmp_path)


@pytest.mark.parametrize(("dtype", "scale"), [(S16, 2.0**20), (S8, 2.0**23), (S8, 3e38)])
def test_rescaling_that_could_overflow_is_refused_by_name(dtype: DType, scale: float) -> None:
    x = Tensor("x", (4,), dtype, Quantization((scale,), (0,)))
    graph = one_node(Quantize(), (x,), dtype, Quantization((1.0,), (0,)))
    with pytest.raises(UnsupportedModelError, match=r"'node'.*overflows 32 bits"):
        lower(graph, CORES["cortex-m4"])


@pytest.mark.parametrize("into", [S8, U8])
def test_every_byte_dequantizes_exactly(into: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    graphs = [conversion(Dequantize(), into, F32, 256, rng) for _ in range(40)]
    check_kernels(graphs, [[every_byte(into)]] * len(graphs), tmp_path)


def awkward_floats(scale: float, rng: Rng) -> Array:
    """Exact halves and their neighbours, huge and tiny values, infinities, NaN, both zeros."""
    near = np.array([-65536, 0, 65536])[:, None] + np.arange(-300, 300)
    halves = (near.ravel() / 2).astype(np.float32) * np.float32(scale)
    zero, up = np.float32(0), np.float32(np.inf)
    special = np.array([np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-45, -1e-45, 0.0, -0.0])
    plain = rng.normal(0, 100 * scale, 500)
    return np.concatenate(
        [halves, np.nextafter(halves, zero), np.nextafter(halves, up), special, plain]
    ).astype(np.float32)


@pytest.mark.parametrize("out", [S8, U8, S16])
def test_floats_round_half_away_from_zero_and_saturate(out: DType, tmp_path: Path) -> None:
    rng = np.random.default_rng(14)
    count = len(awkward_floats(1.0, rng))
    graphs = [conversion(Quantize(), F32, out, count, rng) for _ in range(20)]
    graphs += [
        one_node(Quantize(), (Tensor("x", (count,), F32),), out, Quantization((1.0,), (zero,)))
        for zero in (out.range if out is not S16 else (0,))
    ]
    inputs = [[awkward_floats(g.tensors["y"].q.scale, rng)] for g in graphs]
    check_kernels(graphs, inputs, tmp_path)
