"""`mote train`: a network learns from data, and becomes a file for the other commands."""

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mote.cli.console import remark, stderr, working
from mote.cli.train_report import describe_data, epoch_line, print_result
from mote.cli.train_settings import model_argument, setting_options
from mote.errors import InputError, MoteError
from mote.training.config import MAY_CHANGE
from mote.training.data_settings import load_dataset
from mote.training.request import Request, read_settings
from mote.training.run_folder import CONFIG, TENSORBOARD, check_new
from mote.training.tensorboard import epoch_writer

if TYPE_CHECKING:
    from mote.training import Watch

INTERRUPTED = 130
"""What a shell calls a command that Ctrl-C has stopped."""


@click.command("train")
@click.option("--model", metavar="NAME", help="An architecture of `mote zoo`, or FILE.py:FUNCTION.")
@click.option("--data", metavar="SOURCE", help="A folder, a zip archive, an .npz file, or digits.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="New folder for everything that comes of the run.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Go on with the run in this folder, with its own settings.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings from TOML or JSON, as config.json of a run; options go before them.",
)
@click.option(
    "--set",
    "-s",
    "arguments",
    multiple=True,
    metavar="NAME=VALUE",
    help="An argument of the model, such as width_mult=0.5; may be repeated.",
)
@click.option("--dropout", type=float, help="The model's drop_rate.")
@click.option("--tensorboard", is_flag=True, help="Write curves for TensorBoard as well.")
@setting_options
def train_command(
    output: Path | None,
    resume: Path | None,
    config_file: Path | None,
    arguments: tuple[str, ...],
    dropout: float | None,
    tensorboard: bool,
    **settings: Any,
) -> int:
    """Train a network, ready for `mote quantize` and `mote compile`.

    The folder DIR gets config.json (what was asked for), metrics.jsonl (a line per epoch),
    best.pt and last.pt (checkpoints), result.json (accuracy and confusions) and model.pt2 (the
    trained network).

    Ctrl-C, or a kill, costs nothing: --resume goes on in the middle of the epoch, and on a CPU
    ends with the very bits of a run that nobody stopped. The best epoch on the validation split is
    kept; the test split is looked at once, at the end.

    \b
    Examples:
      mote train --model resnet8 --data digits --epochs 3 -o runs/digits
      mote train --model lenet5 --data mnist/ --epochs 12 -o runs/mnist
      mote train --resume runs/digits
      mote train --config runs/digits/config.json --seed 1 -o runs/digits-1

    \b
    On several processors or machines, each doing its part of every batch:
      torchrun --nproc-per-node 2 -m mote train --model resnet8 --data digits -o runs/digits
    """
    given = {name: value for name, value in settings.items() if value is not None}
    if "sound_keywords" in given:
        given["sound_keywords"] = given["sound_keywords"].split(",")
    if tensorboard:
        given["tensorboard"] = True
    model_arguments = dict(model_argument(text) for text in arguments)
    if dropout is not None:
        model_arguments["drop_rate"] = dropout
    if resume is not None:
        directory = resume
        request = _resumed(resume, given, model_arguments, output, config_file)
    else:
        base = read_settings(config_file) if config_file else {}
        merged = {**base, **given}
        merged["model_arguments"] = {**base.get("model_arguments", {}), **model_arguments}
        request, directory = _asked(merged, output)
    return _train(request, directory, resumed=resume is not None)


def _asked(values: dict[str, Any], output: Path | None) -> tuple[Request, Path]:
    """A new run, or everything that is wrong with it."""
    problems: list[str] = []
    request = None
    try:
        request = Request.from_mapping(values)
    except InputError as error:
        problems += error.details
    if output is None:
        problems.append("output is not given: --output DIR")
    else:
        try:
            check_new(output)
        except MoteError as error:
            problems += error.message().splitlines()
    if request is None or output is None or problems:
        raise InputError(
            "training",
            "cannot begin",
            details=problems,
            hint="mote train --help explains every setting",
        )
    return request, output


def _resumed(
    directory: Path,
    given: dict[str, Any],
    model_arguments: dict[str, Any],
    output: Path | None,
    config_file: Path | None,
) -> Request:
    """The run as its own folder describes it; only where it computes may be said anew."""
    others = [f"--{name.replace('_', '-')}" for name in given if name not in MAY_CHANGE]
    others += ["--set or --dropout"] if model_arguments else []
    others += ["--output"] if output else []
    others += ["--config"] if config_file else []
    if others:
        raise InputError(
            "--resume",
            f"goes on with the settings of the run, without {', '.join(others)}",
            hint=f"a new run with other settings: mote train --config {directory / CONFIG} ...",
        )
    if not (directory / CONFIG).exists():
        raise InputError(
            str(directory),
            "holds no run to go on with",
            hint="name the folder that --output named; mote train --model NAME --data SOURCE "
            f"-o {directory} begins a run there",
        )
    return Request.from_mapping({**read_settings(directory / CONFIG), **given})


def _train(request: Request, directory: Path, *, resumed: bool) -> int:
    from mote.training import TrainingInterrupted, train
    from mote.training.network import make_network

    first = int(os.environ.get("RANK", "0")) == 0
    with working(f"Reading {request.data}"):
        dataset = load_dataset(request)
    module = make_network(request.model, request.model_arguments, dataset, request.training.seed)
    if first:
        remark(describe_data(dataset))
    try:
        with _watched(request, directory, first) as watch:
            result = train(
                module,
                dataset,
                request.training,
                directory,
                resume=resumed,
                description=request.as_mapping(),
                watch=watch,
            )
    except TrainingInterrupted:
        if first:
            again = f"mote train --resume {shlex.quote(str(directory))}"
            stderr().print(f"stopped, nothing is lost; go on with: {again}", soft_wrap=True)
        return INTERRUPTED
    if first:
        print_result(request, result, dataset)
    return 0


@contextmanager
def _watched(request: Request, directory: Path, first: bool) -> Iterator["Watch | None"]:
    """A bar with the time that is left on a terminal, and a line for every epoch."""
    from mote.training import Watch

    if not first:
        yield None
        return
    console, epochs = stderr(), request.training.epochs
    log: Callable[[dict[str, Any]], None] | None = None

    def on_epoch(epoch: dict[str, Any]) -> None:
        nonlocal log
        console.print(epoch_line(epoch, epochs), soft_wrap=True)
        if request.tensorboard:
            log = log or epoch_writer(directory / TENSORBOARD)
            log(epoch)

    if not console.is_terminal:
        yield Watch(on_epoch=on_epoch)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("training", total=None)

        def on_step(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield Watch(on_step=on_step, on_epoch=on_epoch)
