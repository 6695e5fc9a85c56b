"""Lets single calls of a step run in a faster form, where there is room for its scratch.

Two forms can take turns where both read the same struct and the same constants: flash holds these
once, and each call has the kernel and the scratch that what is alive around it leaves room for.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.lower.step import Step


@dataclass(frozen=True)
class Way:
    """One way to compute a step: all calls in one form, or some of them in a faster one.

    Args:
        scratch_bytes, cycles: Of the form, state included; cycles are those of all calls.
        ample_bytes, ample_cycles: Of the faster form that calls may take instead; as above where
            there is none.
    """

    scratch_bytes: int
    cycles: float
    ample_bytes: int
    ample_cycles: float

    def cycles_within(self, alive: Sequence[int], size: int) -> float:
        """What it takes where so many bytes are alive beside the calls, ascending, within a size;
        infinitely many where it does not fit."""
        if alive[-1] + self.scratch_bytes > size:
            return float("inf")
        share = bisect_right(alive, size - self.ample_bytes) / len(alive)
        return self.cycles - share * (self.cycles - self.ample_cycles)


def ways(found: Sequence[Step], cycles: Sequence[float]) -> list[Way]:
    """How a step may be computed whose forms take these cycles, form by form."""
    places = [ample_form(found, k) for k in range(len(found))]
    better = [k if j is None or cycles[j] > cycles[k] else j for k, j in enumerate(places)]
    return [
        Way(found[k].working_bytes, cycles[k], found[j].working_bytes, cycles[j])
        for k, j in enumerate(better)
    ]


def ample_form(found: Sequence[Step], form: int) -> int | None:
    """The fastest of the forms before one that its calls may take; None where there is none."""
    return next((k for k in range(form) if _are_exchangeable(found[k], found[form])), None)


def _are_exchangeable(one: Step, other: Step) -> bool:
    """True when calls of both do the same with the same struct."""
    pairs = zip(one.constants, other.constants, strict=False)
    return (
        replace(one.kernel, name="", strided="") == replace(other.kernel, name="", strided="")
        and one.parameters == other.parameters
        and one.in_place == other.in_place
        and one.state_bytes == other.state_bytes
        and len(one.constants) == len(other.constants)
        and all(a.field == b.field and np.array_equal(a.array, b.array) for a, b in pairs)
    )
