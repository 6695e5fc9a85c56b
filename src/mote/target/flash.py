"""What stands between a core and the flash that holds its code: wait states and caches."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A cache that replaces the line used longest ago.

    Args:
        line_bytes: Bytes fetched by a miss; a power of two.
        lines: Lines in all.
        ways: Lines that may hold the same address; all of them when the cache is fully associative.
    """

    line_bytes: int
    lines: int
    ways: int

    def __post_init__(self) -> None:
        assert self.line_bytes > 0
        assert self.line_bytes & (self.line_bytes - 1) == 0
        assert 0 < self.ways <= self.lines
        assert self.lines % self.ways == 0


@dataclass(frozen=True, kw_only=True)
class Flash:
    """How long a core waits for its flash.

    Args:
        wait_states: Cycles that a read takes longer than one, at the board's clock and full
            voltage; None when unknown.
        instruction_cache: Cache of instruction fetches; None when unknown or not described by one.
        data_cache: Cache of loads of constants; None when they pass through the instruction cache.
    """

    wait_states: int | None = None
    instruction_cache: Cache | None = None
    data_cache: Cache | None = None

    def __post_init__(self) -> None:
        assert self.instruction_cache is not None or self.data_cache is None

    @property
    def is_modelled(self) -> bool:
        """Stalls can be counted: there are none, or it is known what causes them."""
        return self.wait_states == 0 or None not in (self.wait_states, self.instruction_cache)
