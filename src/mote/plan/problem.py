"""What a layout must fulfil: the items, how far apart they must lie, and a bound for all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from operator import add

import numpy as np

from mote.plan.apart import Apart, find_apart, find_overs
from mote.plan.items import Items, find_items
from mote.plan.least import Bytes, alive_bytes, least_bytes
from mote.plan.task import Network, Run

Neighbour = tuple[int, int, int]
"""An item, and the displacements from it between which this one must not lie, ends excluded."""


@dataclass(frozen=True)
class Problem:
    """What a layout must fulfil.

    Args:
        items: What is placed.
        apart: Which items must not lie on each other.
        alive_bytes: Bytes alive before the first call, during each one, and after the last.
        word: All items start at multiples of this many bytes.
        bound_bytes: No arena takes fewer words, of which this is the size.
        reserved: Bytes at the start of the arena that stay free.
    """

    items: Items
    apart: Apart
    alive_bytes: Bytes
    word: int
    bound_bytes: int
    reserved: int

    @cached_property
    def neighbours(self) -> tuple[tuple[Neighbour, ...], ...]:
        """Which items must not lie on each other, item by item."""
        found: list[list[Neighbour]] = [[] for _ in self.items.items]
        columns = (self.apart.first, self.apart.second, self.apart.low, self.apart.high)
        for first, second, low, high in zip(*(c.tolist() for c in columns), strict=True):
            found[second].append((first, low, high))
            found[first].append((second, -high, -low))
        return tuple(map(tuple, found))

    @property
    def peak_bytes(self) -> int:
        """Most bytes alive at one time, with what is reserved."""
        return self.reserved + int(self.alive_bytes.max())

    @property
    def goal_bytes(self) -> int:
        """No arena is smaller: the last word of the bound need not be full."""
        return max(self.peak_bytes, self.bound_bytes - self.word + 1)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each item."""
        return tuple(item.bytes for item in self.items.items)

    @cached_property
    def lowest(self) -> tuple[int, ...]:
        """The lowest address that each item may have."""
        return tuple(align(self.reserved, item.alignment) for item in self.items.items)

    def alive_at(self, share: float) -> set[int]:
        """Items that are alive at calls at which so much of the most bytes is alive."""
        alive = self.alive_bytes >= share * self.alive_bytes.max()
        before = np.concatenate([[0], np.cumsum(alive)]).tolist()  # until each time, from -1 on
        return {
            number
            for number, item in enumerate(self.items.items)
            if any(before[death + 2] > before[birth + 1] for _, birth, death in item.lives)
        }

    def end(self, bases: Sequence[int]) -> int:
        """Size of the arena when the items lie at these addresses."""
        return max(map(add, bases, self.sizes), default=self.reserved)


def pose(
    network: Network,
    schedule: Sequence[Run],
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
) -> Problem:
    """The problem of placing a schedule.

    Args:
        network, schedule: What is computed, and in which order.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that stay free.
    """
    items = find_items(network, schedule, linear)
    overs = find_overs(network, items)
    apart = find_apart(items, overs)
    alive = alive_bytes(items, overs)
    word = gcd(*(item.alignment for item in items.items)) or 1
    bound = align(reserved + least_bytes(items, overs), word)
    return Problem(items, apart, alive, word, bound, reserved)


def align(value: int, alignment: int) -> int:
    """The lowest multiple that is not below a value."""
    return -(-value // alignment) * alignment
