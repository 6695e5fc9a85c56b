"""Places items one after the other in several orders, and repairs the best of these."""

import random
from collections.abc import Mapping, Sequence
from itertools import chain
from math import ceil, inf, log

from mote.plan.budget import USUAL, Budget
from mote.plan.lowest import first_fit
from mote.plan.orders import ALL, SIMPLE
from mote.plan.problem import Problem
from mote.plan.repair import repair

WORK = 3_000
"""About how many pairs of items may be compared while orders are repaired, for each item."""

AROUND_WORK = 300
"""The same while items are placed around others that have their places."""

KEPT = 3
"""One of so many orders is repaired further."""

PATIENCE = 10
"""For how many comparisons of all pairs an order changes without success, before the best one so
far is tried again: half as many again each time."""

Attempt = tuple[list[int], tuple[int, ...]]
"""An order, and the addresses that first fit finds in it."""


def search(problem: Problem, work: int = WORK, budget: Budget = USUAL) -> tuple[int, ...]:
    """Addresses of the items in the smallest arena that was found.

    All orders are repaired for a while, then the best third of them for three times as long, and
    so on.

    Args:
        problem: What is placed.
        work: About how many pairs of items may be compared, for each item.
        budget: What multiplies that, and the seed of repairs.
    """
    left = _attempts(problem)
    best, rounds = left[0], ceil(log(len(left) + 1, KEPT))
    pairs = budget.count(work * len(problem.items.items)) // rounds
    goal = problem.goal_bytes
    while left and problem.end(best[1]) > goal:
        repaired = []
        for attempt in left:
            chance = random.Random(budget.seed)
            found = repair(problem, *attempt, goal, pairs // len(left), chance, PATIENCE)
            repaired.append(found)
            if problem.end(found[1]) <= goal:
                break
        left = sorted(repaired, key=lambda attempt: problem.end(attempt[1]))
        best, left = left[0], left[: len(left) // KEPT]
    return best[1]


def place_around(
    problem: Problem, fixed: Mapping[int, int], goal: int, budget: Budget = USUAL
) -> tuple[int, ...]:
    """Addresses of all items where some have theirs, if possible in an arena of a given size.

    Args:
        problem: What is placed.
        fixed: Addresses that stay.
        goal: The size that is small enough.
        budget: How long the best order is repaired.
    """
    found = _first(problem, (), fixed, goal, inf)
    assert found is not None
    return _repaired(problem, found, goal, budget)


def place_within(
    problem: Problem, order: Sequence[int], goal: int, near: float, budget: Budget = USUAL
) -> tuple[int, ...] | None:
    """Addresses of all items in an arena of a given size, or nothing.

    Args:
        problem: What is placed.
        order: One that is tried first.
        goal: The size.
        near: Only where first fit takes at most this share too much, its order is repaired.
        budget: For how long.
    """
    found = _first(problem, order, {}, goal, (1 + near) * goal)
    bases = _repaired(problem, found, goal, budget) if found else None
    return bases if bases is not None and problem.end(bases) <= goal else None


def _first(
    problem: Problem, given: Sequence[int], fixed: Mapping[int, int], goal: int, below: float
) -> Attempt | None:
    """The best of a given order and simple ones, of those whose items end below an address."""
    free = [i for i in range(len(problem.items.items)) if i not in fixed]
    best: Attempt | None = None
    for order in chain([list(given)] if given else [], (way.of(problem, free) for way in SIMPLE)):
        bases = first_fit(problem, order, fixed, below)
        if bases is None or (best and problem.end(bases) >= problem.end(best[1])):
            continue
        best, below = (order, bases), problem.end(bases)
        if below <= goal:
            break
    return best


def _repaired(problem: Problem, attempt: Attempt, goal: int, budget: Budget) -> tuple[int, ...]:
    """The addresses of an attempt, in a smaller arena if possible."""
    pairs = budget.count(AROUND_WORK * len(problem.items.items))
    return repair(problem, *attempt, goal, pairs, random.Random(budget.seed), inf)[1]


def _attempts(problem: Problem) -> list[Attempt]:
    """First fit in every order, the best one first."""
    free = range(len(problem.items.items))
    found: list[Attempt] = []
    for way in ALL:
        order = way.of(problem, free)
        bases = first_fit(problem, order, {})
        if bases is not None and all(bases != other for _, other in found):
            found.append((order, bases))
    return sorted(found, key=lambda attempt: problem.end(attempt[1]))
