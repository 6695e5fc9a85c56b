"""Places buffers in one arena: several greedy orders, the smallest result wins."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from mote.lower.step import Program
from mote.plan.lifetime import buffers
from mote.plan.plan import ALIGNMENT, Buffer, Plan

Group = tuple[Buffer, ...]
"""Buffers that share one offset because each is computed over the one before it."""

ROUNDS = 64
"""Attempts to repair each greedy order, for networks of ordinary size."""

PLACEMENTS = 20_000
"""About how many buffers may be placed while repairing one order: bounds the time."""


def plan_memory(program: Program) -> Plan:
    """Offsets for everything that a program keeps in RAM."""
    return place(buffers(program))


def place(found: Sequence[Buffer]) -> Plan:
    """The smallest arena among the greedy orders and their repairs; deterministic."""
    bound = lower_bound(found)
    best = min(_attempts(found, bound), key=lambda offsets: _end(found, offsets))
    activations = [b for b in found if not b.is_scratch]
    return Plan(tuple(found), best, _end(found, best), _end(activations, best), bound)


def _attempts(found: Sequence[Buffer], bound: int) -> Iterator[dict[str, int]]:
    """Placements of all greedy orders and their repairs, up to one that cannot be beaten."""
    groups = _groups(found)
    rounds = max(1, min(ROUNDS, PLACEMENTS // max(1, len(groups))))
    for key in _ORDERS:
        order = sorted(groups, key=key)
        for _ in range(rounds):
            offsets = _first_fit(order)
            yield offsets
            total = _end(found, offsets)
            if total == bound:
                return
            # Whatever reaches the top was placed too late: give it the first choice.
            top = next(g for g in order if _end(g, offsets) == total)
            if order[0] is top:
                break
            order = [top, *(g for g in order if g is not top)]


def lower_bound(found: Sequence[Buffer]) -> int:
    """Most bytes alive at any step."""
    return max(alive_bytes(found).values(), default=0)


def alive_bytes(found: Sequence[Buffer]) -> dict[int, int]:
    """Bytes alive at each step; a buffer and the one computed over it count once."""
    alive: dict[int, int] = {}
    for group in _groups(found):
        steps = {step for b in group for step in range(b.first, b.last + 1)}
        for step in steps:
            most = max(align(b.bytes) for b in group if b.first <= step <= b.last)
            alive[step] = alive.get(step, 0) + most
    return alive


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


def _first_fit(order: Sequence[Group]) -> dict[str, int]:
    """Give each group in turn the lowest offset that is free for all of its members."""
    offsets: dict[str, int] = {}
    # Rows of what is placed; whole columns are compared at once, as this is the planner's hot spot.
    first, last, start, end = np.zeros((4, sum(map(len, order))), np.int64)
    placed = 0
    for group in order:
        # The offsets, ends excluded, at which a member would touch what is placed.
        taken: set[tuple[int, int]] = set()
        for member in group:
            alive = (first[:placed] <= member.last) & (last[:placed] >= member.first)
            lows = start[:placed][alive] - align(member.bytes)
            taken.update(zip(lows.tolist(), end[:placed][alive].tolist(), strict=True))
        offset = 0
        for low, high in sorted(taken):
            if low < offset < high:
                offset = high
        for member in group:
            offsets[member.name] = offset
            first[placed], last[placed] = member.first, member.last
            start[placed], end[placed] = offset, offset + align(member.bytes)
            placed += 1
    return offsets


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
