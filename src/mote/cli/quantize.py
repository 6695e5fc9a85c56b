"""`mote quantize`: a float model becomes an integer one, with scales from samples of its data."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import mote
from mote.cli.console import number, print_json, print_table, stderr, stdout, table, working
from mote.cli.options import json_option, model_argument, seed_option
from mote.cli.precision import choose, goal_of, measure_sensitivity, precision_options
from mote.cli.precision_report import (
    choice_as_json,
    finite,
    print_choice,
    print_layers,
    print_sensitivity,
    sensitivity_as_json,
)
from mote.cli.samples import Samples, load_samples
from mote.errors import InputError
from mote.ir import DType, Graph
from mote.quantization.accuracy import Score, score
from mote.quantization.config import (
    ActivationScheme,
    Calibration,
    LayerPrecision,
    QuantizationConfig,
    WeightScheme,
)
from mote.quantization.flash import weight_flash_bytes
from mote.run.save import check_file

if TYPE_CHECKING:
    from mote.quantization.goal import Choice
    from mote.quantization.report import QuantizationReport
    from mote.quantization.sensitivity import SensitivityReport

SUFFIX = ".mote"
PRECISIONS = {
    "int8": LayerPrecision(),
    "int16": LayerPrecision(activations="int16"),
    "int4": LayerPrecision(weights="int4"),
    "int16+int4": LayerPrecision(activations="int16", weights="int4"),
    "float": LayerPrecision(activations="float"),
}


@click.command("quantize", short_help="Turn a float MODEL (.pt2, .onnx, .tflite) into an int8 one.")
@model_argument()
@click.option(
    "--data",
    "source",
    required=True,
    metavar="SOURCE",
    help="What the model was trained on, as for `mote train`; or a .npy file of float samples.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The integer model; by default MODEL's name with .int8.mote.",
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    metavar="N",
    help="How many training samples the scales come from.",
)
@click.option(
    "--test-samples",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    metavar="N",
    help="How many test samples both models classify, and how many held-out training samples a "
    "goal is kept to on; 0 for none.",
)
@click.option(
    "--calibration",
    type=click.Choice(get_args(Calibration)),
    default="mse",
    show_default=True,
    help="How an activation's range follows from its values.",
)
@click.option(
    "--percentile",
    type=float,
    default=99.99,
    show_default=True,
    help="Of the values that stay inside; for the calibration of that name.",
)
@click.option(
    "--activations",
    type=click.Choice(get_args(ActivationScheme)),
    default="asymmetric",
    show_default=True,
    help="Scheme of activations.",
)
@click.option(
    "--weights",
    type=click.Choice(get_args(WeightScheme)),
    default="symmetric",
    show_default=True,
    help="Scheme of weights.",
)
@click.option("--per-tensor", is_flag=True, help="One weight scale per layer, not per channel.")
@click.option(
    "--equalize/--no-equalize",
    default=True,
    show_default=True,
    help="Move ranges between consecutive layers.",
)
@click.option(
    "--bias-correction/--no-bias-correction",
    default=True,
    show_default=True,
    help="Take the mean error of every layer out of its bias.",
)
@click.option(
    "--adaround/--no-adaround",
    default=None,
    show_default="only 4-bit weights chosen for a goal",
    help="Choose for each weight whether to round up or down.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME=TYPE",
    help="Type of some layers: int8, int16, int4 (weights), int16+int4 or float; NAME "
    "may be a pattern with *; may be repeated, the first that fits decides.",
)
@click.option(
    "--allow-float", is_flag=True, help="Keep in float what has no integer form, or asks for it."
)
@click.option("--mean", metavar="M,..", help="Taken off raw values, per channel or for all.")
@click.option("--std", metavar="S,..", help="What raw values are then divided by.")
@precision_options()
@click.option("--report", "with_report", is_flag=True, help="Print what became of every layer.")
@seed_option()
@json_option()
def quantize_command(
    model: Path,
    source: str,
    output: Path | None,
    samples: int,
    test_samples: int,
    calibration: Calibration,
    percentile: float,
    activations: ActivationScheme,
    weights: WeightScheme,
    per_tensor: bool,
    equalize: bool,
    bias_correction: bool,
    adaround: bool | None,
    layers: tuple[str, ...],
    allow_float: bool,
    mean: str | None,
    std: str | None,
    with_sensitivity: bool,
    max_loss: float | None,
    min_sqnr: float | None,
    max_flash: str | None,
    with_report: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Quantise the float MODEL (.pt2, .onnx, .tflite) to int8, from samples of its data.

    Activations get scales from training samples, weights their own. Ranges are equalised between
    layers and biases corrected, so that networks which plain rounding ruins keep their accuracy.
    Both models then classify the same test samples. The result is a file for `mote compile`,
    `mote run` and `mote profile`. With a goal (--max-loss, --min-sqnr, --max-flash) each layer
    gets 8-bit or 4-bit weights and int8 or int16 values as the goal needs; --layer fixes some.

    A model beside the config.json of its `mote train` run reads its data with the settings of that
    run. For others, image files are brought to the size of its input, and --mean and --std say how
    raw values become that input: --mean 0 --std 255 gives images from 0 to 1. Without them it is
    (x - mean) / std of the training samples, as for `mote train`.

    \b
    Examples:
      mote quantize runs/digits/model.pt2 --data digits
      mote quantize runs/digits/model.pt2 --data digits --report
      mote quantize runs/digits/model.pt2 --data digits --layer "*=int4" --adaround -o int4.mote
      mote quantize runs/digits/model.pt2 --data digits --sensitivity --max-loss 1
    """
    config = QuantizationConfig(
        calibration=calibration,
        percentile=percentile,
        activations=activations,
        weights=weights,
        granularity="per-tensor" if per_tensor else "per-channel",
        equalize=equalize,
        correct_bias=bias_correction,
        adaround=bool(adaround),
        layers=dict(_layer(text) for text in layers),
        allow_float=allow_float,
    )
    goal = goal_of(max_loss, min_sqnr, max_flash)
    place = _output(model, output)
    with working(f"Reading {model.name}"):
        graph = mote.load(model)
    shown = load_samples(
        source,
        model,
        graph,
        count=samples,
        test_count=test_samples,
        seed=seed,
        mean=_numbers("--mean", mean),
        std=_numbers("--std", std),
    )
    report = choice = None
    if with_sensitivity:
        with _bar("Measuring layers") as progress:
            report = measure_sensitivity(graph, shown, config, progress)
    if goal is not None:
        with _bar("Choosing types") as progress:
            rounding = adaround is not False
            choice = choose(graph, shown, config, goal, adaround=rounding, progress=progress)
        config = choice.config
    made = replace(_quantized(graph, shown, config), sensitivity=report, choice=choice)
    mote.save(made.graph, place)
    if as_json:
        print_json(_as_json(made, shown, place))
        return
    if report is not None:
        print_sensitivity(report)
    if choice is not None:
        print_choice(choice)
    if with_report:
        print_layers(made.report)
    _print_summary(made, shown, place)


