"""What each RISC-V instruction does to the stack, and where execution may go on after it."""

import re
from collections.abc import Mapping

from mote.errors import ToolError
from mote.run.cycles.instruction import Instruction
from mote.run.cycles.riscv import is_branch
from mote.run.elf import Image
from mote.run.stack_step import StackStep

_STORES = ("sb", "sh", "sw")
_BY_REGISTER = re.compile(r"(?:(-?\d+)\()?(\w+)\)?")
_LOOK_BACK = 12
"""How many instructions before its use a constant is looked for."""


def risc_v_step(
    image: Image, code: Mapping[int, Instruction], one: Instruction, name: str
) -> StackStep:
    """One instruction of the function ``name``, as GNU objdump prints it.

    Raises:
        ToolError: How much it deepens the stack, or where it jumps, cannot be told.
    """
    operands = one.operands.split(",")
    if is_branch(one):
        return StackStep(jump=int(operands[-1], 16))
    match one.mnemonic:
        case "j":
            return StackStep(goes_on=False, jump=int(operands[0], 16))
        case "jal" if len(operands) == 1:
            return StackStep(calls=(int(operands[0], 16),))
        case "jalr" if len(operands) == 1:
            return StackStep(calls=(_address(code, one),))
        case "jr":
            return _jump(image, code, one)
        case "jal" | "jalr":  # the return address is not where the convention says
            raise _unknown(one, name)
        case "ret" | "ebreak" | "unimp" | "mret":
            return StackStep(goes_on=False)
    if operands[0] != "sp" or one.mnemonic in _STORES:
        return StackStep()
    amount = None
    if operands[:2] == ["sp", "sp"] and one.mnemonic in ("add", "addi", "sub"):
        amount = _value(code, one, operands[2])
    if amount is None:
        raise _unknown(one, name)
    return StackStep(growth=amount if one.mnemonic == "sub" else -amount)


def _unknown(one: Instruction, name: str) -> ToolError:
    where = f"{name} at {one.address:#x}: {one.mnemonic} {one.operands}"
    return ToolError("stack", f"nothing says how deep it is after {where}")


def _jump(image: Image, code: Mapping[int, Instruction], one: Instruction) -> StackStep:
    """A jump to a register: a far function, cases whose addresses are constants, or a pointer."""
    target = _address(code, one)
    if target is not None:
        return StackStep(goes_on=False, jump=target)
    if image.points_into_function(one.address):
        return StackStep(goes_on=False, has_table=True)
    return StackStep(goes_on=False, calls=(None,))


def _address(code: Mapping[int, Instruction], one: Instruction) -> int | None:
    """Where a jump to a register goes; None when only the running program knows."""
    found = _BY_REGISTER.fullmatch(one.operands)
    assert found, one
    offset, register = found.groups()
    for before in _before(code, one):
        if before.operands.split(",")[0] == register:
            if before.mnemonic != "auipc":
                return None
            upper = int(before.operands.split(",")[1], 16) << 12
            return (before.address + upper + int(offset or 0)) & 0xFFFFFFFF
    return None


def _value(code: Mapping[int, Instruction], one: Instruction, last: str) -> int | None:
    """A number, or what a register holds that constants were put into just before."""
    if re.fullmatch(r"-?\d+", last):
        return int(last)
    total = 0
    for before in _before(code, one):
        operands = before.operands.split(",")
        if operands[0] != last or before.mnemonic in _STORES:
            continue
        if before.mnemonic == "li":
            return total + int(operands[1])
        if before.mnemonic == "lui":
            upper = int(operands[1], 16) << 12 & 0xFFFFFFFF
            return total + upper - (upper >> 31 << 32)
        adds = before.mnemonic in ("add", "addi") and operands[1] == last
        if not adds or not re.fullmatch(r"-?\d+", operands[2]):
            return None
        total += int(operands[2])
    return None


def _before(code: Mapping[int, Instruction], one: Instruction) -> list[Instruction]:
    """The instructions that are executed just before one, the last first."""
    found: list[Instruction] = []
    address = one.address
    while len(found) < _LOOK_BACK:
        address = next((a for a in (address - 2, address - 4) if a in code), -1)
        before = code.get(address)
        if before is None or is_branch(before) or before.starts("j", "ret"):
            break
        found.append(before)
    return found
