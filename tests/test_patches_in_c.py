"""Patched networks in C: the bytes of the whole network, in every mode, sanitized, on cores."""

from collections.abc import Iterator

import numpy as np
import pytest

import mote
from inverted_residuals import Maker
from mote import reference
from mote.codegen import generate
from mote.ir import Graph
from mote.passes import optimize
from mote.passes.patches import patch, splits
from mote.plan import MODES
from mote.run import sanitize
from mote.run.interface import interface
from random_graphs import random_graph, random_inputs


def cases(seeds: range) -> Iterator[tuple[int, Graph, Graph]]:
    """Random networks, and each with random patches."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph = optimize(random_graph(seed))
        if names := splits(graph):
            yield seed, graph, patch(graph, str(rng.choice(names)), int(rng.integers(2, 5)))


def assert_c_gives_the_bytes_of_the_whole(seeds: range, core: str) -> None:
    found = list(cases(seeds))
    for seed, graph, patched in found:
        build = mote.compile(patched, core, optimize=MODES[seed % len(MODES)])
        plan = sanitize.spread(build.plan)
        files = generate(build.program, plan, build.target)
        samples = [random_inputs(graph, seed + n) for n in range(2)]
        outputs = sanitize.run(files, interface(build.program, plan), plan, samples)
        for sample, arrays in zip(samples, outputs, strict=True):
            expected = reference.run(graph, sample)
            for name, array in zip(graph.outputs, arrays, strict=True):
                np.testing.assert_array_equal(array, expected[name])
    assert len(found) > len(seeds) // 2


def test_random_patched_networks_give_the_bytes_of_the_whole() -> None:
    assert_c_gives_the_bytes_of_the_whole(range(4), "cortex-m4")


@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"])
@pytest.mark.parametrize("first", range(0, 60, 12))
def test_many_random_patched_networks_give_the_bytes_of_the_whole(first: int, core: str) -> None:
    assert_c_gives_the_bytes_of_the_whole(range(first, first + 12), core)


@pytest.fixture(name="network", scope="module")
def _network() -> Graph:
    """Inverted residual blocks on a plane that two and three do not divide."""
    maker = Maker((1, 29, 37, 3))
    maker.conv(16, 3, 2)
    for expansion, channels, stride, kernel in ((1, 8, 1, 3), (4, 8, 2, 3), (3, 8, 1, 5)):
        maker.block(expansion, channels, stride, kernel)
    return maker.graph("small", 10)


@pytest.mark.parametrize(("tiles", "mode"), [(2, "time"), (3, "time"), (2, "balanced")])
def test_an_emulated_core_gives_the_bytes_of_the_whole(
    network: Graph, tiles: int, mode: str
) -> None:
    build = mote.compile(mote.patch(network, "conv_5", tiles), "cortex-m4", optimize=mode)
    sample = random_inputs(network, tiles)
    np.testing.assert_array_equal(build.run(sample), reference.run(network, sample)["classifier"])


def test_patches_need_less_than_whole_layers(network: Graph) -> None:
    whole = mote.compile(network, "cortex-m4", optimize="time").plan.total_bytes
    patched = mote.patch(network, "conv_5", 3)
    assert mote.compile(patched, "cortex-m4", optimize="time").plan.total_bytes < 0.8 * whole


def test_the_input_may_come_row_by_row(network: Graph) -> None:
    patched = mote.patch(network, "conv_5", 2)
    build = mote.compile(patched, "cortex-m4", feed_rows=True)
    sample = random_inputs(network, 5)
    np.testing.assert_array_equal(build.run(sample), reference.run(network, sample)["classifier"])
