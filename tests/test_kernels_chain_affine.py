"""Chained convolutions with lines: what is proven of lines and slots, and the reference's bytes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mote
from chain_layers import layer, random_inputs, worst_inputs
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph
from mote.ir.ops import Conv2D, Padding, Rounding
from mote.lower import chain_affine, chain_wide
from mote.lower.chain_layout import SLOT
from mote.lower.channels import Channels
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.lower.requantization_line import SHIFT, find_line, find_steps
from mote.lower.step import Step
from mote.target.cores import CORES
from random_layers import random_conv_2d, side_by_side

M4 = CORES["cortex-m4"]
KERNEL = "mote_conv_2d_s8_dsp_chain_affine"


@pytest.fixture
def whatever_it_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines wherever they are proven, and no other form."""

    def alone(step: Step, *rest: Any) -> tuple[Step, float]:
        found, cycles = chain_affine.affine_chain_or(step, *rest)
        return (found if found is step else replace(found, frugal=None)), cycles

    monkeypatch.setattr("mote.lower.convolution.affine_chain_or", alone)
    monkeypatch.setattr("mote.lower.chain_affine._saved", lambda *_: 1.0)
    monkeypatch.setattr("mote.lower.convolution.winograd_or", lambda step, *_: step)


def random_channels(rng: np.random.Generator) -> Channels:
    count, taps = int(rng.integers(1, 14)), int(rng.integers(1, 90))
    weights = np.clip(rng.normal(0, rng.uniform(1, 90), (count, taps)), -128, 127).astype(np.int64)
    low = np.broadcast_to(rng.integers(-128, 127, (1, taps)), weights.shape)
    y_zero = int(rng.integers(-128, 128))
    is_positive = rng.random() < 0.7
    return Channels(
        weights=weights,
        x_low=low,
        x_high=np.broadcast_to(rng.integers(low[:1], 128), weights.shape),
        bias=rng.integers(-(10 ** rng.integers(1, 6)), 10 ** rng.integers(1, 6), count),
        multiplier=rng.integers(2**30, 2**31, count),
        right=rng.integers(4, 13, count),
        y_zero=y_zero,
        y_range=(y_zero if is_positive else -128, int(rng.integers(y_zero, 128))),
        rounding=list(Rounding)[int(rng.integers(2))],
    )


def all_sums(channels: Channels, channel: int, rng: np.random.Generator) -> np.ndarray:
    """Every sum of a channel, or many of them and all around its steps."""
    low, high = (int(end[channel]) for end in channels.bounds)
    if high - low < 20_000:
        return np.arange(low, high + 1)
    steps = find_steps(channels).least[channel]
    near = (steps[:, None] + np.arange(-3, 4)).ravel()
    return np.clip(np.concatenate([near, rng.integers(low, high + 1, 5_000)]), low, high)


def test_a_line_is_the_requantisation_of_every_sum() -> None:
    rng = np.random.default_rng(1)
    found = dict.fromkeys(Rounding, 0)
    for _ in range(60):
        channels = random_channels(rng)
        steps = find_steps(channels)
        for i in range(len(channels.bias)):
            line = find_line(channels, steps, i, (int(rng.integers(-999, 999)), 2**20))
            if line is None:
                continue
            found[channels.rounding] += 1
            sums = all_sums(channels, i, rng)
            padded = np.zeros((len(sums), len(channels.bias)), np.int64)
            padded[:, i] = sums
            want = channels.results(padded)[:, i]
            high = ((sums + line.offset) * line.multiplier >> 32) + line.constant
            assert np.abs(high).max() < 2**31
            got = np.clip(np.clip(high >> SHIFT, -128, 127), *channels.y_range)
            np.testing.assert_array_equal(got, want)
    assert min(found.values()) > 50, found


def test_no_line_is_found_for_a_multiplier_beyond_its_shift() -> None:
    channels = random_channels(np.random.default_rng(9))
    count = len(channels.bias)
    for right, found in ((4, False), (5, True)):
        steep = replace(channels, right=np.full(count, right), rounding=Rounding.SINGLE)
        lines = [find_line(steep, find_steps(steep), i, (-(2**18), 2**18)) for i in range(count)]
        assert all((line is not None) == found for line in lines)


