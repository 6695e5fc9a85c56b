"""The result of memory planning: which call runs when, and where each row lies in the one arena."""

from dataclasses import dataclass
from functools import cached_property

from mote.plan.task import FEED, Layout, Network, Run, Task

ALIGNMENT = 4
"""Every buffer starts at a multiple of this many bytes."""


@dataclass(frozen=True)
class Buffer:
    """Bytes that are kept from one layer to another.

    Args:
        name: Tensor (as ``Program.buffer`` names it), ``scratch:<step>``,
            ``scratch:<step>:ample`` or ``state:<step>``.
        bytes: Size of its contents, of which fewer may be in memory at a time.
        start, end: The bytes of the arena between which it lies.
        first: Index of the step that writes it; -1 for graph inputs.
        last: Index of the last step that reads it, inclusive; the number of steps for outputs.
    """

    name: str
    bytes: int
    start: int
    end: int
    first: int
    last: int

    @property
    def is_scratch(self) -> bool:
        return self.name.startswith("scratch:")


@dataclass(frozen=True)
class Block:
    """Contiguous memory that the caller hands in.

    Args:
        name: Of the parameter in C.
        start: Its first byte in the addresses of the plan.
        bytes: Its size.
    """

    name: str
    start: int
    bytes: int


@dataclass(frozen=True)
class Plan:
    """A schedule and its addresses.

    Args:
        network: What is computed.
        schedule: Every call, in order.
        layout: Where rows, scratch and state lie.
        lower_bound_bytes: No layout of this schedule needs fewer: most bytes alive at one time, or
            more where the solver has proven it.
        regions: Where the memory is divided, what of the layout lies in which region, in order.
        order_bound_bytes: No order of these calls keeps fewer alive at its worst; None where
            orders were not searched.
        frugal: In which form each step must be computed (``spare_scratch``).
        slowdown: Its estimated cycles, as a multiple of those of the fastest plan.
        weighs_flash: Bytes of code are worth some cycles.
    """

    network: Network
    schedule: tuple[Run, ...]
    layout: Layout
    lower_bound_bytes: int
    order_bound_bytes: int | None = None
    regions: tuple[Block, ...] = ()
    frugal: tuple[int, ...] = ()
    slowdown: float = 1.0
    weighs_flash: bool = False

    @property
    def ample(self) -> frozenset[int]:
        """Steps of which some calls run in a form with more scratch (``spare_scratch``)."""
        return frozenset(task.index for task in self.network.tasks if task.ample_calls)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The memory that a caller hands in: one block, or one in each region that is used."""
        if not self.regions:
            return (Block("arena", 0, self.total_bytes),)
        *others, last = self.regions
        return (*others, Block(last.name, last.start, self.total_bytes - last.start))

    def block_at(self, offset: int) -> Block:
        """The block that an address of the plan lies in."""
        return max((b for b in self.blocks if b.start <= offset), key=lambda b: b.start)

    @property
    def total_bytes(self) -> int:
        """Size of the arena: activations, state, scratch, and the progress of a fed network."""
        return self.progress_start + self.progress_bytes if self.is_fed else self.layout.bytes

    @property
    def progress_start(self) -> int:
        """Where a fed network keeps how far it has come: behind all else, at a whole word."""
        return -(-self.layout.bytes // ALIGNMENT) * ALIGNMENT

    @property
    def is_fed(self) -> bool:
        """True when the application delivers the input row by row."""
        return any(task.index == FEED for task in self.network.tasks)

    @property
    def progress_bytes(self) -> int:
        """What a fed network keeps to know how far it has come: two words and one a layer, of 16
        bits."""
        layers = sum(task.index != FEED for task in self.network.tasks)
        return -(-(4 + 2 * layers) // 4) * 4 if self.is_fed else 0

    @cached_property
    def arena_bytes(self) -> int:
        """End of the highest activation or state, and the progress of a fed network."""
        highest = max((b.end for b in self.buffers if not b.is_scratch), default=0)
        return self.total_bytes - (self.layout.bytes - highest)

    @property
    def scratch_bytes(self) -> int:
        """What scratch adds above the highest activation."""
        return self.total_bytes - self.arena_bytes

    def is_linear(self, name: str) -> bool:
        """True when the rows of a buffer lie one behind the other."""
        strip, offsets = self.network.strips[name], self.layout.rows[name]
        return offsets == tuple(offsets[0] + i * strip.row_bytes for i in range(strip.rows))

    def offset(self, name: str) -> int:
        """Where a buffer whose rows lie one behind the other starts."""
        assert self.is_linear(name), f"the rows of '{name}' are scattered"
        return self.layout.rows[name][0]

    @cached_property
    def buffers(self) -> tuple[Buffer, ...]:
        """Everything that the arena holds, in order of first use."""
        tasks = self.network.tasks
        steps = sum(task.index != FEED for task in tasks)
        order = {run.task: None for run in self.schedule}
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for strip in self.network.strips.values():
            if strip.is_input:
                first[strip.name] = last[strip.name] = -1
        for position in order:
            task = tasks[position]
            first.setdefault(task.writes.strip, task.index)
            for name in (*(read.strip for read in task.reads), task.writes.strip):
                last[name] = max(last.get(name, -1), task.index)
        found = []
        for strip in self.network.strips.values():
            offsets = self.layout.rows[strip.name]
            end = max(offsets) + strip.row_bytes
            until = steps if strip.is_output else last[strip.name]
            since = first[strip.name]
            found.append(Buffer(strip.name, strip.bytes, min(offsets), end, since, until))
        for position, start in self.layout.scratch.items():
            found.append(
                _beside(tasks[position], "scratch:{}", tasks[position].scratch_bytes, start)
            )
        for position, start in self.layout.ample.items():
            size = tasks[position].ample_bytes
            found.append(_beside(tasks[position], "scratch:{}:ample", size, start))
        for position, start in self.layout.state.items():
            found.append(_beside(tasks[position], "state:{}", tasks[position].state_bytes, start))
        return tuple(sorted(found, key=lambda b: (b.first, b.is_scratch, b.start)))


def _beside(task: Task, name: str, size: int, start: int) -> Buffer:
    """Memory of one layer alone."""
    return Buffer(name.format(task.index), size, start, start + size, task.index, task.index)
