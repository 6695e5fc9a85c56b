"""Reads a model file whole, and tells a user who names something else what it is."""

import os
from collections.abc import Sequence
from pathlib import Path

from mote.errors import ModelFileError

MAX_FILE_BYTES = 2**28
MAX_NEIGHBOURS_TOLD = 5

Signature = tuple[int, bytes, str, str]
"""Offset, bytes found there, what that means, the way out."""

GZIP: Signature = (0, b"\x1f\x8b", "a gzip archive", "unpack it")
GIT_LFS: Signature = (0, b"version https://git-lfs", "a Git LFS pointer", "run 'git lfs pull'")


def read_model_file(path: Path, suffix: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a model file of this suffix.

    Raises:
        ModelFileError: It is missing, unreadable, too large or no regular file.
    """
    where = str(path)
    if "\0" in where:
        raise ModelFileError(repr(where), "the path holds a NUL character")
    try:
        if path.is_dir():
            raise ModelFileError(where, "is a directory", hint=f"name the {suffix} file in it")
        if not path.exists():
            raise ModelFileError(where, "does not exist", hint=_neighbours(path, suffix))
        if not path.is_file():  # reading a pipe or a device need not end
            raise ModelFileError(where, "is not a regular file", hint=f"name a {suffix} file")
        size = path.stat().st_size
        if size > max_bytes:
            raise ModelFileError(where, f"has {size:,} bytes, allowed: {max_bytes:,}")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(where, f"cannot be read: {error.strerror or error}") from error


def graph_name(path: Path) -> str:
    """The file's name without its suffix; a file name need not be text."""
    return os.fsencode(path.stem).decode(errors="replace")


def refuse_formats(data: bytes, source: str, wanted: str, others: Sequence[Signature]) -> None:
    """Refuse an empty file, and bytes that are plainly of another format."""
    if not data:
        raise ModelFileError(source, "the file is empty", hint="copy or export the model again")
    for offset, signature, what, way_out in others:
        if data.startswith(signature, offset):
            raise ModelFileError(source, f"is {what}, not {wanted}", hint=way_out)


def _neighbours(path: Path, suffix: str) -> str:
    """Model files where the missing one was looked for."""
    try:
        found = sorted(p.name for p in path.parent.glob(f"*{suffix}"))[:MAX_NEIGHBOURS_TOLD]
    except OSError:
        return ""
    return f"there are: {', '.join(found)}" if found else ""