def test_no_line_is_found_where_halves_round_away_from_zero_on_both_sides() -> None:
    channels = replace(
        random_channels(np.random.default_rng(2)),
        multiplier=np.full(1, 1_500_000_001),
        right=np.full(1, 8),
        weights=np.full((1, 64), 100),
        x_low=np.full((1, 64), -128),
        x_high=np.full((1, 64), 127),
        bias=np.zeros(1, np.int64),
        y_zero=0,
        y_range=(-128, 127),
        rounding=Rounding.DOUBLE,
    )
    assert find_line(channels, find_steps(channels), 0, (0, 2**20)) is None
    single = replace(channels, rounding=Rounding.SINGLE)
    assert find_line(single, find_steps(single), 0, (0, 2**20)) is not None


def test_no_input_leaves_a_slot_that_is_proven() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(150):
        channels = random_channels(rng)
        chain = chain_affine.find_affine_chain(channels)
        if chain is None:
            continue
        found += 1
        assert set(chain.order) == set(range(len(channels.bias)))
        low, high = channels.bounds
        for k in range(0, len(chain.order), 2):
            a, b = chain.order[k : k + 2]
            for end_a in (low[a], high[a]):
                first = end_a + chain.lines[k].offset
                assert 0 <= first < SLOT
                for end_b in (low[b], high[b]):
                    second = end_b + chain.lines[k + 1].offset
                    assert 0 <= first + second < SLOT
                    assert -SLOT <= second < SLOT
    assert 30 < found < 150, found


def test_no_input_leaves_the_slot_of_a_channel_that_fills_it() -> None:
    rng = np.random.default_rng(12)
    found = 0
    for _ in range(60):
        channels = random_channels(rng)
        chain = chain_wide.find_wide_chain(channels)
        if chain is None:
            continue
        found += 1
        assert set(chain.order) == set(range(len(channels.bias)))
        for end in channels.bounds:
            sums = end[list(chain.order)] + [line.offset for line in chain.lines]
            assert ((sums >= 0) & (sums < SLOT)).all()
    assert 10 < found < 60, found


def chained_layers(rng: np.random.Generator, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        graph = random_conv_2d(rng)
        if lower(graph, M4).steps[0].kernel.name.startswith(KERNEL):
            graphs.append(graph)
    return graphs


def first_layers(rng: np.random.Generator) -> list[Graph]:
    """Layers like those that models begin with: padded, narrow and wide, one pixel wide."""
    found = []
    shapes = (
        ((3, 3, 3), 2, (1, 11, 29, 3), Padding(0, 1, 0, 1)),
        ((3, 3, 3), 1, (1, 7, 32, 3), Padding(1, 1, 1, 1)),
        ((10, 4, 1), 2, (1, 21, 10, 1), Padding(4, 5, 1, 1)),
        ((5, 1, 4), 1, (1, 13, 1, 4), Padding(2, 2, 0, 0)),
        ((1, 1, 9), 1, (2, 4, 5, 9), Padding()),
        ((1, 1, 9), 2, (1, 9, 31, 9), Padding()),
        ((1, 3, 40), 1, (1, 5, 2, 40), Padding(0, 0, 1, 1)),
    )
    for (height, width, depth), stride, x_shape, padding in shapes:
        for rounding in Rounding:
            weights = rng.integers(-30, 31, (int(rng.integers(3, 18)), height, width, depth))
            op = Conv2D(stride=(stride, stride), padding=padding, rounding=rounding)
            bias = rng.integers(-500, 500, len(weights))
            found.append(layer(op, x_shape, weights.astype(np.int8), -128, bias))
    return found


def sliding_layers(rng: np.random.Generator, count: int) -> list[Graph]:
    """Layers of three channels of all widths, padded on any side."""
    found = []
    for width in range(count):
        height, kernel = (int(i) for i in rng.integers(1, 5, 2))
        stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        above, below = (int(i) for i in rng.integers(0, height, 2))
        left, right = (int(i) for i in rng.integers(0, kernel, 2))
        x_shape = int(rng.integers(1, 3)), int(rng.integers(6, 12)), kernel + width, 3
        op = Conv2D(stride=stride, padding=Padding(above, below, left, right))
        weights = rng.integers(-30, 31, (int(rng.integers(3, 10)), height, kernel, 3))
        bias = rng.integers(-500, 500, len(weights))
        found.append(layer(op, x_shape, weights.astype(np.int8), -128, bias))
    return found


def slides(graph: Graph) -> bool:
    return dict(lower(graph, M4).steps[0].parameters)["slides"] > 0


def check_on_host(graphs: Sequence[Graph], rng: np.random.Generator, folder: Path) -> None:
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    assert all(step.kernel.name.startswith(KERNEL) for step in steps)
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(step.node.op))


