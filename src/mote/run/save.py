"""Writes results: a project into a directory, or one file; complete, or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from mote.codegen.manifest import FILE, TOOL
from mote.errors import OutputError


def save(project: Mapping[str, str], directory: Path) -> None:
    """Write the files into a new or empty directory, or over a project that Mote wrote before.

    Everything is first written beside its place; nothing is touched before that has succeeded. Of
    an earlier project, what it generated is replaced or removed; what others added is left alone.

    Raises:
        OutputError: Something stands in the way, or the place cannot be written.
    """
    check_directory(directory)
    place = Path(os.path.realpath(directory))
    try:
        if place.exists():
            _update(project, place)
        else:
            _create(project, place)
    except OSError as error:
        raise _unwritable(directory, error) from None


def save_file(data: bytes, path: Path) -> None:
    """Write one file, over an earlier one of that name.

    Raises:
        OutputError: It cannot be written; what was there before is still there.
    """
    write_whole(path, lambda file: file.write(data))


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Call ``write`` with an open binary file that then replaces ``path``.

    Raises:
        OutputError: The place cannot be written; what was there before is still there.
    """
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise OutputError(str(path), "is a directory; a file is needed", hint="name a file in it")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            os.replace(name, place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def check_file(path: Path, suffixes: Sequence[str]) -> None:
    """Say what forbids writing a file with one of these endings here, before any work is done."""
    where = str(path)
    if path.suffix not in suffixes:
        allowed = " or ".join(suffixes)
        hint = f"name it {path.stem}{suffixes[0]}"
        raise OutputError(where, f"has another ending than {allowed}", hint=hint)
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise OutputError(where, "is a directory; a file is needed", hint="name a file in it")
    parent = next(p for p in place.parents if os.path.lexists(p))
    if not parent.is_dir():
        raise OutputError(where, f"cannot be made: {parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(where, f"cannot be written: {parent} is not writable")


def check_directory(directory: Path) -> None:
    """Say what forbids writing a project here, before any work is done."""
    place = Path(os.path.realpath(directory))
    where = str(directory)
    try:
        if place.is_dir():
            if any(place.iterdir()) and _generated(place) is None:
                raise OutputError(
                    where,
                    "is a directory that holds other things than a project written by Mote",
                    hint="name a new or an empty directory",
                )
            parent = place
        elif os.path.lexists(place):
            raise OutputError(where, "is a file; a directory is needed", hint="name another place")
        else:
            parent = next(p for p in place.parents if os.path.lexists(p))
            if not parent.is_dir():
                raise OutputError(where, f"cannot be made: {parent} is a file")
    except OSError as error:
        raise _unwritable(directory, error) from None
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(where, f"cannot be written: {parent} is not writable")


def _create(project: Mapping[str, str], place: Path) -> None:
    """Make the directory appear with everything in it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    try:
        _write(project, made)
        made.chmod(0o777 & ~_umask())  # mkdtemp makes private directories
        made.rename(place)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _update(project: Mapping[str, str], place: Path) -> None:
    """Keep the directory itself: it may be somebody's working directory, or a mount point."""
    stale = (_generated(place) or set()) - set(project)
    in_the_way = [path for path in project if (place / path).is_dir()]
    if in_the_way:
        raise OutputError(str(place / in_the_way[0]), "is a directory where a file must go")
    with tempfile.TemporaryDirectory(dir=place, prefix=".mote-") as name:
        _write(project, Path(name))
        # The manifest first: it says that the directory is Mote's, should the rest be cut short.
        for path in sorted(project, key=lambda path: path != FILE):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(name) / path, place / path)
    for path in stale:
        (place / path).unlink(missing_ok=True)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _write(project: Mapping[str, str], directory: Path) -> None:
    for path, text in project.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def _generated(directory: Path) -> set[str] | None:
    """The files of an earlier project as its manifest lists them; None when there is no such."""
    try:
        manifest = json.loads((directory / FILE).read_text(encoding="utf-8"))
        if manifest["tool"] != TOOL:
            return None
        paths = [PurePosixPath(path) for path in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {str(p) for p in paths if not p.is_absolute() and ".." not in p.parts}


def _unwritable(directory: Path, error: OSError) -> OutputError:
    return OutputError(
        str(directory), f"cannot be written: {error.strerror or error}", hint="name another place"
    )
