"""Chains that sum taps in pieces and requantise by lines: proof, and the reference's bytes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from chain_layers import deep_layer, random_inputs, tight_layer, worst_inputs
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph, Quantization, Tensor
from mote.ir.ops import Rounding
from mote.lower.chain_layout import SLOT
from mote.lower.chain_split_affine import find_split_affine
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import side_by_side
from test_kernels_chain import random_channels, row_layer

M4 = CORES["cortex-m4"]
KERNEL = "mote_conv_2d_s8_dsp_chain_split_affine"


@pytest.fixture(autouse=True)
def whatever_it_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains wherever they are proven, and no faster form."""
    monkeypatch.setattr("mote.lower.chain._saved", lambda *_: 1.0)
    for name in ("affine_chain_or", "packed_or"):
        monkeypatch.setattr(f"mote.lower.convolution.{name}", lambda step, *rest: (step, rest[-1]))
    monkeypatch.setattr("mote.lower.convolution.winograd_or", lambda step, *_: step)


def is_here(graph: Graph) -> bool:
    (step,) = lower(graph, M4).steps
    return step.kernel.name == KERNEL


def test_no_input_leaves_a_slot_and_lines_see_the_sums_with_their_offset() -> None:
    rng = np.random.default_rng(1)
    counts: set[int] = set()
    for _ in range(60):
        channels = random_channels(rng, most_taps=900)
        right = np.full(len(channels.bias), 10)
        channels = replace(channels, right=right, rounding=Rounding.SINGLE)
        chain = find_split_affine(channels, channels)
        if chain is None:
            continue
        counts.add(chain.split.pieces)
        order = np.reshape(chain.split.order, (-1, 2)).T
        taps = chain.split.taps
        ends = [
            np.where((channels.weights > 0) == rises, channels.x_high, channels.x_low)
            for rises in (True, False)
        ]
        for piece in range(chain.split.pieces):
            part = slice(piece * taps, (piece + 1) * taps)
            sums = [(channels.weights * x)[:, part].sum(1) for x in ends]
            for a in (s[order[0]] + chain.starts[0, :, piece] for s in sums):
                assert 0 <= a.min() <= a.max() < SLOT
                for b in (s[order[1]] + chain.starts[1, :, piece] for s in sums):
                    assert 0 <= (a + b).min() <= (a + b).max() < SLOT
                    assert -SLOT <= b.min() <= b.max() < SLOT
        for starts, lines, where in zip(chain.starts, chain.lines, order, strict=True):
            offsets = [line.offset for line in lines]
            np.testing.assert_array_equal(starts.sum(1) - channels.bias[where], offsets)
    assert {1, 2, 3} <= counts


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    kernel = KERNEL + "_dual" * (target == "cortex-m7")
    assert {step.kernel.name for step in build.program.steps} == {kernel}
    found = build.run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def gentle(graph: Graph) -> Graph:
    """With half as many results, so that channels of small sums have lines, too."""
    tensors = dict(graph.tensors)
    y = tensors["y"]
    assert y.quantization is not None
    q = Quantization((2.0,), y.quantization.zero_points)
    tensors["y"] = Tensor("y", y.shape, y.dtype, q)
    return Graph(graph.name, tensors, graph.nodes, graph.inputs, graph.outputs)


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m7"])
def test_inputs_at_the_ends_of_every_piece_give_the_reference(target: str) -> None:
    """Also of rows with one or two pixels that are over."""
    rng = np.random.default_rng(2)
    graphs = [
        tight_layer(rng, kernel, rounding, y_zero, small, pieces)
        for kernel, pieces, small in ((1, 1, 31), (2, 1, 33), (1, 2, 31), (2, 3, 32), (1, 4, 33))
        for rounding in Rounding
        for y_zero in (-128, 7)
        for _ in range(2)
    ]
    graphs = [graph for graph in map(gentle, graphs) if is_here(graph)]
    assert len(graphs) >= 10
    samples = [[worst_inputs(graph, rng) for graph in graphs] for _ in range(4)]
    check(graphs, samples, target)


def layers(rng: np.random.Generator, count: int) -> list[Graph]:
    """Deep ones, and rows with one or two pixels that are over."""
    graphs: list[Graph] = []
    while len(graphs) < count:
        rounding = list(Rounding)[int(rng.integers(2))]
        graph = deep_layer(rng, rounding, int(rng.choice([-128, 5])))
        if rng.random() < 0.3:
            graph = row_layer(int(rng.integers(1, 6)), rounding, -128, int(rng.integers(30, 60)))
        if is_here(graph):
            graphs.append(graph)
    return graphs


def check_on_host(graphs: Sequence[Graph], rng: np.random.Generator, folder: Path) -> None:
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    check_on_host(layers(rng, 24), rng, tmp_path)


@pytest.mark.parametrize("target", ["cortex-m33", "cortex-m7"])
def test_the_assembly_of_random_layers_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(4)
    graphs = layers(rng, 24)
    check(graphs, [random_inputs(graphs, rng) for _ in range(3)], target)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 215))
def test_many_random_layers_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = layers(rng, 80)
    check_on_host(graphs, rng, tmp_path)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")
