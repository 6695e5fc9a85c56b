"""The result of memory planning: where every buffer lies in the one static arena."""

from dataclasses import dataclass

ALIGNMENT = 4
"""Every offset is a multiple of this many bytes."""


@dataclass(frozen=True)
class Buffer:
    """Bytes that must be kept from one step to another.

    Args:
        name: Tensor (as ``Program.buffer`` names it) or ``scratch:<step>``.
        bytes: Size.
        first: Index of the step that writes it; -1 for graph inputs.
        last: Index of the last step that reads it, inclusive; ``len(steps)`` for graph outputs.
        over: Name of the buffer whose bytes it overwrites, when computed in place; else empty.
    """

    name: str
    bytes: int
    first: int
    last: int
    over: str = ""

    @property
    def is_scratch(self) -> bool:
        return self.name.startswith("scratch:")


@dataclass(frozen=True)
class Plan:
    """Offsets of all buffers.

    Args:
        buffers: All buffers.
        offsets: Offset of each buffer in the arena, by name.
        total_bytes: Size of the static block: activations and scratch.
        arena_bytes: End of the highest activation.
        lower_bound_bytes: Most bytes alive at one time; no placement can need fewer.
    """

    buffers: tuple[Buffer, ...]
    offsets: dict[str, int]
    total_bytes: int
    arena_bytes: int
    lower_bound_bytes: int

    @property
    def scratch_bytes(self) -> int:
        """What scratch adds above the highest activation."""
        return self.total_bytes - self.arena_bytes
