"""Winograd's convolution: exact wherever its proof holds, and not emitted elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from joined_graphs import cut, joined, weighted
from kernel_runner import run_steps
from mote import reference
from mote.build import Build
from mote.codegen import generate
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Activation, Concat, Conv2D, Padding, Rounding, Slice
from mote.lower import winograd
from mote.lower.constant_channels import (
    computed_channels,
    constant_results,
    settle_constant_channels,
)
from mote.lower.geometry import row_geometry
from mote.lower.input_range import layer_channels
from mote.lower.join_channels import join_channels
from mote.lower.lower import lower
from mote.lower.step import Program, Step
from mote.lower.winograd import start_of_sums, winograd_step
from mote.lower.winograd_scheme import (
    FOUR,
    ROW,
    ROW_TWO,
    SCHEMES,
    THIRDS,
    TWO,
    Scheme,
    scheme_cycles,
)
from mote.plan import Options, make_plan
from mote.plan.forms import forms
from mote.target import resolve
from mote.target.cores import CORES
from random_graph_maker import Maker
from random_graphs import random_inputs
from random_layers import random_weights, side_by_side, single_node_graph

Array = np.ndarray
Rng = np.random.Generator
M4 = CORES["cortex-m4"]
MOST_TAPS = 29241
"""Sum of a channel's absolute weights up to which 576 sums of any int8 inputs fit int32."""

every_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.suffix)
every_dsp_core = pytest.mark.parametrize("target", ["cortex-m4", "cortex-m7", "cortex-m33"])


def forced(graph: Graph, scheme: Scheme) -> Step | None:
    """The only layer of a graph with one of the algorithms, whatever it costs."""
    (node,) = graph.nodes
    channels = settle_constant_channels(layer_channels(graph, node))
    constant, value = constant_results(channels)
    return winograd_step(graph, node, channels, computed_channels(constant, 50), value, scheme)


def random_layer(rng: Rng) -> Graph:
    """3 x 3 at stride 1, of any sizes, padding, zero points, rounding; some channels constant."""
    op = Conv2D(
        padding=Padding(*(int(n) for n in rng.integers(0, 3, 4))),
        activation=list(Activation)[int(rng.integers(4))],
        rounding=list(Rounding)[int(rng.integers(2))],
    )
    pads = op.padding.top + op.padding.bottom, op.padding.left + op.padding.right
    height, width = (max(1, 3 - pad) + int(rng.integers(0, 10)) for pad in pads)
    inputs, outputs = int(rng.choice([1, 2, 3, 4, 5, 8, 9, 16, 20, 24])), int(rng.integers(1, 8))
    x_shape = (int(rng.choice([1, 1, 2])), height, width, inputs)
    return single_node_graph(op, x_shape, random_weights((outputs, 3, 3, inputs), rng), rng)


def layer(weights: Array, rounding: Rounding, size: int = 14) -> Graph:
    """Every channel reaches both ends of int8, and beyond."""
    reach = 128 * int(np.abs(weights.astype(int)).sum(axis=(1, 2, 3)).max())
    bias = np.resize([1000, -1000, 3], len(weights)).astype(np.int32)
    op = Conv2D(rounding=rounding)
    x_shape = (1, size, size, weights.shape[3])
    y_shape = op.shape(x_shape, weights.shape, bias.shape)
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((0.5,), (3,))),
        Tensor("w", weights.shape, DType.INT8, Quantization((0.25,), (0,)), weights),
        Tensor("b", bias.shape, DType.INT32, None, bias),
        Tensor("y", y_shape, DType.INT8, Quantization((reach / 1000,), (-1,))),
    ]
    nodes = (Node("layer", op, ("x", "w", "b"), "y"),)
    return Graph("layer", {t.name: t for t in tensors}, nodes, ("x",), ("y",))


