"""Counts the bytes that a schedule keeps alive at each of its calls: no placement needs fewer.

A row lives from the call that writes it to the last one that reads it, both included; one that
several tasks write in parts from the first of all these calls to the last. Rows of
inputs from before the first call, rows of outputs to after the last one. Scratch lives during
each call of its task, state from the first to the last. A row that is written over one of the
same call's operands (``Task.in_place``) shares its bytes during that call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mote.plan.task import Network, Run, Task

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Ledger:
    """A network in arrays, so that one of its many schedules is weighed at once.

    Calls are numbered through, task by task; two more stand for what happens before all calls
    (``before``) and after them (``after``). Blocks are rows and states, numbered through alike.

    Args:
        first_call: Number of each task's first call; one more entry holds the number of calls.
        block_bytes: Size of each block.
        writer: The call that each block is written by, or one of them.
        other_writers: Blocks and calls: all writers of those that are written in parts.
        readers: The last call of each reader of each block, block by block; its writer where it
            has none.
        first_reader: Where each block's readers start.
        scratch_bytes: What each call needs for itself.
        written_bytes: What each call writes.
        shares: For each position of an operand: calls, and blocks that they read for the last time
            through it and may write over.
    """

    first_call: Numbers
    block_bytes: Numbers
    writer: Numbers
    other_writers: tuple[Numbers, Numbers]
    readers: Numbers
    first_reader: Numbers
    scratch_bytes: Numbers
    written_bytes: Numbers
    shares: tuple[tuple[Numbers, Numbers], ...]

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return int(self.first_call[-1])

    @property
    def before(self) -> int:
        """The number that stands for what happens before all calls."""
        return self.calls

    @property
    def after(self) -> int:
        """The number that stands for what happens after all calls."""
        return self.calls + 1

    @cached_property
    def task_of(self) -> Numbers:
        """The task that each call belongs to."""
        return np.repeat(np.arange(len(self.first_call) - 1), np.diff(self.first_call))

    def profile(self, clock: Numbers) -> Numbers:
        """Bytes alive at each time.

        Args:
            clock: When each call happens; its last two entries are those of ``before`` and
                ``after``, of which the former is 0 and the latter the largest.
        """
        times = int(clock[self.after]) + 1
        birth = clock[self.writer]
        block, call = self.other_writers
        if len(block):
            np.minimum.at(birth, block, clock[call])
        death = np.maximum.reduceat(clock[self.readers], self.first_reader)
        change = np.bincount(birth, self.block_bytes, times + 1)
        change -= np.bincount(death + 1, self.block_bytes, times + 1)
        alive = np.cumsum(change).astype(np.int64)[:times]
        alive += np.bincount(clock, self.scratch_bytes, times).astype(np.int64)
        saved = np.zeros(len(clock))
        for call, block in self.shares:
            dying = self.block_bytes[block] * (death[block] == clock[call])
            shared = np.bincount(call, dying, len(clock))
            saved = np.maximum(saved, np.minimum(shared, self.written_bytes))
        alive -= np.bincount(clock, saved, times).astype(np.int64)
        return alive


def number(network: Network) -> Ledger:
    """The arrays of a network."""
    tasks = network.tasks
    first_call = np.cumsum([0, *(task.calls for task in tasks)])
    before, after = int(first_call[-1]), int(first_call[-1]) + 1
    strips = network.strips.values()
    starts = np.cumsum([0, *(strip.rows for strip in strips)])
    start = dict(zip(network.strips, starts.tolist(), strict=False))
    block_bytes = [strip.row_bytes for strip in strips for _ in range(strip.rows)]
    writer = [before if strip.is_input else after for strip in strips for _ in range(strip.rows)]
    readers: list[list[int]] = [[] for _ in writer]
    in_parts: list[tuple[int, int]] = []
    for position, task in enumerate(tasks):
        first = int(first_call[position])
        for call, (low, high) in enumerate(task.writes.rows):
            for row in range(low, high):
                block = start[task.writes.strip] + row
                writer[block] = first + call
                if task.writes.part:
                    in_parts.append((block, first + call))
                    readers[block].append(first + call)
        for name, last in _last_reads(task).items():
            for row, call in last.items():
                readers[start[name] + row].append(first + call)
        if task.state_bytes:
            block_bytes.append(task.state_bytes)
            writer.append(first)
            readers.append([first + task.calls - 1])
    for strip in strips:
        if strip.is_output:
            for row in range(strip.rows):
                readers[start[strip.name] + row].append(after)
    for block, found in enumerate(readers):
        if not found:
            found.append(writer[block])
    scratch, written = np.zeros((2, after + 1), np.int64)
    for position, task in enumerate(tasks):
        calls = slice(first_call[position], first_call[position + 1])
        scratch[calls] = task.scratch_bytes
        scratch[first_call[position] + np.array(task.ample_calls, np.int64)] = task.ample_bytes
        row_bytes = network.strips[task.writes.strip].row_bytes
        written[calls] = [(high - low) * row_bytes for low, high in task.writes.rows]
    return Ledger(
        first_call,
        np.array(block_bytes, np.int64),
        np.array(writer, np.int64),
        (
            np.array([block for block, _ in in_parts], np.int64),
            np.array([call for _, call in in_parts], np.int64),
        ),
        np.array([call for found in readers for call in found], np.int64),
        np.cumsum([0, *(len(found) for found in readers[:-1])]),
        scratch,
        written,
        _shares(network, first_call, start),
    )


def clock_of(ledger: Ledger, schedule: Sequence[Run]) -> Numbers:
    """When each call of a schedule happens; the first one at 1."""
    numbers = [np.arange(r.first, r.first + r.count) + ledger.first_call[r.task] for r in schedule]
    order = np.concatenate([np.empty(0, np.int64), *numbers])
    clock = np.zeros(ledger.calls + 2, np.int64)
    clock[order] = np.arange(1, len(order) + 1)
    clock[ledger.after] = len(order) + 1
    return clock


def live_bytes(network: Network, schedule: Sequence[Run]) -> Numbers:
    """Bytes alive before the first call, at each call, and after the last one."""
    ledger = number(network)
    return ledger.profile(clock_of(ledger, schedule))


def peak_bytes(network: Network, schedule: Sequence[Run]) -> int:
    """Most bytes alive at one time."""
    return int(live_bytes(network, schedule).max())


def most_alive(network: Network, schedule: Sequence[Run]) -> list[int]:
    """For each task the most bytes that are alive during one of its calls."""
    return most_of_tasks(network, schedule, live_bytes(network, schedule))


def most_of_tasks(network: Network, schedule: Sequence[Run], live: Numbers) -> list[int]:
    """``most_alive`` where ``live_bytes`` are known."""
    alive = live[1:].tolist()
    owners = [run.task for run in schedule for _ in range(run.count)]
    most = [0] * len(network.tasks)
    for task, found in zip(owners, alive, strict=False):
        most[task] = max(most[task], found)
    return most


def runs(ledger: Ledger, calls: Iterable[int]) -> tuple[Run, ...]:
    """Calls, by their numbers, as a schedule."""
    first_call, task_of = ledger.first_call.tolist(), ledger.task_of.tolist()
    found = []
    for task, group in groupby(calls, lambda call: task_of[call]):
        mine = list(group)
        found.append(Run(task, mine[0] - first_call[task], len(mine)))
    return tuple(found)


def _last_reads(task: Task) -> dict[str, dict[int, int]]:
    """The last call of a task that reads each row of each operand."""
    found: dict[str, dict[int, int]] = {}
    for read in task.reads:
        last = found.setdefault(read.strip, {})
        for call, (low, high) in enumerate(read.rows):
            for row in range(low, high):
                last[row] = max(call, last.get(row, 0))
    return found


def _shares(
    network: Network, first_call: Numbers, start: dict[str, int]
) -> tuple[tuple[Numbers, Numbers], ...]:
    """By position of the operand: calls, and what they may write over once nobody needs it."""
    found: dict[int, list[tuple[int, int]]] = {}
    for position, task in enumerate(network.tasks):
        y_bytes = network.strips[task.writes.strip].row_bytes
        for slot in task.in_place if task.writes.part is None else ():
            strip = task.reads[slot].strip
            x_bytes = network.strips[strip].row_bytes
            for call, (low, high) in enumerate(task.reads[slot].rows):
                first, last = task.writes.rows[call]
                # A buffer that comes in twice must tolerate it both times, at the same rows.
                tolerates = strip != task.writes.strip and all(
                    i in task.in_place and read.part is None and read.rows[call] == (low, high)
                    for i, read in enumerate(task.reads)
                    if read.strip == strip
                )
                if tolerates and (last - first) * y_bytes <= (high - low) * x_bytes:
                    found.setdefault(slot, []).extend(
                        (int(first_call[position]) + call, start[strip] + row)
                        for row in range(low, high)
                    )
    return tuple(
        (np.array([c for c, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))
        for pairs in found.values()
        if pairs
    )
