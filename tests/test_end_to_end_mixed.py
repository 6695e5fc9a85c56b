"""Networks of int8, int16 and 4-bit layers: C on this machine and on cores equals the reference."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import mote
from mixed_graphs import mixed_graph
from mote import reference
from mote.ir import DType, Graph
from mote.lower.lower import lower
from mote.plan.forms import forms
from mote.quantization.flash import weight_flash_bytes
from mote.run.firmware import build
from mote.run.host import CFLAGS, load_all
from mote.run.qemu import run
from mote.target import CORES
from random_graphs import random_inputs
from random_layers import side_by_side

SEEDS = range(14)
MANY = range(100, 340, 24)
TARGETS = ("host", "cortex-m4")
"""The portable kernels, and those for the DSP extension in its portable meaning."""


def types(graphs: Iterable[Graph]) -> set[tuple[DType, DType]]:
    """(activations, weights) of all layers with weights."""
    return {
        (graph.result(node).dtype, graph.operands(node)[1].dtype)
        for graph in graphs
        for node in graph.nodes
        if "weight" in node.op.inputs
    }


def compare_on_this_machine(seeds: range) -> list[Graph]:
    graphs = [mixed_graph(seed) for seed in seeds]
    many = [mote.compile(replace(g, name=f"{g.name}_{t}"), t) for g in graphs for t in TARGETS]
    loaded = load_all([(b.files, b.interface) for b in many], trace=True, flags=(*CFLAGS, "-O0"))
    for made, model in zip(many, loaded, strict=True):
        for number in range(3):
            sample = random_inputs(made.graph, number)
            want = reference.run(made.graph, sample)
            got = model.trace(sample)
            bad = [n for n in want if n in got and got[n].tobytes() != want[n].tobytes()]
            assert not bad, f"{made.graph.name}: {bad} differ"
    return graphs


def test_mixed_networks_give_the_bytes_of_the_reference_on_this_machine() -> None:
    graphs = compare_on_this_machine(SEEDS)
    wide, narrow = (DType.INT8, DType.INT16), (DType.INT8, DType.INT4)
    assert types(graphs) == {(a, w) for a in wide for w in narrow}


@pytest.mark.slow
@pytest.mark.parametrize("start", MANY)
def test_many_mixed_networks_give_the_bytes_of_the_reference(start: int) -> None:
    compare_on_this_machine(range(start, start + 24))


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_mixed_networks_give_the_bytes_of_the_reference_on_emulated_cores(core: str) -> None:
    firmwares = [side_by_side([mixed_graph(n + k) for k in range(4)]) for n in range(30, 42, 4)]
    assert len(types(firmwares)) == 4
    for graph in firmwares:
        compare_on_core(graph, core)


def compare_on_core(graph: Graph, core: str) -> None:
    built = mote.compile(graph, core)
    samples = [random_inputs(built.graph, number) for number in range(3)]
    with TemporaryDirectory() as directory:
        firmware = build(built.files, built.interface, CORES[core], Path(directory), trace=True)
        traces = run(firmware, samples).traces
    for sample, got in zip(samples, traces, strict=True):
        want = reference.run(built.graph, sample)
        assert len(got) == len(built.program.steps)
        bad = [n for n in want if n in got and got[n].tobytes() != want[n].tobytes()]
        assert not bad, f"{core}: {bad} differ"


def test_the_flash_that_is_foretold_is_that_of_the_project() -> None:
    for seed in SEEDS:
        graph = mixed_graph(seed)
        built = mote.compile(graph, "cortex-m3")
        manifest = json.loads(built.files["manifest.json"])
        assert weight_flash_bytes(graph) == manifest["flash_bytes"]["weights"]


def test_dsp_layouts_add_no_more_than_their_padding() -> None:
    """Pairs of convolution channels, 8 rows of fully connected layers, fours of taps."""
    for seed in SEEDS:
        graph = mixed_graph(seed)
        program = lower(mote.compile(graph, "cortex-m4").graph, CORES["cortex-m4"])
        for step in program.steps:
            if "weight" not in step.node.op.inputs:
                continue
            x, weight, bias = program.graph.operands(step.node)
            rows = 1 if weight.shape[0] == 1 and len(weight.shape) == 4 else weight.shape[0]
            taps = weight.elements // rows
            most_rows, most_taps = -(-rows // 8) * 8, -(-taps // 4) * 4
            most = max(most_rows * most_taps * weight.dtype.bits // 8, rows * -(-taps // 2))
            # Chains and Winograd's forms take more for fewer cycles; one form does not.
            found = min(sum(c.learnt_bytes for c in form.constants) for form in forms(step))
            biases = max(bias.elements, most_rows) * bias.dtype.itemsize
            assert found <= most + biases, (seed, step.node.name, x.shape)
