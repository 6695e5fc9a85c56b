"""Repairs orders in which items are placed: what would end too high moves forward.

It was placed too late, so it goes before one of the items in its way. Of the items from there on
only those are placed again that a neighbour's new address or place in the order may move; a try
ends where it fails.
"""

import random
from collections.abc import Sequence
from itertools import accumulate

from mote.plan.lowest import lowest, places
from mote.plan.problem import Neighbour, Problem

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
    trial, spent = _Trial(problem, order, bases), 0
    late = trial.too_high.find(True)
    if late < 0:
        return None, spent
    while spent < work:
        earlier = trial.earlier(late)
        if not earlier:  # it is too high in any order
            return None, work if spent else 0
        # Mostly one of those that came last: what came first has its place for good reasons.
        start = earlier[-1 - int(len(earlier) * chance.random() ** 2)]
        trial.move(late, start)
        late = trial.place_from(start)
        last = late if late >= 0 else len(order) - 1
        spent += trial.pairs[last + 1] - trial.pairs[start]
        if late < 0:
            return tuple(trial.bases), spent
    return None, spent


class _Trial:
    """An order of items, and the addresses that first fit has for them as far as it has come.

    An item's address may be another one only where an item before it in the order now lies there,
    or has left a place below it. Only these are looked at again; what is said of each position in
    the order is kept in one byte each, so that the next one is found at once.

    Attributes:
        bases: The last address of each item.
        too_high: Which items, by position, end too high there.
        pairs: Before each position: how many pairs first fit compares up to there, and other work.
    """

    def __init__(self, problem: Problem, order: list[int], bases: Sequence[int]) -> None:
        self.bases = list(bases)
        self._problem, self._order, self._end = problem, order, problem.end(bases)
        self._place = places(problem, order)
        self._stale = bytearray(len(order))
        self._earlier: dict[int, list[Neighbour]] = {}
        self.too_high = bytearray(bases[i] + problem.sizes[i] >= self._end for i in order)
        self.pairs = [0, *accumulate(len(problem.neighbours[i]) + ITEM_WORK for i in order)]

    def earlier(self, position: int) -> list[int]:
        """Positions of the items in the way of one that come before it."""
        neighbours, place = self._problem.neighbours[self._order[position]], self._place
        return sorted(p for other, _, _ in neighbours if 0 <= (p := place[other]) < position)

    def move(self, late: int, start: int) -> None:
        """Let an item come earlier, and find its address there."""
        order, place, neighbours = self._order, self._place, self._problem.neighbours
        for by_position in (order, self._stale, self.too_high):
            by_position.insert(start, by_position.pop(late))
        for position in range(start, late + 1):
            number = order[position]
            place[number] = position
            self.pairs[position + 1] = self.pairs[position] + len(neighbours[number]) + ITEM_WORK
        number = order[start]
        self._earlier.pop(number, None)
        self._place_again(start, late)
        base = self.bases[number]
        for other, low, high in neighbours[number]:
            if start < place[other] <= late:
                if other in self._earlier:
                    self._earlier[other].append((number, -high, -low))
                if base - high < self.bases[other] < base - low:
                    self._stale[place[other]] = True

    def place_from(self, start: int) -> int:
        """Place again what may move, from a position on to the first item that ends too high.

        Its position is the result; -1 where there is none.
        """
        while True:
            position = self._stale.find(True, start)
            end = position if position >= 0 else len(self._order)
            late = self.too_high.find(True, start, end)
            if late >= 0 or position < 0:
                return late
            self._place_again(position, position)
            start = position

    def _place_again(self, position: int, after: int) -> None:
        """Find an item's address; those that come after a position may have to be placed again."""
        number, bases, place, stale = self._order[position], self.bases, self._place, self._stale
        neighbours = self._problem.neighbours[number]
        earlier = self._earlier.get(number)
        if earlier is None:
            earlier = [neighbour for neighbour in neighbours if place[neighbour[0]] < position]
            self._earlier[number] = earlier
        taken = [(bases[other] + low, bases[other] + high) for other, low, high in earlier]
        old, new = bases[number], lowest(self._problem, number, taken)
        stale[position] = False
        if new == old:
            return
        bases[number] = new
        self.too_high[position] = new + self._problem.sizes[number] >= self._end
        for other, low, high in neighbours:
            later = place[other]
            if later > after and not stale[later]:
                base = bases[other]
                if old - high < base or new - high < base < new - low:
                    stale[later] = True
