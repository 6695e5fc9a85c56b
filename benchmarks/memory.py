"""How little RAM does a network need, and what does that cost? Every plan is proven by a replay.

    python benchmarks/memory.py [--model kws] [--json]

vww, ic, kws and ad are the int8 models of MLPerf Tiny. ic-large is its larger ResNet-8 (40 channels
first, 16 operators, 76 M multiply-accumulates), mbv2-035 MobileNetV2-0.35 at 144 x 144 and mbv2-100
MobileNetV2-1.0 at 224 x 224, all three with random weights. Bytes; "rows fed": the input is
delivered row by row. "Activations alone" is the arena of the same schedule if kernels needed no
scratch. "Above the bound" is what no proof says that this schedule needs. Whole calls need what
they read and all that they write: a depthwise kernel that takes channel after channel through whole
tensors has operand and result at once, however few rows a row of the result needs. Seconds are
those that the processor was busy: the planner's, and those of all that ``mote.compile`` does.
Nothing is computed twice: every row of every result is written by one call.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from time import process_time
from typing import Any

import click

import mote
from large import network
from models import MODELS, MODELS_FOLDER
from mote.build import Build
from mote.ir import Graph
from mote.plan.optimal import place_optimally
from report import Figure, options, progress, run, show

TARGET = "cortex-m4"
NAMES = [*MODELS, "ic-large", "mbv2-035", "mbv2-100"]
ARENA = {
    "vww": 29_000,
    "ic": 10_600,
    "kws": 4_200,
    "ad": 768,
    "ic-large": 24_500,
    "mbv2-100": 203_000,
    "mbv2-035": 66_000,
}
ARENA_FED = {"vww": 11_500, "mbv2-100": 110_000, "mbv2-035": 26_000}
RAM = {"vww": 33_000, "ic": 13_500, "kws": 6_500, "ad": 1_600}
RAM_FED = {"vww": 16_000}
CYCLES = 1.3
GAP = 5.0
SECONDS = 30.0
SECONDS_SMALL = 3.0


def figures(name: str, folder: Path, seed: int) -> Iterator[Figure]:
    graph = network(name, folder)

    def figure(what: str, value: float, bound: float | None = None) -> Figure:
        bar = "<=" if bound is not None else ""
        return Figure(model=name, target=TARGET, name=what, value=value, bar=bar, bound=bound)

    limit = SECONDS_SMALL if name in MODELS else SECONDS
    fast, seconds = compiled(graph, optimize="time")
    fast_totals = fast.profile(seed=seed).totals
    yield figure("time: arena with scratch", fast.plan.total_bytes)
    yield figure("time: arena + scratch + stack", fast_totals.ram_bytes)
    yield figure("time: above the bound, %", gap(fast), GAP)
    yield figure("time: seconds of the planner", fast.planner_seconds, limit)
    yield figure("time: seconds to compile", seconds)
    balanced, seconds = compiled(graph)
    middle = balanced.profile(seed=seed).totals
    yield figure("balanced: arena + scratch + stack", middle.ram_bytes)
    yield figure("balanced: cycles of those of time", middle.cycles / fast_totals.cycles)
    yield figure("balanced: seconds of the planner", balanced.planner_seconds, limit)
    yield figure("balanced: seconds to compile", seconds)
    small, seconds = compiled(graph, optimize="ram")
    totals = small.profile(seed=seed).totals
    yield figure("ram: activations alone", activations(small), ARENA.get(name))
    yield figure("ram: arena with scratch", small.plan.total_bytes)
    yield figure("ram: arena + scratch + stack", totals.ram_bytes, RAM.get(name))
    yield figure("ram: above the bound, %", gap(small), GAP)
    yield figure("ram: cycles of those of time", totals.cycles / fast_totals.cycles, CYCLES)
    yield figure("ram: seconds of the planner", small.planner_seconds, limit)
    yield figure("ram: seconds to compile", seconds)
    fed, seconds = compiled(graph, optimize="ram", feed_rows=True)
    fed_totals = fed.profile(seed=seed).totals
    yield figure("rows fed, ram: activations alone", activations(fed), ARENA_FED.get(name))
    yield figure("rows fed, ram: arena with scratch", fed.plan.total_bytes)
    yield figure("rows fed, ram: arena + scratch + stack", fed_totals.ram_bytes, RAM_FED.get(name))
    yield figure("rows fed, ram: above the bound, %", gap(fed), GAP)
    yield figure("rows fed, ram: cycles of those of time", fed_totals.cycles / fast_totals.cycles)
    yield figure("rows fed, ram: seconds of the planner", fed.planner_seconds, limit)
    yield figure("rows fed, ram: seconds to compile", seconds)


def compiled(graph: Graph, **options: Any) -> tuple[Build, float]:
    """The build, and the seconds that the processor was busy with it."""
    start = process_time()
    build = mote.compile(graph, TARGET, **options)
    return build, process_time() - start


def activations(build: Build) -> int:
    """What the same schedule needs without the kernels' scratch, as others count an arena."""
    plan = build.plan
    tasks = tuple(task.plain for task in plan.network.tasks)
    alone = place_optimally(replace(plan.network, tasks=tasks), plan.schedule)
    return alone.layout.bytes + plan.progress_bytes


def gap(build: Build) -> float:
    """By how much the plan is larger than what the bytes alive force."""
    bound = build.plan.lower_bound_bytes + build.plan.progress_bytes
    return 100 * (build.plan.total_bytes / bound - 1)


@click.command(help=__doc__)
@options(models=False)
@click.option(
    "--model",
    "names",
    type=click.Choice(NAMES),
    multiple=True,
    default=NAMES,
    help="Only this one; may be repeated.",
)
@click.option("--models", "folder", type=click.Path(path_type=Path), default=MODELS_FOLDER)
def main(names: Sequence[str], folder: Path, seed: int, as_json: bool) -> int:
    measured = (
        figures(name, folder, seed) for name in progress(names, "planning and running", len(names))
    )
    return show("memory", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
