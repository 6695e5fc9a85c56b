"""Forms that take more flash than there is are left out, those that save the least first."""

import numpy as np
import pytest

import mote
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.plan import Options, make_plan, spare_scratch
from mote.plan.flash_limit import within_flash
from mote.plan.forms import flash_bytes, forms, most_frugal, program_flash_bytes
from mote.target import CORES
from shared import shared_path

RESNET = "models/mlperf_tiny/pretrainedResnet_quant.tflite"


@pytest.fixture(scope="module")
def program() -> Program:
    return lower(mote.compile(shared_path(RESNET), "host").graph, CORES["cortex-m4"])


def test_where_all_fits_nothing_is_left_out(program: Program) -> None:
    assert within_flash(program, None) is program
    assert within_flash(program, program_flash_bytes(program)) is program


def test_less_flash_takes_more_cycles(program: Program) -> None:
    saved = []
    for limit in (400_000, 250_000, 150_000):
        limited = within_flash(program, limit)
        assert program_flash_bytes(limited) <= limit
        plan = make_plan(program, Options(optimize="time", flash_bytes=limit))
        assert program_flash_bytes(spare_scratch(limited, plan.frugal)) <= limit
        saved.append(sum(form.frugal_cycles for step in limited.steps for form in forms(step)))
    assert saved == sorted(saved, reverse=True)  # by the forms that are left


def test_the_forms_that_are_left_cost_what_they_did(program: Program) -> None:
    limited = within_flash(program, 150_000)
    for step, other in zip(program.steps, limited.steps, strict=True):
        found = {(f.kernel.name, f.parameters): k for k, f in enumerate(forms(step))}
        places = [found[form.kernel.name, form.parameters] for form in forms(other)]
        assert places == sorted(places)
        assert places[-1] == len(forms(step)) - 1
        behind = sum(form.frugal_cycles for form in forms(step)[places[0] :])
        assert behind == sum(form.frugal_cycles for form in forms(other))


def test_forms_that_are_a_little_larger_are_left_where_any_of_them_fit(program: Program) -> None:
    """They may take less RAM than the one that pays at the price of a byte."""
    limit, rng = 150_000, np.random.default_rng(0)
    limited = within_flash(program, limit)
    own = [forms(step) for step in limited.steps]
    assert any(
        flash_bytes(form) > flash_bytes(each[0]) and form.working_bytes < each[0].working_bytes
        for each in own
        for form in each
    )
    for _ in range(30):
        taken = [int(rng.integers(len(each))) for each in own]
        assert program_flash_bytes(spare_scratch(limited, taken)) <= limit


def test_what_cannot_fit_is_left_at_its_smallest(program: Program) -> None:
    smallest = spare_scratch(program, most_frugal(program))
    assert program_flash_bytes(within_flash(program, 1)) == program_flash_bytes(smallest)
