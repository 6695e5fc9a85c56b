"""`mote verify`: the compiled model against LiteRT or the reference, tensor by tensor."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

import mote
from mote.build import Build
from mote.cli.compilation import Compilation, compilation_options
from mote.cli.console import remark, stdout, working
from mote.cli.floats import float_rows
from mote.cli.options import model_argument, seed_option, target_option
from mote.codegen.identifiers import layer_function
from mote.ir.tensor import Array
from mote.lower.step import Program
from mote.plan import prove
from mote.run.verify import (
    Comparison,
    compare_with_litert,
    compare_with_reference,
    random_samples,
)
from mote.target import resolve

DIFFERENT = 1
REFERENCE = "the reference"
BATCH = 50
MOST_NAMES = 10
"""Layers that are listed; of more, only how many."""
"""Samples that an emulator runs in one go; it keeps every tensor of all of them."""


@click.command("verify", short_help="Compare MODEL's compiled C with a judge, tensor by tensor.")
@model_argument()
@target_option(default="host")
@compilation_options()
@click.option(
    "--samples",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Number of random inputs.",
)
@click.option(
    "--memory",
    is_flag=True,
    help="Replay the plan of the memory too, byte by byte: every read must find its value.",
)
@seed_option()
def verify_command(
    model: Path,
    target: str,
    compilation: Compilation,
    samples: int,
    memory: bool,
    seed: int,
) -> int:
    """Compare MODEL's compiled C with an independent judge, every intermediate tensor.

    A .tflite model is compared with LiteRT's reference kernels (needs the Python package
    ai-edge-litert), any other with Mote's own reference, layer by layer. Integers must be equal,
    byte for byte, and computed floats to 1e-5. Ends with 1, and names the first value that differs,
    when they are not.

    \b
    Examples:
      mote verify kws.tflite
      mote verify kws.tflite --samples 200 --seed 7
      mote verify kws.tflite --target cortex-m4 --samples 3
      mote verify kws.tflite --memory --optimize ram
    """
    chosen = resolve(target)
    is_tflite = model.suffix.lower() == ".tflite"
    judge = "LiteRT" if is_tflite else REFERENCE
    with working(f"Running {model.name} on {chosen.core.name} and in {judge}"):
        graph = mote.load(model)
        build = compilation.compile(graph, chosen)
        compared: dict[str, Comparison] = {}
        if is_tflite:
            compared["LiteRT"] = _with_litert(build, model.read_bytes(), samples, seed)
        if not is_tflite or build.float_layers:
            inputs = random_samples(build.graph, samples, seed)
            traces = _traces(build, samples, seed)
            compared[REFERENCE] = compare_with_reference(
                build.graph, lambda _: next(traces), inputs, chosen.name
            )
    for row in float_rows(build.float_layers):
        remark(row)
    if memory:
        plan = build.plan
        proof = prove(plan.network, plan.schedule, plan.layout)
        stdout().print(
            f"memory: {proof.calls:,} calls replayed, {proof.read_bytes:,} bytes read as written, "
            f"{proof.top:,} bytes of arena ({plan.lower_bound_bytes:,} at least)",
            style="green",
        )
    return max(_report(c, name, build.program, seed) for name, c in compared.items())


def _with_litert(build: Build, model: bytes, samples: int, seed: int) -> Comparison:
    traces = _traces(build, samples, seed)
    subject = {build.target.name: lambda _: next(traces)}
    (comparison,) = compare_with_litert(
        build.graph, model, subject, samples=samples, seed=seed, dead=build.dead
    )
    return comparison


def _traces(build: Build, samples: int, seed: int) -> Iterator[dict[str, Array]]:
    """What the target computes for the samples that the comparison will ask for, in its order."""
    inputs = random_samples(build.graph, samples, seed)
    while batch := list(islice(inputs, BATCH)):
        yield from build.trace_samples(batch)


def _report(comparison: Comparison, judge: str, program: Program, seed: int) -> int:
    console = stdout()
    what = (
        f"{comparison.samples} samples (seed {seed}), {comparison.layers} layers, "
        f"{comparison.elements:,} values"
    )
    if comparison.skipped:
        more = len(comparison.skipped) - MOST_NAMES
        names = ", ".join(comparison.skipped[:MOST_NAMES]) + f" and {more} more" * (more > 0)
        why = "it does not show them"
        if program.float_layers:
            why += ", or rounds floats to integers before them"
        names = names if comparison.layers else "every layer"
        console.print(f"not compared with {judge}, {why}: {names}", soft_wrap=True)
    if not comparison.elements and program.float_layers:
        return 0  # the reference judges
    if comparison.passed:
        console.print(f"{comparison.subject} = {judge}: {what}, 0 differ", style="green")
        return 0
    console.print(
        f"{comparison.subject} differs from {judge}: {what}, {comparison.differing:,} differ",
        style="red",
        soft_wrap=True,
    )
    if comparison.first:
        console.print(f"first: {comparison.first}", soft_wrap=True)
    for index, step in enumerate(program.steps):
        if comparison.first and step.node.name == comparison.first.node:
            console.print(f"in the C: {layer_function(program, index)}, {step.kernel.name}")
    return DIFFERENT