@dataclass(frozen=True)
class Made:
    """An integer graph, where it came from, how both classify, and what led to it."""

    source: Graph
    graph: Graph
    report: "QuantizationReport"
    before: Score | None
    after: Score | None
    sensitivity: "SensitivityReport | None" = None
    choice: "Choice | None" = None


def _quantized(graph: Graph, shown: Samples, config: QuantizationConfig) -> Made:
    from mote.quantization import quantize_with_report

    with _bar("Quantising") as progress:
        integer, report = quantize_with_report(graph, shown.calibration, config, progress=progress)
    before = after = None
    if shown.test is not None and shown.labels is not None and len(shown.labels):
        with working("Classifying test samples"):
            before = score(graph, shown.test, shown.labels)
            after = score(integer, shown.test, shown.labels)
    return Made(graph, integer, report, before, after)


def _output(model: Path, output: Path | None) -> Path:
    """Where to write, asked before any work is done."""
    place = output or model.with_name(f"{model.stem}.int8{SUFFIX}")
    check_file(place, (SUFFIX,))
    return place


def _layer(text: str) -> tuple[str, LayerPrecision]:
    name, _, kind = text.rpartition("=")
    if not name or kind not in PRECISIONS:
        raise InputError(f"--layer {text}", f"is not NAME=TYPE; types are {', '.join(PRECISIONS)}")
    return name, PRECISIONS[kind]


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{option} {text}", "is no list of numbers such as 0.5,0.5,0.5") from None


@contextmanager
def _bar(text: str) -> Iterator[Any]:
    """A progress callback: a bar with the time that is left, on a terminal."""
    console = stderr()
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _print_summary(made: Made, shown: Samples, place: Path) -> None:
    console = stdout()
    rows = table(["model", "weights B", "accuracy", "correct of"], text=["model"])
    for name, graph, found in (
        ("float", made.source, made.before),
        ("integer", made.graph, made.after),
    ):
        accuracy = "–" if found is None else f"{100 * found.accuracy:.2f} %"
        correct = "–" if found is None else f"{found.correct:,} of {found.samples:,}"
        rows.add_row(name, number(weight_flash_bytes(graph)), accuracy, correct)
    print_table(rows)
    if made.before is not None and made.after is not None:
        same = int((made.before.predictions == made.after.predictions).sum())
        console.print(
            f"Both give the same class to {same:,} of {made.before.samples:,} test samples.",
            soft_wrap=True,
        )
    floats = [n.name for n in made.graph.nodes if made.graph.result(n).dtype is DType.FLOAT32]
    if floats:
        console.print(f"Still float32: {', '.join(floats)}", soft_wrap=True)
    console.print(
        f"{place}: the integer model, scales from {len(shown.calibration):,} samples of "
        f"{shown.source}",
        soft_wrap=True,
    )
    name = shlex.quote(str(place))
    console.print(f"Next: mote profile {name} --target cortex-m4", soft_wrap=True)


def _as_json(made: Made, shown: Samples, place: Path) -> dict[str, Any]:
    def told(found: Score | None) -> dict[str, Any] | None:
        return None if found is None else {"correct": found.correct, "samples": found.samples}

    return {
        "output": str(place),
        "calibration_samples": len(shown.calibration),
        "weight_bytes": {
            "float": weight_flash_bytes(made.source),
            "integer": weight_flash_bytes(made.graph),
        },
        "float": told(made.before),
        "integer": told(made.after),
        "sensitivity": made.sensitivity and sensitivity_as_json(made.sensitivity),
        "choice": made.choice and choice_as_json(made.choice),
        "layers": [
            {
                "name": layer.name,
                "operator": layer.kind,
                "type": layer.result.dtype,
                "low": layer.result.low,
                "high": layer.result.high,
                "scale": layer.result.scale,
                "zero_point": layer.result.zero_point,
                "clipped": layer.result.clipped,
                "sqnr_db": finite(layer.result.sqnr_db),
                "weights": layer.weights.dtype if layer.weights else None,
                "weights_sqnr_db": finite(layer.weights.sqnr_db) if layer.weights else None,
            }
            for layer in made.report.layers
        ],
    }
