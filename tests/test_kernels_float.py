"""The float32 kernels compute what the reference says, within stated bounds, and stay in bounds."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import Function, Unary
from mote.lower.kernels_f32 import KERNELS_F32
from mote.lower.lower import lower
from mote.reference.unary import REAL_FUNCTIONS
from mote.target.cores import CORES
from random_float_layers import MAKERS, inputs, unary

HOST = CORES["host"]


def check(seed: int, count: int, folder: Path) -> set[str]:
    """Random layers of every kind, in place too where the step allows it."""
    rng = np.random.default_rng(seed)
    calls = []
    functions = [partial(unary, kind=kind) for kind in range(len(Function) + 2)]
    for maker in (*MAKERS, *functions):
        for _ in range(count if maker in MAKERS else 3):
            graph = maker(rng)
            arrays = inputs(graph, rng)
            want = reference.run(graph, arrays)[graph.nodes[0].output]
            (step,) = lower(graph, HOST).steps
            places = [(None, 0), *((k, 4 * (len(calls) // 2 % 5)) for k in step.in_place)]
            calls += [(graph, step, arrays, want, *place) for place in places]
    graphs, steps, operands, results, over, below = zip(*calls, strict=True)
    found = run_steps(steps, operands, results, folder, over, below=below)
    for graph, arrays, want, got, place in zip(graphs, operands, results, found, over, strict=True):
        error = np.abs(got.astype(np.float64) - want)
        values = dict(zip(graph.inputs, arrays, strict=True))
        bound = reference.float_tolerance(graph, graph.nodes[0], values, want)
        worst = (error - bound).max()
        assert worst <= 0, f"{graph.nodes[0].op} over {place}: {worst:.3g} beyond the bound"
    return {step.kernel.name for step in steps}


def test_random_layers_equal_the_reference_within_the_bounds(tmp_path: Path) -> None:
    called = check(1, 16, tmp_path)
    assert called == {kernel.name for kernel in KERNELS_F32}


ULPS = {
    Function.EXP: 2,
    Function.LOG: 2,
    Function.TANH: 2,
    Function.SIGMOID: 3,
    Function.ERF: 3,
    Function.SQRT: 0.5,
    Function.RSQRT: 2,
    Function.RECIPROCAL: 0.5,
}
"""Distance from the exact value, in units of the last place: what the headers promise."""


def functions_of(x: np.ndarray) -> Graph:
    tensors = {"x": Tensor("x", x.shape, DType.FLOAT32)}
    tensors |= {f.value: Tensor(f.value, x.shape, DType.FLOAT32) for f in ULPS}
    nodes = [Node(f.value, Unary(f), ("x",), f.value) for f in ULPS]
    return Graph("functions", tensors, tuple(nodes), ("x",), tuple(f.value for f in ULPS))


def check_functions(x: np.ndarray) -> None:
    results = mote.compile(functions_of(x), "host", allow_float=True).run(x)
    for (function, most), got in zip(ULPS.items(), results, strict=True):
        with np.errstate(all="ignore"):
            exact = REAL_FUNCTIONS[function](x.astype(np.float64), 0.0, 0.0)
            nearest = exact.astype(np.float32)
            last_place = np.maximum(np.spacing(np.abs(nearest)).astype(np.float64), 2.0**-149)
            ulps = np.abs(got - exact) / last_place
        special = ~np.isfinite(nearest)
        np.testing.assert_array_equal(got[special], nearest[special], err_msg=function.value)
        worst = ulps[~special].max()
        place = x[~special][ulps[~special].argmax()]
        assert worst <= most * (1 + 1e-9), f"{function.value}: {worst} at {place}"


def bit_patterns(count: int, first: int) -> np.ndarray:
    """Floats of every sign, exponent and kind, evenly spread over their 2**32 patterns."""
    step = 2**32 // count
    return np.arange(first, 2**32, step, np.uint64).astype(np.uint32).view(np.float32)


def test_functions_are_as_exact_as_their_headers_say() -> None:
    near = np.random.default_rng(3).uniform(-20, 20, 20_000).astype(np.float32)
    check_functions(np.concatenate([bit_patterns(60_000, 17), near]))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 256, 8))
def test_functions_are_exact_over_many_bit_patterns(first: int) -> None:
    check_functions(bit_patterns(2**20 + 3, first))
