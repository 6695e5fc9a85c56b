"""Leaves out forms of steps that take more flash than there is."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from mote.lower.step import Program, Step
from mote.plan.forms import (
    flash_bytes,
    forms,
    most_frugal,
    program_flash_bytes,
    spare_scratch,
)

FIRST_PRICE, LAST_PRICE, DEARER = 0.001, 1e6, 1.3
"""Cycles that a byte of flash is worth, tried from the first to the last."""


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
    steps = zip(program.steps, chosen, strict=True)
    kept = replace(program, steps=tuple(_without_larger(step, k) for step, k in steps))
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


def _without_larger(step: Step, chosen: int) -> Step:
    """The forms that take no more flash than one of them."""
    found, cycles = forms(step), _cycles(step)
    most = flash_bytes(found[chosen])
    kept = [k for k, form in enumerate(found) if flash_bytes(form) <= most]
    best = replace(found[kept[-1]], frugal=None, frugal_cycles=0)
    for k, behind in zip(kept[-2::-1], kept[:0:-1], strict=True):
        best = replace(found[k], frugal=best, frugal_cycles=cycles[behind] - cycles[k])
    return best
