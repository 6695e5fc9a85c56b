"""Chooses among the forms of a step: each next one is slower, and takes less scratch or flash."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from math import ceil

from mote.lower.split import row_shape
from mote.lower.step import Program, Step
from mote.plan.ample import Way, ample_form, ways
from mote.plan.kernel_choice import (
    BESIDE_WEIGHTS,
    BESIDE_WEIGHTS_IN_FLASH,
    MOST_DEAR,
    Choice,
    choose_kernels,
    code_bytes,
)

FRAME_BYTES, CALL_BYTES = 1_500, 110
"""Of code beside the kernels, about: once, and for each step."""
SMALL_FRAME_BYTES, SMALL_CALL_BYTES = 400, 32
"""The same where small kernels are called, and all is compiled for size."""


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
        alive_bytes: Alive beside the scratch of each call of a step, by index; where given, and
            flash does not count, single calls may run in another form.
        arena_bytes: What these and the scratch of such a call must keep to.
        rows: That each call of a step computes, by index; where missing, as many as is fastest.
        apart: Steps that read rows at odd distances, by index.
        in_turn: Steps between whose calls others run, by index: what each keeps all that time adds
            up, so none takes a form that keeps more than its last one.
        flash: What it counts for.
        cycles: Of the whole program, about.
    """

    scratch_bytes: Mapping[int, int]
    rows: Mapping[int, int]
    flash: Flash
    cycles: float
    apart: Collection[int] = ()
    in_turn: Collection[int] = ()
    alive_bytes: Mapping[int, Sequence[int]] = field(default_factory=dict)
    arena_bytes: int = 0

    def ample_calls(self, index: int, way: Way) -> tuple[int, ...]:
        """The calls of a step for whose faster form there is room."""
        if self.flash is not Flash.IGNORED or way.ample_bytes == way.scratch_bytes:
            return ()
        room = self.arena_bytes - way.ample_bytes
        return tuple(k for k, n in enumerate(self.alive_bytes.get(index, ())) if n <= room)


def forms(step: Step) -> tuple[Step, ...]:
    """The step, its frugal form, that one's, and so on."""
    return (step, *forms(step.frugal)) if step.frugal else (step,)


def most_frugal(program: Program) -> tuple[int, ...]:
    """The last form of every step."""
    return tuple(len(forms(step)) - 1 for step in program.steps)


def without_small(program: Program, flash: Flash) -> Program:
    """The program without the forms that only spare flash, behind those that it has besides;
    where flash is weighed, without those of layers that multiply."""
    return replace(program, steps=tuple(_without_small(program, s, flash) for s in program.steps))


def _without_small(program: Program, step: Step, flash: Flash) -> Step:
    if step.frugal is None:
        return step
    if step.frugal.kernel.is_small:
        if flash is Flash.WEIGHED and program.graph.macs(step.node) == 0:
            return step
        return replace(step, frugal=None, frugal_cycles=0)
    return replace(step, frugal=_without_small(program, step.frugal, flash))


def spare_scratch(program: Program, frugal: Sequence[int], ample: Collection[int] = ()) -> Program:
    """The program with other forms of its steps.

    Args:
        program: In its fastest forms.
        frugal: How many times the frugal form is taken, by step; empty: never.
        ample: Steps of which some calls run in a form with more scratch (``ample_form``).
    """
    if not frugal:
        return program
    steps = []
    for index, (step, times) in enumerate(zip(program.steps, frugal, strict=True)):
        found = forms(step)
        larger = ample_form(found, times) if index in ample else None
        chosen = found[times]
        steps.append(chosen if larger is None else replace(chosen, ample=found[larger]))
    return replace(program, steps=tuple(steps))


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
    kept = found[-1].state_bytes if index in limits.in_turn else room
    fitting = [
        k
        for k, form in enumerate(found)
        if form.working_bytes <= room
        and form.state_bytes <= kept
        and (limits.flash is Flash.IGNORED or not form.kernel.is_extra)
    ]
    cycles = _cycles(program, index, limits)
    saved = _saved_by_ample(program, index, limits)
    choices = []
    for k, form in enumerate(found):
        flash = flash_bytes(form)
        beside = flash - sum(constant.learnt_bytes for constant in form.constants)
        choices.append(Choice(k, form.kernel.name, cycles[k] - saved[k], flash, beside))
    return [choices[k] for k in fitting or [len(found) - 1]]


def _cycles(program: Program, index: int, limits: Limits) -> list[int]:
    """What each form of a step takes more than the fastest one at its best."""
    found, before = [], 0
    for form in forms(program.steps[index]):
        lost = _lost_to_calls(program, form, limits.rows.get(index), index in limits.apart)
        found.append(before + lost)
        before += form.frugal_cycles
    return found


