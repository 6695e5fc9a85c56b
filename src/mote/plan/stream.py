"""Streams rows through consecutive layers: which layers run interleaved, and in which order.

The network, in one topological order, is cut into segments. A segment of one layer runs its calls
one after the other. In a longer one the calls of the last layer run in their order and every
other call as late as possible, just before the first one that needs its rows; so a row waits for
its readers only, and nothing is computed twice. Cuts are chosen by dynamic programming over all
of them: the peak of a schedule is that of its worst segment, and cycles add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mote.plan.budget import USUAL, Budget
from mote.plan.live import Ledger, Numbers, number, peak_bytes, runs
from mote.plan.order import best_order
from mote.plan.task import Access, Network, Run, Task

WORK = 60_000_000
"""About how many calls and rows may be looked at while segments are weighed: bounds the time."""

SEGMENT = 2_000
"""As how many of them a segment counts besides."""


@dataclass(frozen=True)
class Streaming:
    """One way to compute a network.

    Args:
        peak_bytes: Most bytes alive at one time.
        cycles: What running calls one by one costs, by the tasks' estimates.
        segments: The tasks of each segment.
        schedule: All calls.
    """

    peak_bytes: int
    cycles: int
    segments: tuple[tuple[int, ...], ...]
    schedule: tuple[Run, ...]


def schedule(
    network: Network,
    *,
    orders: Sequence[Sequence[int]] | None = None,
    ram_bytes: int | None = None,
) -> Streaming:
    """The cheapest schedule that keeps within a limit, or else the smallest.

    Args:
        network, orders: As for ``curve``.
        ram_bytes: Bytes that may be alive; as few as possible if none.
    """
    points = curve(network, orders=orders)
    fitting = [p for p in points if ram_bytes is not None and p.peak_bytes <= ram_bytes]
    return fitting[-1] if fitting else points[0]


def curve(
    network: Network,
    *,
    orders: Sequence[Sequence[int]] | None = None,
    work: int = WORK,
    budget: Budget = USUAL,
) -> list[Streaming]:
    """Every trade of bytes against cycles that pays, smallest first; the last streams nothing.

    Args:
        network: What is computed.
        orders: Orders of the tasks that are cut into segments; the network's own, and the one
            that is best for whole layers, if none are given.
        work: About how many calls and rows may be looked at: bounds the length of segments.
        budget: How long to search for that order; more than the usual makes segments longer too.
    """
    if not network.tasks:
        return [Streaming(peak_bytes(network, ()), 0, (), ())]
    ledger = number(network)
    given = orders or (range(len(network.tasks)), best_order(network, budget=budget).tasks)
    different = dict.fromkeys(map(tuple, given))
    effort = SEGMENT + ledger.calls + len(ledger.block_bytes)
    effort *= len(different) * len(network.tasks)
    work = max(work, budget.count(work))
    found = [p for o in different for p in _along(network, ledger, o, 2 + work // effort)]
    best: list[Streaming] = []
    for point in sorted(found, key=lambda p: (p.peak_bytes, p.cycles)):
        if not best or point.cycles < best[-1].cycles:
            best.append(point)
    return best


def interleave(network: Network, segments: Sequence[Sequence[int]]) -> tuple[Run, ...]:
    """All calls, where these tasks are segments, one after the other."""
    ledger = number(network)
    return runs(ledger, interleaved(network, ledger, segments).tolist())


def interleaved(network: Network, ledger: Ledger, segments: Sequence[Sequence[int]]) -> Numbers:
    """The numbers of these calls."""
    order = tuple(task for segment in segments for task in segment)
    cuts = np.cumsum([0, *map(len, segments)]).tolist()
    found = _Segments(network, ledger, order)
    calls = (found.calls(begin, end) for begin, end in pairwise(cuts))
    return np.concatenate([np.empty(0, np.int64), *calls])


def _along(
    network: Network, ledger: Ledger, order: tuple[int, ...], longest: int
) -> list[Streaming]:
    """Every trade that pays among the segmentations of one order."""
    segments = _Segments(network, ledger, order)
    peaks = [segments.peaks(end, longest) for end in range(1, len(order) + 1)]
    found = []
    for peak, cycles, cuts in _cheapest(network, order, peaks):
        calls = np.concatenate([segments.calls(a, b) for a, b in pairwise(cuts)])
        parts = tuple(order[a:b] for a, b in pairwise(cuts))
        found.append(Streaming(peak, cycles, parts, runs(ledger, calls.tolist())))
    return found


def _cheapest(
    network: Network, order: Sequence[int], peaks: Sequence[Sequence[int]]
) -> list[tuple[int, int, tuple[int, ...]]]:
    """Peak, cycles and cuts of all segmentations that no other one beats in both.

    ``peaks[end - 1][length - 1]`` belongs to the segment of that length before ``end``.
    """
    tasks = [network.tasks[t] for t in order]
    costs = [task.call_cycles * task.calls for task in tasks]
    # Rows that are made and used up in turns lie anywhere; a segment's first task finds whole
    # tensors.
    uneven = [task.uneven_cycles * task.calls for task in tasks]
    best: list[list[tuple[int, int, tuple[int, ...]]]] = [[(0, 0, (0,))]]
    for end, lengths in enumerate(peaks, 1):
        labels = []
        cycles = scattered = 0
        for length, peak in enumerate(lengths, 1):
            cycles += costs[end - length]
            extra = cycles + scattered if length > 1 else 0
            scattered += uneven[end - length]
            labels += [(max(p, peak), c + extra, (*cuts, end)) for p, c, cuts in best[end - length]]
        best.append(_undominated(labels))
    return best[-1]


def _undominated(
    labels: list[tuple[int, int, tuple[int, ...]]],
) -> list[tuple[int, int, tuple[int, ...]]]:
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for label in sorted(labels, key=lambda label: (*label[:2], len(label[2]), label[2])):
        if not found or label[1] < found[-1][1]:
            found.append(label)
    return found


class _Segments:
    """Orders the calls of segments, and weighs them.

    A segment is grown from its last task backwards: the calls of the task before it are inserted
    into the order of the others, which stays as it is.
    """

    def __init__(self, network: Network, ledger: Ledger, order: Sequence[int]) -> None:
        self._ledger = ledger
        self._order = order
        self._rank = np.empty(len(order), np.int64)
        self._rank[list(order)] = np.arange(len(order))
        self._users = [_users(network, ledger, task) for task in range(len(order))]
        self._early = _early(network, self._rank)

    def peaks(self, end: int, longest: int) -> list[int]:
        """Peaks of the segments that end before ``end``, by their length."""
        found: list[int] = []
        self._start()
        for begin in range(end - 1, max(-1, end - 1 - longest), -1):
            self._insert(self._order[begin])
            found.append(self._peak(begin))
        return found

    def calls(self, begin: int, end: int) -> Numbers:
        """The calls of one segment, in order."""
        self._start()
        for position in range(end - 1, begin - 1, -1):
            self._insert(self._order[position])
        return self._sequence

    def _start(self) -> None:
        calls = self._ledger.calls
        self._sequence = np.empty(0, np.int64)
        self._place = np.full(calls + 2, calls, np.int64)
        self._child = np.full(calls + 2, -1, np.int64)

    def _insert(self, task: int) -> None:
        """Put each call of a task before the first one that needs it."""
        calls = np.arange(*self._ledger.first_call[task : task + 2])
        place = np.full(len(calls), len(self._sequence))
        user = np.full(len(calls), self._ledger.after)
        for candidates in self._users[task]:
            sooner = self._place[candidates] < place
            place = np.where(sooner, self._place[candidates], place)
            user = np.where(sooner, candidates, user)
        has_user = user != self._ledger.after
        is_first = has_user & np.append(True, user[1:] != user[:-1])
        if self._early[task]:
            before = user.copy()
            while (further := self._child[before] >= 0).any():
                before = np.where(further, self._child[before], before)
            place = np.where(has_user, np.minimum(place, self._place[before]), place)
            place = np.maximum.accumulate(place)
        else:
            is_first &= self._child[user] < 0
        self._child[user[is_first]] = calls[is_first]
        self._sequence = np.insert(self._sequence, place, calls)
        self._place[self._sequence] = np.arange(len(self._sequence))

    def _peak(self, begin: int) -> int:
        """Most bytes alive while the segment from ``begin`` on runs."""
        ledger = self._ledger
        end = len(self._sequence) + 1
        clock = np.full(ledger.calls + 2, end, np.int64)
        clock[:-2][self._rank[ledger.task_of] < begin] = 0
        clock[ledger.before] = 0
        clock[self._sequence] = np.arange(1, end)
        return int(ledger.profile(clock)[1:end].max())


def _users(network: Network, ledger: Ledger, task: int) -> list[Numbers]:
    """For each reader of a task: the first of its calls that needs each call of the task."""
    writes = network.tasks[task].writes
    found = []
    for reader, other in enumerate(network.tasks):
        if any(read.meets(writes) for read in other.reads):
            first = _first_reads(other, writes, network.strips[writes.strip].rows)
            user = [
                min((first[row] for row in range(low, high)), default=other.calls)
                for low, high in writes.rows
            ]
            # Whoever needs a call needs those before it.
            needed = np.minimum.accumulate(np.array(user, np.int64)[::-1])[::-1]
            number = needed + ledger.first_call[reader]
            found.append(np.where(needed < other.calls, number, ledger.after))
    return found


def _first_reads(task: Task, written: Access, rows: int) -> list[int]:
    """The first call of a task that reads what is written of each row; one past the last where
    none."""
    first = [task.calls] * rows
    for read in task.reads:
        if read.meets(written):
            for call, (low, high) in enumerate(read.rows):
                for row in range(low, high):
                    first[row] = min(first[row], call)
    return first


def _early(network: Network, rank: Numbers) -> list[bool]:
    """Tasks whose calls run before those of others that the same reader needs.

    Of a reader's operands the one with the longest way behind it comes first and the shortcut
    last: that is the one whose row takes the least to make, and so waits for the least time.
    """
    makers_of: dict[str, list[int]] = {}
    for position, task in enumerate(network.tasks):
        makers_of.setdefault(task.writes.strip, []).append(position)

    def writers(read: Access) -> list[int]:
        found = makers_of.get(read.strip, [])
        return [maker for maker in found if network.tasks[maker].writes.meets(read)]

    depth = [0] * len(network.tasks)
    for position in np.argsort(rank).tolist():
        reads = network.tasks[position].reads
        before = [depth[maker] for read in reads for maker in writers(read)]
        depth[position] = 1 + max(before, default=0)
    early = [False] * len(network.tasks)
    for task in network.tasks:
        makers = {maker for read in task.reads for maker in writers(read)}
        for maker in makers:
            early[maker] |= any(
                rank[other] > rank[maker] and depth[other] < depth[maker] for other in makers
            )
    return early
