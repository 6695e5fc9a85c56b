"""Kernels measured instead of estimated, and the reasons for which the plan takes one of them."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import mote
from mote import reference
from mote.cli import main
from mote.errors import TargetError
from mote.ir import Graph
from mote.ir.ops import Conv2D, Padding
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.plan.forms import flash_bytes, forms
from mote.report import candidates
from mote.report.candidates import free_bytes
from mote.run import tune
from mote.run.tune import tuned
from mote.target import resolve
from random_graphs import random_inputs
from random_layers import random_weights, single_node_graph

M4 = resolve("cortex-m4")


def graph_of_a_choice() -> Graph:
    """One layer that the M4 computes in several ways."""
    rng = np.random.default_rng(1)
    op = Conv2D(padding=Padding(1, 1, 1, 1))
    return single_node_graph(op, (1, 12, 12, 16), random_weights((8, 3, 3, 16), rng), rng)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """It, with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return lower(graph_of_a_choice(), M4.core)


def test_forms_come_in_the_order_of_what_they_take(program: Program) -> None:
    (step,) = tuned(program, M4).steps
    counted = []
    for form in forms(step):
        alone = replace(program, steps=(replace(form, frugal=None),))
        counted += tune._measure(alone, [0], M4)
    assert len(counted) > 2
    assert counted == sorted(counted)
    differences = [after - before for before, after in pairwise(counted)]
    assert differences == [form.frugal_cycles for form in forms(step)[:-1]]


def test_each_slower_form_spares_something(program: Program) -> None:
    (step,) = tuned(program, M4).steps
    for k, form in enumerate(forms(step)):
        for faster in forms(step)[:k]:
            spares = form.scratch_bytes < faster.scratch_bytes
            assert spares or flash_bytes(form) < flash_bytes(faster)


def test_an_estimate_that_is_wrong_is_corrected(program: Program) -> None:
    (step,) = program.steps
    wrong = replace(program, steps=(replace(step, frugal_cycles=-(10**9)),))
    assert tuned(wrong, M4) == tuned(program, M4)


def test_nothing_is_measured_twice(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tuned(program, M4)
    monkeypatch.setattr(tune, "_measure", lambda *_: pytest.fail("measured again"))
    assert tuned(program, M4) == first


def test_another_board_is_measured_anew(program: Program) -> None:
    board = resolve("nucleo-l4r5zi")
    (slow,), (fast,) = tuned(program, board).steps, tuned(program, M4).steps
    assert [f.frugal_cycles for f in forms(slow)] != [f.frugal_cycles for f in forms(fast)]


def test_the_host_has_nothing_to_measure(program: Program) -> None:
    with pytest.raises(TargetError, match="counts no cycles"):
        tuned(program, resolve("host"))


@pytest.mark.parametrize("optimize", ["time", "balanced", "ram"])
def test_a_tuned_build_computes_the_same(program: Program, optimize: str) -> None:
    build = mote.compile(program.graph, M4, optimize=optimize, tune=True)
    (x,) = random_inputs(program.graph, 2)
    (output,) = program.graph.outputs
    np.testing.assert_array_equal(build.run(x), reference.run(program.graph, [x])[output])


@pytest.mark.parametrize("optimize", ["time", "balanced", "ram"])
def test_every_candidate_is_explained(program: Program, optimize: str) -> None:
    build = mote.compile(program.graph, M4, optimize=optimize)
    assert build.candidates is not None
    (found,) = candidates(build.candidates, build.plan, [10**6], optimize)
    (chosen,) = [c for c in found if c.is_chosen]
    assert chosen.kernel == build.program.steps[0].kernel.name
    assert chosen.cycles == 10**6
    assert chosen.scratch_bytes <= free_bytes(build.plan)[0]
    assert all(c.reason for c in found)
    if optimize == "time":
        assert chosen.reason == "fewest cycles"
        assert all("slower" in c.reason for c in found if not c.is_chosen)


def test_a_form_that_the_arena_has_no_room_for_says_so(program: Program) -> None:
    build = mote.compile(program.graph, M4, optimize="ram", slowdown=math.inf)
    assert build.candidates is not None
    (found,) = candidates(build.candidates, build.plan, [0], "ram")
    free = free_bytes(build.plan)[0]
    large = [c for c in found if c.scratch_bytes > free and c.cycles < 0]
    assert large
    assert all(f"{free:,} B are free then" in c.reason for c in large)


def test_the_command_explains(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "layer.mote"
    mote.save(program.graph, path)
    words = ["profile", str(path), "--explain"]
    assert main([*words, "-t", "cortex-m4", "--tune"]) == 0
    shown = capsys.readouterr().out
    assert "cycles of those not taken are measured" in shown
    assert "winograd_4" in shown
    assert main([*words, "-t", "cortex-m4", "--json"]) == 0
    (step,) = json.loads(capsys.readouterr().out)["candidates"]
    assert sum(candidate["is_chosen"] for candidate in step) == 1
    assert main([*words, "-t", "cortex-m3"]) == 0
    assert "No layer has a choice of kernels" in capsys.readouterr().out
