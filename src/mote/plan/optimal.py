"""Finds the smallest layout, and proves that none is smaller, by constraint programming.

Most items never matter: where little is alive there is room for all. So the core, the items that
are alive when most bytes are, is solved to its optimum, and the others are placed around it by
first fit. If they fit below the core's end, that is the optimum of all; if not, those that do not
and what lies in their way join the core. The optimum of any core is a lower bound for all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from mote.plan.place import Placement, Problem, place_around, placement, pose, search
from mote.plan.task import Network, Run

EFFORT = 0.001
"""How long the solver may search in all, for each item, in its deterministic time: seconds."""

SOLVE_EFFORT = 0.5
"""How long it may search for the optimum of one core."""

SEED = 1

SEARCH_WORK = 1_000_000
"""Pairs of items that first fit compares before the solver starts."""

NEAR = 0.98
"""The first core is alive at calls at which this share of the most bytes is alive."""

GROWTH = 40
"""About how many items join a core at once."""

MAX_PAIRS = 20_000
"""Pairs of items in the largest core that is tried."""


def has_solver() -> bool:
    """True when OR-tools is installed."""
    return find_spec("ortools") is not None


def place_optimally(
    network: Network,
    schedule: Sequence[Run],
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
    effort: float | None = None,
) -> Placement:
    """The smallest layout, or a small one and a bound; the same one every time.

    Args:
        network, schedule: What is computed, and in which order.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that stay free.
        effort: How long the solver may search, in its deterministic time; by the number of items
            if not given. Without OR-tools, or with 0, first fit has to do.
    """
    problem = pose(network, schedule, linear=linear, reserved=reserved)
    if effort is None:
        effort = EFFORT * len(problem.items.items)
    if effort <= 0 or not has_solver():
        bases, bound = search(problem), problem.bound_bytes
    else:
        bases, bound = improve(problem, search(problem, work=SEARCH_WORK), effort)
    return placement(network, problem, bases, bound)


def improve(problem: Problem, bases: tuple[int, ...], effort: float) -> tuple[tuple[int, ...], int]:
    """Addresses in an arena that is no larger, and a size that no arena can fall below.

    Args:
        problem: What is placed.
        bases: Where they may lie.
        effort: How long the solver may search, in its deterministic time.
    """
    best, bound, hint = bases, problem.bound_bytes, bases
    near, core = NEAR, _alive(problem, NEAR)
    while problem.end(best) > bound and effort > 0:
        if _pairs(problem, core).sum() > MAX_PAIRS:
            break
        found = _solve(problem, core, hint, bound, min(effort, SOLVE_EFFORT))
        effort -= found.effort
        bound = max(bound, found.bound)
        if not found.bases:
            break
        items = problem.items.items
        top = max(base + items[i].bytes for i, base in found.bases.items())
        goal = max(bound, -(-top // problem.word) * problem.word)
        around = place_around(problem, found.bases, goal)
        best = min(best, around, key=problem.end)
        joining = _obstacles(problem, core, around, goal)
        while not joining and near > 0:
            near -= 1 - NEAR
            joining = _alive(problem, near) - core
        core |= joining
        hint = around if found.is_optimal else best
    return best, bound


@dataclass(frozen=True)
class _Solution:
    """What the solver found for a core.

    Args:
        bases: Addresses of its items; empty where it found none.
        is_optimal: True when no smaller arena holds the core.
        bound: No arena that holds it takes fewer words, of which this is the size.
        effort: How long that took, in its deterministic time.
    """

    bases: dict[int, int]
    is_optimal: bool
    bound: int
    effort: float


def _solve(
    problem: Problem, core: set[int], hint: Sequence[int], bound: int, effort: float
) -> _Solution:
    from ortools.sat.python import cp_model

    items, word, limit = problem.items.items, problem.word, problem.end(hint)
    model = cp_model.CpModel()
    end = model.new_int_var(bound // word, -(-limit // word), "end")
    starts = {}
    for i in sorted(core):
        unit = items[i].alignment
        low, high = -(-problem.reserved // unit), (limit - items[i].bytes) // unit
        start = model.new_int_var(low, high, f"start {i}")
        model.add_hint(start, hint[i] // unit)
        starts[i] = unit // word * start
        model.add(starts[i] + -(-items[i].bytes // word) <= end)
    apart, chosen = problem.apart, _pairs(problem, core)
    columns = (c[chosen].tolist() for c in (apart.first, apart.second, apart.low, apart.high))
    for first, second, low, high in zip(*columns, strict=True):
        above = model.new_bool_var("")
        away = starts[second] - starts[first]
        model.add(away >= -(-high // word)).only_enforce_if(above)
        model.add(away <= low // word).only_enforce_if(~above)
        model.add_hint(above, hint[second] - hint[first] >= high)
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = effort
    # There is little to simplify, and no linear relaxation helps to choose between above and below.
    solver.parameters.cp_model_presolve = False
    solver.parameters.linearization_level = 0
    status = solver.solve(model)
    spent = max(0.01, solver.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return _Solution({}, False, bound, spent)
    bases = {i: word * solver.value(start) for i, start in starts.items()}
    is_optimal = status == cp_model.OPTIMAL
    return _Solution(bases, is_optimal, word * round(solver.best_objective_bound), spent)


def _pairs(problem: Problem, core: set[int]) -> NDArray[np.bool_]:
    """Which pairs of items are both in the core."""
    is_in = np.zeros(len(problem.items.items), bool)
    is_in[list(core)] = True
    return np.asarray(is_in[problem.apart.first] & is_in[problem.apart.second])


def _alive(problem: Problem, share: float) -> set[int]:
    """Items that are alive at calls at which so much of the most bytes is alive."""
    alive = problem.alive_bytes >= share * problem.alive_bytes.max()
    before = np.concatenate([[0], np.cumsum(alive)])  # calls until each time, from time -1 on
    return {
        number
        for number, item in enumerate(problem.items.items)
        if any(before[death + 2] > before[birth + 1] for _, birth, death in item.lives)
    }


def _obstacles(problem: Problem, core: set[int], bases: Sequence[int], goal: int) -> set[int]:
    """Items outside the core that end above the goal, and those that stay with them longest."""
    items = problem.items.items
    ends = [base + item.bytes for base, item in zip(bases, items, strict=True)]
    found: set[int] = set()
    for late in sorted(
        (i for i, end in enumerate(ends) if end > goal), key=lambda i: (-ends[i], i)
    ):
        if len(found) > GROWTH:
            break
        if late not in core:
            found.add(late)
        others = {o for o, _, _ in problem.neighbours[late]} - core - found
        first, last = items[late].first, items[late].last
        longest = sorted(
            others, key=lambda o: (max(items[o].first, first) - min(items[o].last, last), o)
        )
        found.update(longest[: max(0, GROWTH - len(found))])
    return found
