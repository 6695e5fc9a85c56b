"""What each Thumb instruction does to the stack, and where execution may go on after it."""

import re
from collections.abc import Mapping

from mote.errors import ToolError
from mote.run.cycles.instruction import Instruction
from mote.run.elf import Image
from mote.run.stack_step import StackStep

_CONDITION = r"(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_PUSH = re.compile(rf"(?:v?push|v?stmdb|stmfd){_CONDITION}?")
_POP = re.compile(rf"(?:v?pop|v?ldmia|ldm|ldmfd){_CONDITION}?")
_SHIFT = re.compile(rf"(?:add|sub)w?s?{_CONDITION}?")
_BEFORE = re.compile(r"\[sp, #-(\d+)\]!")
_BEHIND = re.compile(r"\[sp\], #(\d+)")
_NUMBER = re.compile(r"#(-?\d+)")
_LITERAL = re.compile(r"\[pc, #(\d+)\]")
_WRITERS = ("add", "sub", "mov", "mvn", "ldr", "and", "bic", "orr", "eor", "lsl", "lsr")
"""What changes its first operand, beside the instructions that move lists of registers."""

_SWITCH = "__gnu_thumb1_case"
"""Routines that Armv6-M code calls to jump by a table that follows the call."""

_LOOK_BACK = 12
"""How many instructions before its use a constant is looked for."""


def thumb_step(
    image: Image, code: Mapping[int, Instruction], one: Instruction, name: str
) -> StackStep:
    """One instruction of the function ``name``.

    Raises:
        ToolError: How much it deepens the stack cannot be told.
    """
    growth = _growth(image, code, one, name)
    if one.mnemonic in ("bl", "blx"):
        target = _target(one)
        if target is not None and image.function_at(target).startswith(_SWITCH):
            return StackStep(growth=growth, goes_on=False, has_table=True)
        return StackStep(growth=growth, calls=(target,))
    if one.writes_pc:
        goes_on, jumps = _ways(one)
        return StackStep(
            growth=growth,
            goes_on=goes_on,
            has_table=jumps == "table",
            calls=(None,) if jumps == "pointer" else (),
            jump=jumps if isinstance(jumps, int) else None,
        )
    return StackStep(growth=growth, goes_on=not one.starts("udf"))


def _ways(one: Instruction) -> tuple[bool, int | str | None]:
    """Whether the next instruction may follow, and where else it may go: an address, ``table``,
    ``pointer``, or back to the caller (None)."""
    if one.starts("tb"):
        return False, "table"
    if one.starts("bx"):
        conditional = one.mnemonic != "bx"
        return conditional, None if one.operands == "lr" else "pointer"
    if one.is_multiple:  # a pop of the program counter
        return one.mnemonic not in ("pop", "ldmia", "ldm"), None
    if not one.is_branch:  # a load of the program counter, or a move to it
        returns = one.operands == "pc, lr" or "[sp]" in one.operands
        return False, None if returns else "table"
    return one.mnemonic != "b", _target(one)


def _target(one: Instruction) -> int | None:
    """Where a branch goes; None when a register says so."""
    last = one.operands.split(",")[-1].strip()
    return int(last, 16) if re.fullmatch("[0-9a-f]+", last) else None


def _growth(image: Image, code: Mapping[int, Instruction], one: Instruction, name: str) -> int:
    """By how many bytes an instruction deepens the stack.

    Raises:
        ToolError: It cannot be told.
    """
    operands = one.operands
    own = one.starts("push", "pop", "vpush", "vpop") or operands.startswith("sp!")
    # What a condition may leave undone is not relied on.
    optional = re.search(f"{_CONDITION}$", one.mnemonic) is not None
    change = 0
    if own and _PUSH.fullmatch(one.mnemonic):
        change = 4 * one.listed_words
    elif own and _POP.fullmatch(one.mnemonic):
        change = -4 * one.listed_words
    elif found := _BEFORE.search(operands):
        change = int(found[1])
    elif found := _BEHIND.search(operands):
        change = -int(found[1])
    elif operands.startswith("sp,") and one.starts(*_WRITERS):
        sign = 1 if one.starts("sub") else -1
        amount = _amount(image, code, one) if _SHIFT.fullmatch(one.mnemonic) else None
        if amount is None:
            where = f"{name} at {one.address:#x}: {one.mnemonic} {operands}"
            raise ToolError("stack", f"nothing says how deep it is after {where}")
        change = sign * amount
    return max(0, change) if optional else change


def _amount(image: Image, code: Mapping[int, Instruction], one: Instruction) -> int | None:
    """What is added to the stack pointer or subtracted: a number, or a register that holds one."""
    last = one.operands.split(",")[-1].strip()
    if found := _NUMBER.fullmatch(last):
        return int(found[1])
    shift, address = 0, one.address
    for _ in range(_LOOK_BACK):
        address = next((a for a in (address - 2, address - 4) if a in code), -1)
        before = code.get(address)
        if before is None or before.writes_pc:
            return None
        if not before.operands.startswith(f"{last},"):
            continue
        number = _NUMBER.search(before.operands)
        if before.starts("lsl") and number:
            shift += int(number[1])
        elif before.starts("mov") and number:
            return int(number[1]) << shift
        elif before.mnemonic == "ldr" and (found := _LITERAL.search(before.operands)):
            return image.word((address + 4) // 4 * 4 + int(found[1])) << shift
        else:
            return None
    return None
