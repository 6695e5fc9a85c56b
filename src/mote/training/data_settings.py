"""Which data, and how they are read: the settings of a run that decide what a network sees."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from mote.data import (
    FORMATS,
    Dataset,
    ImageOptions,
    LoadOptions,
    MotionOptions,
    SoundOptions,
    SplitOptions,
    fitting,
    load,
)
from mote.data.problems import Progress
from mote.errors import InputError, MoteError
from mote.training.config import Rule, is_number, is_whole


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """A data set and its reading.

    Args:
        data: What ``mote.data.load`` takes: a path, or ``digits``.
        format: Of the data; None recognises it.
        image_size: Height and width to which image files are brought; None keeps theirs.
        sound_features: What the network hears of sound files: mfcc, log-mel or waveform.
        sound_seconds: Length to which sound files are brought.
        sound_keywords: Only these classes, and one for all others; None takes all.
        sound_copies: Changed copies of every training sound.
        window: Rows of a sample of motion; None takes whole gestures.
        hop: Rows from one such sample to the next; None is a window.
        validation: Share of the training samples held out to choose the best epoch by, when the
            data set has no validation split; 0 keeps the last epoch.
    """

    data: str
    format: str | None = None
    image_size: tuple[int, int] | None = None
    sound_features: str = "mfcc"
    sound_seconds: float = 1.0
    sound_keywords: tuple[str, ...] | None = None
    sound_copies: int = 0
    window: int | None = None
    hop: int | None = None
    validation: float = 0.1

    def __post_init__(self) -> None:
        problems = data_problems(self)
        if problems:
            raise InputError(f"data {self.data}", "cannot be read so", details=problems)

    @classmethod
    def of_run(cls, values: Mapping[str, Any], data: str) -> Self:
        """How a run with these flat settings read its data, for ``data`` in their place."""
        names = {f.name for f in fields(DataSettings)}
        own = {name: value for name, value in with_tuples(values).items() if name in names}
        return cls(**{**own, "data": data})


def with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with tuples where JSON and TOML have lists."""
    return {
        name: tuple(value)
        if name in ("image_size", "sound_keywords") and isinstance(value, list)
        else value
        for name, value in values.items()
    }


def load_dataset(
    settings: DataSettings, progress: Progress | None = None, *, as_fits: bool = False
) -> Dataset:
    """Read the data set.

    Args:
        settings: Which, and how.
        progress: Called with counts of files while many are read.
        as_fits: Whether settings that say nothing about this data set are let pass: they were made
            for another.
    """
    options = _load_options(settings)
    if as_fits:
        options = fitting(options, settings.data, settings.format)
    return load(settings.data, format=settings.format, options=options, progress=progress)


def _load_options(settings: DataSettings) -> LoadOptions:
    return LoadOptions(
        images=ImageOptions(size=settings.image_size),
        sounds=SoundOptions(
            seconds=settings.sound_seconds,
            features=settings.sound_features,
            keywords=settings.sound_keywords,
            copies=settings.sound_copies,
        ),
        motion=MotionOptions(window=settings.window, hop=settings.hop),
        split=SplitOptions(validation=settings.validation),
    )


def data_problems(settings: DataSettings) -> list[str]:
    """What forbids reading data so, before any file is opened."""
    problems = [
        f"{name} is {getattr(settings, name)!r}, allowed: {allowed}"
        for name, (is_allowed, allowed) in DATA_TYPES.items()
        if not is_allowed(getattr(settings, name))
    ]
    if not settings.data:
        problems.append("data is not given: a folder, an archive, or 'digits'")
    elif settings.data != "digits" and not Path(settings.data).exists():
        problems.append(f"data is {settings.data!r}, there is no such file or folder")
    if not problems:
        try:
            _load_options(settings)
        except MoteError as error:
            problems += error.details or [error.message()]
    return problems


def _are(kind: type, value: Any, count: int | None = None) -> bool:
    return (
        isinstance(value, tuple)
        and all(isinstance(each, kind) for each in value)
        and (count is None or len(value) == count)
    )


DATA_TYPES: dict[str, Rule] = {
    "format": (lambda v: v in (None, *FORMATS, "npz"), f"{', '.join(FORMATS)}, npz"),
    "image_size": (lambda v: v is None or _are(int, v, 2), "two whole numbers, height and width"),
    "sound_features": (lambda v: isinstance(v, str), "a name"),
    "sound_seconds": (is_number, "a number"),
    "sound_keywords": (lambda v: v is None or _are(str, v), "a list of names"),
    "sound_copies": (is_whole, "a whole number"),
    "window": (lambda v: v is None or is_whole(v), "a whole number"),
    "hop": (lambda v: v is None or is_whole(v), "a whole number"),
    "validation": (is_number, "a number"),
}
"""Setting -> whether its type is right, and which one is; what reads the data checks the rest."""
