"""Places items one after the other, each at the lowest address that is free, and repairs orders.

Whatever would end too high was placed too late: it moves forward, before one of the items in its
way, and what stood from there on is placed again. So a repair costs what lies between the two
places, and a try ends where it fails.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from math import inf

from mote.plan.budget import USUAL, Budget
from mote.plan.items import Item
from mote.plan.problem import Problem

WORK = 3_000
"""About how many pairs of items may be compared while orders are repaired, for each item."""

AROUND_WORK = 1_000
"""The same, while items are placed around others that have their places."""

MORE_WORK = 7_000
"""The same, for the orders that are repaired only where one arena is to be as small as it can."""

REPAIRED = 2
"""How many of the orders are repaired at first: those that need the fewest bytes."""

PATIENCE = 3
"""For how many comparisons of all pairs those orders change without success, before the best one
so far is tried again: half as many again each time."""

SWEEPS = 20
"""How often everything is placed again in an order in which all that was too high moved forward."""

ITEM_WORK = 8
"""As how many pairs an item counts besides."""


def search(problem: Problem, work: int = WORK, budget: Budget = USUAL) -> tuple[int, ...]:
    """Addresses of the items in the smallest arena that was found.

    Args:
        problem: What is placed.
        work: About how many pairs of items may be compared, for each item.
        budget: What multiplies that, and the seed of repairs.
    """
    pairs = budget.count(work * len(problem.items.items))
    return _fit(problem, {}, problem.bound_bytes, pairs, slice(REPAIRED), budget.seed)


def search_more(problem: Problem, budget: Budget = USUAL) -> tuple[int, ...]:
    """Addresses by the orders that ``search`` does not repair, and by sweeps of all orders."""
    goal, seed = problem.bound_bytes, budget.seed
    pairs = budget.count(MORE_WORK * len(problem.items.items))
    best = _fit(problem, {}, goal, pairs, slice(REPAIRED, None), seed, PATIENCE)
    for order, bases in _attempts(problem, {}):
        chance = random.Random(seed)
        swept = _sweep(problem, order, bases, goal, budget.count(SWEEPS), chance)
        best = min(best, swept, key=problem.end)
    return best


def place_around(
    problem: Problem, fixed: Mapping[int, int], goal: int, budget: Budget = USUAL
) -> tuple[int, ...]:
    """Addresses of all items where some have theirs, if possible in an arena of a given size."""
    pairs = budget.count(AROUND_WORK * len(problem.items.items))
    return _fit(problem, fixed, goal, pairs, slice(1), budget.seed)


def first_fit(problem: Problem, order: Sequence[int], fixed: Mapping[int, int]) -> tuple[int, ...]:
    """The lowest address for each item in turn, around those that have one."""
    bases = [-1] * len(problem.items.items)
    for number, base in fixed.items():
        bases[number] = base
    for number in order:
        bases[number] = _lowest(problem, bases, number)
    return tuple(bases)


def _lowest(problem: Problem, bases: Sequence[int], number: int) -> int:
    """The lowest address of an item that keeps away from those that have one; others have -1."""
    taken = [
        (base + low, base + high)
        for other, low, high in problem.neighbours[number]
        if (base := bases[other]) >= 0
    ]
    taken.sort()
    alignment, found = problem.items.items[number].alignment, problem.lowest[number]
    for low, high in taken:
        if low >= found:
            break
        if high > found:
            found = -(-high // alignment) * alignment
    return found


def _fit(
    problem: Problem,
    fixed: Mapping[int, int],
    goal: int,
    work: int,
    repaired: slice,
    seed: int,
    patience: float = inf,
) -> tuple[int, ...]:
    """First fit in every order, then repairs of some of them, until the goal is met."""
    attempts = _attempts(problem, fixed)
    best = attempts[0][1]
    chosen = attempts[repaired]
    for order, bases in chosen:
        if problem.end(best) <= goal:
            break
        share, chance = work // len(chosen), random.Random(seed)
        found = _repair(problem, order, bases, goal, share, chance, patience)
        best = min(best, found, key=problem.end)
    return best


def _attempts(
    problem: Problem, fixed: Mapping[int, int]
) -> list[tuple[list[int], tuple[int, ...]]]:
    """First fit in every order, the best one first."""
    items = problem.items.items
    free = [i for i in range(len(items)) if i not in fixed]
    found = []
    for key in _ORDERS:
        order = sorted(free, key=lambda i: key(items[i]))
        found.append((order, first_fit(problem, order, fixed)))
    return sorted(found, key=lambda attempt: problem.end(attempt[1]))


def _sweep(
    problem: Problem,
    order: list[int],
    bases: tuple[int, ...],
    goal: int,
    sweeps: int,
    chance: random.Random,
) -> tuple[int, ...]:
    """Better addresses, by moving all items forward that end too high, anywhere, and placing all
    of them again. In large problems it gets out of what moving one after the other stays in."""
    best, end, order = bases, problem.end(bases), list(order)
    for _ in range(sweeps):
        if problem.end(best) <= goal:
            break
        for number in [i for i in order if bases[i] + problem.sizes[i] >= end]:
            place = order.index(number)
            order.pop(place)
            order.insert(chance.randrange(place) if place else 0, number)
        bases = first_fit(problem, order, {})
        end = min(end, problem.end(bases))
        best = min(best, bases, key=problem.end)
    return best


def _repair(
    problem: Problem,
    order: list[int],
    bases: tuple[int, ...],
    goal: int,
    work: int,
    chance: random.Random,
    patience: float,
) -> tuple[int, ...]:
    """Better addresses, by moving forward in the order what ends too high.

    Args:
        problem: What is placed.
        order: The items that may move.
        bases: Where first fit in this order has them; what is not in it stays.
        goal: Stop where the arena is no larger.
        work: About how many pairs of items may be compared.
        chance: Which of the items in the way is overtaken.
        patience: Return to the best order when all pairs have been compared so often in vain.
    """
    most = patience * sum(map(len, problem.neighbours))
    best, best_order, allowed = bases, order, most
    while work > 0 and problem.end(best) > goal:
        changed = list(best_order)
        found, spent = _lower(problem, changed, best, min(work, allowed), chance)
        work -= spent
        if found:
            best, best_order, allowed = found, changed, most
        elif not spent:
            break
        else:
            allowed *= 1.5
    return best


def _lower(
    problem: Problem, order: list[int], bases: tuple[int, ...], work: float, chance: random.Random
) -> tuple[tuple[int, ...] | None, int]:
    """Addresses in a smaller arena, for which the order changes, and how many pairs that took."""
    sizes, neighbours, end, spent = problem.sizes, problem.neighbours, problem.end(bases), 0
    late = next((p for p, i in enumerate(order) if bases[i] + sizes[i] >= end), None)
    if late is None:
        return None, spent
    place, now = [-1] * len(sizes), list(bases)
    for position, number in enumerate(order):
        place[number] = position
        now[number] = bases[number] if position < late else -1
    while spent < work:
        number = order[late]
        earlier = sorted(p for i, _, _ in neighbours[number] if 0 <= (p := place[i]) < late)
        if not earlier:  # nothing that could make room
            break
        # Mostly one of those that came last: what came first has its place for good reasons.
        start = earlier[-1 - int(len(earlier) * chance.random() ** 2)]
        order.insert(start, order.pop(late))
        for position in range(start, late + 1):
            now[order[position]] = -1
            place[order[position]] = position
        for late in range(start, len(order)):
            number = order[late]
            base = _lowest(problem, now, number)
            spent += len(neighbours[number]) + ITEM_WORK
            if base + sizes[number] >= end:
                break
            now[number] = base
        else:
            return tuple(now), spent
    return None, spent


_ORDERS: tuple[Callable[[Item], tuple[int, ...]], ...] = (
    lambda item: (-item.bytes, item.first),
    lambda item: (-item.bytes * (item.last - item.first + 1), item.first),
    lambda item: (item.first - item.last, -item.bytes, item.first),
    lambda item: (item.first, -item.bytes),
    lambda item: (-item.last, -item.bytes),
)
