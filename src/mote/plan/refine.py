"""Looks for the fewest bytes with which a program takes no more than so many cycles.

Segments are given. What is chosen is how many rows each call of a step computes, and in which form:
several rows at a time, and more scratch, cost bytes and save cycles. A step's calls need what is
alive around them and their scratch; so with a limit of bytes every step takes the fastest form for
which there is room, whatever the others take, and the lowest limit that is fast enough is found by
halves. Rows bind steps together: they are changed one step at a time as long as that helps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mote.lower.split import row_shape
from mote.lower.step import Program
from mote.plan.ample import Way, ways
from mote.plan.forms import forms, most_frugal, spare_scratch
from mote.plan.live import number
from mote.plan.network import divided_rows, network
from mote.plan.stream import interleaved
from mote.plan.task import FEED

MOST_ROWS = 8
"""That are tried for a call of a step which runs in turn with others."""

WORK = 20_000
"""Calls in all schedules that are weighed: bounds the time."""

Start = tuple[tuple[tuple[int, ...], ...], Mapping[int, int]]
"""Segments, and the rows of a call of each step that is split."""


@dataclass(frozen=True)
class Setting:
    """How a program is computed.

    Args:
        segments: The tasks that run in turn.
        rows: Of a call of each step that is split.
        alive: Bytes alive beside the scratch of each call of a step, by its index.
        apart: Steps that read rows which may lie anywhere.
        in_turn: Steps between whose calls others run.
        bytes: What all of it needs, with the forms for which there is room.
        cycles: Estimate of what it costs more than full speed in the fastest forms.
    """

    segments: tuple[tuple[int, ...], ...]
    rows: Mapping[int, int]
    alive: Mapping[int, Sequence[int]]
    apart: frozenset[int]
    in_turn: frozenset[int]
    bytes: int
    cycles: float

    def key(self, limit: float) -> tuple[float, ...]:
        """What is to be small: first what exceeds a limit of cycles."""
        return (self.bytes, self.cycles) if self.cycles <= limit else (1e18 + self.cycles, 0)


def refine(
    program: Program,
    starts: Sequence[Start],
    limit: float,
    *,
    streamed: bool,
    work: int = WORK,
) -> list[Setting]:
    """Settings that take few bytes for so many cycles, the best first.

    Args:
        program: In its fastest forms.
        starts: What to start from.
        limit: Of the cycles that it may take more than at full speed in the fastest forms.
        streamed: The application delivers the rows of the input.
        work: How long to search.
    """
    weigher = _Weigher(program, streamed)
    found = [weigher.weigh(segments, rows, limit) for segments, rows in starts]
    found.sort(key=lambda s: s.key(limit))
    best: list[Setting] = []
    for place, setting in enumerate(found):
        share = (work - weigher.work) // (len(found) - place)
        best += _climb(weigher, setting, limit, weigher.work + share)
    return sorted(best, key=lambda s: s.key(limit))


def _climb(weigher: "_Weigher", setting: Setting, limit: float, until: int) -> list[Setting]:
    """Change the rows of one step after the other as long as one is better for it.

    Returns all that it comes by: rows that are bound together leave holes when they are placed, so
    that a setting of more bytes may come to a smaller arena.
    """
    steps = sorted(weigher.choices, key=lambda i: -weigher.gain(i))
    path, last = [setting], None
    while True:
        before = setting
        for index in steps:
            for rows in weigher.choices[index]:
                if weigher.work > until or index == last:
                    break
                if rows == setting.rows[index]:
                    continue
                other = weigher.weigh(setting.segments, {**setting.rows, index: rows}, limit)
                if other.key(limit) < setting.key(limit):
                    setting, last = other, None
                    path.append(setting)
        if setting is before or weigher.work > until:
            return path


class _Weigher:
    """A program of which many settings are weighed."""

    def __init__(self, program: Program, streamed: bool) -> None:
        bare = spare_scratch(program, most_frugal(program))
        steps = tuple(replace(step, scratch_bytes=0) for step in bare.steps)
        self.program, self.streamed = program, streamed
        self.bare = replace(bare, steps=steps)
        self.work = 0
        self._known: dict[tuple[int, int | None, bool, bool], list[Way]] = {}

    @cached_property
    def choices(self) -> Mapping[int, tuple[int, ...]]:
        """How many rows a call of each step may compute, where it matters."""
        found = {}
        for index, step in enumerate(self.program.steps):
            if not step.split or not (step.split.lost or step.frugal):
                continue
            height = divided_rows(self.program, step)
            splits = [form.split for form in forms(step) if form.split]
            rows = {1, *(s.rows for s in splits), *(n for s in splits for n, _ in s.lost)}
            some = tuple(sorted(n for n in rows if n <= MOST_ROWS and height % n == 0))
            if len(some) > 1:
                found[index] = some
        return found

    def gain(self, index: int) -> float:
        """What the fastest form of a step saves at most."""
        step = self.program.steps[index]
        lost = step.split.lost_cycles(1) * self._calls(index, 1) if step.split else 0
        return lost + sum(form.frugal_cycles for form in forms(step))

    def weigh(
        self, segments: tuple[tuple[int, ...], ...], rows: Mapping[int, int], limit: float
    ) -> Setting:
        """The fewest bytes with which these segments and rows keep to a limit of cycles."""
        tasks = network(self.bare, rows, streamed=self.streamed)
        ledger = number(tasks)
        calls = interleaved(tasks, ledger, segments)
        clock = np.zeros(ledger.calls + 2, np.int64)
        clock[calls] = np.arange(1, len(calls) + 1)
        clock[ledger.after] = len(calls) + 1
        alive = ledger.profile(clock)
        floor = int(alive.max())
        of_calls = np.split(alive[clock[: ledger.calls]], ledger.first_call[1:-1])
        beside = [each.tolist() for each in of_calls]
        self.work += sum(task.calls for task in tasks.tasks)
        options, apart = [], set()
        in_turn = {tasks.tasks[task].index for each in segments if len(each) > 1 for task in each}
        leading = {segment[0] for segment in segments}
        for position, task in enumerate(tasks.tasks):
            if task.index == FEED:
                continue
            if position not in leading and not all(
                tasks.strips[read.strip].is_linear for read in task.reads
            ):
                apart.add(task.index)
            found = self._ways(
                task.index, rows.get(task.index), task.index in apart, task.index in in_turn
            )
            option = sorted(beside[position]), found
            options.append(option)
            floor = max(floor, option[0][-1] + found[-1].scratch_bytes)
        limits = sorted({floor, *(size for o in options for size in _sizes(*o) if size > floor)})

        def cycles(size: int) -> float:
            return sum(min(way.cycles_within(a, size) for way in found) for a, found in options)

        low, high = 0, len(limits) - 1
        while low < high:
            middle = (low + high) // 2
            if cycles(limits[middle]) <= limit:
                high = middle
            else:
                low = middle + 1
        size = limits[high]
        places = {task.index: p for p, task in enumerate(tasks.tasks) if task.index != FEED}
        around = {index: beside[position] for index, position in places.items()}
        return Setting(
            segments, rows, around, frozenset(apart), frozenset(in_turn), size, cycles(size)
        )

    def _ways(self, index: int, rows: int | None, is_apart: bool, is_in_turn: bool) -> list[Way]:
        """How a step may be computed; cycles are those beyond the fastest form at full speed."""
        key = index, rows, is_apart, is_in_turn
        if key not in self._known:
            found, cycles, before = forms(self.program.steps[index]), [], 0
            for form in found:
                lost = form.split.lost_cycles(rows) if form.split and rows else 0
                lost += form.split.uneven_cycles if form.split and is_apart else 0
                cycles.append(before + lost * self._calls(index, rows or 1))
                before += form.frugal_cycles
            kept = found[-1].state_bytes if is_in_turn else max(f.state_bytes for f in found)
            some = [k for k, form in enumerate(found) if form.state_bytes <= kept]
            self._known[key] = ways([found[k] for k in some], [cycles[k] for k in some])
        return self._known[key]

    def _calls(self, index: int, rows: int) -> int:
        images = row_shape(self.program.graph.result(self.program.steps[index].node))[0]
        return images * divided_rows(self.program, self.program.steps[index]) // rows


def _sizes(alive: Sequence[int], found: Sequence[Way]) -> Iterator[int]:
    """The sizes from which on there is room for something faster."""
    for way in found:
        yield alive[-1] + way.scratch_bytes
        if way.ample_bytes > way.scratch_bytes:
            yield from (bytes_ + way.ample_bytes for bytes_ in alive)
