"""Bounds the stack of a built program from its machine code, whatever the input.

Every path through every function is followed, with the depth of the stack at each instruction, so
that hand-written assembly and library routines count like compiled code. A jump to another
function goes on at the depth that it leaves behind; a call adds what the called function needs.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mote.codegen.identifiers import c_identifier, layer_function
from mote.codegen.schedule import ONCE
from mote.errors import ToolError
from mote.lower.step import Program
from mote.run.cycles.instruction import Instruction
from mote.run.elf import Image, source_name
from mote.run.firmware import FEED_ALL, STACK_BYTES

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


@dataclass(frozen=True)
class StackBound:
    """The most stack that a function may need.

    Args:
        bytes: Below the stack pointer of its caller.
        path: The functions that are active then, the outermost first.
    """

    bytes: int
    path: tuple[str, ...]


@dataclass
class _Frame:
    """What one function does, with the tails of others that it ends in.

    Args:
        depth: Most bytes between the stack pointer at its start and during it.
        calls: Address of each called function and the depth there; None for a pointer.
    """

    depth: int = 0
    calls: list[tuple[int | None, int]] = field(default_factory=list)


def stack_bound(
    image: Image,
    code: Mapping[int, Instruction],
    entry: str,
    *,
    through_pointers: Mapping[str, Collection[str]],
) -> StackBound:
    """The stack that a call of a function takes at most.

    Args:
        image: The program.
        code: Its instructions by address.
        entry: Name of the function.
        through_pointers: What each function that calls through a pointer may call there.

    Raises:
        ToolError: A function calls itself, or nothing says what is called or how deep the stack
            grows.
    """
    functions = {s.address: s.name for s in image.symbols if s.is_function}
    known: dict[int, StackBound] = {}

    def bound(address: int, active: tuple[int, ...]) -> StackBound:
        if address in known:
            return known[address]
        name = functions.get(address) or image.function_at(address)
        if address in active:
            raise ToolError("stack", f"{name} calls itself: its stack has no bound")
        frame = _frame(image, code, address, name)
        best = StackBound(frame.depth, (name,))
        for target, depth in frame.calls:
            possible = through_pointers.get(source_name(name), ())
            if target is None and not possible:
                raise ToolError("stack", f"{name} calls through a pointer: nothing says what")
            targets = [a for a, called in functions.items() if source_name(called) in possible]
            for called in targets if target is None else (target,):
                inner = bound(called, (*active, address))
                if depth + inner.bytes > best.bytes:
                    best = StackBound(depth + inner.bytes, (name, *inner.path))
        known[address] = best
        return best

    (start,) = (a for a, name in functions.items() if source_name(name) == entry)
    return bound(start, ())


def model_stack(image: Image, code: Mapping[int, Instruction], program: Program) -> StackBound:
    """The most stack that an inference takes, whatever its input; arguments as ``stack_bound``.

    Counted from the caller of ``<prefix>_run``, or of the harness's loop that feeds rows.
    """
    functions = {source_name(s.name) for s in image.symbols if s.is_function}
    prefix = c_identifier(program.graph.name)
    layers = [layer_function(program, index) for index in range(len(program.steps))]
    in_tables = (*layers, *(name + ONCE for name in layers))
    return stack_bound(
        image,
        code,
        f"{prefix}_run" if f"{prefix}_run" in functions else FEED_ALL,
        through_pointers={
            f"{prefix}_run": in_tables,
            f"{prefix}_feed_row": in_tables,
            # The compiler may keep the address of what a loop calls in a register.
            FEED_ALL: (f"{prefix}_start", f"{prefix}_feed_row"),
        },
    )


def frame_bytes(image: Image, code: Mapping[int, Instruction], function: str) -> int:
    """Most stack of a function alone, without what it calls; jumps to others count."""
    return _frame(image, code, image.addresses[function], function).depth


def _frame(image: Image, code: Mapping[int, Instruction], entry: int, name: str) -> _Frame:
    frame, depths = _Frame(), dict[int, int]()
    tables: list[int] = []  # depth of each jump through a table
    pending = [(entry, 0)]
    while pending:
        address, depth = pending.pop()
        while address in code and depth > depths.get(address, -1):
            depths[address] = depth
            one = code[address]
            depth += _growth(image, code, one, name)
            if not 0 <= depth <= STACK_BYTES:
                raise ToolError("stack", f"that of {name} is {depth} B deep at {address:#x}")
            frame.depth = max(frame.depth, depth)
            if one.mnemonic in ("bl", "blx"):
                target = _target(one)
                if target is not None and image.function_at(target).startswith(_SWITCH):
                    tables.append(depth)
                    break
                frame.calls.append((target, depth))
            elif one.writes_pc:
                goes_on, jumps = _ways(one)
                if jumps == "table":
                    tables.append(depth)
                elif jumps == "pointer":
                    frame.calls.append((None, depth))
                elif isinstance(jumps, int):
                    pending.append((jumps, depth))
                if not goes_on:
                    break
            elif one.starts("udf"):
                break
            address += one.size
        if not pending and tables:
            # All that nothing else leads to belongs to the tables.
            rest = [a for a in _body(image, code, entry) if a not in depths]
            pending = [(min(rest), max(tables))] if rest else []
    return frame


def _body(image: Image, code: Mapping[int, Instruction], entry: int) -> list[int]:
    """Addresses of the instructions of the function that starts at an address."""
    ends = [s.address + s.size for s in image.symbols if s.is_function and s.address == entry]
    return [a for a in range(entry, max(ends, default=entry), 2) if a in code]


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
