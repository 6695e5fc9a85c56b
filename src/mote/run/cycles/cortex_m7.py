"""Cycles of the Cortex-M7: in order, two instructions per cycle at most.

Arm publishes no timing table for the M7, and this model is not compared with silicon. Assumed: the
latencies and units below; two loads or one store, one multiplication, one branch and one
floating-point operation per cycle; accumulators forwarded late, so that multiply-accumulates on the
same register follow one another; taken branches predicted, and min(taken, not taken) of every
conditional branch mispredicted. Operand times start anew at every block. Zero-wait-state memory.
"""

import re
from collections.abc import Sequence

from mote.run.count import BlockCount
from mote.run.cycles.instruction import Instruction

LATENCY = {
    "load": 2,
    "store": 1,
    "multiply": 2,
    "divide": 7,
    "float": 3,
    "float_multiply_accumulate": 5,
    "float_divide": 16,
    "branch": 1,
    "alu": 1,
}
"""Cycles until a result can be used."""

MISPREDICTED = 8
"""Cycles lost by a branch that was predicted wrongly."""

_MULTIPLY = re.compile(r"(mul|mla|mls|smul|smla|smua|smus|smls|smm|umul|umla|umaa|umull|smull)")
_UNIT = {
    "load": "memory",
    "store": "memory",
    "float": "fpu",
    "float_multiply_accumulate": "fpu",
    "float_divide": "fpu",
}
_PER_CYCLE = {"memory": 2, "alu": 2}  # the other units: 1
_NO_RESULT = ("cmp", "cmn", "tst", "teq", "vcmp", "it")
_TWO_RESULTS = ("smull", "umull", "smlal", "umlal", "smlsl", "ldrd")
_MOVES = ("mov", "mvn", "sxt", "uxt", "rev", "rbit", "clz", "adr")
_UPDATES = ("movt", "bfi", "bfc")
_FLAGS = "flags"


def kind(i: Instruction) -> str:
    """The key of ``LATENCY``."""
    if i.is_branch:
        return "branch"
    if i.starts("ldr", "vldr", "pop", "ldm", "vldm", "vpop"):
        return "load"
    if i.starts("str", "vstr", "push", "stm", "vstm", "vpush"):
        return "store"
    if _MULTIPLY.match(i.mnemonic):
        return "multiply"
    if i.starts("sdiv", "udiv"):
        return "divide"
    if i.starts("vdiv", "vsqrt"):
        return "float_divide"
    if i.starts("vmla", "vfma", "vmls", "vfms"):
        return "float_multiply_accumulate"
    return "float" if i.starts("v") else "alu"


def _operands(i: Instruction, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Registers written, and registers that must be ready at issue."""
    registers = i.registers
    if i.is_multiple:
        return (), ("r13",)
    if what in ("store", "branch") or i.starts(*_NO_RESULT):
        return (), registers
    results = 2 if i.starts(*_TWO_RESULTS) else 1
    needed = registers[results:]
    if what == "multiply":
        needed = needed[:2]  # the accumulator is needed late only
    if what == "float_multiply_accumulate" or _updates_its_result(i, what):
        needed += registers[:1]
    return registers[:results], needed


def _updates_its_result(i: Instruction, what: str) -> bool:
    """Two-operand forms such as ``adds r0, #1`` read the register that they write."""
    if what not in ("alu", "multiply"):
        return False
    return i.starts(*_UPDATES) or (i.operands.count(",") == 1 and not i.starts(*_MOVES))


def block_cycles(block: Sequence[Instruction]) -> int:
    """Cycles of one execution."""
    ready: dict[str, int] = {}
    now, issued = 0, 0
    used: dict[str, int] = {}
    for i in block:
        what = kind(i)
        results, needed = _operands(i, what)
        if i.is_conditional_branch:
            needed = (*needed, _FLAGS)
        start = max([now, *(ready.get(register, 0) for register in needed)])
        unit = _UNIT.get(what, what)
        share = 2 if what == "store" else 1
        if start == now and (issued == 2 or used.get(unit, 0) + share > _PER_CYCLE.get(unit, 1)):
            start = now + 1
        if start > now:
            now, issued, used = start, 0, {}
        used[unit] = used.get(unit, 0) + share
        issued += 1
        ready |= dict.fromkeys(results, now + LATENCY[what])
        if i.starts("cmp", "cmn", "tst", "teq") or (what == "alu" and i.mnemonic.endswith("s")):
            ready[_FLAGS] = now + 1
        if i.is_multiple and (more := (i.listed_words + 1) // 2 - 1):
            now, issued, used = now + more, 0, {}
    return now + 1


def cycles(block: Sequence[Instruction], count: BlockCount) -> int:
    """Cycles of all executions of one block."""
    total = count.executed * block_cycles(block)
    last = block[-1]
    if last.is_conditional_branch:
        not_taken = count.executed - count.taken_out
        total += min(count.taken_out, not_taken) * MISPREDICTED
    elif last.writes_pc and last.mnemonic not in ("b", "bl"):
        total += count.executed  # a return or computed target
    return total
