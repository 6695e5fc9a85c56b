"""Kernel calls as bytes: every buffer that a step needs, what calls are handed, and what comes out.

One program that holds all kernels runs any number of them (``kernel_jobs.c``), without a compiler.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from mote.lower.step import Kernel

CONSTANT, INPUT, OUTPUT, OTHER, BOTH = range(5)
NONE = 0xFFFFFFFF
BLANK = 0x55
"""What buffers hold that nothing was written to."""

Argument = tuple[int, int]
"""A buffer and an offset, or ``NONE`` and a number."""


@dataclass
class Job:
    """Calls of one kernel.

    Args:
        kernel: Which one.
        pointer_bytes: Of the machine.
        buffers: Kind, distance from a word, size of each.
        data: Of constants, by buffer.
        pointers: In which buffer and where, to which buffer and where.
        calls: The arguments of each call.
        rounds: For each, the bytes of each input.
        expected: For each round, the bytes of all outputs.
    """

    kernel: Kernel
    pointer_bytes: int
    buffers: list[tuple[int, int, int]] = field(default_factory=list)
    data: dict[int, bytes] = field(default_factory=dict)
    pointers: list[tuple[int, int, int, int]] = field(default_factory=list)
    calls: list[list[Argument]] = field(default_factory=list)
    rounds: list[list[bytes]] = field(default_factory=list)
    expected: list[bytes] = field(default_factory=list)

    def add(self, kind: int, size: int, head: int = 0, data: bytes = b"") -> int:
        """A buffer more; its number."""
        self.buffers.append((kind, head, size))
        if kind == CONSTANT:
            self.data[len(self.buffers) - 1] = data
        return len(self.buffers) - 1

    def constant(self, data: bytes) -> int:
        """A buffer with this in it."""
        return self.add(CONSTANT, len(data), data=data)

    def array_of_pointers(self, targets: Sequence[Argument | None]) -> Argument:
        """A buffer of pointers; None: null."""
        size = self.pointer_bytes
        number = self.constant(bytes(size * len(targets)))
        for i, target in enumerate(targets):
            if target is not None:
                self.pointers.append((number, i * size, *target))
        return number, 0

    def to_bytes(self, kernel_number: int) -> bytes:
        """As ``kernel_jobs.c`` reads it."""
        arguments = max(map(len, self.calls))
        assert all(len(call) == arguments for call in self.calls)
        sizes = len(self.buffers), len(self.pointers), len(self.calls), arguments, len(self.rounds)
        parts = [struct.pack("<6I", kernel_number, *sizes)]
        for number, (kind, head, size) in enumerate(self.buffers):
            parts.append(struct.pack("<2I", kind + 8 * head, size))
            if kind == CONSTANT:
                parts.append(in_words(self.data[number]))
        parts += [struct.pack("<4I", *pointer) for pointer in self.pointers]
        parts += [struct.pack("<2I", *a) for call in self.calls for a in call]
        parts += [in_words(data) for inputs in self.rounds for data in inputs]
        return b"".join(parts)

    @property
    def result_bytes(self) -> int:
        """Of all rounds, with a word for each that tells of damage."""
        size = sum(4 * -(-size // 4) for kind, _, size in self.buffers if kind in (OUTPUT, BOTH))
        return len(self.rounds) * (4 + size)

    def results(self, data: bytes) -> list[tuple[int, bytes]]:
        """Damage, and the bytes of all outputs, of each round."""
        found, at = [], 0
        for _ in self.rounds:
            damage = int.from_bytes(data[at : at + 4], "little")
            at += 4
            outputs = []
            for kind, _, size in self.buffers:
                if kind in (OUTPUT, BOTH):
                    outputs.append(data[at : at + size])
                    at += 4 * -(-size // 4)
            found.append((damage, b"".join(outputs)))
        return found


def in_words(data: bytes) -> bytes:
    """Filled up to whole words."""
    return data + bytes(-len(data) % 4)
