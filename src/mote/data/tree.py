"""The files of a data set, in a folder or a zip archive alike; nothing is ever unpacked to disk."""

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mote.data.problems import BadFileError
from mote.errors import DataError

MAX_FILE_BYTES = 1 << 30
"""No single file of a known format is larger; a damaged archive may claim anything."""

IGNORED_FOLDERS = {"__MACOSX"}
IGNORED_FILES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Tree:
    """Files and folders below one place, hidden ones left out.

    Attributes:
        where: The folder or archive, as the user named it.
        files: Size in bytes of every file, by its path relative to the place (``/`` between parts),
            in the order of the paths.
        folders: Every folder below the place.
        read: Gives a file's bytes; raises BadFileError.
        stamp: Changes whenever the content does, as far as sizes and times tell.
    """

    where: str
    files: Mapping[str, int]
    folders: frozenset[str]
    read: Callable[[str], bytes]
    stamp: str

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """The files with one of these endings, upper or lower case."""
        return tuple(name for name in self.files if name.lower().endswith(suffixes))


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """The files of a folder or of a zip archive."""
    if path.is_dir():
        yield _folder_tree(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _zip_tree(path, archive)
    except zipfile.BadZipFile as error:
        raise DataError(
            str(path),
            f"is not a whole zip archive ({error})",
            hint="copy or download it again; other archives must be unpacked first",
        ) from None
    except NotImplementedError as error:
        raise DataError(str(path), f"cannot be read: {error}", hint="unpack it first") from None


def _folder_tree(root: Path) -> Tree:
    found: list[tuple[str, int, int]] = []
    folders: set[str] = set()

    def refuse(error: OSError) -> None:
        raise DataError(str(error.filename), f"cannot be listed ({error.strerror})")

    for directory, names, files in os.walk(root, onerror=refuse, followlinks=False):
        names[:] = [name for name in names if not _ignored(name)]
        here = PurePosixPath(Path(directory).relative_to(root).as_posix())
        folders.update(str(here / name) for name in names)
        for name in files:
            try:
                status = os.stat(os.path.join(directory, name))
            except OSError:
                continue  # a link to nowhere
            if stat.S_ISREG(status.st_mode) and not _ignored(name):
                found.append((str(here / name), status.st_size, status.st_mtime_ns))
    found.sort()

    def read(name: str) -> bytes:
        if sizes[name] > MAX_FILE_BYTES:
            raise BadFileError(f"has {sizes[name]:,} bytes, allowed: {MAX_FILE_BYTES:,}")
        try:
            return (root / name).read_bytes()
        except OSError as error:
            raise BadFileError(f"cannot be read ({error.strerror})") from None

    sizes = {name: size for name, size, _ in found}
    return Tree(str(root), sizes, frozenset(folders), read, repr(found))


def _zip_tree(path: Path, archive: zipfile.ZipFile) -> Tree:
    members: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for member in archive.infolist():
        parts = [part for part in member.filename.split("/") if part not in ("", ".")]
        if not parts or any(_ignored(part) for part in parts):
            continue
        name = "/".join(parts)
        if member.is_dir():
            folders.add(name)
        else:
            members[name] = member
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))

    def read(name: str) -> bytes:
        member = members[name]
        if member.file_size > MAX_FILE_BYTES:
            raise BadFileError(f"has {member.file_size:,} bytes, allowed: {MAX_FILE_BYTES:,}")
        if member.flag_bits & 1:
            raise BadFileError("is encrypted")
        try:
            return archive.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise BadFileError(f"is damaged in the archive ({error})") from None
        except (NotImplementedError, RuntimeError) as error:
            raise BadFileError(f"cannot be unpacked ({error})") from None

    status = path.stat()
    sizes = {name: members[name].file_size for name in sorted(members)}
    stamp = f"{status.st_size} {status.st_mtime_ns}"
    return Tree(str(path), sizes, frozenset(folders), read, stamp)


def base_name(name: str) -> str:
    """A file's name without its folders."""
    return name.rpartition("/")[2]


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED_FOLDERS or name.lower() in IGNORED_FILES
