"""Repairs orders in which items are placed: what would end too high moves forward.

It was placed too late, so it goes before one of the items in its way. Of the items from there on
only those are placed again that a neighbour's new address or place in the order may move; a try
ends where it fails.
"""

import random
from collections.abc import MutableSequence, Sequence

from mote.plan.lowest import lowest, places
from mote.plan.problem import Problem

ITEM_WORK = 8
"""As how many pairs an item counts besides."""


def repair(
    problem: Problem,
    order: list[int],
    bases: tuple[int, ...],
    goal: int,
    work: float,
    chance: random.Random,
    patience: float,
) -> tuple[list[int], tuple[int, ...]]:
    """A better order and its addresses, by moving forward in it what ends too high.

    Args:
        problem: What is placed.
        order: The items that may move.
        bases: Where first fit in this order has them; what is not in it stays.
        goal: Stop where the arena is no larger.
        work: About how many pairs of items may stand for comparison again.
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
    return best_order, best


def _lower(
    problem: Problem, order: list[int], bases: tuple[int, ...], work: float, chance: random.Random
) -> tuple[tuple[int, ...] | None, float]:
    """Addresses in a smaller arena, for which the order changes, and how many pairs that took."""
    sizes, neighbours, end, spent = problem.sizes, problem.neighbours, problem.end(bases), 0
    late = next((p for p, i in enumerate(order) if bases[i] + sizes[i] >= end), None)
    if late is None:
        return None, spent
    place, now, known = places(problem, order), list(bases), list(bases)
    for number in order[late:]:
        now[number] = -1
    stale = bytearray(len(sizes))
    while spent < work:
        number = order[late]
        earlier = sorted(p for i, _, _ in neighbours[number] if 0 <= (p := place[i]) < late)
        if not earlier:  # it is too high in any order
            return None, work if spent else 0
        # Mostly one of those that came last: what came first has its place for good reasons.
        start = earlier[-1 - int(len(earlier) * chance.random() ** 2)]
        order.insert(start, order.pop(late))
        for position in range(start, late + 1):
            now[order[position]] = -1
            place[order[position]] = position
        stale[number] = True
        for other, _, _ in neighbours[number]:
            if start < place[other] <= late:
                stale[other] = True
        for late in range(start, len(order)):
            number = order[late]
            if stale[number]:
                _place_again(problem, number, now, known, stale, place)
            spent += len(neighbours[number]) + ITEM_WORK
            base = known[number]
            if base + sizes[number] >= end:
                break
            now[number] = base
        else:
            return tuple(now), spent
    return None, spent


def _place_again(
    problem: Problem,
    number: int,
    now: Sequence[int],
    known: list[int],
    stale: MutableSequence[int],
    place: Sequence[int],
) -> None:
    """Find an item's address; where it is another one, that of later neighbours may be too.

    Args:
        problem: What is placed.
        number: The item.
        now: Addresses of the items before it in the order; others have -1.
        known: The last address of each item.
        stale: Which of these may not hold any more.
        place: The position of each item in the order.
    """
    stale[number] = False
    base = lowest(problem, now, number)
    if base == known[number]:
        return
    known[number] = base
    position = place[number]
    for other, _, _ in problem.neighbours[number]:
        if place[other] > position:
            stale[other] = True
