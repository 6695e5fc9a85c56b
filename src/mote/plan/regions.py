"""Divides a plan among regions of RAM of different speed: what is accessed most into the fastest.

A buffer, a layer's scratch and its state go into one region as a whole. Every region has a layout
of its own; the regions follow each other in the addresses of the plan, so that all that reads a
plan, its proof included, sees one arena.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mote.plan.apart import find_overs
from mote.plan.budget import USUAL, Budget
from mote.plan.first_fit import search
from mote.plan.items import find_items
from mote.plan.least import alive_bytes
from mote.plan.optimal import place_optimally
from mote.plan.place import placement
from mote.plan.plan import Block, Plan
from mote.plan.problem import pose
from mote.plan.prove import prove
from mote.plan.task import Access, Layout, Network, Run, Task
from mote.target.region import Region

QUICK_WORK = 1_000
"""Pairs of items that first fit compares where several layouts are tried."""

WORK = 200_000
"""About how many calls are looked at while parts are chosen for a region: bounds the time."""

ALIGNMENT = 8
"""Every region starts at a multiple of this in the plan's addresses."""

Part = tuple[str, str | int]
"""What is kept in one region: ``strip`` and its name; ``scratch``, ``ample`` or ``state`` and a
task."""


@dataclass(frozen=True)
class _Model:
    """What is divided.

    Args:
        network, schedule: As of the plan.
        traffic: Bytes that an inference reads and writes of each part.
        budget: How long to search for layouts, and the seed.
    """

    network: Network
    schedule: Sequence[Run]
    traffic: Mapping[Part, int]
    budget: Budget = USUAL

    def least(self, parts: set[Part]) -> int:
        """Bytes that these need at least."""
        network = _only(self.network, parts)
        items = find_items(network, self.schedule)
        if not items.items:
            return 0
        return int(alive_bytes(items, find_overs(network, items)).max())

    def layout(self, parts: set[Part]) -> Layout:
        """Where these lie, from 0 on, in little room."""
        return place_optimally(_only(self.network, parts), self.schedule, budget=self.budget).layout

    def quick_layout(self, parts: set[Part]) -> Layout:
        """The same in less time, in somewhat more room."""
        network = _only(self.network, parts)
        problem = pose(network, self.schedule)
        bases = search(problem, work=QUICK_WORK, budget=self.budget)
        return placement(network, problem, bases, problem.bound_bytes).layout

    def total(self, parts: set[Part]) -> int:
        """Bytes of these that are read and written."""
        return sum(self.traffic[part] for part in parts)


