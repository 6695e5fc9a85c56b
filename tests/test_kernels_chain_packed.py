"""Chained convolutions with one word of scratch a tap: their proof, and the reference's bytes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from chain_layers import deep_layer, layer, random_inputs, tight_layer, worst_inputs
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph
from mote.ir.ops import Conv2D, Padding, Rounding
from mote.lower.chain_layout import SLOT
from mote.lower.chain_packed import ABOVE, find_packed
from mote.lower.lower import lower
from mote.plan.forms import forms
from mote.target.cores import CORES
from random_layers import random_conv_2d, side_by_side
from test_kernels_chain import random_channels

M4 = CORES["cortex-m4"]
KERNELS = {"mote_conv_2d_s8_dsp_chain_packed", "mote_conv_2d_s8_dsp_chain_packed_double"}


@pytest.fixture
def packed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed chains wherever they are proven, no faster forms."""
    monkeypatch.setattr("mote.lower.chain_packed._saved", lambda *_: 1.0)
    for name in ("affine_chain_or", "chain_or"):
        monkeypatch.setattr(f"mote.lower.convolution.{name}", lambda step, *rest: (step, rest[-1]))
    monkeypatch.setattr("mote.lower.convolution.winograd_or", lambda step, *_: step)


def kernel_of(graph: Graph) -> str:
    (step,) = lower(graph, M4).steps
    return step.kernel.name


def test_no_input_leaves_a_slot_and_lines_see_the_sums_with_their_offset() -> None:
    rng = np.random.default_rng(1)
    counts: set[int] = set()
    for _ in range(60):
        channels = random_channels(rng, most_taps=900)
        right = np.full(len(channels.bias), 10)
        channels = replace(channels, right=right, rounding=Rounding.SINGLE)
        chain = find_packed(channels)
        if chain is None:
            continue
        counts.add(chain.split.pieces)
        order = np.reshape(chain.split.order, (-1, 2)).T
        taps = chain.split.taps
        ends = [
            np.where((channels.weights > 0) == rises, channels.x_high, channels.x_low) + ABOVE
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
        low, _ = channels.bounds
        least = (channels.weights * ends[1]).sum(1)
        for starts, lines, where in zip(chain.starts, chain.lines, order, strict=True):
            offsets = [line.offset for line in lines]
            np.testing.assert_array_equal((least[where] + starts.sum(1)) - low[where], offsets)
    assert {1, 2, 3} <= counts


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    assert {step.kernel.name for step in build.program.steps} == KERNELS
    found = build.run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
@pytest.mark.usefixtures("packed_only")
def test_inputs_at_the_ends_of_every_piece_give_the_reference(target: str) -> None:
    rng = np.random.default_rng(2)
    graphs = [
        tight_layer(rng, kernel, rounding, y_zero, small, pieces)
        for kernel, pieces, small in ((1, 1, 8), (2, 1, 33), (1, 2, 31), (2, 3, 32), (1, 4, 33))
        for rounding in Rounding
        for y_zero in (-128, 7)
    ]
    graphs = [graph for graph in graphs if kernel_of(graph) in KERNELS]
    assert len(graphs) >= 12
    samples = [[worst_inputs(graph, rng) for graph in graphs] for _ in range(6)]
    check(graphs, samples, target)


def packed_layers(rng: np.random.Generator, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        rounding = list(Rounding)[int(rng.integers(2))]
        deep = deep_layer(rng, rounding, int(rng.choice([-128, 5])))
        graph = deep if rng.random() < 0.3 else random_conv_2d(rng)
        if kernel_of(graph) in KERNELS:
            graphs.append(graph)
    return graphs


def check_on_host(graphs: Sequence[Graph], rng: np.random.Generator, folder: Path) -> None:
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    assert {step.kernel.name for step in steps} == KERNELS
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


@pytest.mark.usefixtures("packed_only")
def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    check_on_host(packed_layers(rng, 40), rng, tmp_path)


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
@pytest.mark.usefixtures("packed_only")
def test_the_assembly_of_random_layers_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(4)
    graphs = packed_layers(rng, 25)
    check(graphs, [random_inputs(graphs, rng) for _ in range(3)], target)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 215))
@pytest.mark.usefixtures("packed_only")
def test_many_random_layers_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = packed_layers(rng, 120)
    check_on_host(graphs, rng, tmp_path)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")


def test_a_packed_chain_stands_behind_the_faster_one_with_half_its_scratch() -> None:
    weights = np.random.default_rng(5).integers(-90, 90, (32, 3, 3, 32)).astype(np.int8)
    op = Conv2D(stride=(2, 2), padding=Padding(1, 1, 1, 1))
    graph = layer(op, (1, 16, 16, 32), weights)
    (step,) = lower(graph, M4).steps
    found = {form.kernel.name: form for form in forms(step)}
    packed = found["mote_conv_2d_s8_dsp_chain_packed_double"]
    assert packed.scratch_bytes == 4 * 9 * 32
    assert packed.frugal is not None
    assert packed.frugal.kernel.name == "mote_conv_2d_s8_dsp"


def test_a_packed_chain_slower_than_four_pixels_stands_before_two() -> None:
    weights = np.random.default_rng(6).integers(-90, 90, (8, 3, 3, 3)).astype(np.int8)
    op = Conv2D(stride=(2, 2), padding=Padding(0, 1, 0, 1))
    graph = layer(op, (1, 96, 96, 3), weights, -128)
    (step,) = lower(graph, M4).steps
    *_, first, second, third, small = forms(step)
    assert small.kernel.name.endswith("_small")
    found = [(form.kernel.name, form.scratch_bytes) for form in (first, second, third)]
    assert found == [
        ("mote_conv_2d_s8_dsp", 9 * 28),
        ("mote_conv_2d_s8_dsp_chain_packed", 4 * 28),
        ("mote_conv_2d_s8_dsp", 5 * 28),
    ]
    assert all(form.frugal_cycles >= 0 for form in forms(step))
