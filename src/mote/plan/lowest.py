"""Places items one after the other, each at the lowest address that is free."""

from collections.abc import Mapping, Sequence
from math import inf

from mote.plan.problem import Problem


def first_fit(
    problem: Problem, order: Sequence[int], fixed: Mapping[int, int], below: float = inf
) -> tuple[int, ...] | None:
    """The lowest address for each item in turn, around those that have one.

    Nothing where one of the former does not end below a given address.
    """
    bases, sizes = [-1] * len(problem.items.items), problem.sizes
    for number, base in fixed.items():
        bases[number] = base
    for number in order:
        taken = [
            (base + low, base + high)
            for other, low, high in problem.neighbours[number]
            if (base := bases[other]) >= 0
        ]
        bases[number] = lowest(problem, number, taken)
        if bases[number] + sizes[number] >= below:
            return None
    return tuple(bases)


def lowest(problem: Problem, number: int, taken: list[tuple[int, int]]) -> int:
    """The lowest address of an item that lies in none of some intervals, which this sorts."""
    taken.sort()
    alignment, found = problem.items.items[number].alignment, problem.lowest[number]
    for low, high in taken:
        if low >= found:
            break
        if high > found:
            found = -(-high // alignment) * alignment
    return found


def places(problem: Problem, order: Sequence[int]) -> list[int]:
    """The position of each item in an order; -1 for those that are not in it."""
    found = [-1] * len(problem.items.items)
    for position, number in enumerate(order):
        found[number] = position
    return found
