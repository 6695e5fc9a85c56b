"""Counts every basic block that one inference executes, by layer, with a QEMU plugin of our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mote.errors import ToolError
from mote.run.cache import content_key, stored
from mote.run.toolchain import call, version
from mote.target import Cache

RUN_ROW = 0
"""Row of the instructions of ``<prefix>_run`` itself; layer n has row n + 1."""

_SOURCE = "count_blocks.c"
_CFLAGS = ("-std=gnu99", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Caches:
    """Caches to simulate; both start empty and replace the line used longest ago.

    Args:
        flash: First address of flash, and the one after its last.
        instruction: Cache of instruction fetches.
        data: Cache of loads from flash; None when they go through the other.
    """

    flash: tuple[int, int]
    instruction: Cache
    data: Cache | None = None


@dataclass(frozen=True)
class Window:
    """What to count.

    Args:
        begin: Address of the first instruction of ``<prefix>_run``.
        run_end: Address after the last one.
        end: Address to which it returns.
        layers: Address of each layer's function, in step order.
        between: First and end address of other functions that belong to the run itself.
        caches: Count their misses as well, which slows the run down.
        is_risc_v: The instructions are RISC-V's, not Thumb's.
    """

    begin: int
    run_end: int
    end: int
    layers: Sequence[int]
    caches: Caches | None = None
    between: Sequence[tuple[int, int]] = ()
    is_risc_v: bool = False

    def text(self) -> str:
        """The file that the plugin reads."""
        lines = [f"begin {self.begin:x}", f"run_end {self.run_end:x}", f"end {self.end:x}"]
        lines += [f"layer {address:x} {row:x}" for row, address in enumerate(self.layers, 1)]
        lines.append(f"riscv {self.is_risc_v:x}")
        lines += [f"between {start:x} {end:x}" for start, end in self.between]
        if self.caches:
            start, end = self.caches.flash
            lines.append(f"flash {start:x} {end:x}")
            for kind, cache in (("fetch", self.caches.instruction), ("load", self.caches.data)):
                if cache:
                    geometry = f"{cache.line_bytes:x} {cache.lines:x} {cache.ways:x}"
                    lines.append(f"{kind}_cache {geometry}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class BlockCount:
    """Executions of one basic block on behalf of one row.

    Args:
        address, end: Its bytes.
        instructions: How many it has.
        row: ``RUN_ROW``, or step index + 1.
        executed: How often it ran.
        taken_in: Entries that did not come from the bytes just before it.
        taken_out: Exits that did not go on to the bytes just after it.
        fetch_misses, load_misses: Lines that its fetches, and its loads from flash, did not find in
            the simulated caches; 0 without.
    """

    address: int
    end: int
    instructions: int
    row: int
    executed: int
    taken_in: int
    taken_out: int
    fetch_misses: int = 0
    load_misses: int = 0


def plugin() -> Path:
    """The compiled plugin; compiled on first use, then kept in the cache."""
    source = (files("mote.run") / "plugin" / _SOURCE).read_text()
    key = content_key(version("cc"), *_CFLAGS, source)

    def build(path: Path) -> None:
        code = path.with_suffix(".c")
        code.write_text(source)
        call("cc", [*_CFLAGS, str(code), "-o", str(path)])

    return stored(f"plugins/{key}.so", build)


def read_counts(path: Path, emulator: str) -> tuple[BlockCount, ...]:
    """The plugin's result, in order of address and row."""
    *lines, last = path.read_text().splitlines() if path.is_file() else [""]
    if last != "done":
        raise ToolError(emulator, "the emulator ended before the model returned")
    rows = (line.split() for line in lines)
    counts = [
        BlockCount(int(address, 16), int(end, 16), *(int(field) for field in fields))
        for address, end, *fields in rows
    ]
    return tuple(sorted(counts, key=lambda c: (c.address, c.end, c.row)))
