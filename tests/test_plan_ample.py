"""Single calls of a layer run in a faster form where there is room for its scratch."""

from dataclasses import replace

import numpy as np
import pytest

from mote import reference
from mote.codegen import generate
from mote.ir import Graph
from mote.ir.ops import Rounding
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.plan.ample import Way, ample_form, ways
from mote.plan.budget import USUAL
from mote.plan.forms import Flash, Limits, ample_calls, forms, spare_scratch
from mote.plan.live import live_bytes
from mote.plan.network import network
from mote.plan.place import place
from mote.plan.plan import Plan
from mote.plan.prove import prove
from mote.plan.refine import refine
from mote.plan.straighten import straighten
from mote.plan.task import Network, Run
from mote.report.candidates import candidates
from mote.report.memory_map import memory_map
from mote.run import sanitize
from mote.run.interface import interface
from mote.target import CORES, resolve
from random_graphs import random_inputs
from test_plan_prove import LAYERS, LAYOUT, NETWORK
from test_winograd import layer, weights_of

WEIGHTS = np.concatenate([weights_of(900, 16, seed) for seed in range(4)])
GRAPH = layer(WEIGHTS, Rounding.DOUBLE, size=18)
SCARCE = "mote_conv_2d_s8_dsp_winograd_row"


def lowered(graph: Graph = GRAPH) -> Program:
    return lower(graph, CORES["cortex-m4"])


def scarce_form(program: Program) -> int:
    return [form.kernel.name for form in forms(program.steps[0])].index(SCARCE)


def planned(ample: tuple[int, ...]) -> tuple[Program, Plan]:
    """A layer of 16 calls, of which some run in the form with more scratch."""
    program = lowered()
    form = scarce_form(program)
    sparing = spare_scratch(program, (form,), (0,))
    tasks = network(sparing, {0: 1}, ample={0: ample})
    schedule = (Run(0, 0, tasks.tasks[0].calls),)
    placed = straighten(tasks, schedule, place(tasks, schedule), USUAL)
    prove(tasks, schedule, placed.layout)
    return sparing, Plan(tasks, schedule, placed.layout, placed.bound_bytes, frugal=(form,))


def test_only_forms_that_read_the_same_constants_take_turns() -> None:
    found = forms(lowered().steps[0])
    names = [form.kernel.name.removeprefix("mote_conv_2d_s8_dsp") for form in found]
    pairs = {
        names[k]: names[other]
        for k in range(len(found))
        if (other := ample_form(found, k)) is not None
    }
    assert pairs["_winograd_row"] == "_winograd_row_two"
    assert all(name.startswith("_winograd") for name in pairs)
    assert "_winograd_row_two" not in pairs


def test_each_call_takes_the_fastest_form_that_fits_around_it() -> None:
    way = Way(scratch_bytes=10, cycles=400.0, ample_bytes=30, ample_cycles=200.0)
    alive = [50, 60, 80, 90]
    found = [way.cycles_within(alive, size) for size in (99, 100, 110, 120)]
    assert found == [np.inf, 300.0, 250.0, 200.0]


def test_a_form_that_loses_more_to_its_calls_is_not_mixed_in() -> None:
    found = forms(lowered().steps[0])
    form = scarce_form(lowered())
    cycles = [float(k) for k in range(len(found))]
    assert ways(found, cycles)[form].ample_bytes > found[form].scratch_bytes
    slow = [1e9 if k == ample_form(found, form) else each for k, each in enumerate(cycles)]
    assert ways(found, slow)[form].ample_bytes == found[form].scratch_bytes


def test_scratch_counts_in_each_call_as_large_as_its_form_has_it() -> None:
    few, more = planned((0,)), planned((0, 3, 4))
    scarce, ample = few[0].steps[0].scratch_bytes, few[0].steps[0].ample
    assert ample is not None
    for _, plan in (few, more):
        task = plan.network.tasks[0]
        none = replace(plan.network, tasks=(task.plain,))
        alive = live_bytes(plan.network, plan.schedule) - live_bytes(none, plan.schedule)
        wanted = [ample.scratch_bytes if c in task.ample_calls else scarce for c in range(16)]
        assert alive[1:-1].tolist() == wanted
    names = {buffer.name: buffer.bytes for buffer in more[1].buffers}
    assert names["scratch:0"] == scarce
    assert names["scratch:0:ample"] == ample.scratch_bytes


def test_ample_scratch_that_lies_on_a_row_is_found_at_its_call() -> None:
    first, *others = NETWORK.tasks
    tasks = (replace(first, ample_calls=(1,), ample_bytes=8), *others)
    mixed = Network(NETWORK.strips, tasks)
    layout = replace(LAYOUT, ample={0: 64}, bytes=72)
    prove(mixed, LAYERS, layout)
    with pytest.raises(AssertionError, match="needs row 0 of 'y', but byte 0"):
        prove(mixed, LAYERS, replace(layout, ample={0: 32}, bytes=64))
    with pytest.raises(AssertionError, match="call 1 of task 0 has no scratch"):
        prove(mixed, LAYERS, LAYOUT)


@pytest.mark.parametrize("ample", [(0,), (3, 4, 5), (14, 15), (0, 2, 3, 9)])
def test_calls_of_both_forms_compute_the_layer_and_touch_nothing_else(
    ample: tuple[int, ...],
) -> None:
    program, plan = planned(ample)
    apart = sanitize.spread(plan)
    files = generate(program, apart, resolve("cortex-m4"))
    assert {f"kernels/{k.name}.c" for k in program.steps[0].kernels} <= set(files)
    samples = [random_inputs(GRAPH, 1), random_inputs(GRAPH, 2)]
    outputs = sanitize.run(files, interface(program, apart), apart, samples)
    for sample, found in zip(samples, outputs, strict=True):
        np.testing.assert_array_equal(found[0], reference.run(GRAPH, sample)["y"])


def test_the_faster_form_is_planned_where_cycles_are_wanted() -> None:
    program = lowered()
    form = scarce_form(program)
    ample = ample_form(forms(program.steps[0]), form)
    assert ample is not None
    start = ((0,),), {0: 1}
    free, *_ = refine(program, [start], np.inf, streamed=False)
    assert free.bytes == max(free.alive[0]) + min(f.scratch_bytes for f in forms(program.steps[0]))
    limits = Limits(
        scratch_bytes={0: forms(program.steps[0])[form].scratch_bytes},
        alive_bytes={0: [0, 5, 9]},
        arena_bytes=forms(program.steps[0])[ample].scratch_bytes + 5,
        rows={0: 1},
        flash=Flash.IGNORED,
        cycles=0,
    )
    frugal = tuple(form for _ in program.steps)
    assert ample_calls(program, frugal, limits)[0] == {0: (0, 1)}
    assert ample_calls(program, frugal, replace(limits, flash=Flash.WEIGHED))[0] == {}


def test_reports_say_how_many_calls_take_which_form() -> None:
    program, plan = planned((3, 4, 5))
    (found,) = candidates(lowered(), plan, [1000], "ram")
    reasons = {candidate.kernel: candidate.reason for candidate in found}
    assert reasons[f"{SCARCE}_two"] == "taken by 3 of 16 calls"
    assert "scratch of layer" in memory_map(program, plan)
