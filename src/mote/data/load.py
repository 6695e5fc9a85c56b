"""Opens a data set: recognises its format, reads it, splits it, measures its values."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
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
    """What can be chosen about reading; the first three parts are for sets of one kind each."""

    images: ImageOptions = field(default_factory=ImageOptions)
    sounds: SoundOptions = field(default_factory=SoundOptions)
    motion: MotionOptions = field(default_factory=MotionOptions)
    split: SplitOptions = field(default_factory=SplitOptions)


@dataclass(frozen=True)
class Format:
    """A format of files: how people call it, how it shows, how it is read.

    Args:
        title: In words.
        recognise: Whether a tree of files is of this format.
        read: The samples of one that is.
        options: The part of ``LoadOptions`` that it reads; the others must be left alone.
    """

    title: str
    recognise: Callable[[Tree], bool]
    read: Callable[[Tree, LoadOptions, Progress | None], Parts]
    options: str = ""


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
        "sounds",
    ),
    "sounds": Format(
        "sounds, CLASS/*.wav, with train/ and test/, or Speech Commands' lists, or neither",
        lambda tree: bool(tree.with_suffix(".wav")),
        lambda tree, options, progress: read_sounds(tree, options.sounds, progress),
        "sounds",
    ),
    "images": Format(
        "images, CLASS/*.jpg or .png, with or without train/ and test/",
        lambda tree: bool(tree.with_suffix(*SUFFIXES)),
        lambda tree, options, progress: read_images(tree, options.images, progress),
        "images",
    ),
    "motion": Format(
        "motion, CLASS/*.csv or CLASS_1.csv, with or without train/ and test/",
        lambda tree: bool(tree.with_suffix(".csv")),
        lambda tree, options, progress: read_motion(tree, options.motion, progress),
        "motion",
    ),
}
"""Formats in folders and zip archives, in the order in which they are tried."""

DIGITS, NPZ = "digits", "npz"
"""Formats that need no tree of files."""


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
    if str(source) == DIGITS:
        if format is not None:
            raise DataError(DIGITS, f"is part of scikit-learn and of no format '{format}'")
        _refuse_others(DIGITS, DIGITS, options)
        return _finished(DIGITS, DIGITS, read_digits(), options.split)
    path = Path(source)
    _check(path, format)
    if _is_npz(path, format):
        _refuse_others(str(path), NPZ, options)
        return _finished(path.stem, NPZ, read_archive(path), options.split)
    with open_tree(path) as tree:
        chosen = format or _recognised(tree)
        _refuse_others(tree.where, chosen, options)
        form = FORMATS[chosen]
        if not form.recognise(tree):
            raise DataError(tree.where, f"is not of format {chosen}: {form.title}")
        parts = remembered(tree, f"{chosen} {options}", lambda: form.read(tree, options, progress))
    return _finished(path.stem or str(path), chosen, parts, options.split)


def fitting(options: LoadOptions, source: str | Path, format: str | None = None) -> LoadOptions:
    """The options without the parts that say nothing about this set, which ``load`` refuses.

    Raises:
        DataError: The set is missing, or of no known format.
    """
    chosen = format or _format_of(source)
    return replace(options, **{part: getattr(LoadOptions(), part) for part in _others(chosen)})


def _format_of(source: str | Path) -> str:
    if str(source) == DIGITS:
        return DIGITS
    path = Path(source)
    _check(path, None)
    if _is_npz(path, None):
        return NPZ
    with open_tree(path) as tree:
        return _recognised(tree)


def _is_npz(path: Path, form: str | None) -> bool:
    return form == NPZ or (form is None and path.suffix.lower() == ".npz")


def _others(form: str) -> list[str]:
    """The parts of ``LoadOptions`` that a format does not read."""
    own = FORMATS[form].options if form in FORMATS else ""
    return [part for part in ("images", "sounds", "motion") if part != own]


def _refuse_others(where: str, form: str, options: LoadOptions) -> None:
    """Options that would do nothing are a mistake about the set."""
    plain = LoadOptions()
    changed = [
        f"{part}: {f.name}"
        for part in _others(form)
        for f in fields(getattr(options, part))
        if getattr(getattr(options, part), f.name) != getattr(getattr(plain, part), f.name)
    ]
    if changed:
        raise DataError(
            where,
            f"is of format {form}, for which some options do nothing",
            details=changed,
            hint="leave them out",
        )


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
    if form is not None and form not in (*FORMATS, NPZ):
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
    is_known = form is not None or path.suffix.lower() in (".zip", ".npz")
    if path.is_file() and not is_known:
        raise _not_recognised(str(path), "is not a folder, a zip archive or an .npz file")


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
