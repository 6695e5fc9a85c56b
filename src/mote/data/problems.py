"""Bad files are collected, and reported together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from mote.errors import DataError

SHOWN = 6
"""Problems that a message spells out; the rest is counted."""

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)`` with counts of files."""


class BadFileError(Exception):
    """One file of a data set cannot be used; the text says why, without the file's name."""


def each(
    where: str,
    names: Sequence[str],
    use: Callable[[str], T],
    *,
    hint: str,
    progress: Progress | None = None,
) -> Iterator[T]:
    """What ``use`` makes of every file, in order; after the last, an error if any was bad."""
    bad = []
    for done, name in enumerate(names):
        if progress is not None and done % 64 == 0:
            progress(done, len(names))
        try:
            yield use(name)
        except BadFileError as error:
            bad.append(f"{name} {error}")
    if progress is not None:
        progress(len(names), len(names))
    if bad:
        count = f"{len(bad):,} of {len(names):,} files" if len(names) > 1 else "the file"
        raise DataError(where, f"{count} cannot be used", details=shortened(bad), hint=hint)


def shortened(lines: Iterable[str]) -> list[str]:
    """The first few lines, and how many more there are."""
    every = list(lines)
    if len(every) <= SHOWN:
        return every
    return [*every[: SHOWN - 1], f"and {len(every) - SHOWN + 1:,} more"]
