"""Motion in CSV files: a row per moment, a column per axis, cut into windows of one length."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.layout import (
    SPLIT_FOLDERS,
    Item,
    Layout,
    SplitName,
    arranged,
    by_class_folder,
    shared_folder,
)
from mote.data.problems import BadFileError, Progress, each, shortened
from mote.data.tree import Tree, base_name
from mote.errors import DataError
from mote.ir.tensor import Array

TIME_COLUMNS = {"time", "timestamp", "timestamps", "t", "ms", "seconds", "index"}
LABEL_COLUMNS = {"label", "labels", "class", "activity", "target", "gesture", "y"}
SEGMENTS = 10
"""Pieces of a recording that are held out as a whole where its windows overlap."""

LEAST_WINDOW = 8
"""Fewer rows are no gesture: the files' common divisor says nothing."""


@dataclass(frozen=True, kw_only=True)
class MotionOptions:
    """How recordings become samples.

    Attributes:
        window: Rows of a sample; None where every file holds whole gestures of equal length, one
            after the other: the greatest number that divides all files' rows.
        hop: Rows from one window to the next; None for the window itself, without overlap.
    """

    window: int | None = None
    hop: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("window", self.window), ("hop", self.hop)):
            if value is not None and not 1 <= value <= 1_000_000:
                raise DataError("motion", f"{name} of {value} rows, allowed: 1 to 1,000,000")


@dataclass(frozen=True, eq=False)
class Recording:
    """The columns of one file: float32 ``[rows, channels]``."""

    columns: tuple[str, ...]
    values: Array


def read_motion(tree: Tree, options: MotionOptions, progress: Progress | None) -> Parts:
    """Windows ``[N, window, channels]`` float32.

    The class is the file's folder, or, when the files of all classes stand together, the name of
    the file up to the first point and without a number at the end: ``wave.csv``, ``wave_07.csv``,
    ``wave.3a.csv``. A column named like a time is left out; all files have the same columns.
    """
    names = tree.with_suffix(".csv")
    layout = _layout(tree, names)
    hint = "mend or remove them"
    read = each(tree.where, names, lambda n: parse_csv(tree.read(n)), hint=hint, progress=progress)
    recordings = list(read)
    columns = _common_columns(tree, names, recordings)
    window = options.window or _common_window(tree, names, recordings)
    hop = options.hop or window
    own_splits = any(layout.splits)
    pieces = SEGMENTS if hop < window and not own_splits else 1
    cut = [_windows(recording.values, window, hop, pieces) for recording in recordings]
    short = [name for name, (windows, _) in zip(names, cut, strict=True) if not len(windows)]
    if short:
        raise DataError(
            tree.where,
            f"{len(short):,} of {len(names):,} files have fewer rows than a window of {window}",
            details=shortened(short),
            hint="give a shorter window, or remove them",
        )
    x = np.concatenate([windows for windows, _ in cut])
    file = np.repeat(np.arange(len(names)), [len(windows) for windows, _ in cut])
    group = file * SEGMENTS + np.concatenate([segment for _, segment in cut])

    def part(name: SplitName | None) -> Split | None:
        chosen = np.flatnonzero(np.isin(file, layout.of(name)))
        return Split(x[chosen], layout.labels[file[chosen]]) if len(chosen) else None

    train = part("train") or part(None)
    assert train is not None
    return Parts(
        "motion",
        layout.classes,
        train,
        part("validation"),
        part("test"),
        groups=group if pieces > 1 else None,
        details=(("columns", ", ".join(columns)), ("window", f"{window} rows, {hop} apart")),
    )


