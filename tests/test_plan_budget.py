"""Effort and seed of the planner: they reach every search, and what is found is told."""

import math
from pathlib import Path
from typing import Any

import pytest

import mote
from mote.cli import main
from mote.errors import InputError
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.passes import optimize
from mote.plan import Budget, Options, make_plan, optimal, order_gap, placement_gap
from mote.plan.budget import USUAL
from mote.target import CORES
from shared import shared_path

MODEL = "models/mlperf_tiny/kws_ref_model.tflite"


def keywords() -> Program:
    return lower(optimize(mote.load(shared_path(MODEL))), CORES["cortex-m4"])


def small(budget: Budget = USUAL) -> Options:
    """The fewest bytes, whatever that costs: rows of many layers alternate."""
    return Options(optimize="ram", slowdown=math.inf, budget=budget)


def test_without_effort_no_solver_runs_and_the_plan_is_a_little_larger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = keywords()
    usual = make_plan(program, small())

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the solver runs")

    monkeypatch.setattr(optimal, "_solve", refuse)
    quick = make_plan(program, small(Budget(effort=0)))
    assert usual.total_bytes < quick.total_bytes < 1.1 * usual.total_bytes
    assert placement_gap(usual) < placement_gap(quick)


def test_the_solver_gets_its_share_of_the_effort_and_the_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, solve = keywords(), optimal._solve
    efforts, seeds = [], set()

    def watched(*arguments: Any, **options: Any) -> Any:
        efforts.append(arguments[4])
        seeds.add(arguments[5].seed)
        return solve(*arguments, **options)

    monkeypatch.setattr(optimal, "_solve", watched)
    make_plan(program, small(Budget(effort=0.5, seed=9)))
    half = max(efforts)
    efforts.clear()
    make_plan(program, small(Budget(seed=9)))
    assert max(efforts) == pytest.approx(2 * half)
    assert seeds == {9}


def test_another_seed_repairs_orders_in_another_way() -> None:
    program = keywords()
    first, again, other = (
        make_plan(program, small(Budget(effort=0.2, seed=seed))) for seed in (1, 1, 2)
    )
    assert first.layout == again.layout != other.layout


@pytest.mark.parametrize("budget", [{"effort": -1}, {"effort": float("nan")}, {"seed": -1}])
def test_a_budget_out_of_range_is_refused_with_the_range(budget: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="it is a number from 0"):
        Budget(**budget)


def test_what_is_proven_of_the_plan_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(shared_path(MODEL))
    words = [
        "compile",
        path,
        "--target",
        "host",
        "--optimize",
        "ram",
        "--slowdown",
        "inf",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main([*words, "--plan-effort", "0.5", "--plan-seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "above the optimum" in said or "addresses proven optimal" in said
    assert "order of calls proven optimal" in said
    assert main([*words, "--plan-effort", "-1"]) == 2
    assert "plan effort" in capsys.readouterr().err


def test_only_orders_that_were_searched_have_a_gap() -> None:
    program = keywords()
    assert order_gap(make_plan(program, small())) == 0
    assert order_gap(make_plan(program, Options(optimize="time"))) is None
