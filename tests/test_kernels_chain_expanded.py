"""Chained convolutions whose weights are expanded into RAM: the same bytes, and when they pay."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mote
from chain_layers import layer, random_inputs
from kernel_runner import run_steps
from mote import reference
from mote.ir import Graph
from mote.ir.ops import Conv2D
from mote.lower import chain_affine
from mote.lower.chain_expanded import expanded, pack
from mote.lower.flash_stalls import stalls
from mote.lower.lower import lower
from mote.lower.step import Step
from mote.plan.forms import Flash, Limits, choose_forms
from mote.target.boards import BOARDS
from mote.target.cores import CORES
from random_layers import side_by_side
from test_kernels_chain_affine import KERNEL, chained_layers, first_layers

M4 = CORES["cortex-m4"]
FLASH = BOARDS["nucleo-l4r5zi"].flash


@pytest.fixture
def whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expanded weights wherever lines are proven and windows do not slide, and no other form."""

    def alone(step: Step, graph: Graph, *rest: Any) -> tuple[Step, float]:
        found, cycles = chain_affine.affine_chain_or(step, graph, *rest)
        if found is step or dict(found.parameters)["slides"]:
            return replace(found, frugal=None), cycles
        return replace(expanded(found, graph) or found, frugal=None), cycles

    monkeypatch.setattr("mote.lower.convolution.affine_chain_or", alone)
    monkeypatch.setattr("mote.lower.chain_affine._saved", lambda *_: 1.0)
    monkeypatch.setattr("mote.lower.convolution.winograd_or", lambda step, *_: step)


def pointwise(rng: np.random.Generator, channels: int, pixels: int = 15) -> Graph:
    weights = np.clip(rng.normal(0, 12, (channels, 1, 1, channels)), -128, 127).astype(np.int8)
    bias = rng.integers(-500, 500, channels)
    return layer(Conv2D(), (1, pixels, pixels, channels), weights, -128, bias)


def expanding(graphs: Sequence[Graph]) -> int:
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    return sum(dict(step.parameters).get("expands", 0) > 0 for step in steps)


def lines(rng: np.random.Generator, fours: int) -> np.ndarray:
    """``[fours, 14]`` words around weights: any first sums, multipliers and constants that fit."""
    p, q = rng.integers(0, 2**21, (fours, 2)), rng.integers(-(2**21), 2**21, (fours, 2))
    q[0] = -(2**21), 2**21 - 1
    starts = ((p + q * 2**21) * (1 + 2**21)).astype(np.int64).view("<i4").reshape(fours, 4)
    table = rng.integers(0, 2**31, (fours, 10))
    table[:, [1, 4, 6, 9]] = rng.integers(-(2**18), 2**18, (fours, 4))
    table[0, [1, 4, 6]] = -(2**18), 2**18 - 1, -1
    places = rng.permutation(4 * fours).reshape(fours, 4)
    ways = np.diff(places, axis=1)
    table[:, 2] = places[:, 0] + (ways[:, 0] << 16)
    table[:, 7] = ways[:, 1] % 2**16 + (ways[:, 2] << 16)
    return np.concatenate([starts, table], axis=1)


def test_packed_weights_are_what_was_packed() -> None:
    rng = np.random.default_rng(1)
    quads = rng.integers(-128, 128, (3, 7, 4))
    quads[0, :2] = [[-128, -128, 127, 127], [127, -128, -128, 127]]
    words = quads[..., 0::2] + 2**21 * quads[..., 1::2]
    around = lines(rng, 3)
    stream = np.concatenate([around[:, :4], words.reshape(3, -1), around[:, 4:]], axis=1)
    packed = pack(stream.astype(np.int32))
    assert packed is not None
    assert packed.shape == (3, 7 + 9)
    found = packed[:, :7].copy().view(np.int8).reshape(quads.shape)
    np.testing.assert_array_equal(found, quads)
    constant = around[:, [5, 8, 10, 13]]
    np.testing.assert_array_equal(packed[:, 7:11] & 1023, constant & 1023)
    np.testing.assert_array_equal(packed[:, 11:15] & 1, constant >> 10 & 1)
    np.testing.assert_array_equal(packed[:, 15:].copy().view(np.int8), constant >> 11)
    multiplier = packed[:, 11:15].view(np.uint32) >> 1
    np.testing.assert_array_equal(multiplier, around[:, [4, 7, 9, 12]])
    sums = (packed[:, 7:11].astype(np.int64) >> 10).reshape(-1, 2)
    starts = (sums[:, 0] + (sums[:, 1] << 21)) * (1 + 2**21)
    np.testing.assert_array_equal(starts.view("<i4").reshape(3, 4), around[:, :4])


