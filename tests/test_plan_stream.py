"""Row streaming: schedules are valid, weighed exactly, and as small as they are known to become."""

import numpy as np
import pytest

from mote.plan.live import live_bytes, peak_bytes
from mote.plan.order import best_order
from mote.plan.stream import Streaming, curve, schedule
from mote.plan.task import Access, Network, Run, Schedule, Task
from row_networks import (
    RowNetwork,
    anomalies,
    image_classification,
    keywords,
    mobile,
    random_joined_network,
    random_network,
    vww,
)

JOINED = 2_000
"""From this seed on, networks have maps that are written and read in parts."""


def a_network(rng: np.random.Generator, seed: int) -> Network:
    kind = random_joined_network if seed >= JOINED else random_network
    return kind(rng, int(rng.integers(1, 12)))


def replay(network: Network, found: Schedule) -> list[int]:
    """Assert that every call finds its operands, and count live bytes the plain way."""
    calls = [(run.task, call) for run in found for call in range(run.first, run.first + run.count)]
    for position, task in enumerate(network.tasks):
        assert [c for t, c in calls if t == position] == list(range(task.calls))
    written = {
        (s.name, row) for s in network.strips.values() if s.is_input for row in range(s.rows)
    }
    there = {(*row, byte) for row in written for byte in whole_pixel(network, row[0])}
    uses = [_rows(network, task, call) for task, call in calls]
    kept = {(s.name, row) for s in network.strips.values() if s.is_output for row in range(s.rows)}
    left = [kept]
    for (position, _), (reads, writes) in zip(reversed(calls), reversed(uses), strict=True):
        # A row that is written in parts is needed until all of them are there.
        left.append(left[-1] | reads | (writes if network.tasks[position].writes.part else set()))
    left.reverse()
    alive = [sum(network.strips[name].row_bytes for name, _ in written)]
    done = dict.fromkeys(range(len(network.tasks)), 0)
    for number, (position, call) in enumerate(calls):
        task, (reads, writes) = network.tasks[position], uses[number]
        needed = {a for read in task.reads for a in touched(network, read, call)}
        assert needed <= there, f"call {number} finds an operand incomplete"
        present = (written & left[number]) | reads | writes
        dying = reads - left[number + 1]
        saved = [0]
        for slot in overwritten(task):
            strip = network.strips[task.reads[slot].strip]
            count = sum(name == strip.name for name, _ in dying)
            saved.append(min(count * strip.row_bytes, _size(network, writes)))
        done[position] += 1
        state = sum(
            other.state_bytes
            for p, other in enumerate(network.tasks)
            if p == position or 0 < done[p] < other.calls
        )
        alive.append(_size(network, present) - max(saved) + state + task.scratch_bytes)
        written |= writes
        there |= touched(network, task.writes, call)
    assert {(*row, byte) for row in kept for byte in whole_pixel(network, row[0])} <= there
    return [*alive, _size(network, kept)]


def whole_pixel(network: Network, strip: str) -> range:
    """The bytes of a pixel; one stands for all where they are not told apart."""
    return range(network.strips[strip].pixel_bytes or 1)


def touched(network: Network, access: Access, call: int) -> set[tuple[str, int, int]]:
    """Strip, row and byte of the pixels that a call reads or writes."""
    part = range(*access.part) if access.part else whole_pixel(network, access.strip)
    return {(access.strip, row, byte) for row in range(*access.rows[call]) for byte in part}


def overwritten(task: Task) -> list[int]:
    """Operands whose rows, all of which it reads, may be those of the result."""
    in_parts = {read.strip for read in task.reads if read.part}
    strips = (task.reads[slot].strip for slot in task.in_place)
    may = [slot for slot, s in zip(task.in_place, strips, strict=True) if s not in in_parts]
    return [] if task.writes.part else may


def _rows(
    network: Network, position: int, call: int
) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    task = network.tasks[position]
    reads = {(read.strip, row) for read in task.reads for row in range(*read.rows[call])}
    return reads, {(task.writes.strip, row) for row in range(*task.writes.rows[call])}


def _size(network: Network, rows: set[tuple[str, int]]) -> int:
    return sum(network.strips[name].row_bytes for name, _ in rows)


def layer_by_layer(network: Network) -> tuple[Run, ...]:
    return tuple(Run(i, 0, task.calls) for i, task in enumerate(network.tasks))


