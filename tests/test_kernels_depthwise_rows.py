"""Depthwise 3 x 3 row by row: the bytes of the reference, whatever rows, channels and rounding."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mote
from joined_graphs import build_joined, cut, joined, weighted
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Activation, Conv2D, DepthwiseConv2D, Padding, Rounding
from mote.lower import depthwise_rows
from mote.lower.channels import Channels, select_channels
from mote.lower.lower import lower
from mote.lower.requantization_line import SCALE, SCALED_SHIFT, find_scaled_line, find_steps
from mote.lower.step import Step
from mote.plan.forms import forms
from mote.target.cores import CORES
from random_graph_maker import Maker
from random_layers import side_by_side

M4 = CORES["cortex-m4"]
Rng = np.random.Generator
WIDTHS = (3, 4, 5, 6, 8, 9, 10, 11, 12, 18, 20, 21)


def layer(
    op: DepthwiseConv2D,
    x_shape: tuple[int, ...],
    weights: np.ndarray,
    y_zero: int,
    spread: float = 200.0,
    bias: np.ndarray | None = None,
    x_zero: int = 3,
) -> Graph:
    """A layer in which the sums of each channel have about ``spread`` results."""
    count = x_shape[3]
    bias = np.zeros(count) if bias is None else bias
    reach = np.abs(weights.astype(int)).reshape(9, count).sum(0) * 128 + np.abs(bias) + 1
    scales = tuple((spread / reach).astype(np.float32).tolist())
    y_shape = op.shape(x_shape, weights.shape, (count,))
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((1.0,), (x_zero,))),
        Tensor("w", weights.shape, DType.INT8, Quantization(scales, (0,) * count, 3), weights),
        Tensor("b", (count,), DType.INT32, None, bias.astype(np.int32)),
        Tensor("y", y_shape, DType.INT8, Quantization((1.0,), (y_zero,))),
    ]
    node = Node("layer", op, ("x", "w", "b"), "y")
    graph = Graph(op.kind, {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def random_layer(rng: Rng, width: int) -> Graph:
    """Any height, padding above and below, vertical stride, and share of dead channels."""
    rounding = list(Rounding)[int(rng.integers(2))]
    top, bottom = int(rng.integers(0, 3)), int(rng.integers(0, 3))
    height = int(rng.integers(max(1, 3 - top - bottom), 8))
    step = 2 if width % 3 == 2 or (width % 3 == 0 and rng.random() < 0.5) else 1
    left, right = (1, 1) if step == 1 else (int(n) for n in rng.integers(0, 2, 2))
    x_width = (width - 1) * step + 3 - left - right
    op = DepthwiseConv2D(
        stride=(int(rng.integers(1, 4)), step),
        padding=Padding(top, bottom, left, right),
        activation=list(Activation)[int(rng.integers(4))],
        rounding=rounding,
    )
    channels = int(rng.integers(1, 40))
    weights = rng.integers(-128, 128, (1, 3, 3, channels)).astype(np.int8)
    weights[..., rng.random(channels) < rng.choice([0, 0, 0.4, 0.9])] = 0
    y_zero = -128 if rounding is Rounding.DOUBLE else int(rng.integers(-128, 128))
    spread = float(rng.choice([200, 500, 3]))
    bias = rng.integers(-40000, 40000, channels)
    x_zero = int(rng.integers(-128, 128))
    return layer(op, (1, height, x_width, channels), weights, y_zero, spread, bias, x_zero)


def layers_by_rows(rng: Rng, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        graph = random_layer(rng, WIDTHS[len(graphs) % len(WIDTHS)])
        if is_by_rows(graph):
            graphs.append(graph)
    return graphs


def only_step(graph: Graph) -> Step:
    (step,) = lower(graph, M4).steps
    return step


def is_by_rows(graph: Graph) -> bool:
    return only_step(graph).kernel.struct == "mote_depthwise_channels"


def random_inputs(graphs: Sequence[Graph], rng: Rng) -> list[np.ndarray]:
    shapes = [graph.tensors["x"].shape for graph in graphs]
    return [
        rng.choice(np.array([-128, 127], np.int8), shape)
        if rng.random() < 0.3
        else rng.integers(-128, 128, shape).astype(np.int8)
        for shape in shapes
    ]


def check_on_host(graphs: Sequence[Graph], rng: Rng, folder: Path) -> None:
    inputs = random_inputs(graphs, rng)
    steps = [only_step(graph) for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    structs = {step.kernel.struct for step in build.program.steps}
    assert structs == {"mote_depthwise_channels"}
    found = build.run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    check_on_host(layers_by_rows(rng, 32), rng, tmp_path)


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m33"])
def test_the_assembly_of_random_layers_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(2)
    graphs = layers_by_rows(rng, 48)
    check(graphs, [random_inputs(graphs, rng) for _ in range(3)], target)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_random_layers_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = layers_by_rows(rng, 100)
    check_on_host(graphs, rng, tmp_path)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")


@pytest.mark.parametrize(
    ("width", "stride"), [*((width, 1) for width in WIDTHS if width != 11), (9, 2), (11, 2)]
)
def test_channels_of_larger_tensors_are_read_and_written_in_place(width: int, stride: int) -> None:
    maker = Maker(np.random.default_rng(width))
    q = Quantization((0.05,), (-128,))
    x = maker.tensor((1, 4, width, 3), q)
    maker.inputs.append(x.name)
    made = weighted(maker, Conv2D(), x, (9, 1, 1, 3), 0, q)
    op = DepthwiseConv2D(stride=(stride, stride), padding=Padding(1, 1, 1, 1))
    parts = [weighted(maker, op, t, (1, 3, 3, t.shape[3]), 3, q) for t in cut(maker, made, 2)]
    y = joined(maker, parts)
    tensors = {t.name: t for t in maker.tensors}
    graph = Graph("parts", tensors, tuple(maker.nodes), tuple(maker.inputs), (y.name,))
    build = build_joined(graph, "cortex-m4")
    structs = ("mote_depthwise_channels", "mote_depthwise_slot_channels")
    used = [s.kernel for s in build.program.steps if s.kernel.struct in structs]
    assert len(used) == 2
    assert all(kernel.takes_strides for kernel in used)
    sample = np.random.default_rng(0).integers(-128, 128, x.shape).astype(np.int8)
    np.testing.assert_array_equal(build.run(sample), reference.run(graph, [sample])[y.name])


@pytest.mark.parametrize("rounding", Rounding)
def test_every_half_is_rounded_as_the_reference_does(rounding: Rounding) -> None:
    """One tap of 1: sums are the inputs, and scales of powers of two put halves among them."""
    weights = np.zeros((1, 3, 3, 12), np.int8)
    weights[0, 1, 1] = 1
    op = DepthwiseConv2D(padding=Padding(1, 1, 1, 1), rounding=rounding)
    graph = layer(op, (1, 64, 4, 12), weights, -128, bias=np.arange(12) * 50)
    scales = tuple(2.0 ** -(2 + i % 5) * (1 if i < 6 else 0.75) for i in range(12))
    tensors = dict(graph.tensors)
    w = tensors["w"]
    tensors["w"] = Tensor("w", w.shape, DType.INT8, Quantization(scales, (0,) * 12, 3), weights)
    graph = Graph(graph.name, tensors, graph.nodes, graph.inputs, graph.outputs)
    x = np.arange(256).astype(np.uint8).view(np.int8).reshape(1, 64, 4, 1).repeat(12, axis=3)
    check([graph], [[x]], "cortex-m4")


@pytest.mark.parametrize("rounding", Rounding)
def test_scaled_lines_give_the_result_of_every_sum(rounding: Rounding) -> None:
    rng = np.random.default_rng(5)
    count = 24
    weights = rng.integers(-40, 41, (count, 9))
    weights[8:] //= 10
    channels = Channels(
        weights=weights,
        x_low=np.full((count, 9), -128),
        x_high=np.full((count, 9), 127),
        bias=rng.integers(-3000, 3000, count),
        multiplier=rng.integers(2**30, 2**31, count),
        right=rng.integers(1, 17, count),
        y_zero=-128,
        y_range=(-128, 127),
        rounding=rounding,
    )
    steps = find_steps(channels)
    lines = [find_scaled_line(channels, steps, i) for i in range(count)]
    assert sum(line is not None for line in lines) >= count // 2
    for i, line in enumerate(lines):
        if line is None:
            continue
        sums = np.arange(steps.low[i], steps.high[i] + 1)
        scaled = SCALE * sums + line.offset
        assert np.abs(scaled).max() < 2**31
        found = np.clip(scaled * line.multiplier >> 32 + SCALED_SHIFT, *channels.y_range)
        one = select_channels(channels, [i])
        np.testing.assert_array_equal(found, one.results(sums[:, None])[:, 0])


def test_a_layer_without_exact_requantisation_takes_another_kernel() -> None:
    weights = np.random.default_rng(3).integers(-99, 99, (1, 3, 3, 8)).astype(np.int8)

    def found(shape: tuple[int, ...], y_zero: int, **attributes: object) -> bool:
        op = DepthwiseConv2D(**{"padding": Padding(1, 1, 1, 1), **attributes})
        return is_by_rows(layer(op, shape, weights, y_zero))

    assert found((1, 4, 5, 8), -128)
    assert not found((1, 4, 5, 8), -127)
    assert found((1, 4, 5, 8), -127, rounding=Rounding.SINGLE)
    assert not found((1, 4, 7, 8), -128)
    assert found((1, 4, 18, 8), -128)
    assert found((1, 4, 22, 8), -128)
    assert not found((1, 4, 25, 8), -128)
    assert not found((1, 4, 2, 8), -128)
    assert not found((1, 4, 5, 8), -128, padding=Padding(1, 1, 0, 1))
    assert found((1, 4, 5, 8), -128, stride=(1, 2))
    assert not found((1, 4, 7, 8), -128, stride=(1, 2))


def test_layers_by_rows_compute_no_dead_channels() -> None:
    weights = np.random.default_rng(4).integers(-99, 99, (1, 3, 3, 9)).astype(np.int8)
    weights[..., [0, 3, 4, 8]] = 0
    op = DepthwiseConv2D(padding=Padding(1, 1, 1, 1))
    step = only_step(layer(op, (1, 4, 5, 9), weights, -128))
    (words,) = step.constants
    assert words.array.size == 4 * 5 + 3
    assert dict(step.parameters)["first"] == 1
    assert dict(step.parameters)["computed"] == 5
    forms = words.array[-3:].view(np.uint16)[:5]
    assert (forms >> 8).tolist() == [1, 3, 1, 1, 0]


def test_the_kernel_for_longer_rows_computes_those_of_six_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alone(*layer: Any) -> Step:
        (_, frugal) = forms(with_sixes(*layer))
        return frugal

    with_sixes = depthwise_rows._with_sixes
    monkeypatch.setattr(depthwise_rows, "_with_sixes", alone)
    rng = np.random.default_rng(6)
    layers = [graph for graph in (random_layer(rng, 6) for _ in range(30)) if is_by_rows(graph)]
    graphs = [g for g in layers if g.nodes[0].op.stride[1] == 1]
    assert len(graphs) > 8
    assert all(only_step(graph).kernel.name.endswith("_sixes") for graph in graphs)
    check_on_host(graphs, rng, tmp_path)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")
