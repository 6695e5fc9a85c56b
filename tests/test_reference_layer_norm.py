"""Layer norm on integers is the real formula, rounded: how far and how often it may be off."""

import numpy as np
import pytest

from mote.ir import DType
from mote.ir.tensor import Array
from mote.reference import run
from mote.reference.layer_norm import inverse_root
from test_kernels_layer_norm import S8, S16, layer_norm_graph

LARGEST_ERROR = {S8: 0.51, S16: 0.6}
"""In steps of the result; 0.5 is the rounding itself."""


def test_the_inverse_root_is_exact_to_28_bits() -> None:
    a = np.append(np.linspace(2**30, 2**32 - 1, 200_001).astype(np.int64), [2**30 + 1, 2**32 - 1])
    error = inverse_root(a) / 2**31 * np.sqrt(a / 2**30) - 1
    assert np.abs(error).max() < 2.0**-28


def normal_rows(rng: np.random.Generator, shape: tuple[int, int], dtype: DType) -> Array:
    """Rows with deviations from half a step of int8 to all of it."""
    unit = 1 if dtype is S8 else 256
    rows = rng.normal(0, 1, shape) * 2.0 ** rng.uniform(-1, 6, (shape[0], 1)) * unit
    return np.clip(rows, *dtype.range).astype(dtype.numpy)


@pytest.mark.parametrize("dtype", [S8, S16])
@pytest.mark.parametrize("epsilon", [1e-5, 1e-12, 1e-3])
def test_results_are_the_nearest_integers_almost_always(dtype: DType, epsilon: float) -> None:
    different = count = 0
    unit = 1.0 if dtype is S8 else 1 / 256
    for seed in range(30):
        rng = np.random.default_rng(seed)
        shape = (16, int(rng.choice([2, 16, 64, 256, 1024])))
        scales = unit * 2.0 ** rng.uniform(-8, 0), unit * 2.0 ** rng.uniform(-6, -3)
        graph = layer_norm_graph(rng, dtype, shape, *scales, epsilon)
        data = normal_rows(rng, shape, dtype)
        x, gamma, beta, y = (graph.tensors[name] for name in ("x", "gamma", "beta", "y"))
        factor, offset = (t.array.astype(np.float64) * t.q.scale for t in (gamma, beta))
        real = (data.astype(np.float64) - x.q.zero_point) * x.q.scale
        distance = real - real.mean(-1, keepdims=True)
        variance = (distance**2).mean(-1, keepdims=True)
        exact = distance / np.sqrt(variance + epsilon) * factor + offset
        want = np.clip(exact / y.q.scale + y.q.zero_point, *dtype.range)
        got = run(graph, [data])["y"]
        assert np.abs(got - want).max() <= LARGEST_ERROR[dtype]
        different += int((np.floor(want + 0.5) != got).sum())
        count += got.size
    assert different <= count / 400, f"{different} of {count}"
