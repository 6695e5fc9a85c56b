"""Random layers in every schedule that is proven for them, on emulated cores."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from job_runner import JobRunner, every_kernel
from kernel_jobs import OUTPUT
from layer_families import FAMILIES, limits, random_layer
from mote.errors import UnsupportedModelError
from mote.ir import verify
from mote.lower import winograd
from mote.lower.channels import Ints
from mote.lower.every_schedule import every_schedule
from mote.lower.lower import lower
from mote.lower.step import Step
from mote.lower.winograd_scheme import Scheme
from mote.plan.forms import forms
from mote.target.cores import CORES
from schedule_check import Case, cases_of, drawn_cases, drawn_layer, judge, with_inputs
from smaller_layers import smallest_failure

Key = tuple[str, tuple[tuple[str, object], ...], int, tuple[tuple[str, bytes], ...]]


def key(step: Step) -> Key:
    constants = tuple((c.field, c.array.tobytes()) for c in step.constants)
    return step.kernel.name, step.parameters, step.scratch_bytes, constants


def run_cases(cases: Sequence[Case], target: str, folder: Path) -> None:
    runner = JobRunner(CORES[target], {case.job.kernel.name for case in cases}, folder)
    problems = [f"{v.case}: {v.problem}" for v in judge(cases, runner) if v.problem]
    assert not problems, "\n".join(problems[:10])


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m55"])
def test_every_schedule_of_random_layers_equals_the_reference(target: str, tmp_path: Path) -> None:
    cases, _ = drawn_cases(range(40), target)
    run_cases(cases, target, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("target", list(CORES))
def test_every_schedule_of_many_random_layers_equals_the_reference(
    target: str, tmp_path: Path
) -> None:
    runner = JobRunner(CORES[target], every_kernel(), tmp_path)
    for first in range(0, 2000, 200):
        cases, _ = drawn_cases(range(first, first + 200), target)
        problems = [f"{v.case}: {v.problem}" for v in judge(cases, runner) if v.problem]
        assert not problems, "\n".join(problems[:10])


@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])
def test_what_is_chosen_is_among_all_schedules(target: str) -> None:
    core = CORES[target]
    for seed in range(40):
        _, graph = random_layer(seed)
        verify(graph)
        try:
            chosen = [form for step in lower(graph, core).steps for form in forms(step)]
        except UnsupportedModelError:
            continue
        (node,) = graph.nodes
        every = {key(step) for step in every_schedule(graph, node, core)}
        assert {key(step) for step in chosen} <= every


def test_every_family_is_drawn() -> None:
    assert {random_layer(seed)[0] for seed in range(400)} == set(FAMILIES)


def test_a_proof_that_holds_too_little_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Winograd's sums as if none could leave 32 bits: some input makes one leave them. The layer is
    made as small as shows it."""

    def unproven(low: Ints, high: Ints, bias: Ints, scheme: Scheme) -> Ints:
        return bias - (low + high) // 2 if scheme.is_centred else bias

    monkeypatch.setattr(winograd, "start_of_sums", unproven)
    cases = []
    for seed in range(40):
        layer = with_inputs(seed, "conv limits", limits(np.random.default_rng(seed)))
        cases += [c for c in cases_of(layer, "cortex-m4") if "winograd_4" in c.job.kernel.name]
    runner = JobRunner(CORES["cortex-m4"], {case.job.kernel.name for case in cases}, tmp_path)
    found = next(verdict for verdict in judge(cases, runner) if verdict.problem)
    assert smallest_failure(found.case, "cortex-m4", runner).endswith("result [1, 1, 1, 1]")


def test_a_wrong_byte_and_one_beside_a_result_are_found(tmp_path: Path) -> None:
    """Of two cases, one expects another byte, the other has less room than the kernel writes."""
    cases = [next(cases_of(drawn_layer(seed), "cortex-m4")) for seed in range(2)]
    runner = JobRunner(CORES["cortex-m4"], {c.job.kernel.name for c in cases}, tmp_path)
    assert not any(verdict.problem for verdict in judge(cases, runner))
    first, second = (case.job for case in cases)
    changed = bytearray(first.expected[0])
    changed[3] ^= 1
    first.expected[0] = bytes(changed)
    number = next(i for i, (kind, _, _) in enumerate(second.buffers) if kind == OUTPUT)
    kind, head, size = second.buffers[number]
    second.buffers[number] = kind, head, size - 4
    second.expected = [text[:-4] for text in second.expected]
    found = judge(cases, runner)
    assert re.search(r"input 0, byte 3: ", found[0].problem)
    assert found[0].differing_bytes == 1
    assert f"bytes beside buffer {number} were written" in found[1].problem
