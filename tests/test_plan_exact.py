"""The search over orders of calls finds what trying all of them finds."""

from heapq import heappop, heappush
from itertools import count

import numpy as np
import pytest

from mote.plan.exact import search
from mote.plan.explore import Explorer
from mote.plan.live import number, peak_bytes
from mote.plan.needed import lower_bound
from mote.plan.polish import polish, weigh
from mote.plan.states import State, States
from mote.plan.stream import curve, schedule
from mote.plan.task import Access, Network, Run, Strip, Task
from row_networks import (
    RowNetwork,
    image_classification,
    keywords,
    mobile,
    random_joined_network,
    random_network,
    vww,
)
from test_plan_stream import (
    JOINED,
    layer_by_layer,
    overwritten,
    replay,
    touched,
    whole_pixel,
)

SEEDS = (*range(60), 1028, 1409, *range(JOINED, JOINED + 30))


def tiny(seed: int) -> Network:
    rng = np.random.default_rng(seed)
    if seed >= JOINED:
        return random_joined_network(rng, int(rng.integers(1, 4)), height=3)
    return random_network(rng, int(rng.integers(1, 6)), height=4)


def test_a_network_that_computes_nothing_keeps_what_it_is_given() -> None:
    given = Strip("x", rows=3, row_bytes=8, is_linear=True, is_input=True, is_output=True)
    found = search(Network({"x": given}, ()), ())
    assert (found.schedule, found.peak_bytes, found.lower_bound_bytes) == ((), 24, 24)


def least_peak(network: Network) -> int:
    """The lowest peak of all orders: every state is visited, none is left out as hopeless."""
    strips, tasks = network.strips, network.tasks
    goal = tuple(task.calls for task in tasks)
    inputs = sum(s.bytes for s in strips.values() if s.is_input)

    def used(state: State, *, reads: bool, later: bool) -> set[tuple[str, int]]:
        return {
            (access.strip, row)
            for task, done in zip(tasks, state, strict=True)
            for access in ((*task.reads, *parts(task)) if reads else (task.writes,))
            for rows in (access.rows[done:] if later else access.rows[:done])
            for row in range(*rows)
        }

    def parts(task: Task) -> tuple[Access, ...]:
        return (task.writes,) if task.writes.part else ()

    def there(state: State) -> set[tuple[str, int, int]]:
        """Bytes of pixels that have been written."""
        whole = {(*row, byte) for row in given for byte in whole_pixel(network, row[0])}
        return whole.union(
            *(
                touched(network, task.writes, call)
                for task, done in zip(tasks, state, strict=True)
                for call in range(done)
            )
        )

    def size(rows: set[tuple[str, int]]) -> int:
        return sum(strips[name].row_bytes for name, _ in rows)

    given = {(s.name, r) for s in strips.values() if s.is_input for r in range(s.rows)}
    kept = {(s.name, r) for s in strips.values() if s.is_output for r in range(s.rows)}

    def alive(state: State) -> set[tuple[str, int]]:
        needed = kept | used(state, reads=True, later=True)
        return needed & (given | used(state, reads=False, later=False))

    numbers = count()
    queue: list[tuple[int, int, State]] = [(inputs, next(numbers), (0,) * len(tasks))]
    seen: set[State] = set()
    while True:
        peak, _, state = heappop(queue)
        if state == goal:
            return peak
        if state in seen:
            continue
        seen.add(state)
        written = there(state)
        for position, task in enumerate(tasks):
            call = state[position]
            if call == task.calls:
                continue
            reads = {(r.strip, row) for r in task.reads for row in range(*r.rows[call])}
            writes = {(task.writes.strip, row) for row in range(*task.writes.rows[call])}
            if not {a for r in task.reads for a in touched(network, r, call)} <= written:
                continue
            after = (*state[:position], call + 1, *state[position + 1 :])
            dying = reads - alive(after)
            saved = [0]
            for slot in overwritten(task):
                rows = {row for row in dying if row[0] == task.reads[slot].strip}
                saved.append(min(size(rows), size(writes)))
            state_bytes = sum(
                other.state_bytes
                for p, (other, done) in enumerate(zip(tasks, state, strict=True))
                if p == position or 0 < done < other.calls
            )
            needs = size(alive(state) | reads | writes) - max(saved)
            needs += state_bytes + task.scratch_bytes
            heappush(queue, (max(peak, needs), next(numbers), after))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_finds_the_best_of_all_orders(seed: int) -> None:
    network = tiny(seed)
    found = search(network, layer_by_layer(network), limit=4_000)
    least = least_peak(network)
    assert max(replay(network, found.schedule)) == found.peak_bytes
    assert found.lower_bound_bytes <= least <= found.peak_bytes
    assert found.is_optimal == (found.peak_bytes == found.lower_bound_bytes)
    if found.states < 1_000:
        assert found.peak_bytes == found.lower_bound_bytes == least


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_that_knows_no_bound_proves_the_same(seed: int) -> None:
    network = tiny(seed)
    inputs = sum(s.bytes for s in network.strips.values() if s.is_input)
    outputs = sum(s.bytes for s in network.strips.values() if s.is_output)
    explorer = Explorer(States(network), max(inputs, outputs), 10**9)
    while explorer.step():
        pass
    assert explorer.is_done
    assert explorer.bound == least_peak(network)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_bound_is_above_the_best_order_and_no_segmentation_below(seed: int) -> None:
    network = tiny(seed)
    least = least_peak(network)
    assert lower_bound(network, layer_by_layer(network)) <= least
    assert all(point.peak_bytes >= least for point in curve(network))


