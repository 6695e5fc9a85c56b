"""Leaves out forms of steps that take more flash than there is."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from mote.lower.step import Program, Step
from mote.plan.forms import (
    flash_bytes,
    forms,
    most_frugal,
    program_flash_bytes,
    spare_scratch,
)
from mote.plan.kernel_choice import code_bytes

FIRST_PRICE, LAST_PRICE, DEARER = 0.001, 1e6, 1.3
"""Cycles that a byte of flash is worth, tried from the first to the last."""
LARGER = (0.5, 0.2, 0.1, 0.05, 0.02, 0.0)
"""By how much forms may be larger than those that pay at that price, if there is room for them:
they may take less RAM."""


def within_flash(program: Program, limit: int | None) -> Program:
    """The program without the forms for which flash has no room.

    A byte becomes dearer until what pays at its price fits; so those forms go first that save the
    fewest cycles for it. What does not fit in any form is left at its smallest.

    Args:
        program: In its fastest forms.
        limit: Bytes of flash; none if there is no limit.
    """
    if limit is None or program_flash_bytes(program) <= limit:
        return program
    price = FIRST_PRICE
    while True:
        chosen = [_best(step, price) for step in program.steps]
        if program_flash_bytes(spare_scratch(program, chosen)) <= limit or price > LAST_PRICE:
            break
        price *= DEARER
    for share in LARGER:
        kept = _without_larger(program, chosen, share)
        if _most_flash_bytes(kept) <= limit:
            return kept
    if program_flash_bytes(kept) <= limit:
        return kept
    smallest = spare_scratch(program, most_frugal(program))  # of equal constants, less code
    return min(kept, smallest, key=program_flash_bytes)


def _best(step: Step, price: float) -> int:
    cycles = _cycles(step)
    found = forms(step)
    return min(range(len(found)), key=lambda k: cycles[k] + price * flash_bytes(found[k]))


def _cycles(step: Step) -> Sequence[int]:
    """What each form costs more than the first one."""
    found = forms(step)
    return [*accumulate((form.frugal_cycles for form in found[:-1]), initial=0)]


def _without_larger(program: Program, chosen: Sequence[int], share: float) -> Program:
    """The forms of steps that take no more flash than one of them, or so much more of it."""
    steps = zip(program.steps, chosen, strict=True)
    return replace(program, steps=tuple(_kept(step, k, share) for step, k in steps))


def _kept(step: Step, chosen: int, share: float) -> Step:
    found, cycles = forms(step), _cycles(step)
    most = (1 + share) * flash_bytes(found[chosen])
    kept = [k for k, form in enumerate(found) if flash_bytes(form) <= most]
    best = replace(found[kept[-1]], frugal=None, frugal_cycles=0)
    for k, behind in zip(kept[-2::-1], kept[:0:-1], strict=True):
        best = replace(found[k], frugal=best, frugal_cycles=cycles[behind] - cycles[k])
    return best


def _most_flash_bytes(program: Program) -> int:
    """What a program takes whichever forms it has, with the code of all of them."""
    of_steps = [forms(step) for step in program.steps]
    largest = [int(np.argmax([flash_bytes(form) for form in each])) for each in of_steps]
    kernels = {form.kernel.name for each in of_steps for form in each}
    taken = spare_scratch(program, largest)
    used = {step.kernel.name for step in taken.steps}
    return program_flash_bytes(taken) + code_bytes(kernels) - code_bytes(used)
