"""Depthwise 5 x 5 and 7 x 7 with three sums in 64 bits: the bytes of the reference."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Activation, DepthwiseConv2D, Padding, Rounding
from mote.lower.channels import Channels
from mote.lower.depthwise_slots import FORMS, PLANE, SLOT, Form, find_starts
from mote.lower.lower import lower
from mote.lower.step import Step
from mote.target.cores import CORES
from random_layers import side_by_side

Rng = np.random.Generator
STRUCT = "mote_depthwise_slot_channels"


def random_layer(rng: Rng, form: Form, channels: int = 0) -> Graph:
    """Any height, padding above and below, vertical stride, and share of dead channels."""
    width = form.results * (1 if form.is_row else int(rng.integers(1, 4)))
    top, bottom = (int(n) for n in rng.integers(0, form.taps, 2))
    height = int(rng.integers(max(1, form.taps - top - bottom), 10))
    step = int(rng.integers(1, 4))
    if width == PLANE and rng.random() < 0.6:  # of which all is in registers
        top, bottom, height, step = form.taps // 2, form.taps // 2, PLANE, 1
    right = (width - 1) * form.stride + form.taps - form.taps // 2 - width * form.stride
    op = DepthwiseConv2D(
        stride=(step, form.stride),
        padding=Padding(top, bottom, form.taps // 2, right),
        activation=list(Activation)[int(rng.integers(4))],
        rounding=list(Rounding)[int(rng.integers(2))],
    )
    channels = channels or int(rng.integers(2, 8))
    reach = int(rng.choice([128, 128, 30]))
    weights = rng.integers(-reach, reach, (1, form.taps, form.taps, channels)).astype(np.int8)
    weights[..., rng.random(channels) < rng.choice([0, 0, 0.6])] = 0
    bias = rng.integers(-9000, 9000, channels)
    sums = np.abs(weights.astype(int)).sum((0, 1, 2)) * 128 + np.abs(bias) + 9000
    scales = (float(rng.choice([100, 400])) / sums).astype(np.float32)
    x_zero, y_zero = (int(n) for n in rng.integers(-128, 128, 2))
    shape = (1, height, width * form.stride, channels)
    q = Quantization(tuple(scales.tolist()), (0,) * channels, 3)
    tensors = [
        Tensor("x", shape, DType.INT8, Quantization((1.0,), (x_zero,))),
        Tensor("w", weights.shape, DType.INT8, q, weights),
        Tensor("b", (channels,), DType.INT32, None, bias.astype(np.int32)),
        Tensor(
            "y",
            op.shape(shape, weights.shape, (channels,)),
            DType.INT8,
            Quantization((1.0,), (y_zero,)),
        ),
    ]
    node = Node("layer", op, ("x", "w", "b"), "y")
    graph = Graph(op.kind, {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def only_step(graph: Graph) -> Step:
    (step,) = lower(graph, CORES["cortex-m4"]).steps
    return step


def layers_by_slots(rng: Rng, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        graph = random_layer(rng, FORMS[len(graphs) % len(FORMS)])
        if only_step(graph).kernel.struct == STRUCT:
            graphs.append(graph)
    return graphs


def random_inputs(graphs: Sequence[Graph], rng: Rng) -> list[np.ndarray]:
    ends = np.array([-128, 127], np.int8)
    shapes = [graph.tensors["x"].shape for graph in graphs]
    return [
        rng.choice(ends, shape) if rng.random() < 0.3 else rng.integers(-128, 128, shape, np.int8)
        for shape in shapes
    ]


def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    graphs = layers_by_slots(rng, 3 * len(FORMS))
    inputs = random_inputs(graphs, rng)
    steps = [only_step(graph) for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


@pytest.mark.parametrize("target", ["cortex-m4", "cortex-m7"])
def test_the_assembly_of_random_layers_equals_the_reference(target: str) -> None:
    rng = np.random.default_rng(2)
    graphs = layers_by_slots(rng, 3 * len(FORMS))
    build = mote.compile(side_by_side(graphs), target, optimize="time")
    used = {step.kernel.name.removesuffix("_strided") for step in build.program.steps}
    assert used == {f"mote_depthwise_conv_2d_s8_dsp_slots_{form.name}" for form in FORMS}
    samples = [random_inputs(graphs, rng) for _ in range(3)]
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


def random_channels(rng: Rng, taps: int, reach: int, bias: int) -> Channels:
    count = 6
    return Channels(
        weights=rng.integers(-reach, reach + 1, (count, taps)),
        x_low=np.full((count, taps), -128),
        x_high=np.full((count, taps), 127),
        bias=rng.integers(-bias, bias + 1, count),
        multiplier=rng.integers(2**30, 2**31, count),
        right=rng.integers(8, 13, count),
        y_zero=-7,
        y_range=(-128, 127),
        rounding=Rounding.SINGLE,
    )


@pytest.mark.parametrize("x_zero", [-128, 0, 127])
def test_slots_hold_the_least_and_the_greatest_sum_of_any_products(x_zero: int) -> None:
    channels = random_channels(np.random.default_rng(3), 25, 127, 50_000)
    found = find_starts(channels, x_zero)
    assert found is not None
    starts, lines = found
    for i, (start, line) in enumerate(zip(starts.tolist(), lines, strict=True)):
        w = channels.weights[i]
        ends = np.stack([w * (-128 - x_zero), w * (127 - x_zero), 0 * w])
        assert 0 <= start + ends.min(0).sum() <= start + ends.max(0).sum() < 2**SLOT
        assert start - line.offset == channels.bias[i] + x_zero * w.sum()
        low, high = channels.bounds[0][i], channels.bounds[1][i]
        sums = np.linspace(low, high, 5000).astype(int)
        scaled = ((sums + line.offset) * line.multiplier >> 32) + line.constant
        want = channels.results(np.where(np.arange(6)[:, None] == i, sums, 0).T)[:, i]
        np.testing.assert_array_equal(np.clip(scaled >> 4, -128, 127), want)


def test_sums_that_leave_their_slots_are_for_another_kernel() -> None:
    channels = random_channels(np.random.default_rng(4), 49, 60, 0)
    assert find_starts(channels, 0) is not None
    assert find_starts(replace(channels, x_high=np.full((6, 49), 2**20)), 0) is None
