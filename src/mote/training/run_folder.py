"""The folder of a run: what was asked, what came of every epoch, and the weights."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from mote.errors import OutputError

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
    write_whole(path, lambda file: file.write(text.encode()))


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Call ``write`` with an open binary file that then replaces ``path``.

    Raises:
        OutputError: The place cannot be written; what was there is left as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise OutputError(str(path), f"cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
