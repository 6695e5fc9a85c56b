"""The usual folder layout: a folder per class, inside ``train`` and ``test`` or not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from mote.data.problems import shortened
from mote.data.tree import Tree
from mote.errors import DataError
from mote.ir.tensor import Array

SplitName = Literal["train", "validation", "test"]

SPLIT_FOLDERS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Item:
    """One file, its class, and its split when the set has splits."""

    name: str
    label: str
    split: SplitName | None


@dataclass(frozen=True)
class Layout:
    """All files of a set. ``labels`` are positions in ``classes``; ``splits`` holds None throughout
    when the set has no splits of its own."""

    classes: tuple[str, ...]
    names: tuple[str, ...]
    labels: Array
    splits: tuple[SplitName | None, ...]

    def of(self, split: SplitName | None) -> Array:
        """Positions of the files of a split."""
        return np.flatnonzero([s == split for s in self.splits])


def by_class_folder(tree: Tree, names: Sequence[str], what: str) -> Layout:
    """Every file's class is its folder, below what all files share and below a split's folder.

    Folders inside a class's folder belong to it. Folders that hold no file of this sort are empty
    classes, and refused, unless their name begins with an underscore.
    """
    parts = {name: tuple(name.split("/")) for name in names}
    root = shared_folder([p[:-1] for p in parts.values()])
    if all(len(p) == root + 1 for p in parts.values()) and root:
        root -= 1  # a single folder: one class
    depth = len(parts[names[0]][:root])
    inside = {name: p[depth:] for name, p in parts.items()}
    has_splits = all(len(p) > 1 and p[0].lower() in SPLIT_FOLDERS for p in inside.values())
    least = 3 if has_splits else 2
    loose = [name for name, p in inside.items() if len(p) < least]
    if loose:
        raise DataError(
            tree.where,
            f"{len(loose):,} of {len(names):,} {what} are in no class's folder",
            details=shortened(loose),
            hint=f"one folder per class: CLASS/*{PurePosixPath(names[0]).suffix}, "
            "or train/CLASS/* and test/CLASS/*",
        )
    items = [
        Item(name, p[least - 2], SPLIT_FOLDERS[p[0].lower()] if has_splits else None)
        for name, p in inside.items()
    ]
    prefix = "/".join(parts[names[0]][:depth])
    folders = _class_folders(tree, prefix, least - 1)
    return arranged(tree.where, items, folders)


def arranged(where: str, items: Sequence[Item], expected: Sequence[str] = ()) -> Layout:
    """Items as a layout; every class, those expected included, must be in every split.

    A set with a validation and no test folder is tested with the former.
    """
    if {item.split for item in items} == {"train", "validation"}:
        items = [replace(i, split="test") if i.split == "validation" else i for i in items]
    classes = tuple(sorted({item.label for item in items} | set(expected), key=natural))
    splits = sorted({item.split or "" for item in items})
    present = {(item.split or "", item.label) for item in items}
    missing = [
        f"class '{label}' has no files" + (f" in the {split} split" if split else "")
        for split in splits
        for label in classes
        if (split, label) not in present
    ]
    if len(splits) > 1 and "train" not in splits:
        missing.insert(0, "there is no train split")
    if missing:
        raise DataError(
            where,
            "every class needs files in every split",
            details=shortened(missing),
            hint="remove the class's folder, or add files to it",
        )
    if len(classes) < 2:
        raise DataError(
            where,
            f"there is one class, '{classes[0]}'; at least two are needed",
            hint="one folder per class: CLASS/*, or train/CLASS/* and test/CLASS/*",
        )
    position = {label: index for index, label in enumerate(classes)}
    labels = np.array([position[item.label] for item in items], np.int64)
    names = tuple(item.name for item in items)
    return Layout(classes, names, labels, tuple(item.split for item in items))


def shared_folder(folders: Sequence[tuple[str, ...]]) -> int:
    """How many leading folders all have in common."""
    first, last = min(folders), max(folders)
    for depth, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return depth
    return min(len(first), len(last))


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sorts ``2`` before ``10``, and words by their letters."""
    pieces = re.split(r"(\d{1,18})", text)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces if p]


def _class_folders(tree: Tree, prefix: str, depth: int) -> list[str]:
    """Names of the folders where classes stand, with or without files."""
    start = len(PurePosixPath(prefix).parts) if prefix else 0
    found = []
    for folder in tree.folders:
        parts = PurePosixPath(folder).parts
        if len(parts) != start + depth or "/".join(parts[:start]) != prefix:
            continue
        if depth == 2 and parts[start].lower() not in SPLIT_FOLDERS:
            continue
        if not parts[-1].startswith("_"):
            found.append(parts[-1])
    return found
