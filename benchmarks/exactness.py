"""Are the bytes those of LiteRT? Four models, on this machine and on every emulated core.

    python benchmarks/exactness.py [--model kws] [--target cortex-m4] [--json]

Against LiteRT's reference kernels (``BUILTIN_REF``): every layer's result on the host, for random
and for recorded inputs, and once more from the kernels for the DSP extension; every layer's result
on each core, and the output of the build without the trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import click
import numpy as np

import mote
from models import MODELS, Recorded
from mote.build import Build
from mote.ir.tensor import Array
from mote.run.host import load
from mote.run.litert import LiteRT
from mote.run.verify import Comparison, Runner, compare, random_samples
from mote.target import CORES
from report import Figure, options, progress, run, show

DSP_CORE = "cortex-m4"


def figures(
    model: str, path: Path, targets: Sequence[str], *, samples: int, emulated: int, seed: int
) -> Iterator[Figure]:
    """Random inputs on each target."""
    litert = LiteRT(path.read_bytes())
    for target in targets:
        build = mote.compile(path, target)
        oracle = alive(build, litert)
        count = samples if build.target.is_host else emulated
        inputs = list(random_samples(build.graph, count, seed))
        shown = partial(progress, inputs, f"{model} on {target}", count)
        traces = in_turn(build.trace_samples(inputs))
        result = compare(build.graph, oracle, traces, shown())
        yield from _compared(model, target, f"{count} random inputs, every layer", result)
        if build.target.is_host:
            build = mote.compile(path, DSP_CORE)
            kernels = load(build.files, build.interface, trace=True)
            result = compare(build.graph, oracle, kernels.trace, shown())
            yield from _compared(model, f"{target}, DSP kernels", f"{count} random inputs", result)
        else:
            names, outputs = build.graph.outputs, build.run_samples(inputs)
            named = in_turn(dict(zip(names, arrays, strict=True)) for arrays in outputs)
            result = compare(build.graph, oracle, named, inputs)
            yield from _compared(model, target, f"{count} random inputs, outputs", result)


def alive(build: Build, litert: LiteRT) -> Runner:
    """Every tensor of the model, without the channels that the build leaves out."""
    return lambda arrays: build.dead.remaining(litert.run(arrays))


def in_turn(results: Iterable[Mapping[str, Array]]) -> Runner:
    """What ``compare`` asks sample by sample, from the results of all of them."""
    following = iter(results)
    return lambda _: next(following)


def recorded_figures(
    model: str, path: Path, recorded: Recorded, folder: Path, samples: int | None
) -> Iterator[Figure]:
    """Recorded inputs on the host, with the accuracy."""
    inputs, labels = recorded.read(folder, samples)
    build = mote.compile(path, "host")
    answers: list[int] = []

    def subject(arrays: Sequence[Array]) -> Mapping[str, Array]:
        values = build.trace(arrays)
        answers.append(int(values[build.graph.outputs[0]].argmax()))
        return values

    bar = progress(inputs, f"{model}, {recorded.file}", len(inputs))
    oracle = alive(build, LiteRT(path.read_bytes()))
    result = compare(build.graph, oracle, subject, ([x] for x in bar))
    what = f"{len(inputs)} inputs of {recorded.file}"
    yield from _compared(model, "host", f"{what}, every layer", result)
    is_whole = recorded.accuracy is not None and len(inputs) == recorded.samples
    yield Figure(
        model=model,
        target="host",
        name=f"{what}, accuracy",
        value=round(float(np.mean(np.array(answers) == labels)), 3),
        bar="=" if is_whole else "",
        bound=recorded.accuracy if is_whole else None,
    )


def _compared(model: str, target: str, name: str, result: Comparison) -> Iterator[Figure]:
    yield Figure(
        model=model,
        target=target,
        name=f"{name}: differing",
        value=result.differing,
        bar="=",
        bound=0,
        note=f"First: {result.first}" if result.first else "",
    )
    counts = {"layers": result.layers} if result.layers > 1 else {}
    counts["bytes"] = result.elements  # every value of the four models is one byte
    for what, count in counts.items():
        yield Figure(model=model, target=target, name=f"{name}: {what}", value=count)


@click.command(help=__doc__)
@options(data=True)
@click.option(
    "--target", "targets", multiple=True, type=click.Choice(list(CORES)), default=list(CORES)
)
@click.option("--samples", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--emulated", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--recorded", type=click.IntRange(min=1), help="At most so many recorded inputs.")
def main(
    names: Sequence[str],
    targets: Sequence[str],
    folder: Path,
    data: Path,
    samples: int,
    emulated: int,
    recorded: int | None,
    seed: int,
    as_json: bool,
) -> int:
    parts = []
    for name in names:
        model = MODELS[name]
        path = model.path(folder)
        parts.append(figures(name, path, targets, samples=samples, emulated=emulated, seed=seed))
        if model.recorded and "host" in targets:
            parts.append(recorded_figures(name, path, model.recorded, data, recorded))
    return show("exactness", chain.from_iterable(parts), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
