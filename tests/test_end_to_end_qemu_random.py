"""Random graphs on every emulated core: the bytes of the reference in every tensor."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import mote
from mote import reference
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.run.firmware import build
from mote.run.qemu import run
from mote.target import Core
from random_functions import with_own_functions
from random_graphs import random_graph, random_inputs, with_random_rounding
from random_layers import side_by_side
from toy_project import every_core

GRAPHS_PER_FIRMWARE = 5
"""More plans of fewer buffers: finding one takes longer than in proportion to them."""
GRAPHS = 25
SAMPLES = 3


@cache
def graphs(start: int) -> Graph:
    """Many random graphs, which one firmware computes one after the other."""
    seeds = range(start, start + GRAPHS_PER_FIRMWARE)
    return side_by_side(
        [with_own_functions(with_random_rounding(random_graph(seed), seed), seed) for seed in seeds]
    )


@cache
def samples(start: int) -> tuple[tuple[Sequence[Array], dict[str, Array]], ...]:
    """Inputs of all the graphs, and every tensor that the reference computes from them."""
    graph = mote.compile(graphs(start), "host").graph
    inputs = [random_inputs(graph, start + 1_000_000 * number) for number in range(SAMPLES)]
    return tuple((arrays, reference.run(graph, arrays)) for arrays in inputs)


def compare(first: int, core: Core) -> None:
    for start in range(first, first + GRAPHS, GRAPHS_PER_FIRMWARE):
        compare_firmware(start, core)


def compare_firmware(start: int, core: Core) -> None:
    built = mote.compile(graphs(start), core.name)
    with TemporaryDirectory() as directory:
        firmware = build(built.files, built.interface, core, Path(directory), trace=True)
        traces = run(firmware, [arrays for arrays, _ in samples(start)]).traces
    for (_, want), got in zip(samples(start), traces, strict=True):
        assert len(got) == len(built.program.steps) > GRAPHS_PER_FIRMWARE
        bad = [name for name in want if name in got and got[name].tobytes() != want[name].tobytes()]
        assert not bad, f"{core.name}: {bad} differ; tensor t_3 is t of random_graph({start} + 3)"


@every_core
def test_random_graphs_give_the_bytes_of_the_reference(core: Core) -> None:
    compare(6000, core)


@pytest.mark.slow
@every_core
@pytest.mark.parametrize("start", range(7000, 7500, GRAPHS))
def test_many_random_graphs_give_the_bytes_of_the_reference(start: int, core: Core) -> None:
    compare(start, core)
