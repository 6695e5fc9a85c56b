"""Places items one after the other in several orders, and repairs the best of these."""

import random
from collections.abc import Mapping, Sequence
from math import ceil, inf, log

from mote.plan.budget import USUAL, Budget
from mote.plan.lowest import first_fit
from mote.plan.orders import ALL, SIMPLE, Order
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
    problem: Problem,
    fixed: Mapping[int, int],
    goal: int,
    budget: Budget = USUAL,
    *,
    order: Sequence[int] = (),
) -> tuple[int, ...]:
    """Addresses of all items where some have theirs, if possible in an arena of a given size.

    Args:
        problem: What is placed.
        fixed: Addresses that stay.
        goal: The size that is small enough.
        budget: How long the best order is repaired.
        order: One that is tried first, if given: of all items that are not fixed.
    """
    free = [i for i in range(len(problem.items.items)) if i not in fixed]
    best: Attempt | None = None
    for each in (order, *SIMPLE) if order else SIMPLE:
        tried = each.of(problem, free) if isinstance(each, Order) else list(each)
        bases = first_fit(problem, tried, fixed)
        if best is None or problem.end(bases) < problem.end(best[1]):
            best = tried, bases
        if problem.end(bases) <= goal:
            return bases
    assert best is not None
    pairs = budget.count(AROUND_WORK * len(problem.items.items))
    return repair(problem, *best, goal, pairs, random.Random(budget.seed), inf)[1]


def _attempts(problem: Problem) -> list[Attempt]:
    """First fit in every order, the best one first."""
    free = range(len(problem.items.items))
    found: list[Attempt] = []
    for way in ALL:
        order = way.of(problem, free)
        bases = first_fit(problem, order, {})
        if all(bases != other for _, other in found):
            found.append((order, bases))
    return sorted(found, key=lambda attempt: problem.end(attempt[1]))
