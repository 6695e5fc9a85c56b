"""Fully connected layers with eight channels in shared lanes: at the ends of sums, of any size."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Activation, FullyConnected, Rounding
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import side_by_side

M4 = CORES["cortex-m4"]
Rng = np.random.Generator
SHARED_LANES = {"mote_fully_connected_s8_dsp", "mote_fully_connected_s8_dsp_single"}


def layer(
    weights: np.ndarray,
    rounding: Rounding,
    *,
    per_channel: bool = False,
    y_zero: int = 0,
    batches: int = 1,
    activation: Activation = Activation.NONE,
) -> Graph:
    """A layer whose sums spread over int8."""
    outputs, inputs = weights.shape
    reach = np.abs(weights.astype(int)).sum(1) * 128 + 1
    scales = (200 / reach if per_channel else np.array([200 / reach.max()])).astype(np.float32)
    axis = 0 if per_channel else None
    zeros = (0,) * len(scales)
    bias = np.arange(outputs, dtype=np.int32) * 7 - 20
    tensors = [
        Tensor("x", (batches, inputs), DType.INT8, Quantization((1.0,), (3,))),
        Tensor("w", weights.shape, DType.INT8, Quantization(scales.tolist(), zeros, axis), weights),
        Tensor("b", bias.shape, DType.INT32, None, bias),
        Tensor("y", (batches, outputs), DType.INT8, Quantization((1.0,), (y_zero,))),
    ]
    op = FullyConnected(rounding=rounding, activation=activation)
    node = Node("layer", op, ("x", "w", "b"), "y")
    graph = Graph("fc", {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def ends(graph: Graph, rng: Rng) -> np.ndarray:
    """Inputs that make the sum of some channel of each image greatest, or least."""
    weights = graph.tensors["w"].array
    batches = graph.tensors["x"].shape[0]
    chosen = weights[rng.integers(0, len(weights), batches)]
    sign = rng.choice([-1, 1], (batches, 1))
    return np.where(chosen * sign > 0, 127, -128).astype(np.int8)


def all_sizes(rng: Rng) -> list[Graph]:
    """Inputs that are even and odd multiples of four, or none; outputs of any number."""
    graphs = []
    for i, inputs in enumerate((1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 17, 22, 60, 65)):
        weights = rng.integers(-127, 128, (1 + 5 * i % 27, inputs)).astype(np.int8)
        graphs += [
            layer(
                weights,
                rounding,
                per_channel=i % 3 == 2,
                y_zero=int(rng.choice([-128, 0, 90])),
                batches=1 + i % 2,
                activation=list(Activation)[i % len(Activation)],
            )
            for rounding in Rounding
        ]
    return graphs


def at_the_proof(rng: Rng) -> list[Graph]:
    """Sums just below 2**23 in the upper part, of either sign, beside ones of either sign."""
    graphs = []
    for rounding in Rounding:
        for per_channel in (False, True):
            weights = rng.choice(np.array([-127, 127], np.int8), (16, 504))
            weights[::4] = 127
            weights[1::4] = -127
            graphs.append(layer(weights, rounding, per_channel=per_channel))
    return graphs


def on_host(graphs: Sequence[Graph], rng: Rng, folder: Path) -> set[str]:
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    inputs = [ends(graph, rng) for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for graph, want, got in zip(graphs, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(graph))
    return {step.kernel.name for step in steps}


@pytest.mark.parametrize("make", [all_sizes, at_the_proof])
def test_inputs_at_the_ends_of_the_channels_give_the_reference(
    make: Callable[[Rng], list[Graph]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    assert on_host(make(rng), rng, tmp_path) == SHARED_LANES


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
def test_the_assembly_gives_the_reference_at_the_ends_of_the_channels(target: str) -> None:
    rng = np.random.default_rng(2)
    graphs = [*all_sizes(rng), *at_the_proof(rng)]
    samples = [[ends(graph, rng) for graph in graphs] for _ in range(6)]
    build = mote.compile(side_by_side(graphs), target)
    assert {step.kernel.name for step in build.program.steps} == SHARED_LANES
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph))