@pytest.mark.usefixtures("whatever_it_saves")
def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    graphs = chained_layers(rng, 40) + first_layers(rng) + first_layers(rng)
    copies = {dict(lower(graph, M4).steps[0].parameters)["copies"] for graph in graphs}
    assert len(copies) > 2, copies
    assert 0 in copies
    check_on_host(graphs, rng, tmp_path)


@pytest.mark.parametrize(("most", "worth"), [(0, 1.0), (10**6, np.inf)])
@pytest.mark.usefixtures("whatever_it_saves")
def test_copied_rows_or_not_give_the_reference(
    most: int, worth: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_affine, "MOST_COPIED", most)
    monkeypatch.setattr(chain_affine, "WORTH_COPYING", worth)
    rng = np.random.default_rng(5)
    check_on_host(first_layers(rng) + first_layers(rng), rng, tmp_path)


@pytest.mark.usefixtures("whatever_it_saves")
def test_windows_that_slide_give_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_affine, "WORTH_COPYING", np.inf)
    rng = np.random.default_rng(8)
    graphs = sliding_layers(rng, 40)
    assert all(slides(graph) for graph in graphs)
    check_on_host(graphs, rng, tmp_path)
    check(graphs[:20], [random_inputs(graphs[:20], rng) for _ in range(2)], "cortex-m4")


def random_first_layer(rng: np.random.Generator, channels: int = 3) -> Graph:
    """A layer whose windows slide where it reads three channels."""
    op, bias = Conv2D(stride=(2, 2), padding=Padding(0, 1, 0, 1)), np.zeros(8, np.int64)
    weights = rng.integers(-30, 31, (8, 3, 3, channels)).astype(np.int8)
    return layer(op, (1, 48, 48, channels), weights, -128, bias)


def test_windows_of_wide_layers_slide_where_three_channels_are_read() -> None:
    rng = np.random.default_rng(10)
    for channels in (2, 3, 4):
        assert slides(random_first_layer(rng, channels)) == (channels == 3)


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    used = [step.kernel.name.startswith(KERNEL) for step in build.program.steps]
    assert sum(used) > 0.7 * len(used)  # passes may leave a layer without dead channels
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33", "cortex-m7"])
@pytest.mark.usefixtures("whatever_it_saves")
def test_the_assembly_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(6)
    graphs = chained_layers(rng, 25) + first_layers(rng)
    check(graphs, [random_inputs(graphs, rng) for _ in range(3)], target)


@pytest.mark.usefixtures("whatever_it_saves")
def test_inputs_at_the_ends_of_every_channel_give_the_reference() -> None:
    rng = np.random.default_rng(7)
    graphs = []
    for depth, deviation in ((64, 60), (48, 60), (100, 40)):
        count = int(rng.integers(3, 14))
        weights = np.clip(rng.normal(0, deviation, (count, 1, 1, depth)), -128, 127)
        for rounding in Rounding:
            op = Conv2D(rounding=rounding)
            bias = rng.integers(-9000, 9000, count)
            graphs.append(layer(op, (1, 7, 7, depth), weights.astype(np.int8), -128, bias))
    nearly_full = [layer_channels(graph, graph.nodes[0]).bounds for graph in graphs]
    assert max(int((high - low).max()) for low, high in nearly_full) > SLOT // 3
    check(graphs, [[worst_inputs(graph, rng) for graph in graphs] for _ in range(8)], "cortex-m4")