def weights_of(taps: int, inputs: int, seed: int) -> Array:
    """Weights of random signs of which every channel's absolute values add up to ``taps``."""
    rng = np.random.default_rng(seed)
    shape = (4, 3, 3, inputs)
    each, more = divmod(taps, 9 * inputs)
    sizes = np.full((4, 9 * inputs), each)
    sizes[:, :more] += 1
    signs = rng.choice([-1, 1], sizes.shape)
    return (rng.permuted(sizes, axis=1) * signs).astype(np.int8).reshape(shape)


def extreme_inputs(graph: Graph) -> list[Array]:
    """For each channel images in which it has its greatest and its least sum.

    The best window is repeated every 3 pixels, and so meets every place of a tile.
    """
    shape, weights = graph.tensors["x"].shape, graph.tensors["w"].array
    found = []
    for channel in weights:
        for high, low in ((127, -128), (-128, 127)):
            window = np.where(channel > 0, high, low)
            repeated = np.tile(window, (shape[1] // 3 + 1, shape[2] // 3 + 1, 1))
            found.append(repeated[: shape[1], : shape[2]].astype(np.int8)[None])
    return found


def on_host(
    graphs: Sequence[Graph], steps: Sequence[Step], xs: Sequence[Array], folder: Path
) -> None:
    """Under the sanitizers, in calls of various numbers of rows."""
    expected = [reference.run(graph, [x])["y"] for graph, x in zip(graphs, xs, strict=True)]
    found = run_steps(steps, [[x] for x in xs], expected, folder)
    for graph, want, got in zip(graphs, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def on_core(
    graphs: Sequence[Graph],
    scheme: Scheme,
    samples: Sequence[Sequence[Array]],
    target: str,
) -> list[bool]:
    """All layers in one firmware: for each, whether all samples gave the reference's bytes."""
    program = in_tiles(lower(side_by_side(graphs), CORES[target]), scheme)
    assert len(program.steps) == len(graphs)
    build = build_of(program, target)
    equal = [True] * len(graphs)
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for i, (graph, x, got) in enumerate(zip(graphs, sample, outputs, strict=True)):
            equal[i] &= bool(np.array_equal(got, reference.run(graph, [x])["y"]))
    return equal


def in_tiles(program: Program, scheme: Scheme) -> Program:
    """The program with one of the algorithms for all convolutions."""
    graph = program.graph
    made = (s.node.op for s in program.steps)
    steps = [
        forced(_alone(graph, s.node), scheme) if isinstance(op, Conv2D) else s
        for s, op in zip(program.steps, made, strict=True)
    ]
    return replace(program, steps=tuple(step for step in steps if step))


def build_of(program: Program, target: str) -> Build:
    plan = make_plan(program, Options(optimize="time"))
    where = resolve(target)
    return Build(program.graph, program, plan, where, generate(program, plan, where))


def _alone(graph: Graph, node: Node) -> Graph:
    """One node of a graph, under the names that it has there."""
    names = (*node.inputs, node.output)
    tensors = {name: graph.tensors[name] for name in names}
    return Graph(graph.name, tensors, (node,), node.inputs[:1], (node.output,))


@every_scheme
def test_random_layers_equal_the_reference_on_the_host(scheme: Scheme, tmp_path: Path) -> None:
    compare_on_host(scheme, 1, tmp_path)


@pytest.mark.slow
@every_scheme
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_random_layers_equal_the_reference_on_the_host(
    scheme: Scheme, seed: int, tmp_path: Path
) -> None:
    compare_on_host(scheme, seed, tmp_path)


def compare_on_host(scheme: Scheme, seed: int, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = [random_layer(rng) for _ in range(30)]
    pairs = [(graph, step) for graph in graphs if (step := forced(graph, scheme))]
    assert len(pairs) > 25
    chosen, steps = zip(*pairs, strict=True)
    on_host(chosen, steps, [random_input(graph, rng) for graph in chosen], folder)


def random_input(graph: Graph, rng: Rng) -> Array:
    shape = graph.tensors["x"].shape
    ends = rng.choice(np.array([-128, 127], np.int8), shape)
    return ends if rng.random() < 0.4 else rng.integers(-128, 128, shape).astype(np.int8)


@pytest.mark.parametrize(
    ("target", "scheme"),
    [
        *(("cortex-m4", scheme) for scheme in SCHEMES),
        *product(("cortex-m7", "cortex-m33"), (ROW_TWO, THIRDS, TWO, FOUR)),
    ],
    ids=lambda value: value.suffix if isinstance(value, Scheme) else value,
)
def test_random_layers_equal_the_reference_on_cores(target: str, scheme: Scheme) -> None:
    compare_on_core(target, scheme, 2)


@pytest.mark.slow
@every_scheme
@every_dsp_core
@pytest.mark.parametrize("seed", range(200, 220))
def test_many_random_layers_equal_the_reference_on_cores(
    target: str, scheme: Scheme, seed: int
) -> None:
    compare_on_core(target, scheme, seed)


def compare_on_core(target: str, scheme: Scheme, seed: int) -> None:
    rng = np.random.default_rng(seed)
    graphs = [g for g in (random_layer(rng) for _ in range(25)) if forced(g, scheme)]
    samples = [[random_input(graph, rng) for graph in graphs] for _ in range(2)]
    assert all(on_core(graphs, scheme, samples, target))


@every_scheme
@pytest.mark.parametrize("rounding", Rounding)
def test_sums_at_the_end_of_the_proof_are_exact(
    scheme: Scheme, rounding: Rounding, tmp_path: Path
) -> None:
    graph = layer(weights_of(MOST_TAPS, 32, seed=3), rounding)
    inputs = extreme_inputs(graph)
    step = forced(graph, scheme)
    assert step
    on_host([graph] * len(inputs), [step] * len(inputs), inputs, tmp_path)
    assert all(on_core([graph], scheme, [[x] for x in inputs], "cortex-m4"))


def test_one_weight_more_and_tiles_of_four_are_not_emitted() -> None:
    weights = weights_of(MOST_TAPS + 1, 32, seed=4)
    graph = layer(weights, Rounding.SINGLE, 18)
    assert forced(graph, FOUR) is None
    (step,) = lower(graph, M4).steps
    assert "winograd_4" not in step.kernel.name
    (step,) = lower(layer(weights_of(MOST_TAPS, 32, seed=4), Rounding.SINGLE, 18), M4).steps
    assert step.kernel.name == "mote_conv_2d_s8_dsp_winograd_4_single"


def test_without_the_proof_bytes_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = layer(weights_of(127 * 288, 32, seed=5), Rounding.SINGLE)
    assert forced(graph, FOUR) is None
    monkeypatch.setattr(winograd, "start_of_sums", lambda low, high, bias, scheme: bias)
    samples = [[x] for x in extreme_inputs(graph)]
    assert on_core([graph], FOUR, samples, "cortex-m4") == [False]


def test_sums_too_large_for_tiles_of_two_are_refused() -> None:
    zero, end = np.zeros(1, np.int64), np.array([2**29])
    assert start_of_sums(zero, end - 1, zero, TWO) is not None
    assert start_of_sums(zero, end, zero, TWO) is None
    assert start_of_sums(-end, zero, zero, TWO) is None
    assert start_of_sums(zero, end, end, TWO) is None


def test_sums_too_large_for_rows_are_refused() -> None:
    zero, end = np.zeros(1, np.int64), np.array([-(-(2**31) // 24)])
    assert start_of_sums(zero, end - 1, zero, ROW) is not None
    assert start_of_sums(zero, end, zero, ROW) is None
    assert start_of_sums(-end, zero, zero, ROW) is None


@pytest.mark.parametrize("scheme", [ROW, THIRDS, ROW_TWO, TWO], ids=lambda s: s.suffix)
def test_the_largest_weights_are_exact(scheme: Scheme, tmp_path: Path) -> None:
    graph = layer(weights_of(127 * 9 * 32, 32, seed=5), Rounding.DOUBLE)
    inputs = extreme_inputs(graph)
    step = forced(graph, scheme)
    assert step
    on_host([graph] * len(inputs), [step] * len(inputs), inputs, tmp_path)
    assert all(on_core([graph], scheme, [[x] for x in inputs], "cortex-m4"))


def test_a_range_on_one_side_of_zero_is_centred() -> None:
    low, high = np.array([10_000_000]), np.array([10_000_000 + 2 * 3_728_000])
    start = start_of_sums(low, high, np.zeros(1, np.int64), FOUR)
    assert start is not None
    assert max(abs(int((low + start)[0])), abs(int((high + start)[0]))) * 576 < 2**31


@pytest.mark.parametrize("inputs", [8, 16, 32, 64])
def test_each_form_is_faster_or_smaller_or_needs_fewer_rows_than_any_other(inputs: int) -> None:
    weights = weights_of(9 * inputs, inputs, seed=8).repeat(inputs // 4, axis=0)
    (step,) = lower(layer(weights, Rounding.DOUBLE, 18), M4).steps
    found = forms(step)
    assert {form.kernel.name for form in found} >= {
        "mote_conv_2d_s8_dsp_winograd_4",
        f"mote_conv_2d_s8_dsp_winograd_{'4_one' if inputs > 8 else 'row_two'}",
        "mote_conv_2d_s8_dsp_winograd_row" if inputs > 8 else "mote_conv_2d_s8_dsp_chain",
    }
    assert all(form.frugal_cycles > 0 for form in found[:-1])
    for i, slow in enumerate(found):
        for fast in found[:i]:
            less_memory = slow.scratch_bytes < fast.scratch_bytes or flash(slow) < flash(fast)
            assert less_memory or rows(slow) < rows(fast)


def rows(step: Step) -> int:
    return step.split.rows if step.split else 1


def flash(step: Step) -> int:
    return sum(constant.array.nbytes for constant in step.constants)


@every_scheme
@pytest.mark.parametrize("inputs", [16, 32])
def test_estimated_cycles_are_near_those_counted(scheme: Scheme, inputs: int) -> None:
    weights = weights_of(9 * inputs, inputs, seed=9).repeat(inputs // 4, axis=0)
    graph = layer(weights, Rounding.DOUBLE, 18)
    step = forced(graph, scheme)
    assert step
    assert step.split
    expected = scheme_cycles(scheme, row_geometry(graph, step.node), inputs // 2)
    for rows in (2, 16):
        program = Program(graph, (replace(step, split=replace(step.split, rows=rows)),))
        counted = build_of(program, "cortex-m4").profile().layers[0].cycles
        assert counted == pytest.approx(16 // rows * expected(rows), rel=0.07)


@every_scheme
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_channels_of_larger_tensors(scheme: Scheme, rounding: Rounding, target: str) -> None:
    maker = Maker(np.random.default_rng(7))
    x = maker.tensor((1, 9, 11, 8), maker.quantization())
    maker.inputs.append(x.name)
    op = Conv2D(padding=Padding(1, 1, 1, 1), rounding=rounding, activation=Activation.RELU6)
    sides = [weighted(maker, op, x, (n, 3, 3, 8), 0, x.q) for n in (5, 8)]
    parts = cut(maker, joined(maker, sides), 2)
    made = [weighted(maker, op, t, (3, 3, 3, t.shape[3]), 0, x.q) for t in parts]
    y = weighted(maker, op, joined(maker, made), (2, 3, 3, 6), 0, x.q)
    tensors = {t.name: t for t in maker.tensors}
    graph = Graph("parts", tensors, tuple(maker.nodes), tuple(maker.inputs), (y.name,))
    program = join_channels(in_tiles(lower(graph, M4), scheme))
    assert not any(isinstance(step.node.op, Concat | Slice) for step in program.steps)
    sample = random_inputs(graph, 0)
    want = reference.run(graph, sample)
    for name, got in build_of(program, target).trace(sample).items():
        if name in want:
            np.testing.assert_array_equal(got, want[name], err_msg=name)
