"""Schedules that trade bytes for cycles, for each of which the best plan may be made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mote.lower.step import Program
from mote.lower.step_cycles import program_cycles
from mote.plan.exact import search
from mote.plan.forms import (
    Flash,
    Limits,
    ample_calls,
    choose_forms,
    extra_cycles,
    fewest_flash_bytes,
    forms,
    most_frugal,
    program_flash_bytes,
    spare_scratch,
    weighed_flash_bytes,
)
from mote.plan.live import live_bytes, most_alive, most_of_tasks, peak_bytes
from mote.plan.network import divided_rows, network
from mote.plan.options import Options
from mote.plan.refine import WORK, Setting, Start, refine
from mote.plan.stream import Streaming, curve, interleave
from mote.plan.table_bytes import table_bytes
from mote.plan.task import FEED, Network, Run, Task

SHARES = (1.0, 0.9, 0.75, 0.5, 0.0)
"""Layers that run on their own compute several rows at a time where at most this share of the peak
is alive. Larger calls cost fewer cycles, but bind rows together, which may cost bytes."""

BALANCED_SHARES = (1.0, 0.9)
"""Of the cycles that there may be: how many plans of few bytes are looked for that take so many."""

SETTINGS = 6
"""How many settings of few bytes are worth a closer look, for all shares together."""

FLASH = {
    "balanced": Flash.WEIGHED,
    "flash": Flash.FEWEST,
    "ram": Flash.IGNORED,
    "time": Flash.IGNORED,
}
"""What flash counts for in each mode."""


@dataclass(frozen=True)
class Candidate:
    """A schedule that may become the plan.

    Args:
        network: Its tasks, with the rows of their calls.
        schedule: All calls.
        live_bytes: Most bytes alive.
        cycles: Estimated cycles of one inference.
        excess: Its cycles as a multiple of those that there may be; at least 1.
        flash_bytes: Code, about, and constants, as the mode weighs them.
        frugal: The forms of the steps (``spare_scratch``).
        program: Which of several programs it runs.
        order_bound_bytes: No order of the calls keeps fewer alive at its worst; None if unknown.
    """

    network: Network
    schedule: tuple[Run, ...]
    live_bytes: int
    cycles: float
    flash_bytes: float
    frugal: tuple[int, ...] = ()
    program: int = 0
    excess: float = 1.0
    order_bound_bytes: int | None = None

    def score(self, optimize: str, size: int) -> tuple[float, ...]:
        """What is to be small, when the arena has that many bytes."""
        match optimize:
            case "bytes":
                return size, self.cycles
            case "time":
                return self.cycles, size
            case "flash":
                return self.flash_bytes, size * self.cycles**2
            case "ram" if self.excess <= 1:
                return 0, size, self.cycles
            case _ if self.excess > 1:
                return 1, self.cycles, size
            case _:
                return 0, size * self.flash_bytes * self.cycles**2, size


def candidates(program: Program, options: Options, fastest: float) -> list[Candidate]:
    """Schedules that trade bytes for cycles, down to the one that computes layer by layer.

    ``fastest``: cycles of the fastest plan.
    """
    in_haste = options.is_in_haste
    fine = network(
        spare_scratch(program, () if in_haste else most_frugal(program)),
        _rows(program, finest=True),
        streamed=options.feed_rows,
    )
    base = program_cycles(program, options.cycles_per_mac)
    points = curve(fine, budget=options.budget)
    if in_haste:
        points = points[-1:]
    if options.optimize == "flash":
        points = [*points, _by_layers(fine)]
    some = points[:2] if options.optimize == "ram" and options.ram_bytes is None else points
    found = [c for point in some for c in _mixed(program, fine, point, options, base)]
    if options.optimize in ("time", "flash"):
        return found
    limit = options.slowdown * max(fastest, 1.0)  # a network may compute nothing
    if min(found, key=lambda c: (c.live_bytes, c.cycles)).cycles > limit:
        found += _refined(program, fine, points, options, base, limit)
        found += candidates(program, replace(options, optimize="time", ram_bytes=None), fastest)
    found = [replace(c, excess=max(1.0, c.cycles / limit)) for c in found]
    if options.optimize == "ram":
        best = min(found, key=lambda c: c.score("ram", c.live_bytes))
        found.remove(best)
        found += _searched(best, options, limit)
    return found


def _by_layers(fine: Network) -> Streaming:
    """Layers one by one, in their own order: no table says which is next."""
    segments = tuple((position,) for position in range(len(fine.tasks)))
    calls = interleave(fine, segments)
    cycles = sum(task.calls * task.call_cycles for task in fine.tasks)
    return Streaming(peak_bytes(fine, calls), cycles, segments, calls)


def _searched(best: Candidate, options: Options, limit: float) -> list[Candidate]:
    """A candidate with what is proven of its order, and one with a better order if there is one."""
    better = search(best.network, best.schedule, budget=options.budget)
    best = replace(best, order_bound_bytes=better.lower_bound_bytes)
    if better.peak_bytes >= best.live_bytes:
        return [best]
    lost = sum(task.calls * _streamed_cycles(task) for task in best.network.tasks)
    cycles = best.cycles + lost
    lighter = replace(best, schedule=better.schedule, live_bytes=better.peak_bytes, cycles=cycles)
    return [best, replace(lighter, excess=max(1.0, cycles / limit))]


def _refined(
    program: Program,
    fine: Network,
    points: Sequence[Streaming],
    options: Options,
    base: float,
    limit: float,
) -> list[Candidate]:
    """Schedules of few bytes around a limit of cycles, each sought from those of more cycles."""
    starts: list[Start] = []
    for point in points:
        alone = _alone(fine, point)
        sparing = spare_scratch(program, most_frugal(program))
        _, rows = _coarse(sparing, fine, point, options, base, alone, alone)
        starts.append((point.segments, rows))
    found = []
    shares = BALANCED_SHARES if options.optimize == "balanced" else (1.0,)
    work = options.budget.count(WORK // len(shares))
    for share in shares:
        most = share * limit - base
        settings = refine(program, starts, most, streamed=options.feed_rows, work=work)
        settings = settings[: SETTINGS // len(shares)]
        found += [c for setting in settings for c in _settled(program, setting, options, base)]
        starts = [(setting.segments, setting.rows) for setting in settings]
    return found


def _settled(
    program: Program, setting: Setting, options: Options, base: float
) -> Iterator[Candidate]:
    """A setting with the forms for which it has room: the fastest, and those that spare flash."""
    rows = setting.rows
    for flash in dict.fromkeys((Flash.IGNORED, FLASH[options.optimize])):
        limits = Limits(
            scratch_bytes={i: setting.bytes - max(alive) for i, alive in setting.alive.items()},
            alive_bytes=setting.alive,
            arena_bytes=setting.bytes,
            rows=rows,
            apart=setting.apart,
            in_turn=setting.in_turn,
            flash=flash,
            cycles=base,
        )
        frugal = choose_forms(program, limits)
        ample, saved = ample_calls(program, frugal, limits)
        sparing = spare_scratch(program, frugal, ample)
        tasks = network(sparing, rows, streamed=options.feed_rows, ample=ample)
        schedule = interleave(tasks, setting.segments)
        lost = _lost(tasks, setting.segments)
        cycles = base + extra_cycles(program, frugal) + lost - saved
        size = peak_bytes(tasks, schedule)
        flash_bytes = _flash_bytes(sparing, tasks, schedule, options)
        yield Candidate(tasks, schedule, size, cycles, flash_bytes, frugal)


def _flash_bytes(
    program: Program, network: Network, schedule: Sequence[Run], options: Options
) -> float:
    if options.optimize == "balanced":
        return weighed_flash_bytes(program)
    if options.optimize == "flash":
        return fewest_flash_bytes(program, table_bytes(network, schedule))
    return program_flash_bytes(program)


def _lost(tasks: Network, segments: Sequence[Sequence[int]]) -> int:
    """What calls cost more than full speed; what the first task of a segment reads is all there."""
    leading = {segment[0] for segment in segments}
    return sum(
        task.calls * (task.call_cycles if position in leading else _streamed_cycles(task))
        for position, task in enumerate(tasks.tasks)
    )


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
    alone = _alone(fine, point)
    most = most_alive(fine, point.schedule)
    fast = (
        program.steps
        if options.optimize != "time"
        else [f for s in program.steps for f in forms(s)]
    )
    scratch = max((step.working_bytes for step in fast), default=0)
    found: list[Candidate] = []
    for share in SHARES[:1] if options.optimize == "time" else SHARES:
        larger = {task for task in alone if most[task] <= share * point.peak_bytes}
        for beyond in (0,) if options.optimize == "ram" else (0, scratch):
            candidate = _formed(program, fine, most, point, options, base, alone, larger, beyond)
            if all(candidate.network != other.network for other in found):
                found.append(candidate)
    return found


def _alone(fine: Network, point: Streaming) -> set[int]:
    """The tasks whose calls follow each other."""
    return {s[0] for s in point.segments if len(s) == 1 and fine.tasks[s[0]].index != FEED}


def _formed(
    program: Program,
    fine: Network,
    most: Sequence[int],
    point: Streaming,
    options: Options,
    base: float,
    alone: set[int],
    larger: set[int],
    beyond: int,
) -> Candidate:
    """The forms of the steps for which the memory of a schedule has room, in the calls it has.

    With so many bytes beyond its peak: scratch at the peak may buy more cycles than it costs bytes.
    ``most``: the most bytes alive during a call of each task.
    """
    tasks = [(most[i], task) for i, task in enumerate(fine.tasks) if task.index != FEED]
    room = {t.index: point.peak_bytes - alive + t.scratch_bytes + beyond for alive, t in tasks}
    fastest = {fine.tasks[task].index for task in larger}
    rows = {index: 1 for index in room if index not in fastest}
    flash = FLASH[options.optimize]
    full = {
        fine.tasks[task].index
        for segment in point.segments
        if len(segment) > 1 and not _keep_all(program, fine, segment, room)
        for task in segment
    }
    limits = Limits(scratch_bytes=room, rows=rows, in_turn=full, flash=flash, cycles=base)
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


def _keep_all(
    program: Program, fine: Network, segment: Sequence[int], room: Mapping[int, int]
) -> bool:
    """True when steps that run in turn have room for all that any of their forms keep."""
    steps = [fine.tasks[task].index for task in segment if fine.tasks[task].index != FEED]
    found = [forms(program.steps[index]) for index in steps]
    kept = sum(max(f.state_bytes for f in each) - each[-1].state_bytes for each in found)
    scratch = max((f.scratch_bytes for each in found for f in each), default=0)
    return kept == 0 or kept + scratch <= min(room[index] for index in steps)


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
        alive = live_bytes(mixed, schedule)
        most = most_of_tasks(mixed, schedule, alive)
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
    cycles = base + _lost(mixed, point.segments)
    flash = _flash_bytes(program, mixed, schedule, options)
    return Candidate(mixed, schedule, int(alive.max()), cycles, flash), rows


def _streamed_cycles(task: Task) -> int:
    """What a call costs besides its arithmetic when rows are made and used up in turns."""
    return task.call_cycles + task.uneven_cycles
