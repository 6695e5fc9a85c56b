"""Places buffers in one arena: several greedy orders, the smallest result wins."""

from collections.abc import Callable, Iterable, Sequence

from mote.lower.step import Program
from mote.plan.lifetime import buffers
from mote.plan.plan import ALIGNMENT, Buffer, Plan

Group = tuple[Buffer, ...]
"""Buffers that share one offset because each is computed over the one before it."""

ROUNDS = 64
"""Attempts to repair the best greedy order before settling for it."""


def plan_memory(program: Program) -> Plan:
    """Offsets for everything that a program keeps in RAM."""
    return place(buffers(program))


def place(found: Sequence[Buffer]) -> Plan:
    """The smallest arena among the greedy orders and their repairs; deterministic."""
    groups = _groups(found)
    bound = lower_bound(found)
    best: dict[str, int] = {}
    best_bytes = -1
    for key in _ORDERS:
        order = sorted(groups, key=key)
        for _ in range(ROUNDS):
            offsets = _first_fit(order)
            total = _end(found, offsets)
            if best_bytes < 0 or total < best_bytes:
                best, best_bytes = offsets, total
            top = next(g for g in order if _end(g, offsets) == total)
            if best_bytes == bound or order[0] is top:
                break
            # Whatever reaches the top was placed too late: give it the first choice.
            order = [top, *(g for g in order if g is not top)]
    activations = [b for b in found if not b.is_scratch]
    return Plan(tuple(found), best, best_bytes, _end(activations, best), bound)


def lower_bound(found: Sequence[Buffer]) -> int:
    """Most bytes alive at any step."""
    return max((alive_bytes(found, step) for step in {b.first for b in found}), default=0)


def alive_bytes(found: Sequence[Buffer], step: int) -> int:
    """Bytes alive at one step; a buffer and the one computed over it count once."""
    return sum(
        max((align(b.bytes) for b in group if b.first <= step <= b.last), default=0)
        for group in _groups(found)
    )


def align(value: int) -> int:
    """The next multiple of the arena's alignment."""
    return -(-value // ALIGNMENT) * ALIGNMENT


def _groups(found: Iterable[Buffer]) -> list[Group]:
    by_root: dict[str, list[Buffer]] = {}
    root: dict[str, str] = {}
    for buffer in sorted(found, key=lambda b: b.first):
        root[buffer.name] = root[buffer.over] if buffer.over else buffer.name
        by_root.setdefault(root[buffer.name], []).append(buffer)
    return [tuple(group) for group in by_root.values()]


def _first_fit(order: Iterable[Group]) -> dict[str, int]:
    """Give each group in turn the lowest offset that is free for all of its members."""
    placed: list[tuple[Buffer, int]] = []
    for group in order:
        taken = sorted(
            # The offsets, ends excluded, at which this member would touch that buffer.
            (offset - align(member.bytes), offset + align(other.bytes))
            for member in group
            for other, offset in placed
            if member.first <= other.last and other.first <= member.last
        )
        offset = 0
        for low, high in taken:
            if low < offset < high:
                offset = high
        placed += [(member, offset) for member in group]
    return {buffer.name: offset for buffer, offset in placed}


def _end(found: Iterable[Buffer], offsets: dict[str, int]) -> int:
    return max((offsets[b.name] + align(b.bytes) for b in found), default=0)


def _bytes(group: Group) -> int:
    return max(b.bytes for b in group)


def _steps(group: Group) -> int:
    return max(b.last for b in group) - min(b.first for b in group) + 1


_ORDERS: tuple[Callable[[Group], tuple[int, ...]], ...] = (
    lambda g: (-_bytes(g), g[0].first),
    lambda g: (-_bytes(g) * _steps(g), g[0].first),
    lambda g: (-_steps(g), -_bytes(g), g[0].first),
    lambda g: (g[0].first, -_bytes(g)),
    lambda g: (-max(b.last for b in g), -_bytes(g)),
)