@pytest.mark.parametrize(
    ("word", "value"), [(5, 2**18), (8, -(2**18) - 1), (1, 2**30), (3, -(2**30))]
)
def test_numbers_that_do_not_fit_are_not_packed(word: int, value: int) -> None:
    stream = lines(np.random.default_rng(1), 2)
    assert pack(stream.astype(np.int32)) is not None
    stream[1, word] = value
    assert pack(stream.astype(np.int32)) is None


@pytest.mark.usefixtures("whatever_it_costs")
def test_the_first_of_several_calls_expands_for_all(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    graphs = chained_layers(rng, 20) + first_layers(rng)
    assert expanding(graphs) > 20
    inputs = random_inputs(graphs, rng)
    steps = [lower(graph, M4).steps[0] for graph in graphs]
    expected = [reference.run(g, [x])["y"] for g, x in zip(graphs, inputs, strict=True)]
    found = run_steps(steps, [[x] for x in inputs], expected, tmp_path)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=str(step.node.op))


@pytest.mark.parametrize("optimize", ["time", "ram"])
@pytest.mark.usefixtures("whatever_it_costs")
def test_expanded_weights_give_the_reference_on_a_core(optimize: str) -> None:
    rng = np.random.default_rng(3)
    graphs = [*chained_layers(rng, 14), pointwise(rng, 8), pointwise(rng, 12)]
    build = mote.compile(side_by_side(graphs), "cortex-m4", optimize=optimize)
    assert sum(step.state_bytes > 0 for step in build.program.steps) > 8
    samples = [random_inputs(graphs, rng) for _ in range(2)]
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            np.testing.assert_array_equal(got, reference.run(graph, [x])["y"])


def test_weights_are_expanded_where_the_core_waits_for_flash_longer_than_that_takes() -> None:
    graph = pointwise(np.random.default_rng(4), 64)
    builds = {t: mote.compile(graph, t, optimize="time") for t in ("cortex-m4", "nucleo-l4r5zi")}
    (direct,), (held,) = (build.program.steps for build in builds.values())
    assert direct.kernel.name == held.kernel.name == f"{KERNEL}_points"
    assert (dict(direct.parameters)["expands"], dict(held.parameters)["expands"]) == (0, 1)
    assert held.constants[0].learnt_bytes < 0.55 * direct.constants[0].learnt_bytes
    lost = stalls(direct, graph, FLASH)
    without, waiting = (build.profile().totals for build in builds.values())
    assert waiting.flash_stall_cycles is not None
    assert waiting.flash_stall_cycles < 0.25 * lost  # of code
    assert waiting.cycles < without.cycles + 0.5 * lost


def test_steps_in_turn_keep_no_expanded_weights_while_others_run() -> None:
    graph = pointwise(np.random.default_rng(4), 64)
    program = lower(graph, M4)
    direct = replace(program.steps[0], frugal=None)
    held = expanded(direct, graph)
    assert held is not None
    held = replace(held, frugal=direct, frugal_cycles=100)
    assert held.state_bytes > direct.state_bytes
    program = replace(program, steps=(held,))
    room = {0: held.working_bytes}
    limits = Limits(scratch_bytes=room, rows={}, flash=Flash.IGNORED, cycles=1000.0)
    assert choose_forms(program, limits) == (0,)
    assert choose_forms(program, replace(limits, in_turn={0})) == (1,)
