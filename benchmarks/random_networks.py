"""Does generated C compute what the reference computes, on thousands of random networks?

    python benchmarks/random_networks.py [--count 5000] [--target dsp] [--optimize ram] [--json]

Targets are ``portable`` and ``dsp``, the two sets of kernels on this machine (the second in its
portable meaning), and every emulated core. Every layer's result is compared, for two inputs.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

import mote
from mote import reference
from mote.build import Build
from mote.ir.tensor import Array
from mote.plan import MODES
from mote.run.host import CFLAGS, load_all
from mote.target import CORES
from report import Figure, options, progress, run, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from random_graphs import random_graph, random_inputs, with_random_rounding

Samples = Sequence[Sequence[Sequence[Array]]]
"""Of each network, some samples; of each sample, an array for each input."""
Traces = Sequence[Mapping[str, Array]]
"""Of each sample, every layer's result by tensor name."""

KERNELS = {"portable": "host", "dsp": "cortex-m4"}
"""Which core's kernels run on this machine."""
EMULATED = [name for name, core in CORES.items() if core.machine]
PER_LIBRARY = 25
INPUTS = 2
QUICK = (*CFLAGS, "-O0")


@dataclass
class Tally:
    """What the comparison of all networks for one target saw so far."""

    networks: int = 0
    layers: int = 0
    compared_bytes: int = 0
    differing_bytes: int = 0
    first: str = ""


def compare_networks(seeds: Sequence[int], target: str, optimize: str, tally: Tally) -> None:
    core = KERNELS.get(target, target)
    graphs = [with_random_rounding(random_graph(seed), seed) for seed in seeds]
    builds = [
        mote.compile(replace(graph, name=f"random_{seed}"), core, optimize=optimize)
        for seed, graph in zip(seeds, graphs, strict=True)
    ]
    samples = [
        [random_inputs(build.graph, seed + 1_000_000 * number) for number in range(INPUTS)]
        for seed, build in zip(seeds, builds, strict=True)
    ]
    measure = emulated if target in EMULATED else on_this_machine
    for seed, build, inputs, traces in zip(
        seeds, builds, samples, measure(builds, samples), strict=True
    ):
        tally.networks += 1
        tally.layers += len(build.program.steps)
        for number, (sample, found) in enumerate(zip(inputs, traces, strict=True)):
            expected = reference.run(build.graph, sample)
            for step in build.program.steps:
                want, got = (v[step.node.output].tobytes() for v in (expected, found))
                tally.compared_bytes += len(want)
                if want == got:
                    continue
                tally.differing_bytes += sum(a != b for a, b in zip(want, got, strict=True))
                tally.first = tally.first or (
                    f"First: seed {seed}, input {number}, '{step.node.name}' by {step.kernel.name}"
                )


def on_this_machine(builds: Sequence[Build], samples: Samples) -> Iterator[Traces]:
    """All networks in one library."""
    models = load_all([(b.files, b.interface) for b in builds], trace=True, flags=QUICK)
    for model, inputs in zip(models, samples, strict=True):
        yield [model.trace(sample) for sample in inputs]


def emulated(builds: Sequence[Build], samples: Samples) -> Iterator[Traces]:
    """A firmware for each network."""
    for build, inputs in zip(builds, samples, strict=True):
        yield list(build.trace_samples(inputs))


def figures(targets: Sequence[str], first_seed: int, count: int, optimize: str) -> Iterator[Figure]:
    tallies = {target: Tally() for target in targets}
    chunks = range(first_seed, first_seed + count, PER_LIBRARY)
    for start in progress(chunks, f"{count} networks", len(chunks)):
        seeds = range(start, min(start + PER_LIBRARY, first_seed + count))
        for target, tally in tallies.items():
            compare_networks(seeds, target, optimize, tally)
    for target, tally in tallies.items():
        for what, value in (
            (f"networks, seeds {first_seed} to {first_seed + count - 1}", tally.networks),
            ("layers", tally.layers),
            ("bytes compared", tally.compared_bytes),
        ):
            yield Figure(model="random", target=target, name=what, value=value)
        yield Figure(
            model="random",
            target=target,
            name="differing bytes",
            value=tally.differing_bytes,
            bar="=",
            bound=0,
            note=tally.first,
        )


@click.command(help=__doc__)
@options(models=False)
@click.option("--count", type=click.IntRange(min=1), default=5000, show_default=True)
@click.option("--first-seed", "seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--target",
    "targets",
    multiple=True,
    type=click.Choice([*KERNELS, *EMULATED]),
    default=list(KERNELS),
)
@click.option("--optimize", type=click.Choice(MODES), default="balanced", show_default=True)
def main(targets: Sequence[str], count: int, seed: int, optimize: str, as_json: bool) -> int:
    found = figures(targets, seed, count, optimize)
    return show("random_networks", found, seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
