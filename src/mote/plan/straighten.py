"""Lays the rows of buffers one behind the other where that takes no more bytes.

Rows may lie anywhere, and the smallest arena often has them in disorder for no gain. In one piece
they need no table in flash, and calls that read several of them are faster on some cores.
"""

from collections.abc import Sequence
from itertools import pairwise

from mote.plan.budget import USUAL, Budget
from mote.plan.first_fit import place_within
from mote.plan.place import Placement, placement
from mote.plan.problem import Problem, pose
from mote.plan.task import Layout, Network, Run, Strip

WORK = 60_000
"""Pairs of items in all layouts that are tried: bounds the time."""

NEAR = 0.5
"""A layout that takes more than the room there is by a larger share is not pressed into it."""


def straighten(
    network: Network, schedule: Sequence[Run], found: Placement, budget: Budget = USUAL
) -> Placement:
    """A layout that is no larger, with as many buffers in one piece as are found.

    Args:
        network, schedule: What is computed, and in which order.
        found: Where everything may lie.
        budget: How long to search, and the seed.
    """
    best, straight = found, tuple[str, ...]()
    least = disorder(network, found.layout)
    scattered = _scattered(network, found.layout)
    parts = [scattered] if scattered else []
    work = budget.count(WORK)
    while parts and work > 0:
        part = parts.pop(0)
        better, pairs = _with_straight(network, schedule, (*straight, *part), found, budget)
        work -= pairs
        if better and disorder(network, better.layout) <= least:
            best, straight = better, (*straight, *part)
            least = disorder(network, better.layout)
        elif len(part) > 1:
            half = len(part) // 2
            parts += [part[half:], part[:half]]  # towards the end tensors are small
    return best


def disorder(network: Network, layout: Layout) -> int:
    """How far the rows that calls read together are from following each other at one distance.

    Bytes of a row for each call that reads several at odd distances, less where some other order of
    them has one: kernels that take rows in any order lose nothing then.
    """
    found = 0
    for task in network.tasks:
        for read in task.reads:
            places, size = layout.rows[read.strip], network.strips[read.strip].row_bytes
            for first, last in read.rows:
                window = places[first:last]
                if _are_spaced(window):
                    continue
                found += size if _are_spaced(sorted(window)) else 3 * size
    return found


def _are_spaced(places: Sequence[int]) -> bool:
    return len({b - a for a, b in pairwise(places)}) <= 1


def stays_aligned(strip: Strip) -> bool:
    """True when all rows of a buffer in one piece are aligned as they must be apart."""
    return strip.row_bytes % strip.alignment == 0


def _scattered(network: Network, layout: Layout) -> tuple[str, ...]:
    """The buffers that do not lie in one piece and might."""
    found = []
    for name, strip in network.strips.items():
        if not stays_aligned(strip):
            continue
        first, *others = layout.rows[name]
        if any(place != first + i * strip.row_bytes for i, place in enumerate(others, 1)):
            found.append(name)
    return tuple(found)


def _with_straight(
    network: Network,
    schedule: Sequence[Run],
    straight: tuple[str, ...],
    found: Placement,
    budget: Budget,
) -> tuple[Placement | None, int]:
    """A layout no larger than the one found, with some buffers in one piece, by first fit; and
    what was looked at for it."""
    size = found.layout.bytes
    problem = pose(network, schedule, linear=straight)
    pairs = len(problem.apart.first)
    if problem.bound_bytes > size:
        return None, pairs
    order = _by_address(problem, found.layout)
    bases = place_within(problem, order, size, NEAR, budget)
    return placement(network, problem, bases, found.bound_bytes) if bases else None, pairs


def _by_address(problem: Problem, layout: Layout) -> list[int]:
    """The items from the lowest to the highest of a layout: first fit then has each no higher."""

    def key(number: int) -> tuple[int, int]:
        item = problem.items.items[number]
        match item.kind:
            case "row":
                base = layout.rows[item.strip][item.index]
            case "strip":
                base = min(layout.rows[item.strip])
            case kind:
                base = layout.beside(kind)[item.index]
        return base, item.first

    return sorted(range(len(problem.items.items)), key=key)
