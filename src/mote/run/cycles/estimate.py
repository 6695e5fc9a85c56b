"""Instructions and cycles by row, from block counts and a core's cost table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mote.run.count import BlockCount
from mote.run.cycles import cortex_m0plus, cortex_m4, cortex_m7, cortex_m55, riscv
from mote.run.cycles.disassembly import block
from mote.run.cycles.instruction import Instruction
from mote.target import Core

MODELS: dict[str, Callable[[Sequence[Instruction], BlockCount], int]] = {
    "cortex-m0plus": cortex_m0plus.cycles,
    "cortex-m3": cortex_m4.cycles_m3,
    "cortex-m4": cortex_m4.cycles,
    "cortex-m7": cortex_m7.cycles,
    "cortex-m33": cortex_m4.cycles_m33,
    "cortex-m55": cortex_m55.cycles,
    "rv32imc": riscv.cycles,
}
"""Cycles of all executions of one block, by core."""


@dataclass(frozen=True)
class Cost:
    """What one row of a profile executed; ``flash_stall_cycles`` are part of ``cycles``."""

    instructions: int = 0
    cycles: int = 0
    flash_stall_cycles: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.instructions + other.instructions,
            self.cycles + other.cycles,
            self.flash_stall_cycles + other.flash_stall_cycles,
        )


def estimate(
    counts: Sequence[BlockCount],
    code: Mapping[int, Instruction],
    core: Core,
    *,
    wait_states: int = 0,
) -> dict[int, Cost]:
    """Cost of every row that executed anything.

    Args:
        counts: From a run with a window.
        code: The firmware's instructions by address.
        core: Whose costs apply.
        wait_states: Cycles lost by each miss of the caches that the run simulated.
    """
    model = MODELS[core.name]
    rows: dict[int, Cost] = {}
    for count in counts:
        instructions = block(code, count.address, count.end)
        assert len(instructions) == count.instructions, f"objdump and QEMU differ: {count}"
        stalls = wait_states * (count.fetch_misses + count.load_misses)
        cost = Cost(
            count.executed * count.instructions, model(instructions, count) + stalls, stalls
        )
        rows[count.row] = rows.get(count.row, Cost()) + cost
    return rows
