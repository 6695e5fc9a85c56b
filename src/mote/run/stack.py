"""Bounds the stack of a built program from its machine code, whatever the input.

Every path through every function is followed, with the depth of the stack at each instruction, so
that hand-written assembly and library routines count like compiled code. A jump to another
function goes on at the depth that it leaves behind; a call adds what the called function needs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mote.codegen.identifiers import c_identifier, layer_function
from mote.codegen.schedule import ONCE
from mote.errors import ToolError
from mote.lower.never_called import never_called
from mote.lower.step import Program
from mote.run.cycles.instruction import Instruction
from mote.run.elf import Image, source_name
from mote.run.firmware import FEED_ALL, STACK_BYTES
from mote.run.stack_riscv import risc_v_step
from mote.run.stack_thumb import thumb_step

IN_KERNELS = {f"mote_depthwise_rows{end}": ("mote_depthwise_row",) for end in ("", "_strided")}
"""Functions of the library that call through a pointer, and what they are handed."""


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
    never: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> StackBound:
    """The stack that a call of a function takes at most.

    Args:
        image: The program.
        code: Its instructions by address.
        entry: Name of the function.
        through_pointers: What each function that calls through a pointer may call there.
        never: For some functions, those that are not called as long as they are active.

    Raises:
        ToolError: A function calls itself, or nothing says what is called or how deep the stack
            grows.
    """
    functions = {s.address: s.name for s in image.symbols if s.is_function}
    apart = {address for address, name in functions.items() if source_name(name) in never}
    known: dict[tuple[int, frozenset[str]], StackBound] = {}

    def bound(address: int, active: tuple[int, ...], idle: frozenset[str]) -> StackBound:
        name = functions.get(address) or image.function_at(address)
        idle |= frozenset(never.get(source_name(name), ()))
        if (address, idle) in known:
            return known[address, idle]
        if address in active:
            raise ToolError("stack", f"{name} calls itself: its stack has no bound")
        frame = _frame(image, code, address, name, apart)
        best = StackBound(frame.depth, (name,))
        for target, depth in frame.calls:
            possible = through_pointers.get(source_name(name), ())
            if target is None and not possible:
                raise ToolError("stack", f"{name} calls through a pointer: nothing says what")
            targets = [a for a, called in functions.items() if source_name(called) in possible]
            for called in targets if target is None else (target,):
                if source_name(functions.get(called, "")) in idle:
                    continue
                inner = bound(called, (*active, address), idle)
                if depth + inner.bytes > best.bytes:
                    best = StackBound(depth + inner.bytes, (name, *inner.path))
        known[address, idle] = best
        return best

    (start,) = (a for a, name in functions.items() if source_name(name) == entry)
    return bound(start, (), frozenset())


def model_stack(image: Image, code: Mapping[int, Instruction], program: Program) -> StackBound:
    """The most stack that an inference takes, whatever its input; arguments as ``stack_bound``.

    Counted from the caller of ``<prefix>_run``, or of the harness's loop that feeds rows.
    """
    functions = {source_name(s.name) for s in image.symbols if s.is_function}
    prefix = c_identifier(program.graph.name)
    layers = [layer_function(program, index) for index in range(len(program.steps))]
    never = {
        name: never_called(step)
        for layer, step in zip(layers, program.steps, strict=True)
        for name in (layer, layer + ONCE)
    }
    in_tables = (*layers, *(name + ONCE for name in layers))
    return stack_bound(
        image,
        code,
        f"{prefix}_run" if f"{prefix}_run" in functions else FEED_ALL,
        through_pointers={
            **IN_KERNELS,
            f"{prefix}_run": in_tables,
            f"{prefix}_feed_row": in_tables,
            # The compiler may keep the address of what a loop calls in a register.
            FEED_ALL: (f"{prefix}_start", f"{prefix}_feed_row"),
        },
        never=never,
    )


def frame_bytes(image: Image, code: Mapping[int, Instruction], function: str) -> int:
    """Most stack of a function alone, without what it calls; jumps to others count."""
    return _frame(image, code, image.addresses[function], function).depth


def _frame(
    image: Image,
    code: Mapping[int, Instruction],
    entry: int,
    name: str,
    apart: Collection[int] = (),
) -> _Frame:
    """What a function does; one that it jumps to belongs to it, but those ``apart`` are called."""
    follow = risc_v_step if image.is_risc_v else thumb_step
    frame, depths = _Frame(), dict[int, int]()
    tables: list[int] = []  # depth of each jump through a table
    pending = [(entry, 0)]
    while pending:
        address, depth = pending.pop()
        while address in code and depth > depths.get(address, -1):
            depths[address] = depth
            one = code[address]
            step = follow(image, code, one, name)
            depth += step.growth
            if not 0 <= depth <= STACK_BYTES:
                raise ToolError("stack", f"that of {name} is {depth} B deep at {address:#x}")
            frame.depth = max(frame.depth, depth)
            frame.calls += [(called, depth) for called in step.calls]
            tables += [depth] * step.has_table
            if step.jump in apart and step.jump != entry:
                frame.calls.append((step.jump, depth))
            elif step.jump is not None:
                pending.append((step.jump, depth))
            if not step.goes_on:
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
