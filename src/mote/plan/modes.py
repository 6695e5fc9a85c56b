"""Schedules that trade bytes for cycles, for each of which the best plan may be made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mote.errors import InputError
from mote.lower.moving_cycles import moving_cycles
from mote.lower.step import Program
from mote.plan.budget import USUAL, Budget
from mote.plan.exact import search
from mote.plan.forms import Limits, choose_forms, extra_cycles, most_frugal, spare_scratch
from mote.plan.live import live_bytes, peak_bytes
from mote.plan.network import divided_rows, network
from mote.plan.stream import Streaming, curve
from mote.plan.task import FEED, Network, Run, Task

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
        budget: How long to search, and the seed.
    """

    optimize: str = "balanced"
    ram_bytes: int | None = None
    feed_rows: bool = False
    cycles_per_mac: float = 2.0
    budget: Budget = USUAL

    def __post_init__(self) -> None:
        if self.optimize not in MODES:
            raise InputError("optimize", f"{self.optimize!r}; it is one of {', '.join(MODES)}")
        if self.ram_bytes is not None and self.ram_bytes < 0:
            raise InputError("ram", f"{self.ram_bytes}; it is a number of bytes")

    @property
    def is_in_haste(self) -> bool:
        """True when nothing but cycles counts."""
        return self.optimize == "time" and self.ram_bytes is None


SHARES = (1.0, 0.9, 0.75, 0.5, 0.0)
"""Layers that run on their own compute several rows at a time where at most this share of the peak
is alive. Larger calls cost fewer cycles, but bind rows together, which may cost bytes."""


@dataclass(frozen=True)
class Candidate:
    """A schedule that may become the plan.

    Args:
        network: Its tasks, with the rows of their calls.
        schedule: All calls.
        live_bytes: Most bytes alive.
        cycles: Estimated cycles of one inference.
        frugal: The forms of the steps (``spare_scratch``).
        program: Which of several programs it runs.
        order_bound_bytes: No order of the calls keeps fewer alive at its worst; None if unknown.
    """

    network: Network
    schedule: tuple[Run, ...]
    live_bytes: int
    cycles: float
    frugal: tuple[int, ...] = ()
    program: int = 0
    order_bound_bytes: int | None = None

    def score(self, optimize: str, size: int) -> tuple[float, float]:
        """What is to be small, when the arena has that many bytes."""
        if optimize == "ram":
            return size, self.cycles
        if optimize == "time":
            return self.cycles, size
        return size * self.cycles, size


def candidates(program: Program, options: Options) -> list[Candidate]:
    """Schedules that trade bytes for cycles, down to the one that computes layer by layer."""
    in_haste = options.is_in_haste
    fine = network(
        spare_scratch(program, () if in_haste else most_frugal(program)),
        _rows(program, finest=True),
        streamed=options.feed_rows,
    )
    macs = sum(program.graph.macs(step.node) for step in program.steps)
    base = macs * options.cycles_per_mac + moving_cycles(program) + 1
    points = curve(fine, budget=options.budget)
    if in_haste:
        points = points[-1:]
    if options.optimize == "ram" and options.ram_bytes is None:
        points = points[:2]
    found = [c for point in points for c in _mixed(program, fine, point, options, base)]
    if options.optimize == "ram":
        smallest = min(found, key=lambda c: (c.live_bytes, c.cycles))
        better = search(smallest.network, smallest.schedule, budget=options.budget)
        proven = replace(smallest, order_bound_bytes=better.lower_bound_bytes)
        found[found.index(smallest)] = proven
        if better.peak_bytes < smallest.live_bytes:
            cycles = sum(t.calls * _streamed_cycles(t) for t in smallest.network.tasks)
            found.append(
                replace(
                    proven,
                    schedule=better.schedule,
                    live_bytes=better.peak_bytes,
                    cycles=smallest.cycles + cycles,
                )
            )
    return found


def _rows(program: Program, *, finest: bool) -> dict[int, int]:
    return {
        index: 1 if finest else step.split.rows
        for index, step in enumerate(program.steps)
        if step.split
    }


