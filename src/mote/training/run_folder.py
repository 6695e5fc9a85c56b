"""The folder of a run: what was asked, what came of every epoch, and the weights."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mote.errors import OutputError
from mote.run.save import save_file

LAST, BEST = "last.pt", "best.pt"
CONFIG, METRICS, RESULT, MODEL = "config.json", "metrics.jsonl", "result.json", "model.pt2"
TENSORBOARD = "tensorboard"
FILES = {
    CONFIG: "what was asked for",
    METRICS: "one line per epoch",
    RESULT: "the best epoch's accuracy, and which classes it takes for which",
    BEST: "weights of the best epoch",
    LAST: "all that resuming needs",
    MODEL: "the trained network, for mote quantize and mote compile",
}
"""File -> what it is for."""


def check_new(directory: Path) -> None:
    """Say what forbids a new run here, before any work is done."""
    if directory.exists() and not directory.is_dir():
        raise OutputError(str(directory), "is a file; a run needs a directory")
    if (directory / LAST).exists() or (directory / CONFIG).exists():
        raise OutputError(
            str(directory),
            "holds a run already",
            hint=f"name a new directory, or go on with: mote train --resume {directory}",
        )
    parent = next((p for p in (directory, *directory.absolute().parents) if p.exists()), directory)
    if not parent.is_dir():
        raise OutputError(str(directory), f"cannot be made: {parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(str(directory), f"cannot be made: {parent} is not writable")


def write_config(directory: Path, config: Mapping[str, Any]) -> None:
    """Make the folder and write down what was asked."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(str(directory), f"cannot be made: {error.strerror}") from None
    _write(directory / CONFIG, json.dumps(config, indent=2) + "\n")


def write_metrics(directory: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """All epochs so far, one JSON object per line; the whole file, so it never repeats one."""
    _write(directory / METRICS, "".join(json.dumps(epoch) + "\n" for epoch in history))


def write_result(directory: Path, result: Mapping[str, Any]) -> None:
    """What came of the run."""
    _write(directory / RESULT, json.dumps(result) + "\n")


def _write(path: Path, text: str) -> None:
    save_file(text.encode(), path)
