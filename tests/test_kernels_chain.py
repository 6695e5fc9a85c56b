"""Chained convolutions: the proof of their slots, and the bytes of the reference for any input."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import mote
from chain_layers import (
    deep_layers,
    is_chained,
    is_split,
    layer,
    random_inputs,
    tight_layer,
    typical_layer,
    worst_inputs,
)
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph
from mote.ir.ops import Conv2D, Padding, Rounding
from mote.lower.chain_layout import SLOT, find_chain
from mote.lower.chain_split import SplitChain, find_split
from mote.lower.channels import Channels
from mote.lower.convolution_cycles import chain_cycles
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.plan.forms import forms
from mote.target.cores import CORES
from random_layers import random_conv_2d, side_by_side

M4 = CORES["cortex-m4"]


@pytest.fixture(autouse=True)
def without_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chain whose requantisation is a line; those have tests of their own."""
    monkeypatch.setattr(
        "mote.lower.convolution.affine_chain_or", lambda step, *rest: (step, rest[-1])
    )
    monkeypatch.setattr("mote.lower.chain.find_split_affine", lambda *_: None)


@pytest.fixture
def whatever_it_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains wherever they are proven."""
    monkeypatch.setattr("mote.lower.chain._cycles", lambda *_: lambda _: 0.0)
    monkeypatch.setattr("mote.lower.convolution.winograd_or", lambda step, *_: step)


def random_channels(rng: np.random.Generator, most_taps: int = 300) -> Channels:
    count, taps = int(rng.integers(1, 14)), int(rng.integers(1, most_taps))
    weights = np.clip(rng.normal(0, rng.uniform(1, 90), (count, taps)), -128, 127).astype(np.int64)
    low = rng.integers(-128, 127, (1, taps))
    x_low = np.broadcast_to(low, weights.shape)
    x_high = np.broadcast_to(rng.integers(low, 128), weights.shape)
    return Channels(
        weights=weights,
        x_low=x_low,
        x_high=x_high,
        bias=rng.integers(-(10 ** rng.integers(1, 6)), 10 ** rng.integers(1, 6), count),
        multiplier=np.full(count, 2**30),
        right=np.full(count, 7),
        y_zero=0,
        y_range=(-128, 127),
        rounding=Rounding.DOUBLE,
    )


def test_no_input_leaves_a_slot_that_is_proven() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(400):
        channels = random_channels(rng)
        chain = find_chain(channels, lambda c: c.bounds)
        if chain is None:
            continue
        found += 1
        assert set(chain.order) == set(range(len(channels.bias)))
        rising = np.where(channels.weights > 0, channels.x_high, channels.x_low)
        falling = np.where(channels.weights > 0, channels.x_low, channels.x_high)
        pairs = zip(chain.order[0::2], chain.order[1::2], chain.offsets, strict=True)
        for a, b, offset in pairs:
            for x_a in (rising[a], falling[a]):
                first = offset + channels.bias[a] + channels.weights[a] @ x_a
                assert 0 <= first < SLOT
                for x_b in (rising[b], falling[b]):
                    second = 2 * (channels.bias[b] + channels.weights[b] @ x_b)
                    assert 0 <= first + second < SLOT
                    assert -SLOT <= second < SLOT
    assert 100 < found < 400, found


@pytest.mark.parametrize("kernel", [1, 2])
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.usefixtures("whatever_it_saves")
def test_a_chain_ends_where_its_proof_ends(kernel: int, rounding: Rounding) -> None:
    rng = np.random.default_rng(2)
    full = tight_layer(rng, kernel, rounding, -128, 16)
    assert is_chained(full)
    assert not is_split(full)
    chain = find_chain(layer_channels(full, full.nodes[0]), lambda c: c.bounds)
    assert chain is not None
    assert is_split(tight_layer(rng, kernel, rounding, -128, 17))


def split_of(graph: Graph) -> SplitChain:
    return find_split(layer_channels(graph, graph.nodes[0]))


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_taps_are_cut_into_as_few_pieces_as_the_slots_need(pieces: int) -> None:
    rng = np.random.default_rng(9)
    full = split_of(tight_layer(rng, 1, Rounding.SINGLE, 3, 32, pieces))
    assert (full.pieces, full.taps) == (pieces, 64)
    assert split_of(tight_layer(rng, 1, Rounding.SINGLE, 3, 33, pieces)).pieces == pieces + 1


def test_no_input_leaves_a_slot_of_a_piece() -> None:
    rng = np.random.default_rng(10)
    counts = set()
    for _ in range(100):
        channels = random_channels(rng, most_taps=1500)
        split = find_split(channels)
        counts.add(split.pieces)
        assert set(split.order) == set(range(len(channels.bias)))
        rising = np.where(channels.weights > 0, channels.x_high, channels.x_low)
        falling = np.where(channels.weights > 0, channels.x_low, channels.x_high)
        for piece in range(split.pieces):
            part = slice(piece * split.taps, (piece + 1) * split.taps)
            ends = [(channels.weights * x)[:, part].sum(1) for x in (rising, falling)]
            offset = split.offsets[:, piece]
            for a in ends:
                first = offset + a[list(split.order[0::2])]
                assert 0 <= first.min() <= first.max() < SLOT
                for b in ends:
                    second = first + b[list(split.order[1::2])]
                    assert 0 <= second.min() <= second.max() < SLOT
            third = np.array(ends)[:, list(split.order[1::2])]
            assert -SLOT <= third.min() <= third.max() < SLOT
    assert {1, 2, 3, 4, 5} <= counts


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    assert all("_chain" in step.kernel.name for step in build.program.steps)
    found = build.run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
@pytest.mark.usefixtures("whatever_it_saves")
def test_inputs_at_the_ends_of_every_channel_give_the_reference(target: str) -> None:
    rng = np.random.default_rng(3)
    graphs = [
        tight_layer(rng, kernel, rounding, y_zero, 16)
        for kernel in (1, 2)
        for rounding in Rounding
        for y_zero in (-128, 0, 90)
    ]
    graphs += [
        tight_layer(rng, kernel, rounding, y_zero, small, pieces)
        for kernel, pieces, small in ((2, 1, 32), (1, 2, 32), (2, 3, 32), (1, 4, 33))
        for rounding in Rounding
        for y_zero in (-128, 7)
    ]
    graphs += [typical_layer(rng, rounding) for rounding in Rounding for _ in range(3)]
    assert all(is_chained(graph) for graph in graphs)
    samples = [[worst_inputs(graph, rng) for graph in graphs] for _ in range(8)]
    check(graphs, samples, target)


def chained_layers(rng: np.random.Generator, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        graph = random_conv_2d(rng)
        if is_chained(graph):
            graphs.append(graph)
    return graphs


def check_on_host(graphs: Sequence[Graph], rng: np.random.Generator, folder: Path) -> set[str]:
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")
    return {step.kernel.name for step in steps}


@pytest.mark.usefixtures("whatever_it_saves")
def test_random_chains_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    used = check_on_host(chained_layers(rng, 34) + deep_layers(rng), rng, tmp_path)
    kinds = ("", "_positive", "_single")
    assert used == {f"mote_conv_2d_s8_dsp_chain{s}{k}" for s in ("", "_split") for k in kinds}


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
@pytest.mark.usefixtures("whatever_it_saves")
def test_the_assembly_of_random_chains_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(5)
    graphs = chained_layers(rng, 19) + deep_layers(rng)
    check(graphs, [random_inputs(graphs, rng) for _ in range(3)], target)


def row_layer(pixels: int, rounding: Rounding, y_zero: int, depth: int) -> Graph:
    """One row of the result, of 3 x 3 windows in part outside."""
    weights = np.random.default_rng(depth).integers(-60, 61, (16, 3, 3, depth)).astype(np.int8)
    op = Conv2D(padding=Padding(1, 1, 1, 1), rounding=rounding)
    return layer(op, (1, 1, pixels, depth), weights, y_zero)


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
@pytest.mark.usefixtures("whatever_it_saves")
def test_one_or_two_pixels_that_are_over_give_the_reference(target: str) -> None:
    rng = np.random.default_rng(11)
    graphs = [
        row_layer(pixels, rounding, y_zero, depth)
        for pixels in (1, 4, 5)
        for rounding in Rounding
        for y_zero in (-128, 20)
        for depth in (3, 4, 40)  # of an odd and an even number of fours of taps, and cut
    ]
    assert {is_split(graph) for graph in graphs} == {False, True}
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], target)


@pytest.mark.parametrize("depth", [8, 64])
@pytest.mark.usefixtures("whatever_it_saves")
def test_one_pixel_that_is_over_takes_less_than_three_as_estimated(depth: int) -> None:
    graphs = [row_layer(pixels, Rounding.DOUBLE, -5, depth) for pixels in (3, 4, 6)]
    profile = mote.compile(side_by_side(graphs), M4.name, optimize="time").profile()
    three, four, six = (row.cycles for row in profile.layers if row.macs)
    pieces = find_split(layer_channels(graphs[0], graphs[0].nodes[0])).pieces if depth > 8 else 0
    costs = [chain_cycles(pixels, 4, 9 * depth, 3, pieces)(1) for pixels in (3, 4, 6)]
    share = (costs[1] - costs[0]) / (costs[2] - costs[0])
    assert share < 0.85
    assert (four - three) / (six - three) == pytest.approx(share, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
@pytest.mark.usefixtures("whatever_it_saves")
def test_many_random_chains_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = chained_layers(rng, 120) + [g for _ in range(5) for g in deep_layers(rng)]
    check_on_host(graphs, rng, tmp_path)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")


def test_chains_need_a_core_with_fast_long_multiplication_and_few_idle_lanes() -> None:
    weights = np.random.default_rng(6).integers(-20, 20, (16, 1, 1, 16)).astype(np.int8)
    for side, chained in ((16, True), (1, False)):
        graph = layer(Conv2D(), (1, side, side, 16), weights)
        assert is_chained(graph) == chained
        for name in ("cortex-m3", "cortex-m55"):
            (step,) = lower(graph, CORES[name]).steps
            assert "_chain" not in step.kernel.name


@pytest.mark.usefixtures("whatever_it_saves")
def test_a_chain_computes_no_dead_channels() -> None:
    weights = np.random.default_rng(8).integers(-20, 20, (12, 1, 1, 16)).astype(np.int8)
    weights[[0, 3, 4, 7, 8, 9, 11]] = 0
    (step,) = lower(layer(Conv2D(), (1, 4, 4, 16), weights, bias=np.arange(12.0)), M4).steps
    words = next(c for c in step.constants if c.field == "weights")
    assert words.array.shape == (2, 14 + 2 * 16)  # five channels, in fours
    places = words.array[:, -10:].reshape(4, 5)[:, [2, 4]] >> 8
    assert set(places.flat) == {1, 2, 5, 6, 10}


def test_behind_a_chain_stands_what_takes_less_flash_and_scratch() -> None:
    weights = np.random.default_rng(7).integers(-20, 20, (16, 3, 3, 8)).astype(np.int8)
    op = Conv2D(stride=(2, 2), padding=Padding(1, 1, 1, 1))
    (step,) = lower(layer(op, (1, 16, 16, 8), weights), M4).steps
    found = forms(step)
    assert [form.kernel.name for form in found] == [
        "mote_conv_2d_s8_dsp_chain",
        "mote_conv_2d_s8_dsp",
        "mote_conv_2d_s8_dsp_chain_packed_double",
        "mote_conv_2d_s8_dsp",
    ]
    assert [form.scratch_bytes for form in found] == [8 * 72 + 8, 8 * 72, 4 * 72, 4 * 72]
    assert all(form.frugal_cycles > 0 for form in found[:-1])
