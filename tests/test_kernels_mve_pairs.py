"""Pointwise convolutions with MVE, two pixels at a time: at the ends of sums, of any size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph
from mote.ir.ops import Activation, Conv2D, Padding, Rounding
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import random_weights, side_by_side, single_node_graph

M55 = CORES["cortex-m55"]
Rng = np.random.Generator
KERNELS = {"mote_conv_2d_s8_mve", "mote_conv_2d_s8_mve_single"}


def pointwise(rng: Rng, taps: int, channels: int) -> Graph:
    """A few pixels in rows that lie one behind another, or with gaps, or in part outside."""
    stride = (int(rng.choice([1, 1, 2])), int(rng.choice([1, 1, 2])))
    op = Conv2D(
        stride=stride,
        padding=Padding(1, 0, 0, 0) if rng.random() < 0.2 else Padding(),
        activation=list(Activation)[int(rng.integers(4))],
        rounding=list(Rounding)[int(rng.integers(2))],
    )
    shape = (1, int(rng.integers(1, 6)), int(rng.integers(1, 8)), taps)
    return single_node_graph(op, shape, random_weights((channels, 1, 1, taps), rng), rng)


def layers(rng: Rng) -> list[Graph]:
    taps = (1, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 80, 97, 130)
    graphs = [pointwise(rng, n, int(rng.integers(1, 14))) for n in taps for _ in range(4)]
    return [g for g in graphs if lower(g, M55).steps[0].kernel.name in KERNELS]


def at_ends(graph: Graph, rng: Rng) -> np.ndarray:
    """Pixels that each make the sum of some channel greatest, or least."""
    weights = graph.tensors["weight"].array
    shape = graph.tensors["x"].shape
    chosen = weights.reshape(len(weights), -1)[rng.integers(0, len(weights), shape[1:3])]
    sign = rng.choice([-1, 1], (*shape[1:3], 1))
    return np.where(chosen * sign > 0, 127, -128).astype(np.int8)[None]


def results(graphs: Sequence[Graph], inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]


def test_pairs_of_pixels_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    graphs = layers(rng)
    inputs = [at_ends(graph, rng) for graph in graphs]
    steps = [lower(graph, M55).steps[0] for graph in graphs]
    expected = results(graphs, inputs)
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(step.parameters))
    assert {step.kernel.name for step in steps} == KERNELS


@pytest.mark.parametrize("optimize", ["time", "ram"])
def test_the_assembly_for_pairs_of_pixels_equals_the_reference(optimize: str) -> None:
    rng = np.random.default_rng(2)
    graphs = layers(rng)
    samples = [[at_ends(graph, rng) for graph in graphs] for _ in range(4)]
    build = mote.compile(side_by_side(graphs), "cortex-m55", optimize=optimize)
    assert {step.kernel.name for step in build.program.steps} == KERNELS
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, want, got in zip(graphs, results(graphs, sample), outputs, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))
