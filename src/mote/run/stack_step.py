"""What the stack bound needs to know of one instruction, in any instruction set."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StackStep:
    """What an instruction does.

    Args:
        growth: By how many bytes it deepens the stack.
        goes_on: The next instruction may follow.
        jump: Another place where it may go on.
        has_table: It goes on where a table says.
        calls: Address of the function that it calls, None for a pointer; empty when it calls none.
    """

    growth: int = 0
    goes_on: bool = True
    jump: int | None = None
    has_table: bool = False
    calls: tuple[int | None, ...] = ()
