"""The convolution of eight input channels: what is proven of it, and the bytes of the reference."""

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
from mote.ir.ops import Conv2D, Rounding
from mote.lower import convolution, eight_inputs
from mote.lower.lower import lower
from mote.lower.step import Step
from mote.plan.forms import Flash, Limits, choose_forms, spare_scratch
from mote.target.cores import CORES
from random_layers import side_by_side

M4 = CORES["cortex-m4"]
KERNEL = "mote_conv_2d_s8_dsp_eight"


@pytest.fixture
def eight_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """That kernel wherever it computes the layer, and no other."""

    def alone(step: Step, *rest: Any) -> tuple[Step, float]:
        found, cycles = eight_inputs.eight_or(step, *rest[:-1], 1e9)
        return replace(found, frugal=None), cycles

    monkeypatch.setattr(convolution, "eight_or", alone)
    monkeypatch.setattr(convolution, "with_small", lambda step, *_: step)


def layers(rng: np.random.Generator) -> list[Graph]:
    """Of few and many pixels and channels, and strides."""
    found = []
    for outputs, height, width in (
        (1, 1, 1),
        (2, 1, 2),
        (3, 3, 3),
        (8, 1, 5),
        (13, 4, 3),
        (6, 7, 5),
    ):
        for stride in (1, 2):
            op = Conv2D(stride=(stride, stride), rounding=list(Rounding)[(outputs + stride) % 2])
            weights = rng.integers(-128, 128, (outputs, 1, 1, 8)).astype(np.int8)
            bias = rng.integers(-9000, 9000, outputs)
            found.append(layer(op, (1, height, width, 8), weights, -128, bias))
    return found


def used(graph: Graph) -> str:
    return lower(graph, M4).steps[0].kernel.name


@pytest.mark.usefixtures("eight_alone")
def test_rows_anywhere_give_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    graphs = layers(rng)
    assert {used(graph) for graph in graphs} == {KERNEL}
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(step.parameters))


@pytest.mark.usefixtures("eight_alone")
def test_the_assembly_gives_the_reference_at_the_ends_of_every_channel() -> None:
    rng = np.random.default_rng(2)
    graphs = layers(rng)
    samples: Sequence[Sequence[np.ndarray]] = [
        *([worst_inputs(graph, rng) for graph in graphs] for _ in range(4)),
        random_inputs(graphs, rng),
    ]
    build = mote.compile(side_by_side(graphs), "cortex-m4", optimize="time")
    assert sum(step.kernel.name == KERNEL for step in build.program.steps) >= 10
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            np.testing.assert_array_equal(got, reference.run(graph, [x])["y"])


def test_other_windows_inputs_and_limits_are_left_to_other_kernels() -> None:
    rng = np.random.default_rng(3)

    def name(op: Conv2D, *window: int) -> str:
        weights = rng.integers(-90, 90, (40, *window)).astype(np.int8)
        return used(layer(op, (1, 20, 20, window[-1]), weights, -128))

    assert name(Conv2D(), 1, 1, 8) == KERNEL
    assert name(Conv2D(), 1, 1, 9) != KERNEL
    assert name(Conv2D(), 2, 1, 8) != KERNEL


def test_it_is_code_for_plans_that_do_not_weigh_flash() -> None:
    rng = np.random.default_rng(4)
    weights = rng.integers(-90, 90, (40, 1, 1, 8)).astype(np.int8)
    graph = layer(Conv2D(), (1, 20, 20, 8), weights, -128)
    program = lower(graph, M4)
    for flash in Flash:
        limits = Limits(scratch_bytes={0: 10**6}, rows={}, flash=flash, cycles=1.0)
        (step,) = spare_scratch(program, choose_forms(program, limits)).steps
        assert (step.kernel.name == KERNEL) == (flash is Flash.IGNORED)
