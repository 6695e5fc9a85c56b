"""Whole graphs whose layers compute in calls of some rows, against the reference."""

from dataclasses import replace

import pytest

from mote.ir import Graph
from random_functions import with_own_functions
from random_graphs import random_graph, random_inputs, with_random_rounding
from row_builds import Choice, build_by_rows, one_row, some_rows
from test_end_to_end_host import CORES, differing, load_together

GRAPHS = 20


def made(seed: int, core: str) -> Graph:
    graph = with_own_functions(with_random_rounding(random_graph(seed), seed), seed)
    return replace(graph, name=f"random_{seed}_{core}")


def compare(seeds: range, choose: Choice) -> None:
    builds = [build_by_rows(made(seed, core), core, choose) for seed in seeds for core in CORES]
    calls = [task.calls for build in builds for task in build.plan.network.tasks]
    assert sum(count > 1 for count in calls) > len(calls) / 4
    for build, model in load_together(builds):
        sample = random_inputs(build.graph, int(build.graph.name.split("_")[1]))
        bad = differing(build.graph, model.trace(sample), sample)
        assert not bad, f"{build.graph.name}: {bad} differ"


@pytest.mark.parametrize("choose", [one_row, some_rows])
def test_random_graphs_in_calls_of_some_rows_give_the_bytes_of_the_reference(
    choose: Choice,
) -> None:
    compare(range(600, 600 + GRAPHS), choose)


@pytest.mark.slow
@pytest.mark.parametrize("choose", [one_row, some_rows])
@pytest.mark.parametrize("start", range(700, 1000, 50))
def test_many_random_graphs_in_calls_of_some_rows(start: int, choose: Choice) -> None:
    compare(range(start, start + 50), choose)
