"""Finds the smallest layout, and proves that none is smaller, by constraint programming.

Most items never matter: where little is alive there is room for all. So the core, the items that
are alive when most bytes are, is solved to its optimum, and the others are placed around it by
first fit. If they fit below the core's end, that is the optimum of all; if not, those that do not
and what lies in their way join the core. The optimum of any core is a lower bound for all. What
is left above the bound is then pressed down: items that are alive around a time are placed anew,
the others stay.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from mote.plan.budget import USUAL, Budget
from mote.plan.first_fit import place_around, search
from mote.plan.place import Placement, placement
from mote.plan.problem import Problem, pose
from mote.plan.task import Network, Run

SEARCH_WORK = 14_000
"""Pairs of items that first fit may compare for each item while orders are repaired again."""

GAP, SEARCHES = 0.03, 3
"""Where the arena is larger than its bound by more than this share, that is done so often."""

CORE_EFFORT = 2e-6
"""How long the solver may search for cores in each way, for each pair of items that must lie apart,
in its deterministic time: mostly some ten seconds."""

PRESS_EFFORT = 8e-6
"""The same for better places of items around a time."""

LEAST_EFFORT = 0.015
"""Both where there are few pairs."""

SOLVE_EFFORT = 0.3
"""How long it may search for the optimum of one core."""

WINDOW_EFFORT = 0.1
"""How long it may search for better places of items around one time."""

PRESS_ITEMS = 250
"""How many items are placed anew at once, while the others stay."""

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
    budget: Budget = USUAL,
) -> Placement:
    """The smallest layout, or a small one and a bound; the same one every time.

    Args:
        network, schedule: What is computed, and in which order.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that stay free.
        budget: How long to search, and the seed.
    """
    problem = pose(network, schedule, linear=linear, reserved=reserved)
    bases, bound = improve(problem, search(problem, budget=budget), budget=budget)
    return placement(network, problem, bases, bound)


def improve(
    problem: Problem,
    bases: tuple[int, ...],
    *,
    budget: Budget = USUAL,
) -> tuple[tuple[int, ...], int]:
    """Addresses in an arena that is no larger, and a size that no arena can fall below.

    First fit repairs orders for longer, with other seeds; without OR-tools, or with no effort, that
    is all.

    Args:
        problem: What is placed.
        bases: Where the items may lie.
        budget: How long to search, and the seed.
    """
    wanted = problem.goal_bytes
    for again in range(1, SEARCHES + 1):
        if problem.end(bases) > wanted:
            other = replace(budget, seed=(budget.seed + again) % 2**31)
            bases = min(bases, search(problem, SEARCH_WORK, other), key=problem.end)
        wanted = round((1 + GAP) * problem.bound_bytes)
    if budget.effort <= 0 or not has_solver():
        return bases, problem.bound_bytes

    def effort(of_a_pair: float) -> float:
        return budget.effort * max(LEAST_EFFORT, of_a_pair * len(problem.apart.first))

    best, bound = bases, problem.bound_bytes
    for precedences in (True, False):
        solver = _Solver(budget.seed, precedences)
        best, bound = _grow_core(problem, best, bound, effort(CORE_EFFORT), solver, budget)
    return _press(problem, best, bound, effort(PRESS_EFFORT), solver), bound


@dataclass(frozen=True)
class _Solver:
    """How the solver searches.

    Args:
        seed: Of its choices.
        precedences: Find what follows from some items of a clique lying above others. With it, or
            without, the solver now and then finds in a moment what takes it long otherwise.
    """

    seed: int
    precedences: bool


def _grow_core(
    problem: Problem,
    bases: tuple[int, ...],
    bound: int,
    effort: float,
    solver: _Solver,
    budget: Budget,
) -> tuple[tuple[int, ...], int]:
    """Solve larger and larger cores, until all others fit around one."""
    best = hint = bases
    near, core = NEAR, problem.alive_at(NEAR)
    while problem.end(best) > bound and effort > 0:
        if _pairs(problem, core).sum() > MAX_PAIRS:
            break
        found = _solve(problem, core, hint, bound, min(effort, SOLVE_EFFORT), solver)
        effort -= found.effort
        bound = found.bound
        if not found.bases:
            break
        items = problem.items.items
        top = max(base + items[i].bytes for i, base in found.bases.items())
        goal = max(bound, -(-top // problem.word) * problem.word)
        around = place_around(problem, found.bases, goal, budget)
        best = min(best, around, key=problem.end)
        joining = _obstacles(problem, core, around, goal)
        while not joining and near > 0:
            near -= 1 - NEAR
            joining = problem.alive_at(near) - core
        core |= joining
        hint = around if found.is_optimal else best
    return best, bound


def _press(
    problem: Problem, bases: tuple[int, ...], goal: int, effort: float, solver: _Solver
) -> tuple[int, ...]:
    """Place anew what is alive together with the highest item, or around a time of its life."""
    items = problem.items.items
    windows: Iterator[set[int]] = iter(())
    is_pressed = True
    while problem.end(bases) > goal and effort > 0:
        ends = [base + item.bytes for base, item in zip(bases, items, strict=True)]
        end = max(ends)
        if is_pressed:
            windows = _windows(problem, ends.index(end))
        free = next(windows, None)
        if free is None:
            break
        found = _solve(
            problem, free, bases, goal, min(effort, WINDOW_EFFORT), solver, others_stay=True
        )
        effort -= found.effort
        pressed = tuple(found.bases.get(i, base) for i, base in enumerate(bases))
        highest = sum(base + i.bytes == end for base, i in zip(pressed, items, strict=True))
        is_pressed = problem.end(pressed) < end or highest < ends.count(end)
        if is_pressed:
            bases = pressed
    return bases


def _windows(problem: Problem, top: int) -> Iterator[set[int]]:
    """Sets of items around one of them, larger and larger, none too large."""
    items = problem.items.items
    first, last = items[top].first, items[top].last
    middle = (first + last) // 2
    seen = []
    width = 0
    while width <= len(problem.items.clock):
        for start, end in ((first, last), (first, first), (last, last), (middle, middle)):
            free = {top} | {
                number
                for number, item in enumerate(items)
                if any(b <= end + width and d >= start - width for _, b, d in item.lives)
            }
            if len(free) <= PRESS_ITEMS and free not in seen:
                seen.append(free)
                yield free
        width = max(1, 2 * width)


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
    problem: Problem,
    core: set[int],
    hint: Sequence[int],
    bound: int,
    effort: float,
    how: _Solver,
    *,
    others_stay: bool = False,
) -> _Solution:
    """The smallest arena that holds a core, alone or with the others where the hint has them.

    Two searches share the effort. The first starts from the bound, assumes that it can be met and
    raises it where it cannot; the second starts from the hint and makes it smaller.
    """
    from ortools.sat.python import cp_model

    items, word = problem.items.items, problem.word
    limit = max(hint[i] + items[i].bytes for i in core)
    model = cp_model.CpModel()
    end = model.new_int_var(bound // word, -(-limit // word), "end")
    starts, spans = {}, {}
    for i in sorted(core):
        unit, size = items[i].alignment, -(-items[i].bytes // word)
        free = _free(problem, i, core, hint, limit) if others_stay else [(problem.reserved, limit)]
        domain = [(-(-low // unit), (high - items[i].bytes) // unit) for low, high in free]
        fitting = cp_model.Domain.from_intervals(
            [[low, high] for low, high in domain if low <= high]
        )
        start = model.new_int_var_from_domain(fitting, f"start {i}")
        model.add_hint(start, hint[i] // unit)
        starts[i] = unit // word * start
        spans[i] = model.new_fixed_size_interval_var(starts[i], size, f"span {i}")
        model.add(starts[i] + size <= end)
    cliques = _cliques(problem, core)
    for clique in cliques:
        model.add_no_overlap([spans[i] for i in sorted(clique)])
    is_covered = {(i, j) for clique in cliques for i in clique for j in clique}
    apart, chosen = problem.apart, _pairs(problem, core)
    columns = (c[chosen].tolist() for c in (apart.first, apart.second, apart.low, apart.high))
    for first, second, low, high in zip(*columns, strict=True):
        if (first, second) not in is_covered:
            above = model.new_bool_var("")
            away = starts[second] - starts[first]
            model.add(away >= -(-high // word)).only_enforce_if(above)
            model.add(away <= low // word).only_enforce_if(~above)
            model.add_hint(above, hint[second] - hint[first] >= high)
    model.minimize(end)
    found = _Solution({}, False, bound, 0.0)
    for from_below in (True, False):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = how.seed
        solver.parameters.max_deterministic_time = effort / 2
        solver.parameters.optimize_with_core = from_below
        # There is little to simplify, and no linear relaxation tells what lies above what.
        solver.parameters.cp_model_presolve = False
        solver.parameters.linearization_level = 0
        solver.parameters.use_dynamic_precedence_in_disjunctive = how.precedences
        status = solver.solve(model)
        spent = found.effort + max(0.002, solver.response_proto.deterministic_time)
        least = max(found.bound, word * round(solver.best_objective_bound))
        bases = found.bases
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            bases = {i: word * solver.value(start) for i, start in starts.items()}
        found = _Solution(bases, status == cp_model.OPTIMAL, least, spent)
        if found.is_optimal:
            break
    return found


def _cliques(problem: Problem, core: set[int]) -> list[set[int]]:
    """Items of one piece that are all alive during the same call, and share no bytes in it."""
    items, apart = problem.items.items, problem.apart
    away: dict[int, set[int]] = {i: set() for i in core if items[i].lives[-1][0] == 0}
    chosen = _pairs(problem, core)
    columns = (c[chosen].tolist() for c in (apart.first, apart.second, apart.low, apart.high))
    for first, second, low, high in zip(*columns, strict=True):
        is_plain = low == -items[second].bytes and high == items[first].bytes
        if is_plain and first in away and second in away:
            away[first].add(second)
            away[second].add(first)
    born = sorted({(birth, i) for i in away for _, birth, _ in items[i].lives})
    found: list[set[int]] = []
    for now in sorted({birth for birth, _ in born}):
        clique: set[int] = set()
        for i in sorted(away):
            is_alive = any(birth <= now <= death for _, birth, death in items[i].lives)
            if is_alive and clique <= away[i]:
                clique.add(i)
        while found and found[-1] <= clique:
            found.pop()
        if not found or not clique <= found[-1]:
            found.append(clique)
    return found


def _free(
    problem: Problem, item: int, core: set[int], bases: Sequence[int], limit: int
) -> list[tuple[int, int]]:
    """Where an item may lie between those outside the core: from its start to its end."""
    size = problem.items.items[item].bytes
    taken = sorted(
        (bases[other] + low, bases[other] + high)
        for other, low, high in problem.neighbours[item]
        if other not in core
    )
    found, start = [], problem.reserved
    for low, high in taken:
        if low >= start:
            found.append((start, low + size))
        start = max(start, high)
    return [(low, min(high, limit)) for low, high in (*found, (start, limit))]


def _pairs(problem: Problem, core: set[int]) -> NDArray[np.bool_]:
    """Which pairs of items are both in the core."""
    is_in = np.zeros(len(problem.items.items), bool)
    is_in[list(core)] = True
    return np.asarray(is_in[problem.apart.first] & is_in[problem.apart.second])


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
