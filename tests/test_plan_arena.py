"""The planner against hand-made cases and against every placement of random small ones."""

from itertools import pairwise, permutations
from time import perf_counter

import numpy as np
import pytest

from mote.plan import Buffer, Plan
from mote.plan.arena import align, lower_bound, place


def disjoint(plan: Plan) -> None:
    """Assert, pair by pair, that buffers alive together share no byte."""
    for i, a in enumerate(plan.buffers):
        for b in plan.buffers[i + 1 :]:
            if max(a.first, b.first) > min(a.last, b.last) or b.over == a.name:
                continue
            x, y = plan.offsets[a.name], plan.offsets[b.name]
            assert x + a.bytes <= y or y + b.bytes <= x, (a, b)


def optimum(found: list[Buffer]) -> int:
    """First fit over every order: one of them is optimal."""
    from mote.plan.arena import _end, _first_fit, _groups

    return min(_end(found, _first_fit(order)) for order in permutations(_groups(found)))


def random_buffers(rng: np.random.Generator, count: int) -> list[Buffer]:
    found = []
    for i in range(count):
        first = int(rng.integers(-1, 6))
        found.append(Buffer(f"b{i}", int(rng.integers(0, 60)), first, first + int(rng.integers(4))))
    return found


def test_buffers_never_alive_together_share_bytes() -> None:
    plan = place([Buffer("a", 100, -1, 0), Buffer("b", 40, 0, 1), Buffer("c", 100, 1, 2)])
    assert plan.total_bytes == 140
    disjoint(plan)


def test_the_case_on_which_size_order_alone_fails_is_placed_at_its_bound() -> None:
    # Size descending gives 12 units; four bytes stand for one unit.
    sizes = [(4, 0, 2), (6, 2, 4), (2, 0, 1), (5, 0, 1)]
    plan = place([Buffer(f"b{i}", 4 * s, a, b) for i, (s, a, b) in enumerate(sizes)])
    assert plan.lower_bound_bytes == plan.total_bytes == 44


def test_identical_lifetimes_do_not_count_as_disjoint() -> None:
    assert place([Buffer("a", 8, 0, 1), Buffer("b", 8, 0, 1)]).total_bytes == 16


def test_a_result_over_its_operand_adds_nothing() -> None:
    chain = [
        Buffer("a", 64, -1, 0),
        Buffer("b", 64, 0, 1, over="a"),
        Buffer("c", 60, 1, 2, over="b"),
    ]
    plan = place(chain)
    assert plan.total_bytes == plan.lower_bound_bytes == 64
    assert plan.offsets["a"] == plan.offsets["b"] == plan.offsets["c"]


def test_the_tail_of_an_overwritten_operand_is_free_once_the_result_is_smaller() -> None:
    found = [Buffer("a", 64, 0, 1), Buffer("b", 16, 1, 3, over="a"), Buffer("c", 48, 2, 3)]
    assert place(found).total_bytes == 64


def test_scratch_is_counted_apart_from_activations() -> None:
    plan = place([Buffer("a", 40, 0, 1), Buffer("scratch:1", 12, 1, 1)])
    assert (plan.total_bytes, plan.arena_bytes, plan.scratch_bytes) in {(52, 40, 12), (52, 52, 0)}


def test_offsets_are_aligned_whatever_the_sizes() -> None:
    plan = place([Buffer(f"b{i}", 2 * i + 1, 0, 1) for i in range(9)])
    assert all(offset % 4 == 0 for offset in plan.offsets.values())
    assert plan.total_bytes == sum(align(2 * i + 1) for i in range(9))


@pytest.mark.parametrize("seed", range(60))
def test_random_small_plans_lie_within_a_tenth_of_the_optimum(seed: int) -> None:
    found = random_buffers(np.random.default_rng(seed), 6)
    plan = place(found)
    disjoint(plan)
    best = optimum(found)
    assert lower_bound(found) <= best <= plan.total_bytes <= 1.1 * best


@pytest.mark.parametrize("seed", range(20))
def test_random_large_plans_share_no_byte_and_repeat_exactly(seed: int) -> None:
    found = random_buffers(np.random.default_rng(seed), 40)
    plan = place(found)
    disjoint(plan)
    assert plan == place(found)
    assert plan.lower_bound_bytes <= plan.total_bytes


def test_chains_of_results_over_operands_share_no_byte_with_others() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        chain = [Buffer("r0", 64, 0, 1)]
        chain += [Buffer(f"r{i}", 64 - 4 * i, i, i + 1, over=f"r{i - 1}") for i in range(1, 4)]
        plan = place([*chain, *random_buffers(rng, 8)])
        disjoint(plan)
        assert all(plan.offsets[a.name] == plan.offsets[b.name] for a, b in pairwise(chain))


def test_a_network_of_thousands_of_layers_is_planned_in_seconds() -> None:
    rng = np.random.default_rng(3)
    found = [
        Buffer(f"b{i}", int(rng.integers(1, 999)), i - 1, i + int(rng.integers(9)))
        for i in range(3000)
    ]
    begin = perf_counter()
    plan = place(found)
    assert perf_counter() - begin < 20
    assert plan.total_bytes <= 1.2 * plan.lower_bound_bytes
