"""Orders in which items are placed one after the other: what is hard to place comes early."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mote.plan.items import Item
from mote.plan.problem import Problem

LONG = 0.3
"""An item that is needed for more than this share of the calls is long."""


@dataclass(frozen=True)
class Order:
    """How items are ordered.

    Args:
        key: By what, lowest first.
        full: Before all others those that are alive when at least this share of the most bytes
            is: rows of one size that follow each other find the places of those that die.
        is_long_first: Among both, long ones come first.
    """

    key: Callable[[Item], tuple[int, ...]]
    full: float | None = None
    is_long_first: bool = False

    def of(self, problem: Problem, free: Sequence[int]) -> list[int]:
        """Some items of a problem in this order."""
        items, calls = problem.items.items, len(problem.items.clock)
        full = set(free) if self.full is None else problem.alive_at(self.full)

        def key(number: int) -> tuple[int, ...]:
            item = items[number]
            is_short = self.is_long_first and item.last - item.first + 1 <= LONG * calls
            return number not in full, is_short, *self.key(item)

        return sorted(free, key=key)


def _by_size(item: Item) -> tuple[int, ...]:
    return -item.bytes, item.first


def _by_area(item: Item) -> tuple[int, ...]:
    return -item.bytes * (item.last - item.first + 1), item.first


def _by_life(item: Item) -> tuple[int, ...]:
    return item.first - item.last, -item.bytes, item.first


def _by_size_and_life(item: Item) -> tuple[int, ...]:
    return -item.bytes, item.first - item.last, item.first


def _by_first(item: Item) -> tuple[int, ...]:
    return item.first, -item.bytes


def _by_last(item: Item) -> tuple[int, ...]:
    return -item.last, -item.bytes


SIMPLE = (Order(_by_size), Order(_by_area), Order(_by_life), Order(_by_first), Order(_by_last))
"""Enough where most items have their places."""

ALL = (
    *SIMPLE,
    Order(_by_size, is_long_first=True),
    Order(_by_size_and_life, is_long_first=True),
    Order(_by_first, is_long_first=True),
    Order(_by_life, full=0.98),
    Order(_by_size, full=0.9),
    Order(_by_first, full=0.9, is_long_first=True),
    Order(_by_size, full=0.8),
    Order(_by_size, full=0.8, is_long_first=True),
    Order(_by_first, full=0.8, is_long_first=True),
)
"""Each is the best one for some network."""
