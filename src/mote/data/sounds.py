"""Sets of short sounds: a folder per class, Google's Speech Commands, and spoken digits (FSDD)."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.features import Features, Mfcc, features
from mote.data.layout import Item, Layout, SplitName, arranged, by_class_folder
from mote.data.problems import BadFileError, Progress, each, shortened
from mote.data.tree import Tree
from mote.data.wav import decode_wav, fitted, resampled
from mote.errors import DataError
from mote.ir.tensor import Array

SPOKEN_DIGIT = re.compile(r"(\d)_[A-Za-z]+_(\d{1,6})\.wav", re.IGNORECASE)
FSDD_TEST_INDICES = 5
"""Recordings 0 to 4 of every speaker and digit are FSDD's test split, by its README."""

LISTS: dict[str, SplitName] = {"validation_list.txt": "validation", "testing_list.txt": "test"}
"""The files in which Speech Commands names its held-out recordings."""


@dataclass(frozen=True, kw_only=True)
class SoundOptions:
    """How sound files become samples of one size.

    Attributes:
        rate_hz: Sounds of another rate are resampled; None takes the rate that all files then must
            have, or that of ``features``.
        seconds: Length of a sample: the middle of longer sounds; silence around shorter ones.
        features: What is computed from the sound; None for MFCC with the settings of MLPerf Tiny at
            the set's rate, ``"waveform"`` for the sound itself, ``[N, samples, 1]`` in [-1, 1].
    """

    rate_hz: int | None = None
    seconds: float = 1.0
    features: Features | Literal["waveform"] | None = None

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 1_000 <= self.rate_hz <= 384_000:
            raise DataError("sounds", f"rate {self.rate_hz} Hz, allowed: 1,000 to 384,000")
        if not 0.01 <= self.seconds <= 600:
            raise DataError("sounds", f"{self.seconds:g} seconds, allowed: 0.01 to 600")
        wanted = self.settings
        if wanted is not None and self.rate_hz not in (None, wanted.rate_hz):
            raise DataError(
                "sounds",
                f"rate_hz is {self.rate_hz}, that of the features {wanted.rate_hz}",
                hint="give the rate to the features alone",
            )

    @property
    def settings(self) -> Features | None:
        """The features that were asked for by their settings."""
        return None if self.features in (None, "waveform") else self.features  # type: ignore[return-value]

    @property
    def wanted_rate_hz(self) -> int | None:
        """The rate that the options ask for."""
        return self.settings.rate_hz if self.settings else self.rate_hz


def is_spoken_digits(tree: Tree) -> bool:
    """Whether every sound is named as FSDD names its recordings."""
    names = tree.with_suffix(".wav")
    return bool(names) and all(SPOKEN_DIGIT.fullmatch(PurePosixPath(n).name) for n in names)


def read_spoken_digits(tree: Tree, options: SoundOptions, progress: Progress | None) -> Parts:
    """FSDD: ``<digit>_<speaker>_<index>.wav``; indices 0 to 4 are the test split."""
    items = []
    for name in tree.with_suffix(".wav"):
        match = SPOKEN_DIGIT.fullmatch(PurePosixPath(name).name)
        if match is None:
            raise DataError(
                tree.where, f"{name} is not named <digit>_<speaker>_<index>.wav", hint="rename it"
            )
        held_out = int(match[2]) < FSDD_TEST_INDICES
        items.append(Item(name, match[1], "test" if held_out else "train"))
    return _read(tree, arranged(tree.where, items), options, progress)


def read_sounds(tree: Tree, options: SoundOptions, progress: Progress | None) -> Parts:
    """A folder per class, with or without split folders, or with Speech Commands' lists.

    Folders whose names begin with an underscore, as ``_background_noise_``, are no classes.
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
    return _read(tree, layout, options, progress)


def _apart(name: str) -> bool:
    return any(part.startswith("_") for part in PurePosixPath(name).parts[:-1])


def _listed(tree: Tree) -> dict[str, SplitName]:
    """The files that the set's own lists hold out; empty without lists."""
    found: dict[str, SplitName] = {}
    missing = []
    for list_name in tree.files:
        split = LISTS.get(PurePosixPath(list_name).name)
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


def _read(tree: Tree, layout: Layout, options: SoundOptions, progress: Progress | None) -> Parts:
    rate = options.wanted_rate_hz or _first_rate(tree, layout)
    wanted = options.features
    if wanted is None:
        wanted = Mfcc(rate_hz=rate, high_hz=min(4_000, rate / 2))
    settings = None if wanted == "waveform" else wanted
    length = round(options.seconds * rate)
    compute = _sample(tree, rate, length, settings, resample=options.wanted_rate_hz is not None)
    hint = "mend or remove them; sounds of several rates need rate_hz"
    samples = list(each(tree.where, layout.names, compute, hint=hint, progress=progress))
    x = np.stack(samples)

    def split(name: SplitName | None) -> Split | None:
        chosen = layout.of(name)
        return Split(x[chosen], layout.labels[chosen]) if len(chosen) else None

    train = split("train") or split(None)
    assert train is not None
    details = (("rate", f"{rate:,} Hz"), ("length", f"{options.seconds:g} s"))
    return Parts(
        "audio",
        layout.classes,
        train,
        split("validation"),
        split("test"),
        features=settings,
        rate_hz=rate,
        details=details,
    )


def _first_rate(tree: Tree, layout: Layout) -> int:
    """The rate that most of a few files have."""
    rates: Counter[int] = Counter()
    for name in layout.names[:: max(1, len(layout.names) // 9)]:
        try:
            rates[decode_wav(tree.read(name))[1]] += 1
        except BadFileError:
            continue  # reported with all the others
    return rates.most_common(1)[0][0] if rates else 16_000


def _sample(
    tree: Tree, rate_hz: int, length: int, settings: Features | None, *, resample: bool
) -> Callable[[str], Array]:
    def compute(name: str) -> Array:
        sound, own_rate = decode_wav(tree.read(name))
        if not len(sound):
            raise BadFileError("holds no sound (0 samples)")
        if own_rate != rate_hz and not resample:
            raise BadFileError(f"has {own_rate:,} Hz, others have {rate_hz:,}")
        waveform = fitted(resampled(sound, own_rate, rate_hz), length)
        return features(waveform[None], settings)[0] if settings else waveform[:, None]

    return compute
