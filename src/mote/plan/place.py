"""Gives every item of a schedule its address: first fit in several orders, then repairs."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from mote.plan.apart import Apart, find_apart, find_overs
from mote.plan.items import Item, Items, find_items
from mote.plan.least import Bytes, alive_bytes, least_bytes
from mote.plan.task import Layout, Network, Run

WORK = 5_000
"""About how many pairs of items may be compared while orders are repaired, for each item."""

REPAIRS = 300
"""How often an order is repaired at most."""

AROUND_WORK = 1_000
"""The same, while items are placed around others that have their places."""

SEED = 1


@dataclass(frozen=True)
class Placement:
    """A layout, and how good it is.

    Args:
        layout: Where everything lies.
        live_bytes: Most bytes alive at one time, with what is reserved.
        bound_bytes: No layout of this schedule takes fewer words (units of alignment), of which
            this is the size; at least ``live_bytes``.
    """

    layout: Layout
    live_bytes: int
    bound_bytes: int

    @property
    def is_optimal(self) -> bool:
        """True when no layout of this schedule takes fewer words."""
        return self.layout.bytes <= self.bound_bytes

    @property
    def gap(self) -> float:
        """How much larger than the bound the layout is, as a fraction."""
        return self.layout.bytes / self.bound_bytes - 1 if self.bound_bytes else 0.0


Neighbour = tuple[int, int, int]
"""An item, and the displacements from it between which this one must not lie, ends excluded."""


@dataclass(frozen=True)
class Problem:
    """What a layout must fulfil.

    Args:
        items: What is placed.
        apart: Which items must not lie on each other.
        neighbours: The same, item by item.
        alive_bytes: Bytes alive before the first call, during each one, and after the last.
        word: All items start at multiples of this many bytes.
        bound_bytes: No arena takes fewer words, of which this is the size.
        reserved: Bytes at the start of the arena that stay free.
    """

    items: Items
    apart: Apart
    neighbours: tuple[tuple[Neighbour, ...], ...]
    alive_bytes: Bytes
    word: int
    bound_bytes: int
    reserved: int

    @property
    def peak_bytes(self) -> int:
        """Most bytes alive at one time, with what is reserved."""
        return self.reserved + int(self.alive_bytes.max())

    def end(self, bases: Sequence[int]) -> int:
        """Size of the arena when the items lie at these addresses."""
        ends = (base + i.bytes for base, i in zip(bases, self.items.items, strict=True))
        return max(ends, default=self.reserved)


def place(
    network: Network,
    schedule: Sequence[Run],
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
) -> Placement:
    """A small layout, the same one every time.

    Args:
        network, schedule: What is computed, and in which order.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that stay free.
    """
    problem = pose(network, schedule, linear=linear, reserved=reserved)
    bases = search(problem)
    return placement(network, problem, bases, problem.bound_bytes)


def pose(
    network: Network,
    schedule: Sequence[Run],
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
) -> Problem:
    """The problem that ``place`` solves; arguments as there."""
    items = find_items(network, schedule, linear)
    overs = find_overs(network, items)
    apart = find_apart(items, overs)
    neighbours: list[list[Neighbour]] = [[] for _ in items.items]
    columns = (c.tolist() for c in (apart.first, apart.second, apart.low, apart.high))
    for first, second, low, high in zip(*columns, strict=True):
        neighbours[second].append((first, low, high))
        neighbours[first].append((second, -high, -low))
    alive = alive_bytes(items, overs)
    word = gcd(*(item.alignment for item in items.items)) or 1
    bound = _align(reserved + least_bytes(items, overs), word)
    return Problem(items, apart, tuple(map(tuple, neighbours)), alive, word, bound, reserved)


def search(problem: Problem, work: int = WORK) -> tuple[int, ...]:
    """Addresses of the items in the smallest arena that was found.

    Args:
        problem: What is placed.
        work: About how many pairs of items may be compared, for each item.
    """
    pairs = work * len(problem.items.items)
    return _fit(problem, {}, problem.bound_bytes, pairs, len(_ORDERS))


def place_around(problem: Problem, fixed: Mapping[int, int], goal: int) -> tuple[int, ...]:
    """Addresses of all items where some have theirs, if possible in an arena of a given size."""
    return _fit(problem, fixed, goal, AROUND_WORK * len(problem.items.items), 1)


def _fit(
    problem: Problem, fixed: Mapping[int, int], goal: int, work: int, repaired: int
) -> tuple[int, ...]:
    """First fit in every order, then repairs of the best of them, until the goal is met."""
    items = problem.items.items
    free = [i for i in range(len(items)) if i not in fixed]
    attempts = []
    for key in _ORDERS:
        order = sorted(free, key=lambda i: key(items[i]))
        attempts.append((order, first_fit(problem, order, fixed)))
    attempts.sort(key=lambda attempt: problem.end(attempt[1]))
    best = attempts[0][1]
    rounds = work // ((1 + sum(len(problem.neighbours[i]) for i in free)) * repaired)
    for order, bases in attempts[:repaired]:
        chance, end = random.Random(SEED), problem.end(bases)
        for _ in range(min(REPAIRS, rounds)):
            if problem.end(best) <= goal:
                return best
            # Whatever lies highest was placed too late.
            late = [i for i in order if bases[i] + items[i].bytes >= end]
            for item in late:
                place = order.index(item)
                order.insert(max(0, place - chance.randint(1, max(2, place))), order.pop(place))
            bases = first_fit(problem, order, fixed)
            end = min(end, problem.end(bases))
            best = min(best, bases, key=problem.end)
    return best


def first_fit(problem: Problem, order: Sequence[int], fixed: Mapping[int, int]) -> tuple[int, ...]:
    """The lowest address for each item in turn, around those that have one."""
    bases = [-1] * len(problem.items.items)
    for number, base in fixed.items():
        bases[number] = base
    for number in order:
        taken = sorted(
            (bases[other] + low, bases[other] + high)
            for other, low, high in problem.neighbours[number]
            if bases[other] >= 0
        )
        alignment = problem.items.items[number].alignment
        base = _align(problem.reserved, alignment)
        for low, high in taken:
            if low >= base:
                break
            if high > base:
                base = _align(high, alignment)
        bases[number] = base
    return tuple(bases)


def placement(
    network: Network, problem: Problem, bases: Sequence[int], bound_bytes: int
) -> Placement:
    """Addresses of items as addresses of rows, scratch and state."""
    # Rows that no call touches are nowhere in particular.
    rows = {
        name: [_align(problem.reserved, strip.alignment)] * strip.rows
        for name, strip in network.strips.items()
    }
    scratch: dict[int, int] = {}
    state: dict[int, int] = {}
    for item, base in zip(problem.items.items, bases, strict=True):
        match item.kind:
            case "row":
                rows[item.strip][item.index] = base
            case "strip":
                count = network.strips[item.strip].rows
                rows[item.strip] = [base + row * item.piece_bytes for row in range(count)]
            case "scratch":
                scratch[item.index] = base
            case "state":
                state[item.index] = base
    places = {name: tuple(offsets) for name, offsets in rows.items()}
    layout = Layout(places, scratch, state, problem.end(bases))
    # The last word need not be full.
    bound = max(problem.peak_bytes, min(bound_bytes, layout.bytes))
    return Placement(layout, problem.peak_bytes, bound)


def _align(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


_ORDERS: tuple[Callable[[Item], tuple[int, ...]], ...] = (
    lambda item: (-item.bytes, item.first),
    lambda item: (-item.bytes * (item.last - item.first + 1), item.first),
    lambda item: (item.first - item.last, -item.bytes, item.first),
    lambda item: (item.first, -item.bytes),
    lambda item: (-item.last, -item.bytes),
)
