"""Gives every item of a schedule its address: first fit in several orders, then repairs."""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mote.plan.apart import Apart, Over, find_apart, find_overs
from mote.plan.items import Item, Items, find_items
from mote.plan.task import Layout, Network, Run

WORK = 5_000_000
"""About how many pairs of items may be compared while orders are repaired: bounds the time."""

REPAIRS = 300
"""How often an order is repaired at most."""

SEED = 1


@dataclass(frozen=True)
class Placement:
    """A layout, and how good it is.

    Args:
        layout: Where everything lies.
        live_bytes: Most bytes alive at one time, with what is reserved.
        bound_bytes: No layout of this schedule has fewer; at least ``live_bytes``.
    """

    layout: Layout
    live_bytes: int
    bound_bytes: int

    @property
    def is_optimal(self) -> bool:
        """True when no layout of this schedule is smaller."""
        return self.layout.bytes == self.bound_bytes

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
        live_bytes: Most bytes alive at one time, with what is reserved.
        reserved: Bytes at the start of the arena that stay free.
    """

    items: Items
    apart: Apart
    neighbours: tuple[tuple[Neighbour, ...], ...]
    live_bytes: int
    reserved: int

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
    return Placement(to_layout(network, problem, bases), problem.live_bytes, problem.live_bytes)


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
    live = reserved + live_bytes(items, overs)
    return Problem(items, apart, tuple(map(tuple, neighbours)), live, reserved)


def live_bytes(items: Items, overs: Sequence[Sequence[Over]]) -> int:
    """Most bytes alive at one time; a result and the operand that it overwrites count once."""
    change = np.zeros(len(items.clock) + 3, np.int64)
    for item in items.items:
        for _, birth, death in item.lives:
            change[birth + 1] += item.piece_bytes
            change[death + 2] -= item.piece_bytes
    alive = np.cumsum(change)
    for now, call in enumerate(overs):
        for result, (first, last) in {(o.result, o.result_pieces) for o in call if not o.is_later}:
            alive[now + 1] -= (last - first) * items.items[result].piece_bytes
    return int(alive.max())


def search(problem: Problem) -> tuple[int, ...]:
    """Addresses of the items in the smallest arena that was found."""
    items = problem.items.items
    pairs = sum(map(len, problem.neighbours)) + len(items)
    attempts = []
    for key in _ORDERS:
        order = sorted(range(len(items)), key=lambda i: key(items[i]))
        attempts.append((order, first_fit(problem, order)))
    attempts.sort(key=lambda attempt: problem.end(attempt[1]))
    best = attempts[0][1]
    rounds = min(REPAIRS, WORK // (pairs * len(attempts)))
    for order, bases in attempts:
        best = min(best, _repair(problem, order, bases, rounds), key=problem.end)
    return best


def _repair(
    problem: Problem, order: list[int], bases: tuple[int, ...], rounds: int
) -> tuple[int, ...]:
    """Let what lies too high choose its place earlier, until nothing does."""
    chance = random.Random(SEED)
    items = problem.items.items
    best, end = bases, problem.end(bases)
    for _ in range(rounds):
        if end == problem.live_bytes:
            break
        late = [i for i in order if bases[i] + items[i].bytes >= end]
        for item in late:
            place = order.index(item)
            order.insert(max(0, place - chance.randint(1, max(2, place))), order.pop(place))
        bases = first_fit(problem, order)
        if problem.end(bases) < end:
            best, end = bases, problem.end(bases)
    return best


def first_fit(problem: Problem, order: Sequence[int]) -> tuple[int, ...]:
    """The lowest address for each item in turn."""
    bases = [-1] * len(order)
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


def to_layout(network: Network, problem: Problem, bases: Sequence[int]) -> Layout:
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
    return Layout(places, scratch, state, problem.end(bases))


def _align(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


_ORDERS: tuple[Callable[[Item], tuple[int, ...]], ...] = (
    lambda item: (-item.bytes, item.first),
    lambda item: (-item.bytes * (item.last - item.first + 1), item.first),
    lambda item: (item.first - item.last, -item.bytes, item.first),
    lambda item: (item.first, -item.bytes),
    lambda item: (-item.last, -item.bytes),
)
