"""Layouts of random networks and schedules are proven by the simulator; mistakes are found."""

from dataclasses import replace

import numpy as np
import pytest

import row_networks
from mote.plan import stream
from mote.plan.place import place
from mote.plan.prove import prove
from mote.plan.task import Network, Run

SAMPLE = range(60)


def a_network(seed: int) -> Network:
    """Random layers; some strips in one piece, odd alignments."""
    rng = np.random.default_rng(seed)
    network = row_networks.random_network(rng, int(rng.integers(2, 12)), height=8)
    strips = {
        name: replace(
            strip,
            is_linear=strip.is_linear or bool(rng.integers(3) == 0),
            alignment=int(rng.choice([1, 2, 4, 8])),
        )
        for name, strip in network.strips.items()
    }
    return replace(network, strips=strips)


def whole_layers(network: Network) -> tuple[Run, ...]:
    return tuple(Run(position, 0, task.calls) for position, task in enumerate(network.tasks))


@pytest.mark.parametrize("seed", SAMPLE)
def test_every_layout_is_proven(seed: int) -> None:
    network = a_network(seed)
    for schedule in (whole_layers(network), stream.schedule(network).schedule):
        for linear in ((), tuple(network.strips)):
            for reserved in (0, 10):
                placed = place(network, schedule, linear=linear, reserved=reserved)
                prove(network, schedule, placed.layout, linear=linear, reserved=reserved)
                assert placed.live_bytes <= placed.bound_bytes <= placed.layout.bytes
