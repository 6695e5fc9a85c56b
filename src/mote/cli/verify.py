"""`mote verify`: the compiled model against LiteRT's reference kernels, tensor by tensor."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

import mote
from mote.build import Build
from mote.cli.console import stdout, working
from mote.cli.options import model_argument, seed_option, target_option
from mote.codegen.identifiers import layer_function
from mote.ir.tensor import Array
from mote.lower.step import Program
from mote.run.verify import Comparison, compare_with_litert, random_samples
from mote.target import resolve

DIFFERENT = 1
BATCH = 50
"""Samples that an emulator runs in one go; it keeps every tensor of all of them."""


@click.command("verify")
@model_argument()
@target_option(default="host")
@click.option(
    "--samples",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Number of random inputs.",
)
@seed_option()
def verify_command(model: Path, target: str, samples: int, seed: int) -> int:
    """Compare MODEL's compiled C with LiteRT's reference kernels, every intermediate tensor.

    Integers must be equal, byte for byte. Ends with 1, and names the first value that differs,
    when they are not. Needs the Python package ai-edge-litert.

    \b
    Examples:
      mote verify kws.tflite
      mote verify kws.tflite --samples 200 --seed 7
      mote verify kws.tflite --target cortex-m4 --samples 3
    """
    chosen = resolve(target)
    with working(f"Running {model.name} on {chosen.core.name} and in LiteRT"):
        graph = mote.load(model)
        build = mote.compile(graph, target=chosen)
        traces = _traces(build, samples, seed)
        (comparison,) = compare_with_litert(
            build.graph,
            model.read_bytes(),
            {chosen.name: lambda _: next(traces)},
            samples=samples,
            seed=seed,
        )
    return _report(comparison, build.program, seed)


def _traces(build: Build, samples: int, seed: int) -> Iterator[dict[str, Array]]:
    """What the target computes for the samples that the comparison will ask for, in its order."""
    inputs = random_samples(build.graph, samples, seed)
    while batch := list(islice(inputs, BATCH)):
        yield from build.trace_samples(batch)


def _report(comparison: Comparison, program: Program, seed: int) -> int:
    console = stdout()
    what = (
        f"{comparison.samples} samples (seed {seed}), {comparison.layers} layers, "
        f"{comparison.elements:,} values"
    )
    if comparison.skipped:
        names = ", ".join(comparison.skipped)
        console.print(f"not compared, LiteRT does not show them: {names}", soft_wrap=True)
    if comparison.passed:
        console.print(f"{comparison.subject} = LiteRT: {what}, 0 differ", style="green")
        return 0
    console.print(
        f"{comparison.subject} differs from LiteRT: {what}, {comparison.differing:,} differ",
        style="red",
        soft_wrap=True,
    )
    if comparison.first:
        console.print(f"first: {comparison.first}", soft_wrap=True)
    for index, step in enumerate(program.steps):
        if comparison.first and step.node.name == comparison.first.node:
            console.print(f"in the C: {layer_function(program, index)}, {step.kernel.name}")
    return DIFFERENT
