"""Executes a schedule on a layout, byte by byte, and asserts that every read finds its value.

The planner reasons about lifetimes; this knows none. The arena is an array of tags. What a call
writes are the identities of the bytes (strip, row, byte) that it computes, and what it reads must
be found there: all of a row, or a part of each of its pixels. Whatever a call may touch in
passing is undefined until it ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mote.plan.task import Access, Layout, Network, Run, Strip

Tags = NDArray[np.int64]

Place = slice | Tags
"""Addresses that follow each other, or any."""

NOBODY, SCRATCH, UNFINISHED = -1, -2, -3
"""Tags of bytes that were never written, of working memory, and of a result being computed."""

WORD = 4
"""Alignment of scratch and state."""


@dataclass(frozen=True)
class Proof:
    """What was replayed.

    Args:
        calls: Kernel calls, and rows that the application delivers.
        read_bytes: Bytes of operands, each of which was found to be the one expected.
        written_bytes: Bytes of results.
        top: One past the highest byte that was touched: the size of the arena.
    """

    calls: int
    read_bytes: int
    written_bytes: int
    top: int


def prove(
    network: Network,
    schedule: Sequence[Run],
    layout: Layout,
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
) -> Proof:
    """Assert that a layout is right for a schedule.

    Args:
        network, schedule, layout: What is computed, in which order, and where.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that nothing may touch.
    """
    _check_schedule(network, schedule)
    _check_places(network, layout, linear)
    replay = _Replay(network, layout, reserved)
    for run in schedule:
        for call in range(run.first, run.first + run.count):
            replay.execute(run.task, call)
    replay.finish()
    assert replay.top == layout.bytes, (
        f"the arena has {layout.bytes} bytes, the highest that is touched is {replay.top - 1}"
    )
    calls = sum(run.count for run in schedule)
    return Proof(calls, replay.read_bytes, replay.written_bytes, replay.top)


def _check_schedule(network: Network, schedule: Sequence[Run]) -> None:
    done = [0] * len(network.tasks)
    for run in schedule:
        assert run.first == done[run.task], (
            f"task {run.task} goes on with call {run.first} after {done[run.task]} calls"
        )
        done[run.task] += run.count
    for position, task in enumerate(network.tasks):
        assert done[position] == task.calls, f"task {position} ends after {done[position]} calls"


def _check_places(network: Network, layout: Layout, linear: Collection[str]) -> None:
    assert set(layout.rows) == set(network.strips), "strips and places differ"
    for name, strip in network.strips.items():
        offsets = np.array(layout.rows[name])
        assert len(offsets) == strip.rows, f"'{name}' has {strip.rows} rows, {len(offsets)} places"
        if strip.is_linear or name in linear:
            assert (np.diff(offsets) == strip.row_bytes).all(), f"'{name}' is scattered"
            offsets = offsets[:1]
        elif strip.together > 1:
            pieces = offsets.reshape(-1, strip.together)
            assert (np.diff(pieces) == strip.row_bytes).all(), f"'{name}' is torn apart"
        for row in np.flatnonzero(offsets % strip.alignment).tolist():
            if row % strip.together:
                continue
            raise AssertionError(
                f"row {row} of '{name}' lies at {offsets[row]}, not a multiple of {strip.alignment}"
            )
    working = ("scratch", layout.scratch), ("ample scratch", layout.ample), ("state", layout.state)
    for kind, places in working:
        for position, offset in places.items():
            assert offset % WORD == 0, f"{kind} of task {position} lies at {offset}, unaligned"


class _Replay:
    """The arena at one moment of the schedule."""

    def __init__(self, network: Network, layout: Layout, reserved: int) -> None:
        self.network, self.layout, self.reserved = network, layout, reserved
        owners = [(f"row {{}} of '{s.name}'", s.rows, s.row_bytes) for s in network.strips.values()]
        owners += [(f"state of task {i}", 1, t.state_bytes) for i, t in enumerate(network.tasks)]
        self.owners = owners
        sizes = [rows * size for _, rows, size in owners]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.number = {name: number for number, name in enumerate(network.strips)}
        self.arena = np.full(layout.bytes, NOBODY, np.int64)
        self.progress = np.zeros(layout.bytes, np.int64)
        self.identities = np.arange(self.starts[-1])
        self.is_written = np.zeros(self.starts[-1], bool)
        self.parts: dict[tuple[str, tuple[int, int]], Tags] = {}
        self.top = reserved
        self.read_bytes = self.written_bytes = 0
        self.who = "the application"
        for strip in network.strips.values():
            if strip.is_input:
                self._write(Access(strip.name, ((0, strip.rows),)), 0)
        for strip in network.strips.values():
            if strip.is_input:
                self._read(Access(strip.name, ((0, strip.rows),)), 0)

    def execute(self, position: int, call: int) -> None:
        """One call: it finds its operands, spoils what it works on, and leaves its result."""
        task, self.who = self.network.tasks[position], f"call {call} of task {position}"
        if task.state_bytes:
            state, value = self._state(position)
            if call == 0:
                self.arena[state] = value
        for access in task.reads:
            self._read(access, call)
            self.read_bytes += self._size(access, call)
        if size := task.scratch_at(call):
            places = self.layout.ample if call in task.ample_calls else self.layout.scratch
            assert position in places, f"{self.who} has no scratch"
            scratch = self._span(places[position], size, "scratch")
            self.arena[scratch] = SCRATCH
        self._spoil(task.writes, call)
        if size:
            assert (self.arena[scratch] == SCRATCH).all(), f"{self.who} writes into its scratch"
        if task.state_bytes:
            self._expect(state, value, "its state")
        total = self._size(task.writes, call)
        for index, access in enumerate(task.reads):
            self._read(access, call, total if index in task.in_place else 0)
        self._write(task.writes, call)

    def finish(self) -> None:
        """After the last call the application finds the outputs."""
        self.who = "the application"
        for strip in self.network.strips.values():
            if strip.is_output:
                self._read(Access(strip.name, ((0, strip.rows),)), 0)

    def _span(self, start: int, size: int, what: str) -> slice:
        end = start + size
        assert self.reserved <= start <= end <= self.layout.bytes, (
            f"{self.who}: {what} lies at {start}..{end}, the arena is "
            f"{self.reserved}..{self.layout.bytes}"
        )
        self.top = max(self.top, end)
        return slice(start, end)

    def _row(self, access: Access, row: int) -> tuple[Place, Tags]:
        """Where the bytes of a row lie that an access touches, and what is to be found there."""
        strip = self.network.strips[access.strip]
        size = strip.row_bytes
        span = self._span(self.layout.rows[strip.name][row], size, f"row {row} of '{strip.name}'")
        start = int(self.starts[self.number[strip.name]]) + row * size
        if access.part is None:
            return span, self.identities[start : start + size]
        part = self._part(strip, access.part)
        return span.start + part, start + part

    def _part(self, strip: Strip, part: tuple[int, int]) -> Tags:
        """Which bytes of a row those of every pixel from one to another are."""
        key = strip.name, part
        if key not in self.parts:
            assert strip.pixel_bytes, (
                f"{self.who} touches a part of '{strip.name}', which has no pixels"
            )
            assert 0 <= part[0] < part[1] <= strip.pixel_bytes, (
                f"{self.who} touches bytes {part[0]} to {part[1]} of the pixels of "
                f"'{strip.name}', which have {strip.pixel_bytes}"
            )
            byte = np.arange(strip.row_bytes) % strip.pixel_bytes
            self.parts[key] = np.flatnonzero((byte >= part[0]) & (byte < part[1]))
        return self.parts[key]

    def _state(self, position: int) -> tuple[Place, Tags]:
        assert position in self.layout.state, f"{self.who} has no state"
        size = self.network.tasks[position].state_bytes
        start = int(self.starts[len(self.number) + position])
        span = self._span(self.layout.state[position], size, "state")
        return span, self.identities[start : start + size]

    def _size(self, access: Access, call: int) -> int:
        first, last = access.rows[call]
        strip = self.network.strips[access.strip]
        size = len(self._part(strip, access.part)) if access.part else strip.row_bytes
        return (last - first) * size

    def _spoil(self, access: Access, call: int) -> None:
        """What is written is undefined meanwhile; remember which byte of the result goes where."""
        done = 0
        for row in range(*access.rows[call]):
            place, value = self._row(access, row)
            self.arena[place] = UNFINISHED
            self.progress[place] = np.arange(done, done + len(value))
            done += len(value)

    def _read(self, access: Access, call: int, result_bytes: int = 0) -> None:
        """Find an operand; with ``result_bytes``, what is left of it while it is overwritten.

        The kernel computes the result upwards: when it writes byte o of y, the bytes p <= o * x / y
        of the operand have been read, so these may be gone.
        """
        total, done = self._size(access, call), 0
        for row in range(*access.rows[call]):
            place, value = self._row(access, row)
            lost = np.flatnonzero(self.arena[place] != value)
            if len(lost) and 0 < result_bytes <= total:
                gone = _addresses(place)[lost]
                is_read = (done + lost) * result_bytes <= self.progress[gone] * total
                lost = lost[~(is_read & (self.arena[gone] == UNFINISHED))]
            if len(lost):
                self._complain(f"row {row} of '{access.strip}'", place, int(lost[0]))
            done += len(value)

    def _write(self, access: Access, call: int) -> None:
        rows = range(*access.rows[call])
        for row in rows:
            place, value = self._row(access, row)
            assert not self.is_written[value].any(), (
                f"{self.who} computes row {row} of '{access.strip}', which is there already"
            )
            self.is_written[value] = True
            self.arena[place] = value
            self.written_bytes += len(value)
        for row in rows:
            self._expect(*self._row(access, row), f"row {row} of '{access.strip}'")

    def _expect(self, place: Place, value: Tags, what: str) -> None:
        lost = np.flatnonzero(self.arena[place] != value)
        if len(lost):
            self._complain(what, place, int(lost[0]))

    def _complain(self, what: str, place: Place, byte: int) -> None:
        at = _addresses(place)[byte]
        tag = int(self.arena[at])
        match tag:
            case -1:
                culprit = "nothing"
            case -2:
                culprit = "scratch"
            case -3:
                culprit = "the result of the same call"
            case _:
                number = int(np.searchsorted(self.starts, tag, side="right")) - 1
                name, _, size = self.owners[number]
                culprit = name.format((tag - int(self.starts[number])) // max(1, size))
        raise AssertionError(f"{self.who} needs {what}, but byte {byte} (at {at}) holds {culprit}")


def _addresses(place: Place) -> Tags:
    return np.arange(place.start, place.stop) if isinstance(place, slice) else place
