"""States between calls: what is alive in them, and what each possible next call would need.

A state says how many calls of each task are done. Rows of a strip are the bits of an integer, so
that what is written, what is read and what is no longer needed are looked up and combined at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter, or_

from mote.plan.task import Access, Network, Rows, Task

State = tuple[int, ...]
"""Calls done, by task."""

Column = tuple[str, int]
"""A strip, and the number of one of the parts of its pixels that are accessed alike."""

Move = tuple[int, int, int]
"""A task whose next call can run, the bytes it needs besides what is alive, and by how many bytes
more are alive after it."""

WIDTH = 2_000
"""How many partial states are kept to find one with fewer live bytes."""

TASKS = 64
"""Of more tasks fewer are kept, since each takes longer."""


@dataclass(frozen=True)
class _Rows:
    """What tasks do with a strip, whichever parts of its pixels they touch.

    Args:
        name: Its name.
        row_bytes: Size of a row.
        there: Rows that are there from the start.
        is_kept: True when all rows must still be there at the end.
        written: Rows that a task has written, by the task and how many of its calls are done.
        released: Rows that a reader needs no more, alike, or that who writes parts need not touch.
        tasks: All of them.
    """

    name: str
    row_bytes: int
    there: int
    is_kept: bool
    written: dict[int, tuple[int, ...]]
    released: dict[int, tuple[int, ...]]
    tasks: tuple[int, ...]

    def present(self, state: Sequence[int]) -> int:
        """Rows that have been written."""
        found = self.there
        for task, rows in self.written.items():
            found |= rows[state[task]]
        return found

    def live(self, state: Sequence[int]) -> int:
        """Bytes of the rows that are still needed."""
        found = self.present(state)
        dead = 0 if self.is_kept else -1
        for task, rows in self.released.items():
            dead &= rows[state[task]]
        return (found & ~dead).bit_count() * self.row_bytes


@dataclass(frozen=True)
class _Writers:
    """Who writes one part of the pixels of a strip; fields as in ``_Rows``."""

    there: int
    written: dict[int, tuple[int, ...]]

    def present(self, state: Sequence[int]) -> int:
        """Rows of which this part has been written."""
        found = self.there
        for task, rows in self.written.items():
            found |= rows[state[task]]
        return found


class States:
    """The states of a network."""

    def __init__(self, network: Network) -> None:
        self.tasks = network.tasks
        self.start: State = (0,) * len(self.tasks)
        self.goal: State = tuple(task.calls for task in self.tasks)
        self._strips = {name: _rows(network, name) for name in network.strips}
        columns = {name: _columns(network, name) for name in network.strips}
        self._reads = [_reads_by_column(task, columns) for task in self.tasks]
        self._writers = _writers(network, columns)
        self._mine = [
            [(a.strip, i) for i in columns[a.strip](a)] for a in (t.writes for t in self.tasks)
        ]
        self._near = [self._neighbours(task) for task in self.tasks]
        self._with_state = [number for number, task in enumerate(self.tasks) if task.state_bytes]
        self._weighed = [
            (strip, itemgetter(*strip.tasks), dict[object, int]())
            for strip in self._strips.values()
            if strip.tasks
        ]
        untouched = (strip for strip in self._strips.values() if not strip.tasks)
        self._always = sum(strip.live(self.start) for strip in untouched)
        self._closures: dict[tuple[int, int], State] = {}
        self._rests: dict[tuple[int, int], State] = {}
        self._known: list[dict[object, tuple[int, int] | None]] = [{} for _ in self.tasks]

    def live(self, state: State) -> int:
        """Bytes alive between two calls."""
        found = self._always + sum(
            self._state_bytes(task, state[task]) for task in self._with_state
        )
        for strip, of, known in self._weighed:
            key = of(state)
            if key not in known:
                known[key] = strip.live(state)
            found += known[key]
        return found

    def moves(self, state: State) -> Iterator[Move]:
        """The calls that can run next, those of late tasks first."""
        for task in range(len(state) - 1, -1, -1):
            if state[task] == self.goal[task]:
                continue
            known, key = self._known[task], self._near[task](state)
            if key not in known:
                known[key] = self.weigh(task, state)
            found = known[key]
            if found is not None:
                yield task, *found

    def is_gate(self, root: State, state: State, live: int) -> bool:
        """True when any order that goes on from ``root`` may as well go through ``state``.

        An order leaves the states below ``state`` by the next call of some task. What that call
        depends on is done then, so only the states above that may be passed on the way; none of
        them must have fewer live bytes.
        """
        lows = set()
        for task, _, _ in self.moves(state):
            low = self.before(task, state[task])
            lows.add(tuple(map(max, root, map(min, low, state))))
        return not any(self.live(low) < live for low in lows) and all(
            self.lowest(low, state, live) == (live, None) for low in lows
        )

    def before(self, task: int, call: int) -> State:
        """The first state in which a call can run."""
        found = self._needs(task, call)
        return (*found[:task], call, *found[task + 1 :])

    def without(self, task: int, call: int) -> State:
        """The last state in which a call has not run."""
        key = task, call
        if key not in self._rests:
            rest = [*self.goal]
            rest[task] = call
            found: State = tuple(rest)
            for column in self._mine[task]:
                written = self._writers[column].written[task]
                mine = written[-1] & ~written[call]
                for reader, reads in enumerate(self._reads):
                    if column not in reads:
                        continue
                    user = next((n for n, rows in enumerate(reads[column]) if rows & mine), None)
                    if user is not None:
                        found = tuple(map(min, found, self.without(reader, user)))
            self._rests[key] = found
        return self._rests[key]

    def lowest(
        self, first: State, last: State, limit: int, width: int | None = None
    ) -> tuple[int, State | None] | None:
        """The fewest live bytes of all states from ``first`` to ``last``, and the state.

        Where none has fewer than the limit, that is the result, with no state.

        One task after the other gets each of its values; of partial states that agree in the tasks
        whose strips are not yet weighed, the lightest is kept. That is exact; where more than
        ``width`` would have to be kept, there is no answer.
        """
        width = width or WIDTH * TASKS // max(TASKS, len(self.tasks))
        changed = [t for t, (a, b) in enumerate(zip(first, last, strict=True)) if a != b]
        ends = {
            strip.name: max((t for t in strip.tasks if first[t] != last[t]), default=-1)
            for strip in self._strips.values()
        }
        total = sum(self._strips[name].live(first) for name, end in ends.items() if end < 0)
        total += sum(
            self._state_bytes(task, done) for task, done in enumerate(first) if done == last[task]
        )
        table: dict[tuple[int, ...], tuple[int, State]] = {(): (total, first)}
        if total >= limit:
            return limit, None
        for task in changed:
            weighed = [self._strips[name] for name, end in ends.items() if end == task]
            unweighed = [self._strips[name] for name, end in ends.items() if end > task]
            kept = sorted({t for strip in unweighed for t in strip.tasks if t <= task})
            found: dict[tuple[int, ...], tuple[int, State]] = {}
            for total, state in table.values():
                for done in range(first[task], last[task] + 1):
                    if done > first[task] and not self._is_ready(task, done - 1, state):
                        break
                    longer = (*state[:task], done, *state[task + 1 :])
                    weight = total + self._state_bytes(task, done)
                    weight += sum(strip.live(longer) for strip in weighed)
                    key = tuple(longer[t] for t in kept)
                    if weight < limit and (key not in found or weight < found[key][0]):
                        found[key] = weight, longer
            if len(found) > width:
                return None
            table = found
        return min(table.values(), default=(limit, None), key=lambda entry: entry[0])

    def least_need(self, task: int, call: int) -> int:
        """Bytes that a call needs besides what is alive, whatever it may write over."""
        what = self.tasks[task]
        # Of a row that others write too, another part may be there.
        written = 0 if what.writes.part else self._written_bytes(what, call)
        shared = written if list(self._shared(what, call)) else 0
        return written - shared + what.scratch_at(call) + (what.state_bytes if call == 0 else 0)

    def _state_bytes(self, task: int, done: int) -> int:
        return self.tasks[task].state_bytes if 0 < done < self.goal[task] else 0

    def _needs(self, task: int, call: int) -> State:
        """The first state in which a call has run."""
        key = task, call
        if key not in self._closures:
            needs = list(self._needs(task, call - 1)) if call else [0] * len(self.goal)
            needs[task] = call + 1
            found: State = tuple(needs)
            for column, rows in self._reads[task].items():
                for writer, written in self._writers[column].written.items():
                    calls = next(
                        n for n, done in enumerate(written) if not rows[call] & written[-1] & ~done
                    )
                    if calls:
                        found = tuple(map(max, found, self._needs(writer, calls - 1)))
            self._closures[key] = found
        return self._closures[key]

    def _is_ready(self, task: int, call: int, state: State) -> bool:
        return not any(
            rows[call] & ~self._writers[column].present(state)
            for column, rows in self._reads[task].items()
        )

    def weigh(self, task: int, state: State) -> tuple[int, int] | None:
        """What the next call of a task needs and leaves; nothing when an operand is missing."""
        call, what = state[task], self.tasks[task]
        if not self._is_ready(task, call, state):
            return None
        after = (*state[:task], call + 1, *state[task + 1 :])
        growth = {
            name: self._strips[name].live(after) - self._strips[name].live(state)
            for name in (*_operands(what), what.writes.strip)
        }
        written = self._written_bytes(what, call, state)
        saved = max(
            (min(-growth[what.reads[slot].strip], written) for slot in self._shared(what, call)),
            default=0,
        )
        state_bytes = what.state_bytes if call == 0 else 0
        kept = self._state_bytes(task, call + 1) - self._state_bytes(task, call)
        return written + what.scratch_at(call) + state_bytes - saved, sum(growth.values()) + kept

    def _written_bytes(self, task: Task, call: int, state: State | None = None) -> int:
        """Bytes of the rows that a call writes, without those that are there in part already."""
        strip, rows = self._strips[task.writes.strip], _bits(task.writes.rows[call])
        if task.writes.part and state is not None:
            rows &= ~strip.present(state)
        return rows.bit_count() * strip.row_bytes

    def _shared(self, task: Task, call: int) -> Iterator[int]:
        """Operands that the call may write over; see ``live.Ledger.shares``."""
        written = self._written_bytes(task, call)
        for slot in task.in_place if task.writes.part is None else ():
            read = task.reads[slot]
            low, high = read.rows[call]
            tolerates = read.strip != task.writes.strip and all(
                i in task.in_place and other.part is None and other.rows[call] == read.rows[call]
                for i, other in enumerate(task.reads)
                if other.strip == read.strip
            )
            if tolerates and written <= (high - low) * self._strips[read.strip].row_bytes:
                yield slot

    def _neighbours(self, task: Task) -> Callable[[State], object]:
        """Picks the tasks on which it depends what a call of this one needs and leaves."""
        names = (*_operands(task), task.writes.strip)
        return itemgetter(*sorted({t for name in names for t in self._strips[name].tasks}))


def _operands(task: Task) -> tuple[str, ...]:
    return tuple(dict.fromkeys(read.strip for read in task.reads))


def _bits(rows: Rows) -> int:
    return (1 << rows[1]) - (1 << rows[0]) if rows[1] > rows[0] else 0


def _columns(network: Network, name: str) -> Callable[[Access], range]:
    """Numbers of the parts of a pixel that an access of a strip touches; one if all is one part."""
    accesses = [a for task in network.tasks for a in (*task.reads, task.writes) if a.strip == name]
    size = network.strips[name].pixel_bytes
    cuts = sorted({0, size, *(byte for a in accesses if a.part for byte in a.part)})
    return lambda a: range(*map(cuts.index, a.part)) if a.part else range(max(1, len(cuts) - 1))


def _reads_by_column(
    task: Task, columns: Mapping[str, Callable[[Access], range]]
) -> dict[Column, tuple[int, ...]]:
    """Rows of each part of strips that each call reads."""
    found: dict[Column, tuple[int, ...]] = {}
    for read in task.reads:
        mine = tuple(map(_bits, read.rows))
        for column in columns[read.strip](read):
            key = read.strip, column
            found[key] = tuple(map(or_, found[key], mine)) if key in found else mine
    return found


def _writers(
    network: Network, columns: Mapping[str, Callable[[Access], range]]
) -> dict[Column, _Writers]:
    """Who writes the parts of strips."""
    there = {s.name: _bits((0, s.rows)) if s.is_input else 0 for s in network.strips.values()}
    found = {
        (name, column): _Writers(there[name], {})
        for name in network.strips
        for column in columns[name](Access(name, ()))
    }
    for position, task in enumerate(network.tasks):
        for column in columns[task.writes.strip](task.writes):
            found[task.writes.strip, column].written[position] = _written(task.writes)
    return found


def _touched(task: Task, strip: str) -> tuple[int, ...]:
    """Rows of a strip that each call reads, or writes in part."""
    parts = [task.writes] if task.writes.part else []
    found = [0] * task.calls
    for access in (*task.reads, *parts):
        if access.strip == strip:
            found = [rows | _bits(more) for rows, more in zip(found, access.rows, strict=True)]
    return tuple(found)


def _written(access: Access) -> tuple[int, ...]:
    """Rows that are written after each number of calls."""
    return tuple(accumulate((_bits(rows) for rows in access.rows), or_, initial=0))


def _rows(network: Network, name: str) -> _Rows:
    strip = network.strips[name]
    written, released = {}, {}
    for position, task in enumerate(network.tasks):
        if task.writes.strip == name:
            written[position] = _written(task.writes)
        if name in _operands(task) or (name == task.writes.strip and task.writes.part):
            # Needed are the rows that a later call reads, or writes in part.
            needed = [*accumulate(reversed(_touched(task, name)), or_, initial=0)][::-1]
            released[position] = tuple(~rows for rows in needed)
    tasks = tuple(sorted({*written, *released}))
    there = _bits((0, strip.rows)) if strip.is_input else 0
    return _Rows(name, strip.row_bytes, there, strip.is_output, written, released, tasks)
