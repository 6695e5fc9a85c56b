"""Checkpoints: all that a run needs to go on, in one file that is whole or absent."""

import io
from pathlib import Path
from typing import Any

import torch

from mote.errors import ModelFileError
from mote.run.save import write_whole

FORMAT = 1


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint beside its place, bring it to the disk, then put it there."""
    write_whole(path, lambda file: torch.save({"format": FORMAT, **content}, file))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Tensors on the CPU, and plain values; nothing in the file is executed.

    Raises:
        ModelFileError: There is none, or it is damaged or of another version.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(
            str(path), "there is no such checkpoint", hint="nothing was saved: train anew"
        ) from None
    except OSError as error:
        raise ModelFileError(str(path), f"cannot be read: {error.strerror}") from None
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelFileError(
            str(path), "is not a whole checkpoint", details=[str(error).partition("\n")[0]]
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(str(path), f"is not a checkpoint of format {FORMAT}")
    return content