def _saved_by_ample(program: Program, index: int, limits: Limits) -> list[int]:
    """What of that calls in faster forms save, form by form."""
    found = forms(program.steps[index])
    alive = limits.alive_bytes.get(index, ())
    if len(found) == 1 or len(alive) <= 1:
        return [0] * len(found)
    return [
        ceil((way.cycles - way.ample_cycles) * len(limits.ample_calls(index, way)) / len(alive))
        for way in ways(found, _cycles(program, index, limits))
    ]


def ample_calls(
    program: Program, frugal: Sequence[int], limits: Limits
) -> tuple[dict[int, tuple[int, ...]], int]:
    """The calls for whose faster forms there is room, by step, and the cycles that they save."""
    calls, saved = {}, 0
    for index, form in enumerate(frugal):
        fewer = _saved_by_ample(program, index, limits)[form]
        if fewer > 0:
            way = ways(forms(program.steps[index]), _cycles(program, index, limits))[form]
            calls[index] = limits.ample_calls(index, way)
            saved += fewer
    return calls, saved


def _one_layout(program: Program, chosen: Sequence[int]) -> tuple[int, ...]:
    """The forms, but steps that share weights all take one layout of them: flash holds it once.

    It is that of the step that was left the fewest forms, or one behind it that all have.
    """
    sharing: dict[tuple[str, ...], list[int]] = {}
    for index, step in enumerate(program.steps):
        if step.frugal and len(step.node.inputs) > 1:
            sharing.setdefault(step.node.inputs[1:], []).append(index)
    found = list(chosen)
    for group in sharing.values():
        if len(group) > 1:
            taken = _shared(
                [forms(program.steps[index]) for index in group], [found[index] for index in group]
            )
            for index, form in zip(group, taken, strict=True):
                found[index] = form
    return tuple(found)


def _shared(of_steps: Sequence[Sequence[Step]], chosen: Sequence[int]) -> list[int]:
    """Forms of one layout for steps, each if possible no faster one than was chosen."""
    picked = [each[k] for each, k in zip(of_steps, chosen, strict=True)]
    # The same kernel reads one layout, or what cannot be shared, as scales are others.
    if len({form.kernel.name for form in picked}) == 1 or len({f.layout for f in picked}) == 1:
        return list(chosen)
    layouts = [[form.layout for form in each] for each in of_steps]
    left = [len(each) - k for each, k in zip(layouts, chosen, strict=True)]
    scarce = left.index(min(left))
    of_all = set[bytes].intersection(*map(set, layouts))
    for layout in layouts[scarce][chosen[scarce] :]:
        if layout in of_all:
            return [
                next((n for n in range(k, len(each)) if each[n] == layout), each.index(layout))
                for each, k in zip(layouts, chosen, strict=True)
            ]
    return list(chosen)


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
    kernels = {kernel.name for step in program.steps for kernel in step.kernels}
    return constants + program_frame_bytes(program) + code_bytes(kernels)


def weighed_flash_bytes(program: Program) -> float:
    """``program_flash_bytes``, dearer as far as code and constants beside the weights exceed what
    they should take."""
    learnt = sum(c.learnt_bytes for step in _owners(program) for c in step.constants)
    flash = program_flash_bytes(program)
    return flash + (MOST_DEAR - 1) * max(0, flash - learnt - BESIDE_WEIGHTS)


def fewest_flash_bytes(program: Program, table_bytes: int) -> int:
    """``program_flash_bytes``, with tables of the schedule as far as what is beside the weights
    exceeds what it should take: below that, they are worth the RAM that they spare."""
    learnt = sum(c.learnt_bytes for step in _owners(program) for c in step.constants)
    flash = program_flash_bytes(program)
    return flash + max(0, flash - learnt + table_bytes - BESIDE_WEIGHTS_IN_FLASH)


def _owners(program: Program) -> tuple[Step, ...]:
    """The steps whose constants flash holds.

    Steps that share their weights are tiles of one layer, or alike: they share all constants.
    """
    own = [step for step in program.steps if len(step.node.inputs) == 1]
    shared = {s.node.inputs[1:]: s for s in program.steps if len(s.node.inputs) > 1}
    return (*own, *shared.values())


def program_frame_bytes(program: Program) -> int:
    """Of the code that calls the kernels, about."""
    if any(step.kernel.is_small and program.graph.macs(step.node) for step in program.steps):
        return SMALL_FRAME_BYTES + SMALL_CALL_BYTES * len(program.steps)
    return FRAME_BYTES + CALL_BYTES * len(program.steps)


def flash_bytes(step: Step) -> int:
    """Of the constants of a step."""
    return sum(constant.array.nbytes for constant in step.constants)
