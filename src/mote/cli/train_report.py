"""What `mote train` says: the data, every epoch, and at the end what came of it."""

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.table import Table

from mote.cli.console import number, stdout
from mote.errors import MoteError
from mote.training.request import Request
from mote.training.run_folder import FILES, MODEL

if TYPE_CHECKING:
    from mote.data import Dataset
    from mote.training import Evaluation, TrainingResult

SHOWN_CONFUSIONS = 3


def describe_data(dataset: "Dataset") -> str:
    """The data set in a line."""
    counts = ", ".join(f"{len(split):,} {name}" for name, split in dataset.splits().items())
    shape = " x ".join(str(edge) for edge in dataset.sample_shape)
    return f"{dataset.name}: {dataset.format}, {counts}, {len(dataset.classes)} classes, {shape}"


def epoch_line(epoch: dict[str, Any], epochs: int) -> str:
    """The metrics of an epoch in a line."""
    parts = [f"epoch {epoch['epoch']:>{len(str(epochs))}}/{epochs}"]
    parts.append(f"loss {epoch['train_loss']:.4f}")
    if "validation_loss" in epoch:
        parts.append(f"validation loss {epoch['validation_loss']:.4f}")
    if "validation_accuracy" in epoch:
        parts.append(f"accuracy {100 * epoch['validation_accuracy']:.2f} %")
    parts.append(f"{epoch['seconds']:.1f} s")
    return "  ".join(parts)


def print_result(request: Request, result: "TrainingResult", dataset: "Dataset") -> None:
    """The table at the end, the files, and what to type next."""
    made = Table(box=box.SIMPLE, show_header=False, pad_edge=False, show_edge=False)
    made.add_column("")
    made.add_column("", justify="right", no_wrap=True)
    made.add_column("", overflow="fold")
    epochs = len(result.history)
    stopped = ", stopped early" if epochs < request.training.epochs else ""
    kept = f"epoch {result.best_epoch} of {epochs}{stopped}"
    if result.validation is not None:
        made.add_row(*_figure("validation", result.validation), kept)
        made.add_row(*_figure("test", result.test), f"{result.test.samples:,} samples")
    else:
        made.add_row(*_figure("test", result.test), f"{result.test.samples:,} samples, {kept}")
    for text in _confusions(result.test, dataset.classes):
        made.add_row("", "", text)
    for row in _cost(result, dataset):
        made.add_row(*row)
    console = stdout()
    console.print(made)
    console.print()
    for name, text in FILES.items():
        if (result.directory / name).exists():
            console.print(f"{result.directory / name}: {text}", soft_wrap=True)
    model = shlex.quote(str(result.directory / MODEL))
    data = shlex.quote(request.data)
    console.print(f"Next: mote quantize {model} --data {data}", soft_wrap=True)


def _figure(split: str, found: "Evaluation") -> tuple[str, str]:
    if found.accuracy is None:
        return f"{split} loss", f"{found.loss:.5g}"
    return f"{split} accuracy", f"{100 * found.accuracy:.2f} %"


def _confusions(found: "Evaluation", classes: tuple[str, ...]) -> list[str]:
    """The most frequent mistakes, in words."""
    if found.confusion is None:
        return []
    wrong = found.confusion - np.diag(np.diag(found.confusion))
    order = np.argsort(-wrong.ravel(), kind="stable")[:SHOWN_CONFUSIONS]
    pairs = [np.unravel_index(place, wrong.shape) for place in order if wrong.flat[place]]
    return [f"{wrong[a, b]:,} x {classes[a]} taken for {classes[b]}" for a, b in pairs]


def _cost(result: "TrainingResult", dataset: "Dataset") -> list[tuple[str, str, str]]:
    """MACs and memory, where Mote can already import the network."""
    from mote.zoo import measure

    parameters = sum(p.numel() for p in result.module.parameters())
    *spatial, channels = dataset.sample_shape
    try:
        cost = measure(result.module, (channels, *spatial))
    except MoteError:
        return [("parameters", number(parameters), "")]
    return [
        ("multiply-accumulates", number(cost.macs), ""),
        ("parameters", number(cost.parameters), f"{cost.weights:,} in flash, norms folded"),
        ("RAM of activations", f"{cost.peak_ram_bytes:,} B", "in int8"),
    ]
