"""`mote data`: what a data set is, before anything is trained on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mote.cli.console import number, print_json, print_table, stderr, stdout, table
from mote.cli.options import json_option

if TYPE_CHECKING:
    from mote.data import Dataset, LoadOptions

SHOWN_CLASSES = 40
"""Longer lists are of no use to anybody; --json has them all."""

SHOWN_CHANNELS = 16


@click.command("data", short_help="Show what is recognised in a data set.")
@click.argument("source", type=click.Path(readable=False, path_type=Path))
@click.option("--format", "form", metavar="NAME", help="When it is not recognised.")
@click.option("--image-size", type=(int, int), metavar="H W", help="Bring images to this size.")
@click.option(
    "--sound-features",
    default="mfcc",
    show_default=True,
    metavar="NAME",
    help="mfcc, log-mel or waveform.",
)
@click.option("--sound-seconds", default=1.0, show_default=True, help="Length of a sound.")
@click.option("--window", type=int, help="Rows of a sample of motion.")
@click.option("--hop", type=int, help="Rows from one window to the next.")
@json_option()
def data_command(
    source: Path,
    form: str | None,
    image_size: tuple[int, int] | None,
    sound_features: str,
    sound_seconds: float,
    window: int | None,
    hop: int | None,
    as_json: bool,
) -> None:
    """Show what is recognised in a data set: classes, samples, shape, mean and spread.

    SOURCE is a folder, a zip archive, an .npz file, or the word digits. Every bad file is found
    and the first few are named; nothing is changed or downloaded.

    \b
    Examples:
      mote data digits            scikit-learn's handwritten digits
      mote data digits --json
    """
    from mote.data import ImageOptions, LoadOptions, MotionOptions, SoundOptions

    options = LoadOptions(
        images=ImageOptions(size=image_size),
        sounds=SoundOptions(features=sound_features, seconds=sound_seconds),
        motion=MotionOptions(window=window, hop=hop),
    )
    dataset = _loaded(source, form, options)
    if as_json:
        print_json(_as_json(dataset))
    else:
        _print(dataset)


def _loaded(source: Path, form: str | None, options: "LoadOptions") -> "Dataset":
    """The data set, with the count of files on a terminal while it is read."""
    from mote.data import load

    console = stderr()
    if not console.is_terminal:
        return load(source, format=form, options=options)
    with console.status(f"Reading {source}") as status:

        def progress(done: int, total: int) -> None:
            status.update(f"Reading {source}: {done:,} of {total:,} files")

        return load(source, format=form, options=options, progress=progress)


def _as_json(dataset: "Dataset") -> dict[str, Any]:
    return {
        "name": dataset.name,
        "format": dataset.format,
        "kind": dataset.kind,
        "classes": dataset.classes,
        "shape": dataset.sample_shape,
        "dtype": str(dataset.train.x.dtype),
        "samples": {
            name: dict(zip(dataset.classes, dataset.counts(split).tolist(), strict=True))
            for name, split in dataset.splits().items()
        },
        "mean": dataset.mean.ravel().tolist(),
        "std": dataset.std.ravel().tolist(),
        "details": dict(dataset.details),
    }


def _print(dataset: "Dataset") -> None:
    shape = " x ".join(map(str, dataset.sample_shape))
    console = stdout()
    details = "".join(f", {name} {text}" for name, text in dataset.details)
    console.print(
        f"{dataset.name}: format {dataset.format}, {dataset.kind}, samples {shape} "
        f"{dataset.train.x.dtype}{details}\n",
        soft_wrap=True,
    )
    _print_counts(dataset)
    _print_values(dataset)


def _print_counts(dataset: "Dataset") -> None:
    splits = dataset.splits()
    counts = {name: dataset.counts(split) for name, split in splits.items()}
    made = table(["class", *splits], text=["class"])
    for index, label in enumerate(dataset.classes[:SHOWN_CLASSES]):
        made.add_row(label, *(number(count[index]) for count in counts.values()))
    hidden = len(dataset.classes) - SHOWN_CLASSES
    if hidden > 0:
        rest = (number(count[SHOWN_CLASSES:].sum()) for count in counts.values())
        made.add_row(f"{hidden:,} more", *rest)
    made.add_section()
    made.add_row("all", *(number(len(split)) for split in splits.values()))
    print_table(made)


def _print_values(dataset: "Dataset") -> None:
    """Mean and spread of the training samples, as the network's input is normalised by them."""
    what = "coefficient" if dataset.mean.ndim == 2 else "channel"
    what = "column" if dataset.kind == "table" else what
    mean, std = dataset.mean.ravel(), dataset.std.ravel()
    made = table([what, "mean", "std"], text=[what])
    for index in range(min(len(mean), SHOWN_CHANNELS)):
        made.add_row(str(index), f"{mean[index]:.4g}", f"{std[index]:.4g}")
    if len(mean) > SHOWN_CHANNELS:
        made.add_row(f"{len(mean) - SHOWN_CHANNELS:,} more", "", "")
    print_table(made)
