"""Runs random layers in every schedule that is proven for them, and compares with the reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from extreme_inputs import inputs_of
from job_runner import JobRunner, fits
from kernel_jobs import Job
from layer_families import random_layer
from layer_jobs import How, heights, make_job, number_of_calls
from mote import reference
from mote.errors import UnsupportedModelError
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.lower.every_schedule import every_schedule
from mote.lower.step import Step
from mote.target.cores import CORES

LOWERED_AS: dict[str, tuple[str, ...]] = {
    "host": ("cortex-m0plus", "cortex-m4", "cortex-m55"),
    "cortex-m7": ("cortex-m4",),
    "cortex-m33": ("cortex-m4",),
    "rv32imc": ("cortex-m3",),
}
"""Whose schedules a core runs, where not its own: the same ones; on the host, all there are."""


def schedules_of(target: str) -> tuple[tuple[str, ...], int]:
    """What cores have in common that run the same cases: schedules, and the size of pointers."""
    return LOWERED_AS.get(target, (target,)), 4 if CORES[target].machine else 8


@dataclass(frozen=True)
class Case:
    """A layer in one schedule, called in one way.

    Args:
        seed: Of the layer, as ``random_layer`` takes it.
        family: Of which it is.
        graph: The layer.
        step: The schedule.
        how: How it is called.
        job: The calls.
    """

    seed: int
    family: str
    graph: Graph
    step: Step
    how: How
    job: Job

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.family} by {self.job.kernel.name}, {self.how}"


@dataclass(frozen=True)
class Verdict:
    """What came of a case.

    Args:
        case: Which one.
        compared_bytes: Of results.
        differing_bytes: That differ, those between channels that belong to others included.
        problem: What else is wrong, or which byte differs first; empty where nothing does.
    """

    case: Case
    compared_bytes: int
    differing_bytes: int
    problem: str


@dataclass(frozen=True)
class Layer:
    """A layer with inputs and what they must give."""

    seed: int
    family: str
    graph: Graph
    rounds: tuple[tuple[Array, ...], ...]
    results: tuple[Array, ...]


def drawn_layer(seed: int) -> Layer:
    """The layer of a seed, with random inputs and those that lead it to its limits."""
    family, graph = random_layer(seed)
    return with_inputs(seed, family, graph)


def with_inputs(seed: int, family: str, graph: Graph) -> Layer:
    """A layer with the inputs of a seed."""
    inputs = inputs_of(graph, np.random.default_rng([seed, 1]))
    (output,) = graph.outputs
    results = tuple(reference.run(graph, arrays)[output] for arrays in inputs)
    given = [name for name in graph.nodes[0].inputs if not graph.tensors[name].is_constant]
    # The node's order; an operand may stand there twice.
    order = [graph.inputs.index(name) for name in given]
    rounds = tuple(tuple(arrays[i] for i in order) for arrays in inputs)
    return Layer(seed, family, graph, rounds, results)


def cases_of(layer: Layer, target: str) -> Iterator[Case]:
    """Every schedule of a layer for a core, each called in several ways.

    Raises:
        UnsupportedModelError: The layer has none, as its sums could overflow.
    """
    (node,) = layer.graph.nodes
    rng = np.random.default_rng([layer.seed, 2])
    cores, pointer_bytes = schedules_of(target)
    seen = set()
    for core in cores:
        for step in every_schedule(layer.graph, node, CORES[core]):
            key = step.kernel.name, step.parameters, step.scratch_bytes
            if key in seen:
                continue
            seen.add(key)
            for how in ways(step, layer, rng):
                job = make_job(step, layer.rounds, layer.results, how, pointer_bytes, rng)
                if fits(job):
                    yield Case(layer.seed, layer.family, layer.graph, step, how, job)


def ways(step: Step, layer: Layer, rng: np.random.Generator) -> Iterator[How]:
    """All at once; some rows at a time, which lie anywhere; where channels of larger tensors may be
    read and written, these; and over each operand for which that is allowed."""
    arrays, result = layer.rounds[0], layer.results[0]
    yield How()
    height = heights(step, arrays, result)
    rows = [n for n in range(1, height + 1) if height % n == 0]

    def calls() -> int:
        return number_of_calls(step, arrays, result, int(rng.choice(rows)))

    if step.split is not None:
        yield How(calls=calls(), is_apart=True)
    pixels = prod(result.shape[:-1])
    if step.kernel.strided and step.node.op.kind != "slice" and pixels > 1 and rng.random() < 0.5:
        more = int(rng.integers(0, 9)), int(rng.integers(1, 9))
        apart = bool(rng.integers(2))
        yield How(
            calls=calls(), is_apart=apart, more_channels=more if rng.integers(2) else more[::-1]
        )
    for operand in step.in_place:
        if step.split is None or number_of_calls(step, arrays, result, 0) == 1:
            yield How(calls=1, over=operand, below=int(rng.integers(0, 5)))


def judge(cases: Sequence[Case], runner: JobRunner) -> list[Verdict]:
    """Run all cases and compare."""
    outcomes = runner.run([case.job for case in cases])
    verdicts = []
    for case, outcome in zip(cases, outcomes, strict=True):
        expected = case.job.expected
        size = sum(map(len, expected))
        if outcome.fault:
            verdicts.append(Verdict(case, size, size, outcome.fault))
            continue
        differing, problem = 0, ""
        for number, (want, (damage, got)) in enumerate(zip(expected, outcome.rounds, strict=True)):
            a, b = np.frombuffer(want, np.uint8), np.frombuffer(got[: len(want)], np.uint8)
            places = np.flatnonzero(a != b)
            differing += len(places)
            if len(places) and not problem:
                at = int(places[0])
                problem = f"input {number}, byte {at}: {int(b[at])}, not {int(a[at])}"
            if damage:
                problem = f"input {number}: bytes beside buffer {damage - 1} were written"
        verdicts.append(Verdict(case, size, differing, problem))
    return verdicts


def drawn_cases(seeds: Sequence[int], target: str) -> tuple[list[Case], int]:
    """The cases of layers that are not refused, and how many are."""
    cases: list[Case] = []
    refused = 0
    for seed in seeds:
        try:
            cases += cases_of(drawn_layer(seed), target)
        except UnsupportedModelError:
            refused += 1
    return cases, refused