def wide_layers(
    rng: np.random.Generator,
    depths: Sequence[int] = (140, 129, 143),
    side: int = 5,
    outputs: int = 0,
) -> list[Graph]:
    """Layers whose channels fill slots alone; of few channels where ``outputs`` says nothing."""
    graphs = []
    for depth in depths:
        count = outputs or int(rng.integers(5, 12))
        weights = np.clip(rng.normal(0, 58, (count, 1, 1, depth)), -128, 127)
        for rounding in Rounding:
            op = Conv2D(rounding=rounding)
            bias = rng.integers(-9000, 9000, len(weights))
            graphs.append(layer(op, (1, side, side, depth), weights.astype(np.int8), -128, bias))
    return graphs


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m7"])
@pytest.mark.usefixtures("whatever_it_saves")
def test_channels_that_fill_slots_give_the_reference_at_their_ends(
    target: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(13)
    graphs = wide_layers(rng)
    names = [lower(graph, M4).steps[0].kernel.name for graph in graphs]
    assert set(names) == {KERNEL + "_points_wide"}, names
    ranges = [layer_channels(graph, graph.nodes[0]).bounds for graph in graphs]
    assert max(int((high - low).max()) for low, high in ranges) > 0.8 * SLOT
    check(graphs, [[worst_inputs(graph, rng) for graph in graphs] for _ in range(6)], target)
    check_on_host(graphs, rng, tmp_path)


def steep_layer(rng: np.random.Generator, shape: tuple[int, int, int], op: Conv2D) -> Graph:
    """130 channels, two of them too steep for a line; ``shape``: rows, columns, input channels."""
    weights = rng.integers(-128, 128, (130, 1, 1, shape[2])).astype(np.int8)
    graph = layer(op, (1, *shape), weights, -128)
    quantization = graph.tensors["w"].quantization
    assert quantization is not None
    scales = list(quantization.scales)
    scales[5], scales[70] = 60 * scales[5], 25 * scales[70]  # beyond the shift of lines
    return with_scales(graph, tuple(scales))


@pytest.mark.usefixtures("whatever_it_saves")
def test_the_few_channels_without_lines_give_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(14)
    graphs = [
        steep_layer(rng, (5, 4, 9), Conv2D(rounding=Rounding.SINGLE)),
        steep_layer(rng, (5, 4, 12), Conv2D(stride=(2, 2), rounding=Rounding.DOUBLE)),
    ]
    names = {lower(graph, M4).steps[0].kernel.name for graph in graphs}
    assert names == {KERNEL + "_points_wide_rest"}
    check_on_host(graphs, rng, tmp_path)
    samples = [random_inputs(graphs, rng), [worst_inputs(graph, rng) for graph in graphs]]
    check(graphs, samples, "cortex-m4")


def with_scales(graph: Graph, scales: tuple[float, ...]) -> Graph:
    """The layer with other scales of its weights."""
    weights = graph.tensors["w"]
    assert weights.quantization is not None
    others = replace(weights, quantization=replace(weights.quantization, scales=scales))
    return replace(graph, tensors={**graph.tensors, "w": others})


@pytest.mark.parametrize(
    ("target", "taps", "is_dual"),
    [("cortex-m7", 16, True), ("cortex-m7", 15, False), ("cortex-m33", 16, False)],
)
def test_loads_alternate_with_multiplications_on_a_core_that_issues_both(
    target: str, taps: int, is_dual: bool
) -> None:
    weights = np.random.default_rng(11).integers(-60, 61, (8, 1, 1, taps)).astype(np.int8)
    graph = layer(Conv2D(rounding=Rounding.SINGLE), (1, 9, 9, taps), weights, -128)
    (step,) = lower(graph, CORES[target]).steps
    assert step.kernel.name == KERNEL + "_points" + "_dual" * is_dual


def test_a_last_window_is_alone_where_threes_leave_one() -> None:
    weights = np.random.default_rng(15).integers(-60, 61, (48, 1, 1, 24)).astype(np.int8)
    for width, name in ((4, "_points_one"), (5, "_points_one"), (6, "_points")):
        graph = layer(Conv2D(rounding=Rounding.SINGLE), (1, width, width, 24), weights, -128)
        (step,) = lower(graph, M4).steps
        assert step.kernel.name == KERNEL + name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
@pytest.mark.usefixtures("whatever_it_saves")
def test_many_random_layers_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    first = [g for g in first_layers(rng) if lower(g, M4).steps[0].kernel.name.startswith(KERNEL)]
    graphs = chained_layers(rng, 150) + first
    check_on_host(graphs, rng, tmp_path)
    for start in range(0, len(graphs), 30):  # so many as fit in flash
        some = graphs[start : start + 30]
        check(some, [random_inputs(some, rng) for _ in range(2)], "cortex-m4")
