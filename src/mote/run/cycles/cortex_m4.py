"""Cycles of the Cortex-M4, and of the M3 and M33 as variants of it.

Source: Arm DDI 0439, Cortex-M4 Technical Reference Manual, table 3-1 "Cortex-M4 instruction set
summary" and section 3.3.3 "Load/store timings"; Arm DDI 0337, Cortex-M3 TRM, table 3-1, for the
M3's multiplier. Zero-wait-state memory. Arm publishes no table for the M33: the M4's is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.run.count import BlockCount
from mote.run.cycles.instruction import Instruction

_LONG_MULTIPLY = ("smull", "umull")
_LONG_MULTIPLY_ACCUMULATE = ("smlal", "umlal", "smlsl", "umaal")
_FLOAT_RESULT = ("vadd", "vsub", "vmul", "vmla", "vfma", "vcvt", "vdiv")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What differs within the family, in cycles.

    Args:
        refill: Of the pipeline after a taken branch; the table says 1 to 3.
        multiply_accumulate: MLA and MLS.
        long_multiply, long_multiply_accumulate: 32 x 32 -> 64 bits, by instruction.
        divide: SDIV and UDIV; the table says 2 to 12, depending on the operands.
        float_divide: VDIV and VSQRT.
    """

    refill: int = 1
    multiply_accumulate: int = 1
    long_multiply: int = 1
    long_multiply_accumulate: int = 1
    divide: int = 7
    float_divide: int = 14


M4 = Costs()
# The M3's multiplier ends early for small operands: 3 to 5 and 4 to 7. Full width is charged.
M3 = Costs(multiply_accumulate=2, long_multiply=5, long_multiply_accumulate=7)
M33 = Costs()


def block_cycles(block: Sequence[Instruction], costs: Costs) -> int:
    """Cycles of one execution, entered with an empty pipeline of loads and stores."""
    total = 0
    previous: Instruction | None = None
    for instruction in block:
        total += _instruction_cycles(instruction, previous, costs)
        previous = instruction
    return total


def _instruction_cycles(i: Instruction, previous: Instruction | None, costs: Costs) -> int:
    follows_memory = previous is not None and (previous.is_load or previous.is_store)
    if i.is_multiple:
        return 1 + i.listed_words
    if i.mnemonic in ("ldrd", "strd"):
        return 3
    if i.is_load:
        return 1 if follows_memory and not _address_needs(i, previous) else 2
    if i.is_store:  # the store buffer hides a store with an immediate offset
        return 1 if follows_memory or len(i.registers) < 3 else 2
    if i.starts("sdiv", "udiv"):
        return costs.divide
    if i.starts("vdiv", "vsqrt"):
        return costs.float_divide
    if i.starts("vmla", "vmls", "vfma", "vfms", "vnml"):
        return 3
    if i.starts(*_LONG_MULTIPLY_ACCUMULATE):
        return costs.long_multiply_accumulate
    if i.starts(*_LONG_MULTIPLY):
        return costs.long_multiply
    if i.mnemonic in ("mla", "mls"):
        return costs.multiply_accumulate
    if i.starts("it"):  # folded into a 16-bit instruction before it
        return 0 if previous is not None and previous.size == 2 else 1
    if i.starts("tb") or i.mnemonic in ("mrs", "msr", "dsb", "isb", "dmb"):
        return 2
    return 1 + _waits_for_float(i, previous)


def _address_needs(load: Instruction, previous: Instruction | None) -> bool:
    """The address of a load is the result of the load before it."""
    return previous is not None and previous.is_load and previous.registers[0] in load.registers[1:]


def _waits_for_float(i: Instruction, previous: Instruction | None) -> bool:
    """A floating-point result is used by the very next instruction."""
    if previous is None or not i.starts("v") or not previous.starts(*_FLOAT_RESULT):
        return False
    return bool(previous.registers) and previous.registers[0] in i.registers[1:]


def cycles(block: Sequence[Instruction], count: BlockCount, costs: Costs = M4) -> int:
    """Cycles of all executions of one block."""
    # A 32-bit branch target that is not word-aligned needs a second fetch.
    entry = costs.refill + (block[0].size == 4 and block[0].address % 4 != 0)
    return count.executed * block_cycles(block, costs) + count.taken_in * entry


def cycles_m3(block: Sequence[Instruction], count: BlockCount) -> int:
    return cycles(block, count, M3)


def cycles_m33(block: Sequence[Instruction], count: BlockCount) -> int:
    return cycles(block, count, M33)
