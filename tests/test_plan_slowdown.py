"""Plans of few bytes keep to a limit of cycles, and compute more rows a call where they must."""

import math
from dataclasses import replace

import pytest

import mote
from mote.cli import main
from mote.errors import InputError
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.plan import Options, make_plan, prove
from mote.plan.network import network
from mote.plan.refine import refine
from mote.target import CORES
from random_graphs import random_graph
from shared import shared_path
from test_plan_prove import LAYERS, LAYOUT, NETWORK

KWS = "models/mlperf_tiny/kws_ref_model.tflite"
RESNET = "models/mlperf_tiny/pretrainedResnet_quant.tflite"


def program(path: str) -> Program:
    return lower(mote.compile(shared_path(path), "cortex-m4").graph, CORES["cortex-m4"])


def test_a_plan_takes_no_more_cycles_than_it_may() -> None:
    path = shared_path(KWS)
    fast = mote.compile(path, "cortex-m4", optimize="time").profile().totals.cycles
    for slowdown in (1.1, 1.3):
        build = mote.compile(path, "cortex-m4", slowdown=slowdown)
        assert build.profile().totals.cycles <= 1.05 * slowdown * fast  # limits are of estimates


def test_a_plan_of_few_bytes_keeps_to_the_limit_of_cycles() -> None:
    made = program(KWS)
    tight, least = (
        make_plan(made, Options(optimize="ram", slowdown=slowdown)) for slowdown in (1.1, math.inf)
    )
    assert tight.slowdown <= 1.1 < least.slowdown
    assert tight.total_bytes > least.total_bytes
    balanced = make_plan(made, Options(slowdown=1.1))
    assert tight.total_bytes <= balanced.total_bytes


def test_a_hard_limit_of_bytes_goes_beyond_the_limit_of_cycles() -> None:
    made = program(KWS)
    quick = make_plan(made, Options(optimize="ram", slowdown=1.05))
    limit = quick.total_bytes - 1
    limited = make_plan(made, Options(optimize="ram", slowdown=1.05, ram_bytes=limit))
    assert limited.total_bytes < quick.total_bytes


@pytest.mark.parametrize("seed", range(100, 110))
def test_modes_rank_by_bytes_with_every_limit_of_cycles(seed: int) -> None:
    made = lower(random_graph(seed), CORES["cortex-m4"])
    for slowdown in (1.0, 1.3, math.inf):
        ram, balanced, time = (
            make_plan(made, Options(optimize=mode, slowdown=slowdown))
            for mode in ("ram", "balanced", "time")
        )
        assert ram.total_bytes <= balanced.total_bytes
        assert time.slowdown <= balanced.slowdown
        assert max(balanced.slowdown, ram.slowdown) <= slowdown


def test_calls_of_more_rows_buy_cycles_inside_segments() -> None:
    made = program(RESNET)
    everything = ((*range(len(made.steps)),),)
    start = {index: 1 for index, step in enumerate(made.steps) if step.split}
    (slow, *_) = refine(made, [(everything, start)], math.inf, streamed=False)
    (fast, *_) = refine(made, [(everything, start)], 1.5e6, streamed=False)
    assert sum(fast.rows.values()) > sum(slow.rows.values())
    assert fast.bytes > slow.bytes
    assert fast.cycles <= 1.5e6 < slow.cycles


def test_only_the_rows_of_a_call_lie_together() -> None:
    made = program(RESNET)
    rows = {index: 2 if index == 1 else 1 for index, step in enumerate(made.steps) if step.split}
    strips = network(made, rows).strips
    written = strips[made.steps[1].node.output]
    assert (written.together, written.is_linear) == (2, False)
    assert strips[made.steps[0].node.output].together == 1


def test_rows_of_a_call_that_are_torn_apart_are_found() -> None:
    strips = NETWORK.strips | {"y": replace(NETWORK.strips["y"], together=3)}
    together = replace(NETWORK, strips=strips)
    prove(together, LAYERS, LAYOUT)
    torn = replace(LAYOUT, rows=LAYOUT.rows | {"y": (48, 0, 8)})
    with pytest.raises(AssertionError, match="'y' is torn apart"):
        prove(together, LAYERS, torn)


@pytest.mark.parametrize("slowdown", [0.9, -1.0, math.nan])
def test_a_slowdown_below_one_is_refused_with_the_range(slowdown: float) -> None:
    with pytest.raises(InputError, match="it is a number from 1 up"):
        Options(slowdown=slowdown)


def test_the_command_refuses_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(shared_path(KWS))
    assert main(["profile", path, "--target", "cortex-m4", "--slowdown", "0.5"]) == 2
    assert "slowdown" in capsys.readouterr().err
