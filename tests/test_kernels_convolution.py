"""The kernels with weights: equal to the reference in every byte, and within their buffers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph, verify
from mote.lower.lower import lower
from mote.target.cores import CORES
from mote.target.target import Core
from random_layers import random_conv_2d, random_depthwise_conv_2d, random_fully_connected

LAYERS = {
    "conv_2d": random_conv_2d,
    "depthwise_conv_2d": random_depthwise_conv_2d,
    "fully_connected": random_fully_connected,
}


def _inputs(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    shape = graph.tensors["x"].shape
    match rng.integers(4):
        case 0:
            return np.full(shape, rng.choice([-128, 127]), np.int8)
        case 1:
            return rng.choice(np.array([-128, 127], np.int8), shape)
        case _:
            return rng.integers(-128, 128, shape).astype(np.int8)


def _check(graphs: list[Graph], core: Core, rng: np.random.Generator, folder: Path) -> set[str]:
    """Run every graph's one kernel; return the kernels used."""
    steps, xs, expected = [], [], []
    for graph in graphs:
        verify(graph)
        x = _inputs(graph, rng)
        steps.append(lower(graph, core).steps[0])
        xs.append([x])
        expected.append(reference.run(graph, [x])["y"])
    for graph, want, got in zip(
        graphs, expected, run_steps(steps, xs, expected, folder), strict=True
    ):
        np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))
    return {step.kernel.name for step in steps}


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"], ids=["portable", "dsp"])
@pytest.mark.parametrize("kind", LAYERS)
def test_random_layers_equal_the_reference(kind: str, core: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layers: Callable[[np.random.Generator], Graph] = LAYERS[kind]
    _check([layers(rng) for _ in range(120)], CORES[core], rng, tmp_path)