@pytest.mark.parametrize(
    ("network", "least"),
    [
        (vww(), 28_032),
        (vww(streamed=True), 9_888),
        (image_classification(), 10_304),
        (image_classification(streamed=True), 9_152),
        (keywords(), 3_866),
        (keywords(streamed=True), 3_536),
        (mobile(144, 0.35), 64_800),
        (mobile(224, 1.0), 189_952),
    ],
)
def test_known_networks_are_proven_optimal(network: Network, least: int) -> None:
    found = search(network, schedule(network).schedule)
    assert found.is_optimal
    assert found.peak_bytes == peak_bytes(network, found.schedule) == least


def test_rows_made_too_soon_are_delayed_past_the_worst_call() -> None:
    network = mobile(224, 1.0, streamed=True)
    known = schedule(network)
    ledger, states = number(network), States(network)
    moves = [run.task for run in known.schedule for _ in range(run.count)]
    polished = polish(states, ledger, moves)
    assert known.peak_bytes == 101_472
    assert weigh(ledger, polished).max() == 94_752


@pytest.mark.parametrize(
    ("network", "peak", "bound"),
    [
        (mobile(144, 0.35, streamed=True), 24_336, 24_048),
        pytest.param(mobile(224, 1.0, streamed=True), 94_752, 93_856, marks=pytest.mark.slow),
    ],
)
def test_what_is_not_proven_is_said(network: Network, peak: int, bound: int) -> None:
    found = search(network, schedule(network).schedule, limit=1)
    assert max(replay(network, found.schedule)) == found.peak_bytes == peak
    assert not found.is_optimal
    assert found.lower_bound_bytes == bound


@pytest.mark.parametrize("seed", [*range(60), *range(JOINED, JOINED + 20)])
def test_polishing_keeps_schedules_valid_and_never_raises_their_peak(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind = random_joined_network if seed >= JOINED else random_network
    network = kind(rng, int(rng.integers(2, 10)), height=8)
    ledger, states = number(network), States(network)
    for point in curve(network):
        moves = [run.task for run in point.schedule for _ in range(run.count)]
        polished = polish(states, ledger, moves)
        runs: list[Run] = []
        done = [0] * len(network.tasks)
        for task in polished:
            runs.append(Run(task, done[task], 1))
            done[task] += 1
        assert max(replay(network, runs)) <= point.peak_bytes


def test_the_same_search_finds_the_same_order() -> None:
    network = vww(streamed=True)
    known = schedule(network).schedule
    assert search(network, known) == search(network, known)


def test_a_network_that_only_copies_needs_its_input() -> None:
    b = RowNetwork()
    network = b.build(b.activation(b.input(4, 4, 4)))
    found = search(network, layer_by_layer(network))
    assert found.is_optimal
    assert found.peak_bytes == 64
