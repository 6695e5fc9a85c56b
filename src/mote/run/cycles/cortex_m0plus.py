"""Cycles of the Cortex-M0+, from its timing table.

Source: Arm DDI 0484, Cortex-M0+ Technical Reference Manual, section 3.3 "Instruction set summary":
two-stage pipeline, zero-wait-state memory, single-cycle multiplier. Not compared with silicon.
"""

from collections.abc import Sequence

from mote.run.count import BlockCount
from mote.run.cycles.instruction import Instruction

REFILL = 1
"""A taken branch refills a two-stage pipeline: B 2, BX 2, BL 3."""


def instruction_cycles(instruction: Instruction) -> int:
    """Cycles without the refill after a taken branch."""
    if instruction.is_multiple:  # LDM, STM, PUSH 1 + N; POP with PC 3 + N, refill included
        return 1 + instruction.listed_words + ("pc" in instruction.operands)
    if instruction.starts("ldr", "str"):
        return 2
    if instruction.mnemonic == "bl":
        return 2
    if instruction.mnemonic in ("mrs", "msr", "dsb", "dmb", "isb"):
        return 3
    return 1


def cycles(block: Sequence[Instruction], count: BlockCount) -> int:
    """Cycles of all executions of one block."""
    return count.executed * sum(map(instruction_cycles, block)) + count.taken_in * REFILL
