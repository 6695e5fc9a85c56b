"""Says among which kernels each layer had a choice, and why the plan took the one that it did."""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.lower.step import Program, Step
from mote.plan import Plan
from mote.plan.ample import ample_form
from mote.plan.forms import flash_bytes, forms
from mote.plan.live import live_bytes
from mote.plan.task import FEED, Task

WEIGH_FLASH = ("balanced", "flash")
"""What may be optimised for where a faster form is left for the flash that it takes."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to compute a layer.

    Args:
        layer: Name of its node.
        kernel: C function.
        cycles: Of the layer; of those not chosen, what the chosen one takes and the difference
            that was estimated, or measured where the build was tuned.
        scratch_bytes: Working memory of a call.
        flash_bytes: Of the constants.
        is_chosen: True for the one that the plan took; single calls may run in another.
        reason: Why it was, or was not.
    """

    layer: str
    kernel: str
    cycles: int
    scratch_bytes: int
    flash_bytes: int
    is_chosen: bool
    reason: str


def candidates(
    program: Program, plan: Plan, cycles: Sequence[int], optimize: str
) -> tuple[tuple[Candidate, ...], ...]:
    """The candidates of each step, the fastest first; one where there was no choice.

    Args:
        program: With its steps in their fastest forms, the others behind them.
        plan: Which chose among them.
        cycles: Measured, of each step in the form that was chosen.
        optimize: What the plan was for.
    """
    free = free_bytes(plan)
    chosen = plan.frugal or (0,) * len(program.steps)
    tasks = {task.index: task for task in plan.network.tasks}
    return tuple(
        _of_step(step, chosen[k], tasks[k], cycles[k], free.get(k, 0), optimize)
        for k, step in enumerate(program.steps)
    )


def free_bytes(plan: Plan) -> dict[int, int]:
    """Scratch that each step could have at its fullest call without a larger arena, about."""
    alive = live_bytes(plan.network, plan.schedule)[1:].tolist()
    calls = [(run.task, run.first + i) for run in plan.schedule for i in range(run.count)]
    tasks = plan.network.tasks
    most: dict[int, int] = {}
    for (position, call), bytes_ in zip(calls, alive, strict=False):
        beside = bytes_ - tasks[position].scratch_at(call)
        most[position] = max(most.get(position, 0), beside)
    return {
        tasks[k].index: plan.layout.bytes - beside
        for k, beside in most.items()
        if tasks[k].index != FEED
    }


def _of_step(
    step: Step, chosen: int, task: Task, cycles: int, free: int, optimize: str
) -> tuple[Candidate, ...]:
    found = forms(step)
    ample = ample_form(found, chosen) if task.ample_calls else None
    before = [0]
    for form in found[:-1]:
        before.append(before[-1] + form.frugal_cycles)
    taken = float(before[chosen])
    if ample is not None:
        taken += (before[ample] - taken) * len(task.ample_calls) / task.calls
    return tuple(
        Candidate(
            layer=step.node.name,
            kernel=form.kernel.name,
            cycles=round(cycles + (before[k] - taken) * (k != chosen)),
            scratch_bytes=form.scratch_bytes,
            flash_bytes=flash_bytes(form),
            is_chosen=k == chosen,
            reason=f"taken by {len(task.ample_calls)} of {task.calls} calls"
            if k == ample
            else _reason(found, before, k, chosen, free, optimize),
        )
        for k, form in enumerate(found)
    )


def _reason(
    found: Sequence[Step],
    before: Sequence[int],
    this: int,
    chosen: int,
    free: int,
    optimize: str,
) -> str:
    more = before[this] - before[chosen]
    flash = flash_bytes(found[this]) - flash_bytes(found[chosen])
    scratch = found[this].scratch_bytes
    if this == chosen:
        return _why_chosen(found, before, chosen)
    if more >= 0:
        return f"{more:,} cycles slower"
    if scratch > free:
        return f"{scratch:,} B of scratch: {free:,} B are free then"
    if flash > 0 and optimize in WEIGH_FLASH:
        return f"{flash:,} B more flash for {-more:,} cycles"
    return "slower in the calls that the plan makes"


def _why_chosen(found: Sequence[Step], before: Sequence[int], chosen: int) -> str:
    if len(found) == 1:
        return "the only one"
    if before[chosen] == min(before):
        return "fewest cycles"
    faster = [k for k, cycles in enumerate(before) if cycles < before[chosen]]
    step = found[chosen]
    if all(step.scratch_bytes < found[k].scratch_bytes for k in faster):
        return "fits in scratch"
    if all(flash_bytes(step) < flash_bytes(found[k]) for k in faster):
        return "spares flash"
    return "least of bytes and cycles together"
