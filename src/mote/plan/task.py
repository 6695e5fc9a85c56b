"""What the planner schedules: tasks that are made of calls, which read and write rows of buffers.

Nothing here knows of operators or kernels. A buffer is a stack of equal rows; a call reads some
rows of some buffers and writes some rows of one. Calls of a task run in their order, in between
calls of others may run. A layer that cannot be split is a task of one call. Several tasks may write
a row together: each some bytes of every pixel in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

Rows = tuple[int, int]
"""First row, and the one after the last."""

FEED = -1
"""Index of the task that delivers the rows of a graph input one by one, where it is streamed."""


@dataclass(frozen=True)
class Strip:
    """A buffer, as the rows that it is made of.

    Args:
        name: As ``Program.buffer`` names it.
        rows, row_bytes: How many there are, and the size of each.
        is_linear: True when the rows must follow each other in memory: inputs and outputs of the
            graph that are there as a whole, and what a kernel reads or writes as a whole.
        together: So many rows, from each multiple of that on, follow each other at least: a kernel
            writes them, or reads them, through one pointer. A divisor of ``rows``.
        is_input: True when it is there, whole, before the first call.
        is_output: True when it must be there, whole, after the last.
        alignment: Every row, or the first of those that follow each other, starts at a multiple of
            this.
        pixel_bytes: Size of a pixel, a divisor of ``row_bytes``, where accesses name parts of it;
            0 where none does.
    """

    name: str
    rows: int
    row_bytes: int
    is_linear: bool = False
    together: int = 1
    is_input: bool = False
    is_output: bool = False
    alignment: int = 4
    pixel_bytes: int = 0

    @property
    def bytes(self) -> int:
        """Size of all rows."""
        return self.rows * self.row_bytes

    @property
    def piece_rows(self) -> int:
        """How many rows follow each other."""
        return self.rows if self.is_linear else self.together


@dataclass(frozen=True)
class Access:
    """The rows of one buffer that each call of a task reads or writes.

    Args:
        strip: Name of the buffer.
        rows: For each call.
        part: The first byte of every pixel that it touches, and the one after the last; all if
            none. What is written in part is alive as a whole from its first writer to its last
            reader or writer.
    """

    strip: str
    rows: tuple[Rows, ...]
    part: tuple[int, int] | None = None

    def meets(self, other: "Access") -> bool:
        """True when both may touch the same bytes of a row of the same buffer."""
        if self.strip != other.strip:
            return False
        if self.part is None or other.part is None:
            return True
        return max(self.part[0], other.part[0]) < min(self.part[1], other.part[1])


@dataclass(frozen=True)
class Task:
    """The calls that compute one layer.

    Args:
        index: Number of the step that it computes, or ``FEED``.
        reads: Operands in the kernel's order. The same buffer may come twice.
        writes: The result; a call that only adds to the state writes no row, (n, n).
        scratch_bytes: Working memory during each call.
        state_bytes: Memory that is kept from the first call to the last.
        in_place: Positions in ``reads`` whose rows a call may overwrite with the rows that it
            writes: these start at the same byte, or at a lower one if the kernel goes upwards.
        call_cycles: Estimated cycles that each call costs besides its arithmetic.
        uneven_cycles: How many more each costs that reads rows at odd distances.
        ample_calls: Numbers of the calls, ascending, that run in a faster form of the layer.
        ample_bytes: Working memory during each of these instead of ``scratch_bytes``.
    """

    index: int
    reads: tuple[Access, ...]
    writes: Access
    scratch_bytes: int = 0
    state_bytes: int = 0
    in_place: tuple[int, ...] = ()
    call_cycles: int = 0
    uneven_cycles: int = 0
    ample_calls: tuple[int, ...] = ()
    ample_bytes: int = 0

    @property
    def calls(self) -> int:
        """How many calls the task consists of."""
        return len(self.writes.rows)

    def scratch_at(self, call: int) -> int:
        """Working memory during a call."""
        return self.ample_bytes if call in self.ample_calls else self.scratch_bytes

    @property
    def plain(self) -> "Task":
        """The task without any working memory."""
        return replace(self, scratch_bytes=0, ample_calls=(), ample_bytes=0)


@dataclass(frozen=True)
class Network:
    """All that is scheduled.

    Args:
        strips: Buffers by name.
        tasks: In an order in which they can run one after the other.
    """

    strips: dict[str, Strip]
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Run:
    """Calls of one task that follow each other without others in between.

    Args:
        task: Position in ``Network.tasks``.
        first, count: Number of the first call, and how many there are.
    """

    task: int
    first: int
    count: int


Schedule = Sequence[Run]
"""All calls of all tasks, in execution order."""


@dataclass(frozen=True)
class Layout:
    """Where everything lies in the arena, in bytes from its start.

    Args:
        rows: Offset of each row, by strip. Those of a linear strip are equally spaced.
        scratch: Offset of the working memory of a task, by its position; none where it has none.
        state: Offset of what a task keeps, alike.
        bytes: Size of the arena.
        ample: Offset of the working memory of the calls of a task that have more of it, alike.
    """

    rows: dict[str, tuple[int, ...]]
    scratch: dict[int, int]
    state: dict[int, int]
    bytes: int
    ample: dict[int, int] = field(default_factory=dict)

    def beside(self, kind: str) -> dict[int, int]:
        """Offsets of a kind of memory of single tasks; none for rows."""
        return {"scratch": self.scratch, "ample": self.ample, "state": self.state}.get(kind, {})
