"""Orders of whole layers: known cases, and random networks against every topological order."""

from collections.abc import Iterator

import numpy as np
import pytest

from mote.plan.live import peak_bytes
from mote.plan.order import best_order, whole
from mote.plan.task import Access, Network, Strip, Task
from row_networks import RowNetwork, mobile, random_network, vww
from test_plan_stream import replay


def graph(sizes: dict[str, int], operands: dict[str, str], order: str) -> Network:
    """Whole tensors of one letter; of the order, the first is the input and the last the output."""
    strips = {
        name: Strip(name, 1, size, is_input=name == order[0], is_output=name == order[-1])
        for name, size in sizes.items()
    }
    row = ((0, 1),)
    tasks = tuple(
        Task(i, tuple(Access(x, row) for x in operands[name]), Access(name, row))
        for i, name in enumerate(order[1:])
    )
    return Network(strips, tasks)


def topological_orders(network: Network) -> Iterator[tuple[int, ...]]:
    makers = {task.writes.strip: i for i, task in enumerate(network.tasks)}
    before = [{makers[r.strip] for r in t.reads if r.strip in makers} for t in network.tasks]

    def extend(order: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(order) == len(before):
            yield order
        for task in range(len(before)):
            if task not in order and before[task] <= set(order):
                yield from extend((*order, task))

    return extend(())


@pytest.mark.parametrize("order", ["abcdef", "abdcef"])
def test_the_branch_that_shrinks_is_finished_before_the_other_one_starts(order: str) -> None:
    sizes = {"a": 10, "b": 50, "c": 50, "d": 5, "e": 5, "f": 5}
    operands = {"b": "a", "c": "a", "d": "b", "e": "c", "f": "de"}
    network = graph(sizes, operands, order)
    given = peak_bytes(network, whole(network, range(5)))
    assert given == (110 if order == "abcdef" else 65)
    found = best_order(network)
    assert found.is_optimal
    assert found.peak_bytes == found.lower_bound_bytes == 65


@pytest.mark.parametrize("seed", range(120))
def test_no_topological_order_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, int(rng.integers(1, 9)), height=3)
    found = best_order(network)
    schedule = whole(network, found.tasks)
    assert max(replay(network, schedule)) == found.peak_bytes
    least = min(peak_bytes(network, whole(network, o)) for o in topological_orders(network))
    assert found.peak_bytes == found.lower_bound_bytes == least


def test_an_order_that_cannot_be_improved_stays_as_it_is() -> None:
    for network in (vww(), mobile(144, 0.35)):
        found = best_order(network)
        assert found.is_optimal
        assert found.tasks == tuple(range(len(network.tasks)))


def test_a_search_that_is_cut_short_says_so() -> None:
    b = RowNetwork()
    x = b.input(4, 4, 4)
    wide = [b.conv(b.conv(x, 4 + 3 * i), 3, 3, 4) for i in range(8)]
    y = wide[0]
    for other in wide[1:]:
        y = b.add(y, other)
    network = b.build(y)
    order = sorted(range(len(network.tasks)), key=lambda t: (t >= 16, t % 2, t))
    shuffled = Network(network.strips, tuple(network.tasks[t] for t in order))
    cut, full = best_order(shuffled, states=1), best_order(shuffled)
    assert not cut.is_optimal
    assert cut.lower_bound_bytes <= full.peak_bytes < cut.peak_bytes
    assert full.is_optimal


def test_the_same_network_gets_the_same_order() -> None:
    network = random_network(np.random.default_rng(5), 12)
    assert best_order(network) == best_order(network)