@pytest.mark.parametrize("seed", [*range(60), *range(JOINED, JOINED + 30)])
def test_every_point_of_the_curve_is_a_valid_schedule_of_the_stated_peak(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = a_network(rng, seed)
    points = curve(network)
    for point in points:
        assert max(replay(network, point.schedule)) == point.peak_bytes
    assert [p.peak_bytes for p in points] == sorted({p.peak_bytes for p in points})
    assert [p.cycles for p in points] == sorted({p.cycles for p in points}, reverse=True)
    # Where nothing is streamed no call costs anything.
    assert points[-1].cycles == 0
    assert points[-1].peak_bytes == best_order(network).peak_bytes
    own = curve(network, orders=[range(len(network.tasks))])
    assert own[-1].peak_bytes == peak_bytes(network, layer_by_layer(network))
    assert points[0].peak_bytes <= own[0].peak_bytes


@pytest.mark.parametrize("seed", [*range(40), *range(JOINED, JOINED + 30)])
def test_live_bytes_are_those_of_a_plain_replay_at_every_call(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = a_network(rng, seed)
    found = layer_by_layer(network)
    np.testing.assert_array_equal(live_bytes(network, found), replay(network, found))


@pytest.mark.parametrize(
    ("network", "least", "whole"),
    [
        (vww(), 28_032, 37_248),
        (vww(streamed=True), 10_272, 37_248),
        # These hold 64 sums of four bytes; with sums of two they would take 128 bytes less.
        (image_classification(), 10_176 + 128, 33_792),
        (image_classification(streamed=True), 9_024 + 128, 33_792),
        (keywords(), 3_738 + 128, 8_640),
        (keywords(streamed=True), 3_408 + 128, 8_640),
        (anomalies(), 768, 768),
        (anomalies(streamed=True), 768, 768),
        (mobile(144, 0.35), 64_800, 250_560),
        (mobile(144, 0.35, streamed=True), 24_336, 250_560),
        (mobile(224, 1.0), 189_952, 1_209_600),
        (mobile(224, 1.0, streamed=True), 101_472, 1_209_600),
    ],
)
def test_known_networks_take_as_few_bytes_as_they_are_known_to(
    network: Network, least: int, whole: int
) -> None:
    points = curve(network)
    assert (points[0].peak_bytes, points[-1].peak_bytes) == (least, whole)
    assert max(replay(network, points[0].schedule)) == least


def test_a_limit_buys_back_cycles_until_it_is_used_up() -> None:
    network = image_classification()
    points = curve(network)
    assert len(points) > 3
    for point in points:
        assert schedule(network, ram_bytes=point.peak_bytes) == point
        assert schedule(network, ram_bytes=point.peak_bytes + 1) == point
    assert schedule(network, ram_bytes=points[0].peak_bytes - 1) == points[0]


def test_the_same_network_gets_the_same_schedule() -> None:
    assert curve(vww()) == curve(vww())


def test_a_shortcut_convolution_runs_last_whatever_its_place() -> None:
    found = []
    for is_first in (False, True):
        b = RowNetwork()
        x = b.activation(b.input(8, 8, 8))
        shortcut = b.conv(x, 8, 1, 2) if is_first else None
        y = b.conv(b.conv(x, 8, 3, 2), 8)
        shortcut = shortcut or b.conv(x, 8, 1, 2)
        found.append(schedule(b.build(b.add(shortcut, y))).peak_bytes)
    assert found[0] == found[1]


def test_rows_that_the_application_delivers_are_taken_when_they_are_needed() -> None:
    b = RowNetwork()
    network = b.build(b.mean(b.conv(b.input(40, 4, 4, streamed=True))))
    found = schedule(network)
    # Three rows of the window, one of the result, the sums and the mean.
    assert found.peak_bytes == 3 * 16 + 16 + 16
    assert isinstance(found, Streaming)
    first = [run for run in found.schedule if run.task == 0]
    assert [run.count for run in first][:2] == [2, 1]


def test_a_network_too_large_for_all_segments_is_cut_into_short_ones() -> None:
    network = mobile(144, 0.35)
    short = curve(network, work=1)
    assert max(len(segment) for point in short for segment in point.segments) == 2
    assert max(replay(network, short[0].schedule)) == short[0].peak_bytes
    assert curve(network)[0].peak_bytes < short[0].peak_bytes < short[-1].peak_bytes


def test_a_network_without_layers_has_an_empty_schedule() -> None:
    b = RowNetwork()
    found = schedule(b.build(b.input(4, 2, 1)))
    assert found.schedule == ()
    assert found.peak_bytes == 8
