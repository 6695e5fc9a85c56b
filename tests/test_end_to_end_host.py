"""Generated C on this machine against the reference: random graphs and the real models."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import Build
from mote.codegen import generate
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.plan import MODES
from mote.run import sanitize
from mote.run.host import CFLAGS, HostModel, load_all
from mote.run.interface import interface
from mote.run.verify import random_samples
from random_functions import with_own_functions
from random_graphs import random_graph, random_inputs, with_random_rounding
from shared import shared_path

CORES = ("host", "cortex-m4")
"""The portable kernels, and those for the DSP extension in its portable meaning."""

GRAPHS_PER_LIBRARY = 50
RARE = (152, 165, 245, 295, 313, 356, 410, 456, 483, 1041)
"""Graphs with the kernels that the first 150 do not have, and graphs up to 500 have; 313 is fed
rows that only a layer of a table of calls reads, 1041 has calls that read nothing but padding."""
QUICK = (*CFLAGS, "-O0")
MODELS = ("vww_96_int8", "pretrainedResnet_quant", "kws_ref_model", "ad01_int8")


def memory_options(graph: Graph, seed: int) -> dict[str, Any]:
    """Every aim of the plan in turn, and now and then an input that is fed row by row."""
    return {"optimize": MODES[seed % 3], "feed_rows": len(graph.inputs) == 1 and seed % 4 == 1}


def builds(seeds: Iterable[int]) -> Iterator[Build]:
    """Each random graph, for both cores, under C names that do not collide."""
    for seed in seeds:
        for core in CORES:
            graph = with_own_functions(with_random_rounding(random_graph(seed), seed), seed)
            graph = replace(graph, name=f"random_{seed}_{core}")
            yield mote.compile(graph, core, **memory_options(graph, seed))


def load_together(many: Iterable[Build]) -> list[tuple[Build, HostModel]]:
    many = list(many)
    loaded = load_all([(b.files, b.interface) for b in many], trace=True, flags=QUICK)
    return list(zip(many, loaded, strict=True))


def differing(graph: Graph, got: dict[str, Array], sample: list[Array]) -> list[str]:
    """Tensors whose bytes differ from the reference's, in execution order."""
    want = reference.run(graph, sample)
    return [n for n in want if n in got and got[n].tobytes() != want[n].tobytes()]


def compare_random_graphs(seeds: Iterable[int]) -> set[str]:
    """Compares every tensor of every graph; returns the kernels that computed them."""
    kernels = set()
    for build, model in load_together(builds(seeds)):
        seed = int(build.graph.name.split("_")[1])
        for number in range(3):
            sample = random_inputs(build.graph, seed + 1_000_000 * number)
            bad = differing(build.graph, model.trace(sample), sample)
            assert not bad, f"{build.graph.name}: {bad} differ"
        kernels |= {step.kernel.name for step in build.program.steps}
    return kernels


@pytest.mark.parametrize("start", range(0, 150, GRAPHS_PER_LIBRARY))
def test_random_graphs_give_the_bytes_of_the_reference(start: int) -> None:
    assert len(compare_random_graphs(range(start, start + GRAPHS_PER_LIBRARY))) > 50


def test_graphs_with_rare_kernels_give_the_bytes_of_the_reference() -> None:
    assert len(compare_random_graphs(RARE)) > 30


@pytest.mark.slow
@pytest.mark.parametrize("start", range(150, 5000, GRAPHS_PER_LIBRARY))
def test_many_random_graphs_give_the_bytes_of_the_reference(start: int) -> None:
    compare_random_graphs(range(start, start + GRAPHS_PER_LIBRARY))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("core", CORES)
def test_generated_code_is_clean_under_sanitizers(seed: int, core: str) -> None:
    graph = random_graph(seed)
    build = mote.compile(graph, core, **memory_options(graph, seed))
    check_sanitized(build, [random_inputs(graph, seed + n) for n in range(2)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12, 150))
@pytest.mark.parametrize("core", CORES)
def test_much_generated_code_is_clean_under_sanitizers(seed: int, core: str) -> None:
    graph = random_graph(seed)
    build = mote.compile(graph, core, **memory_options(graph, seed))
    check_sanitized(build, [random_inputs(graph, seed + n) for n in range(2)])


@pytest.mark.parametrize("name", MODELS)
def test_real_models_are_clean_under_sanitizers(name: str) -> None:
    path = shared_path(f"models/mlperf_tiny/{name}.tflite")
    build = mote.compile(path, "cortex-m4", optimize="ram")
    check_sanitized(build, list(random_samples(build.graph, 1, seed=2)))


def check_sanitized(build: Build, samples: list[list[Array]]) -> None:
    """The plan as it is, with its holes forbidden, and the same with everything apart."""
    for plan in (build.plan, sanitize.spread(build.plan)):
        files = generate(build.program, plan, build.target)
        found = sanitize.run(files, interface(build.program, plan), plan, samples)
        for sample, outputs in zip(samples, found, strict=True):
            want = reference.run(build.graph, sample)
            for name, got in zip(build.graph.outputs, outputs, strict=True):
                np.testing.assert_array_equal(got, want[name])


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", MODELS)
def test_real_models_give_the_bytes_of_the_reference_in_every_layer(name: str, core: str) -> None:
    graph = mote.load(shared_path(f"models/mlperf_tiny/{name}.tflite"))
    ((build, model),) = load_together([mote.compile(graph, core)])
    for sample in random_samples(graph, 2, seed=1):
        got = model.trace(sample)
        assert len(got) == len(build.program.steps)
        assert not differing(build.graph, got, sample)
