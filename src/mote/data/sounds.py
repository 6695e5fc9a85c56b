"""Sets of short sounds: a folder per class, Google's Speech Commands, and spoken digits (FSDD)."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from mote.data.dataset import Parts
from mote.data.layout import Item, Layout, SplitName, arranged, by_class_folder
from mote.data.problems import BadFileError, Progress, shortened
from mote.data.sound_samples import UNKNOWN, SoundOptions, read_samples
from mote.data.tree import Tree, base_name
from mote.errors import DataError

SPOKEN_DIGIT = re.compile(r"(\d)_[A-Za-z]+_(\d{1,6})\.wav", re.IGNORECASE)
FSDD_TEST_INDICES = 5
"""Recordings 0 to 4 of every speaker and digit are FSDD's test split, by its README."""

LISTS: dict[str, SplitName] = {"validation_list.txt": "validation", "testing_list.txt": "test"}
"""The files in which Speech Commands names its held-out recordings."""


def is_spoken_digits(tree: Tree) -> bool:
    """Whether every sound is named as FSDD names its recordings."""
    names = tree.with_suffix(".wav")
    return bool(names) and all(SPOKEN_DIGIT.fullmatch(base_name(n)) for n in names)


def read_spoken_digits(tree: Tree, options: SoundOptions, progress: Progress | None) -> Parts:
    """FSDD: ``<digit>_<speaker>_<index>.wav``; indices 0 to 4 are the test split."""
    items = []
    for name in tree.with_suffix(".wav"):
        match = SPOKEN_DIGIT.fullmatch(base_name(name))
        if match is None:
            raise DataError(
                tree.where, f"{name} is not named <digit>_<speaker>_<index>.wav", hint="rename it"
            )
        held_out = int(match[2]) < FSDD_TEST_INDICES
        items.append(Item(name, match[1], "test" if held_out else "train"))
    return read_samples(tree, arranged(tree.where, items), (), options, progress)


def read_sounds(tree: Tree, options: SoundOptions, progress: Progress | None) -> Parts:
    """A folder per class, with or without split folders, or with Speech Commands' lists.

    Folders whose names begin with an underscore, as ``_background_noise_``, are no classes: their
    sounds are the background noise of the set.
    """
    names = [n for n in tree.with_suffix(".wav") if not _apart(n)]
    if not names:
        raise DataError(tree.where, "holds sounds only in folders that begin with an underscore")
    layout = by_class_folder(tree, names, "sounds")
    held_out = _listed(tree)
    if held_out and not any(layout.splits):
        items = [
            Item(name, layout.classes[label], held_out.get(name, "train"))
            for name, label in zip(layout.names, layout.labels, strict=True)
        ]
        layout = arranged(tree.where, items)
    if options.keywords is not None:
        layout = keywords_only(tree.where, layout, options.keywords, options.seed)
    noise = tuple(n for n in tree.with_suffix(".wav") if _apart(n))
    return read_samples(tree, layout, noise, options, progress)


def keywords_only(where: str, layout: Layout, keywords: Sequence[str], seed: int) -> Layout:
    """The keywords in their order, and as many unknown words as there are of a keyword."""
    absent = [word for word in keywords if word not in layout.classes]
    others = set(layout.classes) - set(keywords)
    if absent or not others:
        raise DataError(
            where,
            f"no class is called {', '.join(absent)}" if absent else "no class is left for unknown",
            details=[f"classes: {', '.join(layout.classes)}"],
        )
    rng = np.random.default_rng(seed)
    place = {word: index for index, word in enumerate(keywords)}
    label = np.array([place.get(name, len(keywords)) for name in layout.classes])[layout.labels]
    kept = label < len(keywords)
    for split in dict.fromkeys(layout.splits):
        mine = layout.of(split)
        unknown = mine[label[mine] == len(keywords)]
        count = max(1, round((len(mine) - len(unknown)) / len(keywords)))
        kept[rng.permutation(unknown)[:count]] = True
    order = np.flatnonzero(kept)
    return Layout(
        (*keywords, UNKNOWN),
        tuple(layout.names[i] for i in order),
        label[order].astype(np.int64),
        tuple(layout.splits[i] for i in order),
    )


def _apart(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("/")[:-1])


def _listed(tree: Tree) -> dict[str, SplitName]:
    """The files that the set's own lists hold out; empty without lists."""
    found: dict[str, SplitName] = {}
    missing = []
    for list_name in tree.files:
        split = LISTS.get(base_name(list_name))
        if split is None:
            continue
        try:
            text = tree.read(list_name).decode()
        except (BadFileError, UnicodeDecodeError):
            raise DataError(f"{tree.where}: {list_name}", "is not a list of files") from None
        folder = PurePosixPath(list_name).parent
        for line in filter(None, (line.strip() for line in text.splitlines())):
            name = str(folder / line)
            if name in tree.files:
                found[name] = split
            else:
                missing.append(f"{list_name}: {line}")
    if missing:
        raise DataError(
            tree.where,
            f"{len(missing):,} listed files are missing",
            details=shortened(missing),
            hint="unpack the whole archive",
        )
    return found