def _mixed(
    program: Program, fine: Network, point: Streaming, options: Options, base: float
) -> list[Candidate]:
    """The same segments, with more or fewer of the layers that run on their own in larger calls."""
    alone = {s[0] for s in point.segments if len(s) == 1 and fine.tasks[s[0]].index != FEED}
    most = _most_alive(fine, point.schedule)
    scratch = max((step.scratch_bytes for step in program.steps), default=0)
    found: list[Candidate] = []
    for share in SHARES[:1] if options.optimize == "time" else SHARES:
        larger = {task for task in alone if most[task] <= share * point.peak_bytes}
        for beyond in (0,) if options.optimize == "ram" else (0, scratch):
            candidate = _formed(program, fine, point, options, base, alone, larger, beyond)
            if all(candidate.network != other.network for other in found):
                found.append(candidate)
    return found


def _formed(
    program: Program,
    fine: Network,
    point: Streaming,
    options: Options,
    base: float,
    alone: set[int],
    larger: set[int],
    beyond: int,
) -> Candidate:
    """The forms of the steps for which the memory of a schedule has room, in the calls it has.

    With so many bytes beyond its peak: scratch at the peak may buy more cycles than it costs bytes.
    """
    most = _most_alive(fine, point.schedule)
    tasks = [(most[i], task) for i, task in enumerate(fine.tasks) if task.index != FEED]
    room = {t.index: point.peak_bytes - alive + t.scratch_bytes + beyond for alive, t in tasks}
    fastest = {fine.tasks[task].index for task in larger}
    rows = {index: 1 for index in room if index not in fastest}
    limits = Limits(
        scratch_bytes=room, rows=rows, weighs_flash=options.optimize != "time", cycles=base
    )
    frugal = choose_forms(program, limits)
    while True:
        sparing = spare_scratch(program, frugal)
        extra = base + extra_cycles(program, frugal)
        candidate, found = _coarse(sparing, fine, point, options, extra, alone, larger)
        # Where calls had to become smaller, another form may be better.
        rows |= {i: n for i, n in found.items() if n < rows.get(i, _fastest_rows(sparing, i))}
        better = choose_forms(program, replace(limits, rows=rows))
        if better == frugal:
            return replace(candidate, frugal=frugal)
        frugal = better


def _fastest_rows(program: Program, index: int) -> int:
    split = program.steps[index].split
    return split.rows if split else 1


def _coarse(
    program: Program,
    fine: Network,
    point: Streaming,
    options: Options,
    base: float,
    alone: set[int],
    larger: set[int],
) -> tuple[Candidate, dict[int, int]]:
    """Some layers in larger calls, as far as that takes no more bytes, if these matter; the rows
    of the calls of every layer."""
    fast, rows = _rows(program, finest=False), _rows(program, finest=True)
    rows |= {i: fast[i] for i in (fine.tasks[task].index for task in larger) if i in fast}
    while True:
        mixed = network(program, rows, streamed=options.feed_rows)
        schedule = tuple(
            Run(run.task, 0, mixed.tasks[run.task].calls) if run.task in alone else run
            for run in point.schedule
        )
        most = _most_alive(mixed, schedule)
        shrink = {
            mixed.tasks[task].index
            for task in larger
            if most[task] > point.peak_bytes
            and rows.get(mixed.tasks[task].index, 1) > 1
            and options.optimize != "time"
        }
        if not shrink:
            break
        for index in shrink:
            height = divided_rows(program, program.steps[index])
            rows[index] = max(n for n in range(1, rows[index]) if height % n == 0)
    lost = 0.0
    leading = {segment[0] for segment in point.segments}  # what they read is all there
    for position, task in enumerate(mixed.tasks):
        height = fine.tasks[position].calls
        needed = height // fast.get(task.index, 1) if position in alone else 0
        each = task.call_cycles if position in leading else _streamed_cycles(task)
        lost += (task.calls - needed) * each
    return Candidate(mixed, schedule, peak_bytes(mixed, schedule), base + lost), rows


def _streamed_cycles(task: Task) -> int:
    """What a call costs besides its arithmetic when rows are made and used up in turns."""
    return task.call_cycles + task.uneven_cycles


def _most_alive(tasks: Network, schedule: Sequence[Run]) -> list[int]:
    """For each task the most bytes that are alive during one of its calls."""
    alive = live_bytes(tasks, schedule)[1:].tolist()
    owners = [run.task for run in schedule for _ in range(run.count)]
    most = [0] * len(tasks.tasks)
    for task, found in zip(owners, alive, strict=False):
        most[task] = max(most[task], found)
    return most
