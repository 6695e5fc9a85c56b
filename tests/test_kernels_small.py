"""The kernels of few bytes: what is proven of their lines, and the bytes of the reference."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mote
from kernel_check import one_node
from kernel_runner import run_steps
from mote import reference
from mote.codegen import generate
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import AveragePool2D, Rounding
from mote.lower import small_convolution
from mote.lower.channels import Channels
from mote.lower.lower import lower
from mote.lower.small_line import Lines, find_lines
from mote.lower.step import Step
from mote.plan.forms import forms
from mote.run import sanitize
from mote.run.interface import interface
from mote.target.cores import CORES
from random_layers import (
    random_conv_2d,
    random_depthwise_3x3,
    random_fully_connected,
    side_by_side,
)
from shared import shared_path
from test_kernels_chain import random_inputs
from test_kernels_chain_affine import all_sums, random_channels

M4 = CORES["cortex-m4"]
SMALL = "mote_conv_2d_s8_dsp_small"
Rng = np.random.Generator


@pytest.fixture
def small_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small forms wherever there are any, and no other."""
    found = small_convolution.with_small

    def last(step: Step, *rest: Any) -> Step:
        return forms(found(step, *rest))[-1]

    monkeypatch.setattr("mote.lower.convolution.with_small", last)


def results(lines: Lines, channel: int, sums: np.ndarray) -> np.ndarray:
    """What kernels compute of sums without bias; proves that 32 bits hold it."""
    x = (sums << lines.scale) + lines.bias[channel]
    assert x.min() >= -(2**31)
    assert x.max() < 2**31
    return np.clip(x * lines.multiplier[channel] >> 32 + lines.shift, -128, 127)


def read_multipliers(lines: Lines) -> np.ndarray:
    """As kernels read them: four bytes each, and where the next one starts."""
    octets, place, found = lines.octets.tobytes(), 0, []
    for _ in lines.bias:
        word = int.from_bytes(octets[place : place + 4], "little")
        found.append(word & 2**31 - 1)
        place += 3 + (word >> 31)
    assert place + 1 == len(octets)
    return np.array(found)


def test_lines_are_the_requantisation_of_every_sum() -> None:
    rng = np.random.default_rng(1)
    whole = []
    for k in range(80):
        channels = random_channels(rng)
        right = channels.right + int(rng.integers(0, 10)) * (k % 4 == 0)
        channels = replace(channels, right=right)
        lines = find_lines(channels)
        if lines is None:
            continue
        whole += lines.has_four[1:].tolist()
        np.testing.assert_array_equal(read_multipliers(lines), lines.multiplier)
        assert lines.multiplier.max() < 2**31
        for i in range(len(channels.bias)):
            sums = all_sums(channels, i, rng)
            one = of_channel(channels, i)
            want = one.results(sums[:, None])[:, 0]
            found = results(lines, i, sums - channels.bias[i])
            np.testing.assert_array_equal(np.clip(found, *channels.y_range), want)
    assert 5 <= sum(whole) <= len(whole) / 3


def of_channel(channels: Channels, i: int) -> Channels:
    one = slice(i, i + 1)
    return replace(channels, multiplier=channels.multiplier[one], right=channels.right[one])


def test_no_lines_are_found_where_halves_round_away_from_zero_on_both_sides() -> None:
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
    assert find_lines(channels) is None
    assert find_lines(replace(channels, rounding=Rounding.SINGLE)) is not None


def only_step(graph: Graph) -> Step:
    (step,) = lower(graph, M4).steps
    return step


def small_layers(rng: Rng, count: int) -> list[Graph]:
    graphs: list[Graph] = []
    while len(graphs) < count:
        width, stride = int(rng.integers(1, 14)), int(rng.integers(1, 3))
        is_depthwise = len(graphs) % 2
        graph = random_depthwise_3x3(rng, width, stride) if is_depthwise else random_conv_2d(rng)
        if only_step(graph).kernel.name == SMALL:
            graphs.append(graph)
    return graphs


def check_on_host(graphs: Sequence[Graph], rng: Rng, folder: Path) -> None:
    inputs = random_inputs(graphs, rng)
    steps = [only_step(graph) for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


def check(graphs: Sequence[Graph], samples: Sequence[Sequence[np.ndarray]], target: str) -> None:
    build = mote.compile(side_by_side(graphs), target, optimize="flash")
    assert {step.kernel.name for step in build.program.steps} == {SMALL}
    found = build.run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))


@pytest.mark.usefixtures("small_alone")
def test_random_layers_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    check_on_host(small_layers(rng, 16), rng, tmp_path)


@pytest.mark.usefixtures("small_alone")
def test_the_assembly_of_random_layers_equals_the_reference() -> None:
    rng = np.random.default_rng(4)
    graphs = small_layers(rng, 32)
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], "cortex-m4")


def test_layers_of_the_table_read_rows_that_exist_alone() -> None:
    rng = np.random.default_rng(6)
    build = mote.compile(
        shared_path("models/mlperf_tiny/kws_ref_model.tflite"), "cortex-m4", optimize="flash"
    )
    project, graph = generate(build.program, build.plan, build.target), build.graph
    assert "small_places[" in project["model.c"]
    (name,) = graph.inputs
    inputs = [rng.integers(-128, 128, graph.tensors[name].shape).astype(np.int8)]
    memory = interface(build.program, build.plan)
    ((found,),) = sanitize.run(project, memory, build.plan, [inputs])
    np.testing.assert_array_equal(found, reference.run(graph, inputs)[graph.outputs[0]])


def small_heads(rng: Rng, count: int) -> list[Graph]:
    """Fully connected layers with one multiplier or several, and pools of whole planes."""
    graphs: list[Graph] = []
    while len(graphs) < count:
        graph = random_pool(rng) if len(graphs) % 3 == 2 else random_fully_connected(rng)
        if forms(only_step(graph))[-1].kernel.is_small:
            graphs.append(graph)
    return graphs


def small_forms_of(graph: Graph) -> list[Step]:
    return [form for form in forms(only_step(graph)) if form.kernel.is_small]


def random_pool(rng: Rng) -> Graph:
    height, width, channels = (int(n) for n in rng.integers(1, 9, 3))
    q = Quantization((0.1,), (int(rng.integers(-128, 128)),))
    x = Tensor("x", (1, height, width, channels), DType.INT8, q)
    return one_node(AveragePool2D((height, width)), (x,), DType.INT8, q)


def test_small_heads_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    graphs = small_heads(rng, 24)
    steps = [small[k % len(small)] for k, small in enumerate(map(small_forms_of, graphs))]
    kernels = {step.kernel.name for step in steps}
    assert kernels == {
        SMALL,
        "mote_fully_connected_s8_dsp_small",
        "mote_global_average_pool_s8_small",
    }
    inputs = random_inputs(graphs, rng)
    (names,) = {graph.outputs for graph in graphs}
    expected = [reference.run(g, [x])[names[0]] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")


@pytest.mark.slow
@pytest.mark.usefixtures("small_alone")
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_random_layers_equal_the_reference(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graphs = small_layers(rng, 100)
    check_on_host(graphs, rng, tmp_path)
    target = ("cortex-m4", "cortex-m7", "cortex-m33")[seed % 3]
    check(graphs, [random_inputs(graphs, rng) for _ in range(2)], target)
