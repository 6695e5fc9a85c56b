"""Kernels for windows of one pixel equal the reference, however few pixels a call computes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from chain_layers import layer, random_inputs
from kernel_runner import run_steps
from mote import reference
from mote.ir.graph import Graph
from mote.ir.ops import Conv2D, Rounding
from mote.lower.kernels import KERNELS
from mote.lower.lower import lower
from mote.lower.step import Step
from mote.plan.forms import forms
from mote.target.cores import CORES
from random_layers import side_by_side

M4 = CORES["cortex-m4"]


def points_form(step: Step) -> Step:
    """The layer four pixels at a time with SMLAD, by a kernel that knows no window but a pixel."""
    four = next(form for form in forms(step) if dict(form.parameters).get("pixels") == 4)
    name = four.kernel.name.removesuffix("_points")
    return replace(four, kernel=KERNELS[f"{name}_points"])


def point_layers(rng: np.random.Generator, count: int) -> list[Graph]:
    """Layers of all sizes, with few pixels, strides, and channels that are always the same."""
    found = []
    for i in range(count):
        stride = int(rng.integers(1, 3)), int(rng.integers(1, 3))
        height, width = (int(n) for n in rng.integers(1, 8, 2))
        inputs, outputs = int(rng.integers(1, 34)), int(rng.integers(1, 14))
        weights = rng.integers(-128, 128, (outputs, 1, 1, inputs)).astype(np.int8)
        weights[rng.random(outputs) < (0.0, 0.3)[i % 2]] = 0
        bias = rng.integers(-3000, 3000, outputs) * (10 ** int(rng.integers(0, 4)))
        op = Conv2D(stride=stride, rounding=list(Rounding)[i // 2 % 2])
        found.append(layer(op, (1, height, width, inputs), weights, -128, bias))
    return found


def test_points_on_rows_anywhere_equal_the_reference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    graphs = point_layers(rng, 24)
    steps = [points_form(lower(graph, M4).steps[0]) for graph in graphs]
    assert {"mote_conv_2d_s8_dsp_points", "mote_conv_2d_s8_dsp_wide_points"} <= {
        step.kernel.name for step in steps
    }
    inputs = random_inputs(graphs, rng)
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.parameters}")


def test_points_in_assembly_equal_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def alone(step: Step, *rest: object) -> tuple[Step, float]:
        return replace(points_form(step), frugal=None), float(str(rest[-1]))

    monkeypatch.setattr("mote.lower.convolution.packed_or", alone)
    for name in ("affine_chain_or", "chain_or"):
        monkeypatch.setattr(
            f"mote.lower.convolution.{name}", lambda step, *rest: (step, float(rest[-1]))
        )
    rng = np.random.default_rng(2)
    check(point_layers(rng, 12), rng)


def check(graphs: Sequence[Graph], rng: np.random.Generator) -> None:
    build = mote.compile(side_by_side(graphs), "cortex-m4", optimize="time")
    used = [step.kernel.name for step in build.program.steps]
    assert sum(name.endswith("_points") for name in used) > len(used) // 2, used
    samples = [random_inputs(graphs, rng) for _ in range(2)]
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=str(graph.nodes[0].op))
