"""Cycles of a small RV32IMC core: one instruction at a time, in order, two stages.

Source: Ibex documentation (lowRISC), "Pipeline Details", table of stall cycles, for the
configuration "small" of ``ibex_configs.yaml``: multiplier of three cycles, no branch target ALU, no
writeback stage. Zero-wait-state memory. Other cores differ, and it is not compared with silicon.
"""

import re
from collections.abc import Sequence

from mote.run.count import BlockCount
from mote.run.cycles.instruction import Instruction

TAKEN = 2
"""Stall cycles of a taken branch."""

_COSTS = {
    **dict.fromkeys(("lb", "lbu", "lh", "lhu", "lw", "sb", "sh", "sw"), 2),
    "mul": 3,
    **dict.fromkeys(("mulh", "mulhu", "mulhsu"), 4),
    **dict.fromkeys(("div", "divu", "rem", "remu"), 37),
    **dict.fromkeys(("j", "jal", "jalr", "jr", "ret"), 2),
}
"""Cycles by mnemonic; all others take one."""


_BRANCH = re.compile(r"b(?:eq|ne|lt|ge|gt|le)(?:u|z)?")


def is_branch(instruction: Instruction) -> bool:
    """It jumps only where a condition holds."""
    return _BRANCH.fullmatch(instruction.mnemonic) is not None


def instruction_cycles(instruction: Instruction) -> int:
    """Cycles without the stall of a taken branch."""
    return _COSTS.get(instruction.mnemonic, 1)


def cycles(block: Sequence[Instruction], count: BlockCount) -> int:
    """Cycles of all executions of one block; a branch that leaves it is charged here."""
    stall = TAKEN if is_branch(block[-1]) else 0
    return count.executed * sum(map(instruction_cycles, block)) + count.taken_out * stall
