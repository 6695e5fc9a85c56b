"""What a plan is for."""

from dataclasses import dataclass

from mote.errors import InputError
from mote.plan.budget import USUAL, Budget

MODES = ("balanced", "flash", "ram", "time")

SLOWDOWN = 1.3
"""Times the cycles of the fastest plan that a plan of few bytes may take."""

MOST_FLASH = 4_000_000
"""More than that is not inside microcontrollers."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a plan is for.

    Args:
        optimize: ``ram``: the fewest bytes, then the fewest cycles. ``time``: layer by layer.
            ``flash``: the fewest bytes of constants and code, then the least product of RAM and the
            square of cycles. ``balanced``: the least product of RAM, flash and the square of
            estimated cycles.
        slowdown: How many times the estimated cycles of ``time`` ``balanced`` and ``ram`` may take,
            if any plan does that and keeps to ``ram_bytes``.
        ram_bytes: The arena must not be larger; of the plans that keep to it, the one that
            ``optimize`` would choose.
        flash_bytes: Constants and code should not take more, as far as other forms of the steps can
            do something about it.
        feed_rows: The application delivers the rows of the input one by one.
        cycles_per_mac: Estimate for layers that say nothing better.
        budget: How long to search, and the seed.
    """

    optimize: str = "balanced"
    slowdown: float = SLOWDOWN
    ram_bytes: int | None = None
    flash_bytes: int | None = MOST_FLASH
    feed_rows: bool = False
    cycles_per_mac: float = 2.0
    budget: Budget = USUAL

    def __post_init__(self) -> None:
        if self.optimize not in MODES:
            raise InputError("optimize", f"{self.optimize!r}; it is one of {', '.join(MODES)}")
        if not self.slowdown >= 1:
            raise InputError("slowdown", f"{self.slowdown:g}; it is a number from 1 up, or inf")
        if self.ram_bytes is not None and self.ram_bytes < 0:
            raise InputError("ram", f"{self.ram_bytes}; it is a number of bytes")

    @property
    def is_in_haste(self) -> bool:
        """True when nothing but cycles counts."""
        return self.optimize == "time" and self.ram_bytes is None
