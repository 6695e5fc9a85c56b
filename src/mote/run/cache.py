"""Keeps what is costly to build, under a key made of everything that it was built from."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from mote.errors import ToolError


def cache_directory() -> Path:
    """``$XDG_CACHE_HOME/mote``; ``~/.cache/mote`` when that is not set, or not absolute."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "mote"
    try:
        return Path.home() / ".cache" / "mote"
    except RuntimeError:
        raise ToolError(
            "cache", "this user has no home folder", hint="set XDG_CACHE_HOME to a folder"
        ) from None


def content_key(*parts: str) -> str:
    """A hash that changes when any of the parts does."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:32]


def stored(name: str, build: Callable[[Path], object]) -> Path:
    """The cached file of this name; ``build`` writes it to the path it is given when it is absent.

    The file appears under its name only when it is complete, so that processes may race for it.
    """
    path = cache_directory() / name
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as directory:
            made = Path(directory) / path.name
            build(made)
            os.replace(made, path)
    except OSError as error:
        raise ToolError(
            str(path),
            f"cannot be written ({error.strerror})",
            hint="set XDG_CACHE_HOME to a folder that can be written",
        ) from None
    return path
