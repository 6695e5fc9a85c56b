"""Chooses among schedules: fewest bytes, fewest cycles, the best of both, or whatever fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.errors import InputError
from mote.lower.step import Program
from mote.plan.exact import search
from mote.plan.live import live_bytes, peak_bytes
from mote.plan.network import divided_rows, network
from mote.plan.optimal import place_optimally
from mote.plan.plan import Plan
from mote.plan.prove import prove
from mote.plan.stream import Streaming, curve
from mote.plan.task import FEED, Network, Run

MODES = ("balanced", "ram", "time")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a plan is for.

    Args:
        optimize: ``ram``: the fewest bytes, then the fewest cycles. ``time``: layer by layer.
            ``balanced``: the least product of bytes and estimated cycles.
        ram_bytes: The arena must not be larger; of the plans that keep to it, the one that
            ``optimize`` would choose.
        feed_rows: The application delivers the rows of the input one by one.
        cycles_per_mac: Estimate for the target, against which the cost of streaming is weighed.
    """

    optimize: str = "balanced"
    ram_bytes: int | None = None
    feed_rows: bool = False
    cycles_per_mac: float = 2.0

    def __post_init__(self) -> None:
        if self.optimize not in MODES:
            raise InputError("optimize", f"{self.optimize!r}; it is one of {', '.join(MODES)}")
        if self.ram_bytes is not None and self.ram_bytes < 0:
            raise InputError("ram", f"{self.ram_bytes}; it is a number of bytes")


@dataclass(frozen=True)
class Candidate:
    """A schedule that may become the plan.

    Args:
        network: Its tasks, with the rows of their calls.
        schedule: All calls.
        live_bytes: Most bytes alive.
        cycles: Estimated cycles of one inference.
    """

    network: Network
    schedule: tuple[Run, ...]
    live_bytes: int
    cycles: float


def make_plan(program: Program, options: Options) -> Plan:
    """The plan that the options ask for: deterministic, and proven by replaying it.

    Without any that keeps to ``ram_bytes``, the smallest one: who asked compares.
    """
    found = candidates(program, options)
    if options.optimize == "ram":
        found.sort(key=lambda c: (c.live_bytes, c.cycles))
    elif options.optimize == "time":
        found.sort(key=lambda c: (c.cycles, c.live_bytes))
    else:
        found.sort(key=lambda c: c.live_bytes * c.cycles)
    limit = options.ram_bytes
    smallest: Plan | None = None
    for candidate in found:
        if limit is not None and candidate.live_bytes > limit:
            continue
        plan = _placed(candidate)
        if limit is None or plan.total_bytes <= limit:
            return plan
        if smallest is None or plan.total_bytes < smallest.total_bytes:
            smallest = plan
    return smallest or _placed(min(found, key=lambda c: (c.live_bytes, c.cycles)))


def candidates(program: Program, options: Options) -> list[Candidate]:
    """Schedules that trade bytes for cycles, and the one that computes layer by layer."""
    fine = network(program, _rows(program, finest=True), streamed=options.feed_rows)
    macs = sum(program.graph.macs(step.node) for step in program.steps)
    base = macs * options.cycles_per_mac + 1
    found = [_mixed(program, fine, point, options, base) for point in curve(fine)]
    if options.optimize == "ram":
        smallest = min(found, key=lambda c: (c.live_bytes, c.cycles))
        better = search(smallest.network, smallest.schedule)
        if better.peak_bytes < smallest.live_bytes:
            cycles = base + sum(t.calls * t.call_cycles for t in smallest.network.tasks)
            found.append(Candidate(smallest.network, better.schedule, better.peak_bytes, cycles))
    return found


def _rows(program: Program, *, finest: bool) -> dict[int, int]:
    return {
        index: 1 if finest else step.split.rows
        for index, step in enumerate(program.steps)
        if step.split
    }


def _mixed(
    program: Program, fine: Network, point: Streaming, options: Options, base: float
) -> Candidate:
    """The layers that run on their own in larger calls, as far as that takes no more bytes."""
    alone = {s[0] for s in point.segments if len(s) == 1 and fine.tasks[s[0]].index != FEED}
    rows = _rows(program, finest=True)
    for position in alone:
        index = fine.tasks[position].index
        if index in rows:
            split = program.steps[index].split
            assert split is not None
            rows[index] = split.rows
    while True:
        mixed = network(program, rows, streamed=options.feed_rows)
        schedule = tuple(
            Run(run.task, 0, mixed.tasks[run.task].calls) if run.task in alone else run
            for run in point.schedule
        )
        too_large = _above(mixed, schedule, point.peak_bytes)
        shrink = {
            mixed.tasks[position].index
            for position in too_large & alone
            if rows.get(mixed.tasks[position].index, 1) > 1
        }
        if not shrink:
            break
        for index in shrink:
            height = divided_rows(program, program.steps[index])
            rows[index] = max(n for n in range(1, rows[index]) if height % n == 0)
    return Candidate(mixed, schedule, peak_bytes(mixed, schedule), base + point.cycles)


def _above(tasks: Network, schedule: Sequence[Run], limit: int) -> set[int]:
    """Tasks during whose calls more bytes are alive."""
    alive = live_bytes(tasks, schedule)[1:].tolist()
    owners = [run.task for run in schedule for _ in range(run.count)]
    return {task for task, found in zip(owners, alive, strict=False) if found > limit}


def _placed(candidate: Candidate) -> Plan:
    placement = place_optimally(candidate.network, candidate.schedule)
    prove(candidate.network, candidate.schedule, placement.layout)
    return Plan(candidate.network, candidate.schedule, placement.layout, placement.bound_bytes)
