"""Writes a generated project into a directory, whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mote.codegen.manifest import FILE, TOOL
from mote.errors import OutputError


def save(project: Mapping[str, str], directory: Path) -> None:
    """Write the files so that they appear all at once.

    A directory that is empty, or that Mote wrote before, is replaced; any other is left alone.

    Raises:
        OutputError: Something stands in the way, or the place cannot be written.
    """
    directory = Path(os.path.abspath(directory))
    check_directory(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
    except OSError as error:
        raise _unwritable(directory, error) from None
    try:
        _fill(project, made)
        _replace(made, directory)
    except OSError as error:
        raise _unwritable(directory, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check_directory(directory: Path) -> None:
    """Say what forbids writing a project here, before any work is done."""
    where = str(directory)
    try:
        if not os.path.lexists(directory):
            _check_parent(directory)
            return
        if not directory.is_dir():
            raise OutputError(where, "is a file; a directory is needed", hint="name another place")
        if any(directory.iterdir()) and not _is_ours(directory):
            raise OutputError(
                where,
                "is a directory that holds other things than a project written by Mote",
                hint="name a new or an empty directory",
            )
    except OSError as error:
        raise _unwritable(directory, error) from None
    _check_parent(directory)


def _check_parent(directory: Path) -> None:
    parent = next(p for p in directory.absolute().parents if os.path.lexists(p))
    if not parent.is_dir():
        raise OutputError(str(directory), f"cannot be made: {parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(str(directory), f"cannot be written: {parent} is not writable")


def _is_ours(directory: Path) -> bool:
    try:
        manifest = json.loads((directory / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("tool") == TOOL


def _fill(project: Mapping[str, str], directory: Path) -> None:
    for path, text in project.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    umask = os.umask(0)
    os.umask(umask)
    directory.chmod(0o777 & ~umask)  # mkdtemp makes private directories


def _replace(made: Path, directory: Path) -> None:
    """Put the new directory in the place of the old one; only then does the old one go."""
    if not directory.exists():
        made.rename(directory)
        return
    old = made.with_name(f"{made.name}.old")
    directory.rename(old)
    try:
        made.rename(directory)
    except OSError:
        old.rename(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _unwritable(directory: Path, error: OSError) -> OutputError:
    return OutputError(
        str(directory), f"cannot be written: {error.strerror or error}", hint="name another place"
    )
