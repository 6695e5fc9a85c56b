"""Places the schedules that look best, and chooses the one that is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mote.lower.step import Program
from mote.lower.step_cycles import program_cycles
from mote.plan.budget import Budget
from mote.plan.first_fit import search
from mote.plan.flash_limit import within_flash
from mote.plan.forms import without_small
from mote.plan.modes import FLASH, Candidate, candidates
from mote.plan.optimal import improve
from mote.plan.options import Options
from mote.plan.place import Placement, placement
from mote.plan.plan import Plan
from mote.plan.problem import Problem, pose
from mote.plan.prove import prove
from mote.plan.straighten import stays_aligned, straighten
from mote.plan.task import Network

PLACED = 6
"""How many of the candidates that look best are placed by first fit before one is chosen."""

REFINED = 2
"""How many of those that look best then are placed as well as they can be."""

WORTH = 0.02
"""How many fewer bytes, as a share, one that is second must promise to be placed so."""

Rank = tuple[bool, tuple[float, ...]]
"""What is to be small: first of all what exceeds a limit."""


@dataclass(frozen=True)
class Placed:
    """A candidate with an address for every item.

    Args:
        candidate: The schedule.
        problem: What its layout must fulfil.
        bases: The addresses.
        bound_bytes: No layout of the schedule takes fewer words.
        is_refined: True when they are as good as they are found.
    """

    candidate: Candidate
    problem: Problem
    bases: tuple[int, ...]
    bound_bytes: int
    is_refined: bool = False

    @property
    def bytes(self) -> int:
        """Size of the arena."""
        return self.problem.end(self.bases)

    def refined(self, budget: Budget) -> "Placed":
        """The same in less room."""
        if self.is_refined:
            return self
        bases, bound = improve(self.problem, self.bases, budget=budget)
        return replace(self, bases=bases, bound_bytes=bound, is_refined=True)

    def rank(self, options: Options, less: float = 0.0) -> Rank:
        """How good it is, or would be if it took less by this share."""
        size = round((1 - less) * self.bytes)
        is_larger = options.ram_bytes is not None and size > options.ram_bytes
        aim = "bytes" if is_larger else options.optimize
        return is_larger, self.candidate.score(aim, size)

    @property
    def placement(self) -> Placement:
        """The layout."""
        return placement(self.candidate.network, self.problem, self.bases, self.bound_bytes)


def make_plan(program: Program, options: Options) -> Plan:
    """The plan that the options ask for: deterministic, and proven by replaying it.

    Without any that keeps to ``ram_bytes``, the smallest one: who asked compares.
    """
    return choose_plan((program,), options)[1]


def choose_plan(programs: Sequence[Program], options: Options) -> tuple[Program, Plan]:
    """``make_plan`` for the best of several programs that compute the same, and which that is."""
    programs = [within_flash(program, options.flash_bytes) for program in programs]
    if options.optimize != "flash":
        flash = FLASH[options.optimize]
        programs = [without_small(program, flash) for program in programs]
    fastest = min(program_cycles(program, options.cycles_per_mac) for program in programs)
    found = [
        replace(candidate, program=number)
        for number, program in enumerate(programs)
        for candidate in candidates(program, options, fastest)
    ]
    found = _different(sorted(found, key=lambda c: c.score(options.optimize, c.live_bytes)))
    limit = options.ram_bytes
    if limit is not None:
        fitting = [c for c in found if c.live_bytes <= limit]
        found = fitting or sorted(found, key=lambda c: c.score("bytes", c.live_bytes))
    else:
        found = found[: 1 if options.is_in_haste else PLACED]
    chosen = _best(found, options)
    network, schedule = chosen.candidate.network, chosen.candidate.schedule
    layout = chosen.placement
    if not options.is_in_haste:
        layout = straighten(network, schedule, layout, options.budget)
    prove(network, schedule, layout.layout)
    plan = Plan(
        network,
        schedule,
        layout.layout,
        layout.bound_bytes,
        order_bound_bytes=chosen.candidate.order_bound_bytes,
        frugal=chosen.candidate.frugal,
        slowdown=chosen.candidate.cycles / fastest if fastest else 1.0,
        weighs_flash=options.optimize == "balanced",
    )
    return programs[chosen.candidate.program], plan


def _different(found: Sequence[Candidate]) -> list[Candidate]:
    """Candidates without those that are placed like one before them."""
    kept: list[tuple[Candidate, Network]] = []
    for candidate in found:
        tasks = candidate.network.tasks
        timeless = tuple(replace(task, call_cycles=0, uneven_cycles=0) for task in tasks)
        network = replace(candidate.network, tasks=timeless)
        if all(candidate.schedule != c.schedule or network != other for c, other in kept):
            kept.append((candidate, network))
    return [candidate for candidate, _ in kept]


def _best(found: Sequence[Candidate], options: Options) -> Placed:
    """The best of candidates, which are given in the order of what they promise."""
    placed: list[Placed] = []
    for candidate in found:
        if placed and placed[0].rank(options) <= _promise(candidate, options):
            break
        fresh = _place(candidate, options)
        if options.ram_bytes is not None and fresh.bytes > options.ram_bytes:
            fresh = fresh.refined(options.budget)
        placed = sorted((*placed, fresh), key=lambda p: p.rank(options))
    best = placed[0].refined(options.budget)
    for other in placed[1:REFINED]:
        if _promise(other.candidate, options) < best.rank(options, WORTH):
            best = min(best, other.refined(options.budget), key=lambda p: p.rank(options))
    return best


def _promise(candidate: Candidate, options: Options) -> Rank:
    """How good a candidate were if its layout were perfect."""
    return False, candidate.score(options.optimize, candidate.live_bytes)


def _place(candidate: Candidate, options: Options) -> Placed:
    linear = _read_together(candidate.network) if options.is_in_haste else ()
    problem = pose(candidate.network, candidate.schedule, linear=linear)
    bases = search(problem, budget=options.budget)
    return Placed(candidate, problem, bases, problem.bound_bytes)


def _read_together(tasks: Network) -> Collection[str]:
    """Buffers of which calls read several rows, faster when they follow each other."""
    return {
        read.strip
        for task in tasks.tasks
        for read in task.reads
        if stays_aligned(tasks.strips[read.strip])
        and any(last - first > 1 for first, last in read.rows)
    }
