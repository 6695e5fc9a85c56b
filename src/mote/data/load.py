"""Opens a data set: recognises its format, reads it, splits it, measures its values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mote.data.archive import read_archive
from mote.data.cache import remembered
from mote.data.cifar import (
    is_cifar_binary,
    is_cifar_python,
    read_cifar_binary,
    read_cifar_python,
)
from mote.data.dataset import Dataset, Parts, statistics
from mote.data.digits import read_digits
from mote.data.idx import STEMS, is_idx, read_idx
from mote.data.motion import MotionOptions, read_motion
from mote.data.pictures import SUFFIXES, ImageOptions, read_images
from mote.data.problems import Progress
from mote.data.sound_samples import SoundOptions
from mote.data.sounds import is_spoken_digits, read_sounds, read_spoken_digits
from mote.data.splitting import SplitOptions, divided
from mote.data.tree import Tree, open_tree
from mote.errors import DataError

ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar")


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """What can be chosen about reading; each part matters to its kind of set alone."""

    images: ImageOptions = field(default_factory=ImageOptions)
    sounds: SoundOptions = field(default_factory=SoundOptions)
    motion: MotionOptions = field(default_factory=MotionOptions)
    split: SplitOptions = field(default_factory=SplitOptions)


@dataclass(frozen=True)
class Format:
    """A format of files: how people call it, how it shows, and how it is read."""

    title: str
    recognise: Callable[[Tree], bool]
    read: Callable[[Tree, LoadOptions, Progress | None], Parts]


FORMATS: dict[str, Format] = {
    "idx": Format(
        f"MNIST's four idx files ({STEMS[0]}, ...)", is_idx, lambda tree, _o, _p: read_idx(tree)
    ),
    "cifar-python": Format(
        "CIFAR-10's pickled batches (data_batch_1, ..., test_batch)",
        is_cifar_python,
        lambda tree, _o, _p: read_cifar_python(tree),
    ),
    "cifar-binary": Format(
        "CIFAR-10's binary batches (data_batch_1.bin, ..., test_batch.bin)",
        is_cifar_binary,
        lambda tree, _o, _p: read_cifar_binary(tree),
    ),
    "fsdd": Format(
        "spoken digits, <digit>_<speaker>_<index>.wav",
        is_spoken_digits,
        lambda tree, options, progress: read_spoken_digits(tree, options.sounds, progress),
    ),
    "sounds": Format(
        "sounds, CLASS/*.wav, with train/ and test/, or Speech Commands' lists, or neither",
        lambda tree: bool(tree.with_suffix(".wav")),
        lambda tree, options, progress: read_sounds(tree, options.sounds, progress),
    ),
    "images": Format(
        "images, CLASS/*.jpg or .png, with or without train/ and test/",
        lambda tree: bool(tree.with_suffix(*SUFFIXES)),
        lambda tree, options, progress: read_images(tree, options.images, progress),
    ),
    "motion": Format(
        "motion, CLASS/*.csv or CLASS_1.csv, with or without train/ and test/",
        lambda tree: bool(tree.with_suffix(".csv")),
        lambda tree, options, progress: read_motion(tree, options.motion, progress),
    ),
}
"""Formats in folders and zip archives, in the order in which they are tried."""


def load(
    source: str | Path,
    *,
    format: str | None = None,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Read a data set from a folder, a zip archive or a file, or ``"digits"``.

    Args:
        source: A path; or ``digits`` for scikit-learn's handwritten digits.
        format: A key of ``FORMATS``, when the set is not recognised or is taken for another.
        options: Sizes, features and splits; see the parts of ``LoadOptions``.
        progress: Called with counts of files while many are read.

    Raises:
        DataError: The set is missing, damaged, of no known format, or does not fit the options;
            every bad file is counted, the first few are named.
        ToolError: A package that this format needs is not installed.
    """
    options = options or LoadOptions()
    if str(source) == "digits":
        return _finished("digits", "digits", read_digits(), options.split)
    path = Path(source)
    _check(path, format)
    if format == "npz" or (format is None and path.suffix.lower() == ".npz"):
        return _finished(path.stem, "npz", read_archive(path), options.split)
    if format is None and path.is_file() and path.suffix.lower() != ".zip":
        raise _not_recognised(str(path), "is not a folder, a zip archive or an .npz file")
    with open_tree(path) as tree:
        chosen = format or _recognised(tree)
        form = FORMATS[chosen]
        if not form.recognise(tree):
            raise DataError(tree.where, f"is not of format {chosen}: {form.title}")
        parts = remembered(tree, f"{chosen} {options}", lambda: form.read(tree, options, progress))
    return _finished(path.stem or str(path), chosen, parts, options.split)


def _finished(name: str, form: str, parts: Parts, split: SplitOptions) -> Dataset:
    """Hold out what the set does not, and measure the training samples."""
    parts = divided(parts, split)
    if parts.test is None or not len(parts.test):
        raise DataError(name, "no class has two samples: there is nothing to test with")
    validation = parts.validation if parts.validation and len(parts.validation) else None
    mean, std = statistics(parts.train.x, parts.kind)
    return Dataset(
        name=name,
        format=form,
        kind=parts.kind,
        classes=parts.classes,
        train=parts.train,
        validation=validation,
        test=parts.test,
        mean=mean,
        std=std,
        features=parts.features,
        rate_hz=parts.rate_hz,
        noise=parts.noise,
        details=parts.details,
    )


def _check(path: Path, form: str | None) -> None:
    if form is not None and form not in (*FORMATS, "npz"):
        raise DataError(
            str(path), f"format '{form}' is not known; allowed: {', '.join(FORMATS)}, npz"
        )
    if not path.exists():
        raise DataError(
            str(path),
            "there is no such file or folder",
            hint="give a data set's folder or zip archive, or 'digits'",
        )
    if path.name.lower().endswith(ARCHIVES):
        raise DataError(str(path), "is an archive other than zip", hint="unpack it first")


def _recognised(tree: Tree) -> str:
    for name, form in FORMATS.items():
        if form.recognise(tree):
            return name
    inside = tree.with_suffix(".zip", ".npz")
    count = "one file" if len(tree.files) == 1 else f"{len(tree.files):,} files"
    raise _not_recognised(
        tree.where,
        f"no data set is recognised among {count}",
        f"name the archive itself: {tree.where}/{inside[0]}" if inside else "",
    )


def _not_recognised(where: str, found: str, hint: str = "") -> DataError:
    known = [f"{name}: {form.title}" for name, form in FORMATS.items()]
    return DataError(
        where,
        found,
        hint=hint,
        details=[*known, "npz: a numpy archive with x and y, or x_train, y_train, x_test, y_test"],
    )
