"""How long the planner may search, and the seed of what it tries."""

from dataclasses import dataclass

from mote.errors import InputError

MOST_EFFORT = 1_000.0
"""Longer searches end for other reasons."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bounds of all searches, in counts of what is looked at, so that machines agree.

    Args:
        effort: Multiplies every such count: states of the search for an order, pairs of items that
            first fit compares, the solver's deterministic time. 0 takes what is found at once.
        seed: Of the choices that first fit and the solver make by chance.

    Raises:
        InputError: One of them is out of its range.
    """

    effort: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.effort <= MOST_EFFORT:
            allowed = f"it is a number from 0 to {MOST_EFFORT:,.0f}"
            raise InputError("plan effort", f"{self.effort:g}; {allowed}")
        if not 0 <= self.seed < 2**31:
            raise InputError("plan seed", f"{self.seed}; it is a number from 0 to 2147483647")

    def count(self, usual: int) -> int:
        """How many, where so many are usual."""
        return round(usual * self.effort)


USUAL = Budget()
"""Enough for the networks that microcontrollers run, in seconds."""
