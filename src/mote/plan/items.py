"""Finds what must lie in the arena, and during which calls of a schedule each part is needed.

An item has one address. A row of a table strip is an item, or several that follow each other, and
so are a whole linear strip, the scratch of a task and its state. Time is the number of a call; -1
is before the first one. A life includes both of its ends: what a call reads and what it writes are
needed at once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from mote.plan.task import Network, Run

WORD = 4
"""Alignment of scratch and state."""

Life = tuple[int, int, int]
"""A piece of an item, the first call during which its bytes are needed, and the last."""

Row = tuple[str, int]
"""A strip and the number of one of its rows."""


@dataclass(frozen=True)
class Item:
    """Equal pieces that follow each other in memory.

    Args:
        kind: What it is; ``ample`` is the scratch of calls that have more of it than others.
        strip: Name of the strip; empty for scratch and state.
        index: First row of the strip, or position of the task; 0 for a whole strip.
        piece_bytes: Size of a row, or of all of it.
        alignment: Its address is a multiple of this.
        lives: When which piece is needed, ascending. A row that is never needed has none; scratch
            has several.
    """

    kind: Literal["row", "strip", "scratch", "ample", "state"]
    strip: str
    index: int
    piece_bytes: int
    alignment: int
    lives: tuple[Life, ...]

    @property
    def bytes(self) -> int:
        """From its start to the end of the last piece that is ever needed."""
        return (1 + self.lives[-1][0]) * self.piece_bytes

    @property
    def first(self) -> int:
        """The first call that needs it."""
        return min(birth for _, birth, _ in self.lives)

    @property
    def last(self) -> int:
        """The last call that needs it."""
        return max(death for _, _, death in self.lives)


@dataclass(frozen=True)
class Items:
    """All that a schedule keeps in the arena.

    Args:
        items: Rows and strips, then scratch and state.
        pieces: Number of the item that holds each row, and which piece of it the row is.
        lives: The first and the last call during which each row is needed.
        clock: Position of the task of each call, and the number of the call in it.
    """

    items: tuple[Item, ...]
    pieces: Mapping[Row, tuple[int, int]]
    lives: Mapping[Row, tuple[int, int]]
    clock: tuple[tuple[int, int], ...]


def find_items(network: Network, schedule: Sequence[Run], linear: Collection[str] = ()) -> Items:
    """What lies in the arena while a schedule runs.

    Args:
        network: What is computed.
        schedule: In which order.
        linear: Names of strips that must lie in one piece, besides those that say so themselves.
    """
    clock = tuple((run.task, run.first + i) for run in schedule for i in range(run.count))
    lives = _row_lives(network, clock)
    items: list[Item] = []
    pieces: dict[Row, tuple[int, int]] = {}
    for name, strip in network.strips.items():
        alive = [row for row in range(strip.rows) if (name, row) in lives]
        size = strip.row_bytes, strip.alignment
        if strip.rows > strip.piece_rows and name not in linear:
            for first in range(0, strip.rows, strip.piece_rows):
                rows = [r for r in range(first, first + strip.piece_rows) if (name, r) in lives]
                if rows:
                    pieces.update({(name, row): (len(items), row - first) for row in rows})
                    parts = tuple((row - first, *lives[name, row]) for row in rows)
                    items.append(Item("row", name, first, *size, parts))
        elif alive:
            pieces.update({(name, row): (len(items), row) for row in alive})
            whole = tuple((row, *lives[name, row]) for row in alive)
            items.append(Item("strip", name, 0, *size, whole))
    return Items((*items, *_working_memory(network, clock)), pieces, lives, clock)


def _row_lives(network: Network, clock: Sequence[tuple[int, int]]) -> Mapping[Row, tuple[int, int]]:
    """The first and the last call during which each row is needed."""
    lives: dict[Row, tuple[int, int]] = {}
    for name, strip in network.strips.items():
        if strip.is_input:
            lives.update({(name, row): (-1, -1) for row in range(strip.rows)})
    for now, (position, call) in enumerate(clock):
        task = network.tasks[position]
        for access in (*task.reads, task.writes):
            for row in range(*access.rows[call]):
                birth, _ = lives.get((access.strip, row), (now, now))
                lives[access.strip, row] = birth, now
    end = len(clock)
    for name, strip in network.strips.items():
        if strip.is_output:
            for row in range(strip.rows):
                lives[name, row] = lives.get((name, row), (end, end))[0], end
    return lives


def _working_memory(network: Network, clock: Sequence[tuple[int, int]]) -> Iterator[Item]:
    busy: dict[tuple[int, bool], list[tuple[int, int]]] = {}

    def kind(now: int) -> tuple[int, bool]:
        position, call = clock[now]
        return position, call in network.tasks[position].ample_calls

    for key, calls in groupby(range(len(clock)), kind):
        times = list(calls)
        busy.setdefault(key, []).append((times[0], times[-1]))
    for position, task in enumerate(network.tasks):
        scarce, ample = busy.get((position, False), []), busy.get((position, True), [])
        if scarce and task.scratch_bytes:
            lives = tuple((0, *run) for run in scarce)
            yield Item("scratch", "", position, task.scratch_bytes, WORD, lives)
        if ample and task.ample_bytes:
            lives = tuple((0, *run) for run in ample)
            yield Item("ample", "", position, task.ample_bytes, WORD, lives)
        if (runs := sorted((*scarce, *ample))) and task.state_bytes:
            life = 0, runs[0][0], runs[-1][1]
            yield Item("state", "", position, task.state_bytes, WORD, (life,))