def place_in_regions(plan: Plan, regions: Sequence[Region], budget: Budget = USUAL) -> Plan:
    """The plan in the fastest region if all of it fits there, else divided; proven in any case.

    ``check_fit`` tells whether the slowest holds what is left for it.
    """
    by_speed = sorted(regions, key=lambda region: region.access_cycles)
    if not by_speed or plan.total_bytes <= by_speed[0].bytes:
        return plan
    model = _Model(plan.network, plan.schedule, traffic(plan.network), budget)
    left = set(model.traffic)
    rows: dict[str, tuple[int, ...]] = {}
    scratch: dict[int, int] = {}
    ample: dict[int, int] = {}
    state: dict[int, int] = {}
    blocks: list[Block] = []
    end = 0
    for region in by_speed:
        is_last = region is by_speed[-1]
        chosen = left if is_last else _most_accessed(model, left, region.bytes)
        if not chosen:
            continue
        layout = model.layout(chosen)
        while not is_last and layout.bytes > region.bytes:  # it does not pack as it counts
            chosen = chosen - _least_accessed(model, chosen, layout.bytes - region.bytes)
            layout = model.quick_layout(chosen)
        if not layout.bytes and not is_last:
            continue
        left = left - chosen
        start = -(-end // ALIGNMENT) * ALIGNMENT
        for kind, key in sorted(chosen, key=str):
            if kind == "strip":
                rows[str(key)] = tuple(start + offset for offset in layout.rows[str(key)])
            elif kind == "scratch":
                scratch[int(key)] = start + layout.scratch[int(key)]
            elif kind == "ample":
                ample[int(key)] = start + layout.ample[int(key)]
            else:
                state[int(key)] = start + layout.state[int(key)]
        end = start + layout.bytes
        blocks.append(Block(region.name, start, layout.bytes))
    if behind := _for_progress(plan, by_speed, blocks[-1], end):
        end = -(-end // ALIGNMENT) * ALIGNMENT
        blocks.append(Block(behind.name, end, 0))
    # Buffers in the order of the network, as everywhere.
    ordered = {name: rows[name] for name in plan.network.strips}
    scratch, state, ample = (dict(sorted(places.items())) for places in (scratch, state, ample))
    layout = Layout(ordered, scratch, state, end, ample)
    prove(plan.network, plan.schedule, layout)
    bound = max(plan.lower_bound_bytes, model.least(set(model.traffic)))
    return replace(plan, layout=layout, lower_bound_bytes=bound, regions=tuple(blocks))


def _for_progress(plan: Plan, by_speed: Sequence[Region], last: Block, end: int) -> Region | None:
    """The region for the progress of a fed network, where the last one used has no room for it.

    It lies behind all else, and is no part of the layout.
    """
    names = [region.name for region in by_speed]
    position = names.index(last.name)
    whole = replace(plan, layout=replace(plan.layout, bytes=end)).total_bytes
    if not plan.is_fed or whole - last.start <= by_speed[position].bytes:
        return None
    slower = by_speed[position + 1 :]
    return next((region for region in slower if region.bytes >= plan.progress_bytes), None)


def traffic(network: Network) -> dict[Part, int]:
    """Bytes that an inference reads and writes of each buffer, scratch and state.

    Scratch and state count as written once and read once in every call.
    """
    found: dict[Part, int] = {("strip", name): 0 for name in network.strips}
    for position, task in enumerate(network.tasks):
        for access in (*task.reads, task.writes):
            strip = network.strips[access.strip]
            size = strip.row_bytes
            if access.part:
                size = size // strip.pixel_bytes * (access.part[1] - access.part[0])
            rows = sum(last - first for first, last in access.rows)
            found["strip", access.strip] += rows * size
        if task.scratch_bytes:
            calls = task.calls - len(task.ample_calls)
            found["scratch", position] = 2 * calls * task.scratch_bytes
        if task.ample_calls:
            found["ample", position] = 2 * len(task.ample_calls) * task.ample_bytes
        if task.state_bytes:
            found["state", position] = 2 * task.calls * task.state_bytes
    return found


def _most_accessed(model: _Model, parts: set[Part], room: int) -> set[Part]:
    """Parts with the most traffic that are never more than ``room`` bytes together.

    A search that takes or leaves one part after the other, those with the most traffic for each
    byte first, so that what it finds first is the greedy choice. It goes on until it has seen all
    that could be better, or weighed as much as ``WORK`` allows.
    """
    size = {part: max(1, model.least({part})) for part in parts}
    order = sorted(parts, key=lambda p: (-model.traffic[p] / size[p], str(p)))
    order = [part for part in order if size[part] <= room and model.traffic[part]]
    rest = [model.total(set(order[i:])) for i in range(len(order) + 1)]
    calls = sum(run.count for run in model.schedule)
    effort = max(2 * len(order), WORK // max(1, calls))
    best: tuple[int, set[Part]] = (0, set())
    pending: list[tuple[int, int, set[Part]]] = [(0, 0, set())]
    while pending and effort > 0:
        number, total, chosen = pending.pop()
        if total > best[0]:
            best = total, chosen
        if total + rest[number] <= best[0]:
            continue
        part = order[number]
        pending.append((number + 1, total, chosen))
        effort -= 1
        if model.least(chosen | {part}) <= room:
            pending.append((number + 1, total + model.traffic[part], chosen | {part}))
    return best[1]


def _least_accessed(model: _Model, parts: set[Part], size: int) -> set[Part]:
    """Parts with little traffic that take so many bytes together, one at least."""
    found: set[Part] = set()
    for part in sorted(parts, key=lambda part: (model.traffic[part], str(part))):
        found.add(part)
        size -= model.least({part})
        if size <= 0:
            break
    return found


def _only(network: Network, parts: set[Part]) -> Network:
    """The network as far as it concerns some of its parts: what else is accessed is left out."""
    strips = {name: strip for name, strip in network.strips.items() if ("strip", name) in parts}
    tasks = tuple(
        _seen(task, position, parts, strips) for position, task in enumerate(network.tasks)
    )
    return Network(strips, tasks)


def _seen(task: Task, position: int, parts: set[Part], strips: Mapping[str, object]) -> Task:
    kept = [i for i, access in enumerate(task.reads) if access.strip in strips]
    is_written = task.writes.strip in strips
    nothing = Access("", ((0, 0),) * task.calls)
    return replace(
        task,
        reads=tuple(task.reads[i] for i in kept),
        writes=task.writes if is_written else nothing,
        scratch_bytes=task.scratch_bytes if ("scratch", position) in parts else 0,
        ample_bytes=task.ample_bytes if ("ample", position) in parts else 0,
        state_bytes=task.state_bytes if ("state", position) in parts else 0,
        in_place=tuple(kept.index(i) for i in task.in_place if i in kept) if is_written else (),
    )
