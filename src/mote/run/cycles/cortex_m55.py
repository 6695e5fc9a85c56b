"""Cycles of the Cortex-M55: scalar code as on the M4, vectors at two beats per cycle.

Arm's Cortex-M55 Software Optimization Guide describes how vector instructions overlap; this is its
simplest reading and is not compared with silicon. Assumed: a vector instruction takes two cycles,
one when the vector instruction before it used another unit (memory, multiplier, ALU); VPT, VPST and
VCTP take one; a loop end (LE, LETP) is free; a taken branch costs two more. Zero-wait-state memory.
"""

import re
from collections.abc import Sequence

from mote.run.count import BlockCount
from mote.run.cycles.cortex_m4 import M4
from mote.run.cycles.cortex_m4 import block_cycles as scalar_cycles
from mote.run.cycles.instruction import Instruction

REFILL = 2
_PREDICATION = ("vpst", "vpt", "vctp")
_ACROSS = ("vmlav", "vmladav", "vaddv")
_VECTOR_REGISTER = re.compile(r"\bq\d")
_MULTIPLY = re.compile(r"v(mla|mul|rmlal|qrdmulh|qdmul|fma)")


def is_vector(i: Instruction) -> bool:
    if not i.starts("v"):
        return False
    return i.starts(*_PREDICATION, *_ACROSS) or bool(_VECTOR_REGISTER.search(i.operands))


def unit(i: Instruction) -> str:
    """What a vector instruction occupies."""
    if i.starts("vldr", "vstr"):
        return "memory"
    return "multiplier" if _MULTIPLY.match(i.mnemonic) else "alu"


def block_cycles(block: Sequence[Instruction]) -> int:
    """Cycles of one execution."""
    total = 0
    scalar: list[Instruction] = []
    before: str | None = None
    for i in block:
        if i.mnemonic in ("le", "letp"):
            continue
        if not is_vector(i):
            scalar.append(i)
            before = None
            continue
        overlaps = before is not None and unit(i) != before
        total += 1 if overlaps or i.starts(*_PREDICATION) else 2
        before = unit(i)
    return total + scalar_cycles(scalar, M4)


def cycles(block: Sequence[Instruction], count: BlockCount) -> int:
    """Cycles of all executions of one block; the refill is charged where the branch leaves."""
    last = block[-1]
    refill = REFILL if last.writes_pc and not last.starts("le") else 0
    return count.executed * block_cycles(block) + count.taken_out * refill
