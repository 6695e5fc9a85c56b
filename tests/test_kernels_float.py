"""The float32 kernels compute what the reference says, within stated bounds, and stay in bounds."""

from pathlib import Path

import numpy as np

from kernel_runner import run_steps
from mote import reference
from mote.lower.kernels_f32 import KERNELS_F32
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_float_layers import MAKERS, inputs, unary

HOST = CORES["host"]


def check(seed: int, count: int, folder: Path) -> set[str]:
    """Random layers of every kind, in place too where the step allows it."""
    rng = np.random.default_rng(seed)
    calls = []
    for maker in MAKERS:
        for _ in range(6 * count if maker is unary else count):
            graph = maker(rng)
            arrays = inputs(graph, rng)
            want = reference.run(graph, arrays)[graph.nodes[0].output]
            (step,) = lower(graph, HOST).steps
            calls += [(graph, step, arrays, want, over) for over in (None, *step.in_place)]
    graphs, steps, operands, results, over = zip(*calls, strict=True)
    found = run_steps(steps, operands, results, folder, over)
    for graph, arrays, want, got, place in zip(graphs, operands, results, found, over, strict=True):
        error = np.abs(got.astype(np.float64) - want)
        values = dict(zip(graph.inputs, arrays, strict=True))
        bound = reference.float_tolerance(graph, graph.nodes[0], values, want)
        worst = (error - bound).max()
        assert worst <= 0, f"{graph.nodes[0].op} over {place}: {worst:.3g} beyond the bound"
    return {step.kernel.name for step in steps}


def test_random_layers_equal_the_reference_within_the_bounds(tmp_path: Path) -> None:
    called = check(1, 25, tmp_path)
    assert called == {kernel.name for kernel in KERNELS_F32}
