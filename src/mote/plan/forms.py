"""Chooses among the forms of a step: each next one is slower, and takes less scratch or flash."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mote.lower.kernel_sizes import KERNEL_BYTES
from mote.lower.split import row_shape
from mote.lower.step import Program, Step
from mote.plan.kernel_choice import BESIDE_WEIGHTS, MOST_DEAR, Choice, choose_kernels

FRAME_BYTES, CALL_BYTES = 1_500, 110
"""Of code beside the kernels, about: once, and for each step."""


class Flash(Enum):
    """What flash counts for in the choice of forms."""

    IGNORED = "the fewest cycles"
    WEIGHED = "the least product of flash and the square of cycles"
    FEWEST = "the fewest bytes of flash, then the fewest cycles"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the forms of a program must keep to.

    Args:
        scratch_bytes: Of steps with several forms, by index; the last form is taken even if larger.
        rows: That each call of a step computes, by index; where missing, as many as is fastest.
        apart: Steps that read rows at odd distances, by index.
        flash: What it counts for.
        cycles: Of the whole program, about.
    """

    scratch_bytes: Mapping[int, int]
    rows: Mapping[int, int]
    flash: Flash
    cycles: float
    apart: Collection[int] = ()


def forms(step: Step) -> tuple[Step, ...]:
    """The step, its frugal form, that one's, and so on."""
    return (step, *forms(step.frugal)) if step.frugal else (step,)


def most_frugal(program: Program) -> tuple[int, ...]:
    """The last form of every step."""
    return tuple(len(forms(step)) - 1 for step in program.steps)


def spare_scratch(program: Program, frugal: Sequence[int]) -> Program:
    """The program with other forms of its steps.

    Args:
        program: In its fastest forms.
        frugal: How many times the frugal form is taken, by step; empty: never.
    """
    if not frugal:
        return program
    steps = zip(program.steps, frugal, strict=True)
    return replace(program, steps=tuple(forms(step)[times] for step, times in steps))


def extra_cycles(program: Program, frugal: Sequence[int]) -> int:
    """What the forms cost more than the fastest ones, each in calls of as many rows as it likes."""
    steps = zip(program.steps, frugal, strict=True)
    return sum(form.frugal_cycles for step, times in steps for form in forms(step)[:times])


def choose_forms(program: Program, limits: Limits) -> tuple[int, ...]:
    """The best form of every step within the limits, as ``spare_scratch`` takes them."""
    choices = [_choices(program, index, step, limits) for index, step in enumerate(program.steps)]
    if limits.flash is Flash.IGNORED:
        found = [min(each, key=lambda c: c.cycles) for each in choices]
    else:
        cycles = limits.cycles if limits.flash is Flash.WEIGHED else None
        found = choose_kernels(choices, program_frame_bytes(program), cycles)
    return _one_layout(program, [choice.form for choice in found])


def _choices(program: Program, index: int, step: Step, limits: Limits) -> list[Choice]:
    """The forms that fit in scratch; the last one if none does."""
    found = forms(step)
    room = limits.scratch_bytes.get(index, 0)
    fitting = [k for k, form in enumerate(found) if form.working_bytes <= room]
    choices, before = [], 0
    for k, form in enumerate(found):
        lost = _lost_to_calls(program, form, limits.rows.get(index), index in limits.apart)
        flash = flash_bytes(form)
        beside = flash - sum(constant.learnt_bytes for constant in form.constants)
        choices.append(Choice(k, form.kernel.name, before + lost, flash, beside))
        before += form.frugal_cycles
    return [choices[k] for k in fitting or [len(found) - 1]]


def _one_layout(program: Program, chosen: Sequence[int]) -> tuple[int, ...]:
    """The forms, but steps that share weights all take the most frugal one: flash holds them once.

    Their forms are the same from the last one back, as many as each has.
    """
    left = [len(forms(s)) - 1 - k for s, k in zip(program.steps, chosen, strict=True)]
    least: dict[tuple[str, ...], int] = {}
    for step, count in zip(program.steps, left, strict=True):
        if not step.frugal:
            continue
        weights = step.node.inputs[1:]
        least[weights] = min(count, least.get(weights, count))
    return tuple(
        len(forms(step)) - 1 - (least[step.node.inputs[1:]] if step.frugal else 0)
        for step in program.steps
    )


def _lost_to_calls(program: Program, step: Step, rows: int | None, is_apart: bool) -> int:
    """Cycles that calls of fewer rows cost than those at which a form is fastest, or of others."""
    if step.split is None or rows is None:
        return 0
    images, height, _ = row_shape(program.graph.result(step.node))
    each = step.split.lost_cycles(rows) + step.split.uneven_cycles * is_apart
    return images * (height // rows) * each


def program_flash_bytes(program: Program) -> int:
    """Of the constants of all steps, and of all code, about."""
    constants = sum(flash_bytes(step) for step in _owners(program))
    kernels = {step.kernel.name for step in program.steps}
    return constants + program_frame_bytes(program) + sum(KERNEL_BYTES[name] for name in kernels)


def weighed_flash_bytes(program: Program) -> float:
    """``program_flash_bytes``, dearer as far as code and constants beside the weights exceed what
    they should take."""
    learnt = sum(c.learnt_bytes for step in _owners(program) for c in step.constants)
    flash = program_flash_bytes(program)
    return flash + (MOST_DEAR - 1) * max(0, flash - learnt - BESIDE_WEIGHTS)


def _owners(program: Program) -> tuple[Step, ...]:
    """The steps whose constants flash holds.

    Steps that share their weights are tiles of one layer, or alike: they share all constants.
    """
    own = [step for step in program.steps if len(step.node.inputs) == 1]
    shared = {s.node.inputs[1:]: s for s in program.steps if len(s.node.inputs) > 1}
    return (*own, *shared.values())


def program_frame_bytes(program: Program) -> int:
    """Of the code that calls the kernels, about."""
    return FRAME_BYTES + CALL_BYTES * len(program.steps)


def flash_bytes(step: Step) -> int:
    """Of the constants of a step."""
    return sum(constant.array.nbytes for constant in step.constants)
