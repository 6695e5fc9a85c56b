"""`mote run`: samples through the compiled model, on this machine or on an emulated core."""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

import mote
from mote.cli.arrays import Sample, check_output, read_samples, write_outputs
from mote.cli.compilation import Compilation, compilation_options
from mote.cli.console import remark, stdout, working
from mote.cli.floats import float_rows
from mote.cli.options import model_argument, seed_option, target_option
from mote.ir import Tensor
from mote.ir.tensor import Array
from mote.run.verify import random_samples
from mote.target import resolve

SHOWN_SAMPLES = 10
SHOWN_VALUES = 5


@click.command("run", short_help="Run MODEL on samples, on this machine or an emulated core.")
@model_argument()
@target_option(default="host")
@compilation_options()
@click.option(
    "--input",
    "-i",
    "source",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help=".npy or .npz with one sample or many; random values when not given.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help=".npy or .npz to write the outputs to.",
)
@seed_option(default=None)
def run_command(
    model: Path,
    target: str,
    compilation: Compilation,
    source: Path | None,
    output: Path | None,
    seed: int | None,
) -> None:
    """Run MODEL on samples: compiled for this machine, or for a core that QEMU emulates.

    Prints the largest values of each output. The bytes are the same on every target.

    \b
    Examples:
      mote run kws.tflite --input x.npy
      mote run kws.tflite --input x.npz --target cortex-m4 --output y.npy
      mote run kws.tflite --seed 3                    random input
    """
    if source and seed is not None:
        raise click.UsageError("--seed makes random samples, --input brings its own")
    chosen = resolve(target)
    graph = mote.load(model)
    inputs = [graph.tensors[name] for name in graph.inputs]
    outputs = [graph.tensors[name] for name in graph.outputs]
    if output:
        check_output(output, outputs)
    if source:
        samples: list[Sample] = read_samples(source, inputs)
    else:
        samples = [tuple(next(random_samples(graph, 1, seed or 0)))]
    with working(f"Running {len(samples)} sample(s) of {model.name} on {chosen.core.name}"):
        build = compilation.compile(graph, chosen)
        results = build.run_samples(samples)
    if not source:
        remark(f"no --input: one sample of random values, seed {seed or 0}")
    for row in float_rows(build.float_layers):
        remark(row)
    if output:
        write_outputs(output, _joined(outputs, results))
    _print(outputs, results)


def _joined(tensors: Sequence[Tensor], results: Sequence[Sequence[Array]]) -> dict[str, Array]:
    """Every output of all samples; stacked along the batch axis when that is 1."""
    joined = {}
    for position, tensor in enumerate(tensors):
        arrays = [result[position] for result in results]
        stack = np.concatenate if tensor.shape[:1] == (1,) else np.stack
        joined[tensor.name] = stack(arrays)
    return joined


def _print(tensors: Sequence[Tensor], results: Sequence[Sequence[Array]]) -> None:
    console = stdout()
    for sample, result in enumerate(results[:SHOWN_SAMPLES]):
        for tensor, values in zip(tensors, result, strict=True):
            name = f" {tensor.name}" if len(tensors) > 1 else ""
            console.print(f"sample {sample}{name}: {_largest(tensor, values)}", soft_wrap=True)
    if len(results) > SHOWN_SAMPLES:
        console.print(f"... {len(results) - SHOWN_SAMPLES:,} more samples; --output keeps them all")


def _largest(tensor: Tensor, values: Array) -> str:
    """The largest values with their places: real value, and the integer behind it."""
    flat = values.ravel()
    order = np.argsort(-flat.astype(np.float64), kind="stable")[:SHOWN_VALUES]
    q = tensor.quantization
    if q is None or q.axis is not None:
        return "  ".join(f"[{i}] {flat[i]:g}" for i in order)
    real = q.scale * (flat.astype(np.float64) - q.zero_point)
    return "  ".join(f"[{i}] {real[i]:.4g} ({flat[i]})" for i in order)
