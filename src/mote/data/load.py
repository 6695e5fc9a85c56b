"""Opens a data set: recognises its format, reads it, splits it, measures its values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mote.data.dataset import Dataset, Parts, statistics
from mote.data.digits import read_digits
from mote.data.idx import STEMS, is_idx, read_idx
from mote.data.pictures import SUFFIXES, ImageOptions, read_images
from mote.data.problems import Progress
from mote.data.sounds import SoundOptions, is_spoken_digits, read_sounds, read_spoken_digits
from mote.data.splitting import SplitOptions, hold_out
from mote.data.tree import Tree, open_tree
from mote.errors import DataError

ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar")


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """What can be chosen about reading; each part matters to its kind of set alone."""

    images: ImageOptions = field(default_factory=ImageOptions)
    sounds: SoundOptions = field(default_factory=SoundOptions)
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
    with open_tree(path) as tree:
        chosen = format or _recognised(tree)
        parts = FORMATS[chosen].read(tree, options, progress)
    return _finished(path.stem or str(path), chosen, parts, options.split)


def _finished(name: str, form: str, parts: Parts, split: SplitOptions) -> Dataset:
    """Hold out what the set does not, and measure the training samples."""
    train, validation, test = parts.train, parts.validation, parts.test
    if test is None:
        train, test = hold_out(train, split.test, split.seed)
    if validation is None and split.validation:
        train, validation = hold_out(train, split.validation, split.seed + 1)
    mean, std = statistics(train.x, parts.kind)
    return Dataset(
        name=name,
        format=form,
        kind=parts.kind,
        classes=parts.classes,
        train=train,
        validation=validation,
        test=test,
        mean=mean,
        std=std,
        features=parts.features,
        rate_hz=parts.rate_hz,
        noise=parts.noise,
        details=parts.details,
    )


def _check(path: Path, form: str | None) -> None:
    if form is not None and form not in FORMATS:
        raise DataError(
            str(path), f"format '{form}' is not known; allowed: {', '.join(('digits', *FORMATS))}"
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
    raise DataError(
        tree.where,
        f"no data set is recognised among {len(tree.files):,} files",
        details=[f"{name}: {form.title}" for name, form in FORMATS.items()],
    )