def parse_csv(data: bytes) -> Recording:
    """The numbers in a CSV file, with or without a line of column names.

    Commas, semicolons or tabs separate; a byte order mark and empty lines are skipped.
    """
    try:
        lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise BadFileError("is not text") from None
    if not lines:
        raise BadFileError("is empty")
    separator = max(",;\t", key=lines[0].count)
    first = [cell.strip().strip('"') for cell in lines[0].split(separator)]
    header = not all(_is_number(cell) for cell in first)
    columns = tuple(first) if header else tuple(f"column {n + 1}" for n in range(len(first)))
    body = lines[1:] if header else lines
    if not body:
        raise BadFileError("has no rows of numbers")
    labels = [column for column in columns if column.lower() in LABEL_COLUMNS]
    if labels:
        raise BadFileError(
            f"has a column '{labels[0]}'; the class is the folder's or the file's name: "
            "write one file per recording, without that column"
        )
    rows = []
    for number, line in enumerate(body, 1 + header):
        cells = line.split(separator)
        if len(cells) != len(columns):
            raise BadFileError(f"row {number}: {len(cells)} values, expected {len(columns)}")
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            bad = next(cell for cell in cells if not _is_number(cell))
            raise BadFileError(f"row {number}: {bad.strip()[:30]!r} is not a number") from None
    values = np.array(rows)
    wrong = np.flatnonzero(~np.isfinite(values.astype(np.float32)).all(axis=1))
    if len(wrong):
        raise BadFileError(f"row {wrong[0] + 1 + header}: NaN, infinite or beyond float32")
    kept = [i for i, column in enumerate(columns) if column.lower() not in TIME_COLUMNS]
    if not kept:
        raise BadFileError("has no column but time")
    return Recording(tuple(columns[i] for i in kept), values[:, kept].astype(np.float32))


def label_of(name: str) -> str:
    """The class that a file's name says: ``wave`` of ``wave_07.csv`` and of ``wave.3a.csv``."""
    stem = base_name(name).split(".")[0]
    return re.sub(r"[ _-]*\d+$", "", stem) or stem


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _layout(tree: Tree, names: Sequence[str]) -> Layout:
    """Classes by folder, or by file name where no folder tells them apart."""
    parts = [tuple(name.split("/")) for name in names]
    start = shared_folder([p[:-1] for p in parts])
    below = [p[start:] for p in parts]
    if all(len(p) == 1 for p in below):
        return arranged(tree.where, [Item(n, label_of(n), None) for n in names])
    if all(len(p) == 2 and p[0].lower() in SPLIT_FOLDERS for p in below):
        items = [
            Item(name, label_of(name), SPLIT_FOLDERS[p[0].lower()])
            for name, p in zip(names, below, strict=True)
        ]
        return arranged(tree.where, items)
    return by_class_folder(tree, names, "recordings")


def _common_columns(
    tree: Tree, names: Sequence[str], recordings: Sequence[Recording]
) -> tuple[str, ...]:
    columns = recordings[0].columns
    other = [
        f"{name}: {', '.join(recording.columns)}"
        for name, recording in zip(names, recordings, strict=True)
        if recording.columns != columns
    ]
    if other:
        raise DataError(
            tree.where,
            f"{len(other):,} files have other columns than {names[0]} ({', '.join(columns)})",
            details=shortened(other),
        )
    return columns


def _common_window(tree: Tree, names: Sequence[str], recordings: Sequence[Recording]) -> int:
    rows = [len(recording.values) for recording in recordings]
    common = math.gcd(*rows)
    if common < LEAST_WINDOW:
        raise DataError(
            tree.where,
            f"the files have {min(rows):,} to {max(rows):,} rows: no window divides them all",
            hint="give the rows of a sample, for example a second's",
        )
    return common


def _windows(values: Array, window: int, hop: int, pieces: int) -> tuple[Array, Array]:
    """Windows ``[n, window, channels]``, and the piece of the recording that each lies in.

    No window crosses from one piece to the next, so that pieces can be held out.
    """
    pieces = max(1, min(pieces, len(values) // window))
    windows, segments = [], []
    for segment, rows in enumerate(np.array_split(values, pieces)):
        for start in range(0, len(rows) - window + 1, hop):
            windows.append(rows[start : start + window])
            segments.append(segment)
    shape = (len(windows), window, values.shape[1])
    return np.array(windows, np.float32).reshape(shape), np.array(segments, np.int64)
