"""Rows in one piece: never for more bytes, never in more disorder, and proven like any layout."""

import numpy as np
import pytest

import row_networks
from mote.plan import stream
from mote.plan.place import place
from mote.plan.prove import prove
from mote.plan.straighten import disorder, straighten
from mote.plan.task import Layout, Network


def pieces(network: Network, layout: Layout) -> int:
    """Buffers that lie in one piece."""
    return sum(
        layout.rows[name] == tuple(layout.rows[name][0] + i * s.row_bytes for i in range(s.rows))
        for name, s in network.strips.items()
    )


@pytest.mark.parametrize("seed", range(60))
def test_straight_layouts_are_as_small_and_as_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = row_networks.random_network(rng, int(rng.integers(2, 9)), height=8)
    points = stream.curve(network)
    schedule = points[int(rng.integers(len(points)))].schedule
    found = place(network, schedule)
    better = straighten(network, schedule, found)
    prove(network, schedule, better.layout)
    assert better.layout.bytes <= found.layout.bytes
    assert better.bound_bytes <= better.layout.bytes
    assert disorder(network, better.layout) <= disorder(network, found.layout)
    assert pieces(network, better.layout) >= pieces(network, found.layout)


def test_rows_that_lie_in_disorder_for_nothing_are_put_in_order() -> None:
    """Whole layers, one after the other: most tensors die before the peak or come after it."""
    layers = row_networks.RowNetwork()
    x = layers.input(16, 16, 3)
    x = layers.conv(layers.conv(x, 8, stride=2), 8)
    for channels in (8, 4, 4):
        x = layers.conv(layers.conv(x), channels, kernel=1)
    network = layers.build(x)
    schedule = stream.curve(network)[-1].schedule
    found = place(network, schedule)
    better = straighten(network, schedule, found)
    assert better.layout.bytes <= found.layout.bytes
    assert disorder(network, found.layout) > 0
    assert 2 * disorder(network, better.layout) <= disorder(network, found.layout)


def test_disorder_is_less_where_rows_have_a_common_distance_in_another_order() -> None:
    layers = row_networks.RowNetwork()
    x = layers.input(3, 2, 2, streamed=True)
    network = layers.build(layers.dense(x, 4))
    (y,) = (name for name, strip in network.strips.items() if strip.is_output)

    def found(*places: int) -> int:
        return disorder(network, Layout({x[0]: places, y: (100,)}, {}, {}, 104))

    assert found(0, 4, 8) == found(8, 4, 0) == 0
    assert 0 < found(4, 8, 0) < found(0, 4, 12)
