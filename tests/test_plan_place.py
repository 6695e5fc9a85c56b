"""Layouts: small, proven by replaying the schedule on them, and the same every time."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import row_networks
from mote.plan import exact, stream
from mote.plan.first_fit import first_fit, search
from mote.plan.optimal import place_optimally
from mote.plan.place import place, placement
from mote.plan.problem import pose
from mote.plan.prove import prove
from mote.plan.task import Access, Network, Rows, Run, Strip, Task

JOINED = 2_000
"""From this seed on, networks have maps that are written and read in parts."""

SAMPLE = (*range(150), *range(JOINED, JOINED + 50))
MORE = (*range(150, 1000), *range(JOINED + 50, JOINED + 400))


def a_network(seed: int) -> Network:
    """Random layers; some strips in one piece, any alignments, some calls of several rows."""
    rng = np.random.default_rng(seed)
    joined = seed >= JOINED
    kind = row_networks.random_joined_network if joined else row_networks.random_network
    network = kind(rng, int(rng.integers(2, 12)), height=8)
    alignments = (1, 2, 4, 8) if rng.integers(2) else (4,)
    strips = {
        name: replace(
            strip,
            is_linear=strip.is_linear or bool(rng.integers(3) == 0),
            alignment=int(rng.choice(alignments)),
        )
        for name, strip in network.strips.items()
    }
    tasks = [
        in_larger_calls(task, 1 + int(rng.integers(4))) if rng.integers(3) == 0 else task
        for task in network.tasks
    ]
    return Network(strips, tuple(tasks))


def in_larger_calls(task: Task, count: int) -> Task:
    """Every call computes what so many did."""

    def merged(access: Access) -> Access:
        groups = (access.rows[i : i + count] for i in range(0, task.calls, count))
        rows = tuple((min(low for low, _ in g), max(high for _, high in g)) for g in groups)
        return replace(access, rows=rows)

    if task.state_bytes:
        return task
    return replace(task, reads=tuple(map(merged, task.reads)), writes=merged(task.writes))


def whole_layers(network: Network) -> tuple[Run, ...]:
    return tuple(Run(position, 0, task.calls) for position, task in enumerate(network.tasks))


def any_order(network: Network, rng: np.random.Generator) -> tuple[Run, ...]:
    """Calls of any task whose operands are there, one at a time."""

    def touched(access: Access, rows: Rows) -> set[tuple[str, int, int]]:
        part = range(*(access.part or (0, network.strips[access.strip].pixel_bytes or 1)))
        return {(access.strip, row, byte) for row in range(*rows) for byte in part}

    inputs = [s for s in network.strips.values() if s.is_input]
    there = {a for s in inputs for a in touched(Access(s.name, ()), (0, s.rows))}
    done = [0] * len(network.tasks)
    found = []
    while True:
        ready = [
            position
            for position, task in enumerate(network.tasks)
            if done[position] < task.calls
            and all(touched(read, read.rows[done[position]]) <= there for read in task.reads)
        ]
        if not ready:
            return tuple(found)
        position = int(rng.choice(ready))
        writes = network.tasks[position].writes
        there |= touched(writes, writes.rows[done[position]])
        found.append(Run(position, done[position], 1))
        done[position] += 1


def check_layouts(seed: int, schedules: int) -> None:
    network, rng = a_network(seed), np.random.default_rng(seed)
    found = any_order(network, rng), stream.schedule(network).schedule, whole_layers(network)
    for schedule in found[:schedules]:
        linear = tuple(network.strips) if rng.integers(3) == 0 else ()
        reserved = int(rng.choice([0, 0, 10]))
        problem = pose(network, schedule, linear=linear, reserved=reserved)
        placed = placement(network, problem, search(problem, work=200), problem.bound_bytes)
        prove(network, schedule, placed.layout, linear=linear, reserved=reserved)
        assert placed.live_bytes <= placed.bound_bytes <= placed.layout.bytes


@pytest.mark.parametrize("seed", SAMPLE)
def test_the_layout_of_a_random_network_is_proven(seed: int) -> None:
    check_layouts(seed, schedules=1 + seed % 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE)
def test_the_layouts_of_many_random_networks_are_proven(seed: int) -> None:
    check_layouts(seed, schedules=3)


@pytest.mark.parametrize("seed", range(20))
def test_the_optimum_lies_between_what_is_alive_and_what_first_fit_needs(seed: int) -> None:
    network = a_network(seed)
    schedule = stream.schedule(network).schedule
    greedy, best = place(network, schedule), place_optimally(network, schedule)
    word = pose(network, schedule).word
    sizes = best.live_bytes, best.bound_bytes, best.layout.bytes, greedy.layout.bytes
    words = [-(-size // word) for size in sizes]
    assert words == sorted(words)
    assert greedy.bound_bytes // word <= words[1]
    prove(network, schedule, best.layout)


@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_is_that_of_trying_every_layout(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lives = []
    for _ in range(4):
        first = int(rng.integers(4))
        lives.append((int(rng.integers(1, 7)), first, int(rng.integers(first + 1, 6))))
    network, schedule = of_lives(lives)
    placed = place_optimally(network, schedule)
    assert placed.is_optimal
    assert placed.layout.bytes == smallest(lives)


def of_lives(lives: Sequence[tuple[int, int, int]]) -> tuple[Network, tuple[Run, ...]]:
    """Buffers of a size, the call that writes each and the last one that needs it."""
    strips = {
        f"b{i}": Strip(f"b{i}", 1, size, is_input=first == 0, alignment=1)
        for i, (size, first, _) in enumerate(lives)
    }
    strips["nothing"] = Strip("nothing", 0, 1, alignment=1)
    tasks = []
    for now in range(max(last for _, _, last in lives) + 1):
        reads = [i for i, (_, first, last) in enumerate(lives) if first < now <= last]
        reads += [i for i, (_, first, _) in enumerate(lives) if first == now == 0]
        writes = [i for i, (_, first, _) in enumerate(lives) if first == now > 0]
        accesses = tuple(Access(f"b{i}", ((0, 1),)) for i in reads)
        # A task writes one buffer; of several at the same time each but one has its own task.
        for i in writes[1:]:
            tasks.append(Task(0, accesses, Access(f"b{i}", ((0, 1),))))
            accesses += (Access(f"b{i}", ((0, 1),)),)
        result = Access(f"b{writes[0]}", ((0, 1),)) if writes else Access("nothing", ((0, 0),))
        tasks.append(Task(0, accesses, result))
    network = Network(strips, tuple(tasks))
    return network, whole_layers(network)


def smallest(lives: Sequence[tuple[int, int, int]]) -> int:
    """The end of the best of all layouts."""
    sizes = [size for size, _, _ in lives]
    meets = [
        (i, j)
        for j, (_, first, last) in enumerate(lives)
        for i, (_, other_first, other_last) in enumerate(lives[:j])
        if first <= other_last and other_first <= last
    ]
    ends = [
        max(base + size for base, size in zip(bases, sizes, strict=True))
        for bases in product(*(range(sum(sizes) - size + 1) for size in sizes))
        if all(bases[i] + sizes[i] <= bases[j] or bases[j] + sizes[j] <= bases[i] for i, j in meets)
    ]
    return min(ends)


def test_the_optimum_is_found_where_first_fit_by_size_misses_it() -> None:
    network, schedule = of_lives([(4, 0, 2), (6, 2, 4), (2, 0, 1), (5, 0, 1)])
    problem = pose(network, schedule)
    by_size = sorted(range(4), key=lambda i: -problem.items.items[i].bytes)
    assert problem.end(first_fit(problem, by_size, {})) == 12
    placed = place_optimally(network, schedule)
    assert (placed.layout.bytes, placed.bound_bytes, placed.live_bytes) == (11, 11, 11)


@pytest.mark.parametrize(
    ("name", "streamed", "most_bytes"),
    [
        ("vww", False, 28_032),
        ("vww", True, 9_888),
        ("image_classification", False, 10_304),
        ("image_classification", True, 9_152),
        ("keywords", False, 3_866),
        ("keywords", True, 3_574),
        ("anomalies", False, 768),
    ],
)
def test_benchmark_models_are_placed_within_a_percent_of_what_is_alive(
    name: str, streamed: bool, most_bytes: int
) -> None:
    network = getattr(row_networks, name)(streamed=streamed)
    schedule = exact.search(network, stream.schedule(network).schedule).schedule
    placed = place_optimally(network, schedule)
    prove(network, schedule, placed.layout)
    assert placed.layout.bytes <= most_bytes
    assert placed.gap < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "width", "streamed", "most_bytes"),
    [
        (144, 0.35, False, 65_088),
        (144, 0.35, True, 24_336),
        (224, 1.0, False, 189_952),
        (224, 1.0, True, 99_008),
    ],
)
def test_mobile_networks_are_placed_within_five_percent_of_what_is_alive(
    size: int, width: float, streamed: bool, most_bytes: int
) -> None:
    network = row_networks.mobile(size, width, streamed=streamed)
    schedule = exact.search(network, stream.schedule(network).schedule).schedule
    placed = place_optimally(network, schedule)
    prove(network, schedule, placed.layout)
    assert placed.layout.bytes <= most_bytes
    assert placed.gap < 0.05


def chain(*layers: tuple[int, tuple[int, ...]], rows: int = 6) -> Network:
    """Elementwise layers, each by the bytes of a row and the numbers of its operands."""
    strips = {"t0": Strip("t0", rows, 8, is_input=True, is_linear=True)}
    tasks = []
    for number, (row_bytes, operands) in enumerate(layers, 1):
        name = f"t{number}"
        last = number == len(layers)
        strips[name] = Strip(name, rows, row_bytes, is_linear=last, is_output=last)
        calls = row_networks.singles(rows)
        reads = tuple(Access(f"t{i}", calls) for i in operands)
        tasks.append(Task(number, reads, Access(name, calls), in_place=tuple(range(len(operands)))))
    return Network(strips, tuple(tasks))


@pytest.mark.parametrize(
    ("network", "size"),
    [
        (chain((8, (0,)), (8, (1,)), (8, (2,))), 48),  # activations
        (chain((8, (0,)), (8, (0, 1))), 96),  # an addition into its shortcut
        (chain((8, (0, 0))), 48),  # x + x
        (chain((4, (0,)), (4, (1,))), 48),  # fewer bytes for each element
        (chain((8, (0,)), (16, (1,))), 96 + 8),  # more bytes: not in place, but as rows die
    ],
)
@pytest.mark.parametrize("in_one_piece", [True, False])
def test_elementwise_layers_run_over_their_operands(
    network: Network, size: int, in_one_piece: bool
) -> None:
    schedule = whole_layers(network)
    linear = tuple(network.strips) if in_one_piece else ()
    placed = place_optimally(network, schedule, linear=linear)
    prove(network, schedule, placed.layout, linear=linear)
    assert placed.layout.bytes == size


def test_a_linear_result_of_a_window_trails_its_linear_operand() -> None:
    """A 3x3 convolution in place but for the rows that are still read."""
    builder = row_networks.RowNetwork()
    network = builder.build(builder.conv(builder.input(10, 4, 4), 4, 3))
    schedule = whole_layers(network)
    placed = place_optimally(network, schedule, linear=tuple(network.strips))
    prove(network, schedule, placed.layout, linear=tuple(network.strips))
    assert placed.is_optimal
    assert placed.layout.bytes == (10 + 2) * 16


def test_scratch_lies_where_nothing_is_alive_during_its_calls() -> None:
    builder = row_networks.RowNetwork()
    wide = builder.conv(builder.input(8, 4, 8), 16, 1, 2)
    network = builder.build(builder.conv(wide, 2, 1, scratch=100))
    schedule = whole_layers(network)
    placed = place_optimally(network, schedule)
    prove(network, schedule, placed.layout)
    assert placed.layout.bytes == 8 * 32  # the input alone


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_first_fit_is_proven(seed: int) -> None:
    """Whatever keeps the displacements is right."""
    rng, network = np.random.default_rng(seed), a_network(seed)
    schedule = any_order(network, rng)
    problem = pose(network, schedule)
    for _ in range(3):
        bases = first_fit(problem, rng.permutation(len(problem.items.items)).tolist(), {})
        prove(network, schedule, placement(network, problem, bases, 0).layout)


@pytest.mark.parametrize("seed", range(60))
def test_an_item_that_is_moved_into_a_neighbour_is_found(seed: int) -> None:
    """The ends of the displacements are as tight as they can be: one byte more is wrong."""
    rng, network = np.random.default_rng(seed), a_network(seed)
    strips = {name: replace(strip, alignment=1) for name, strip in network.strips.items()}
    network = replace(network, strips=strips)
    schedule = any_order(network, rng)
    problem = pose(network, schedule)
    items, apart = problem.items.items, problem.apart
    order = rng.permutation(len(items)).tolist()
    for pair in rng.choice(len(apart.first), 5).tolist():
        first, second = int(apart.first[pair]), int(apart.second[pair])
        # Both stand above everything else.
        bases = list(first_fit(problem, order, {}))
        top = 4 * problem.end(bases)
        distance = int(rng.choice([apart.low[pair] + 1, apart.high[pair] - 1]))
        if distance % max(items[first].alignment, items[second].alignment):
            continue  # scratch or state, of which the alignment would be complained of
        bases[first], bases[second] = top, top + distance
        moved = placement(network, problem, bases, 0).layout
        with pytest.raises(AssertionError, match=r"needs|its scratch"):
            prove(network, schedule, moved)


def test_the_same_schedule_always_gets_the_same_layout() -> None:
    script = (
        "import row_networks\n"
        "from mote.plan import stream\n"
        "from mote.plan.optimal import place_optimally\n"
        "network = row_networks.image_classification()\n"
        "print(place_optimally(network, stream.schedule(network).schedule))\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_without_the_solver_first_fit_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mote.plan.optimal.has_solver", lambda: False)
    network, schedule = of_lives([(4, 0, 2), (6, 2, 4), (2, 0, 1), (5, 0, 1)])
    assert place_optimally(network, schedule) == place(network, schedule)
