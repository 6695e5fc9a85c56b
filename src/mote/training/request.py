"""A run as it is asked for: which network on which data and how, in one flat set of names."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from mote.data import (
    FORMATS,
    Dataset,
    ImageOptions,
    LoadOptions,
    MotionOptions,
    SoundOptions,
    SplitOptions,
    load,
)
from mote.data.problems import Progress
from mote.data.sound_samples import FEATURE_NAMES
from mote.errors import InputError, MoteError
from mote.training.config import Rule, TrainingConfig, is_number, is_whole

FEATURES = FEATURE_NAMES
WHERE = "training"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `mote train` is asked for, and what ``config.json`` of a run says.

    Args:
        model: A name of ``mote.zoo``, or ``FILE.py:FUNCTION`` for a function that makes a module.
        data: What ``mote.data.load`` takes: a path, or ``digits``.
        model_arguments: For that function, beyond those that the data decide.
        format: Of the data; None recognises it.
        image_size: Height and width to which image files are brought; None keeps theirs.
        sound_features: What the network hears of sound files, a name in ``FEATURES``.
        sound_seconds: Length to which sound files are brought.
        validation: Share of the training samples held out to choose the best epoch by, when the
            data set has no validation split; 0 keeps the last epoch.
        tensorboard: Whether the run's folder gets event files for TensorBoard.
        training: How to train.
    """

    model: str
    data: str
    model_arguments: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None
    image_size: tuple[int, int] | None = None
    sound_features: str = "mfcc"
    sound_seconds: float = 1.0
    sound_keywords: tuple[str, ...] | None = None
    sound_copies: int = 0
    window: int | None = None
    hop: int | None = None
    validation: float = 0.1
    tensorboard: bool = False
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        problems = [*_data_problems(self), *_model_problems(self)]
        if problems:
            raise InputError(WHERE, "cannot begin", details=problems)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """A request from flat names, those of ``TrainingConfig`` among them.

        Raises:
            InputError: Names are missing or unknown, or values not allowed; lists all of it.
        """
        trained = {f.name for f in fields(TrainingConfig)}
        own = {f.name for f in fields(cls)} - {"training"}
        problems = [f"there is no setting {name!r}" for name in values if name not in own | trained]
        given = {"model": "", "data": "", **{n: v for n, v in values.items() if n in own}}
        for name in ("image_size", "sound_keywords"):  # lists in JSON and TOML
            if isinstance(given.get(name), list):
                given[name] = tuple(given[name])
        chosen = {name: value for name, value in values.items() if name in trained}
        training = _gather(problems, lambda: TrainingConfig.from_mapping(chosen))
        request = _gather(problems, lambda: cls(**given, training=training or TrainingConfig()))
        if problems or request is None:
            raise InputError(
                WHERE,
                "cannot begin",
                details=problems,
                hint="mote train --help explains every setting",
            )
        return request

    def as_mapping(self) -> dict[str, Any]:
        """The same as flat names: what ``from_mapping`` takes."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "training"}
        return {**own, **self.training.as_mapping()}


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a TOML or JSON file, ``config.json`` of a run among them.

    Raises:
        InputError: The file is missing, or is not one flat table.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(str(path), "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "cannot be read", details=[str(error)]) from None
    except ValueError as error:
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise InputError(
            str(path),
            f"is not {form}",
            details=[str(error)],
            hint='write lines such as: epochs = 12 (TOML), or {"epochs": 12} (.json)',
        ) from None
    if not isinstance(values, dict):
        raise InputError(str(path), "holds no table of settings")
    return values


def load_dataset(request: Request, progress: Progress | None = None) -> Dataset:
    """Read the data set of a request."""
    return load(
        request.data, format=request.format, options=_load_options(request), progress=progress
    )


def _load_options(request: Request) -> LoadOptions:
    return LoadOptions(
        images=ImageOptions(size=request.image_size),
        sounds=SoundOptions(
            seconds=request.sound_seconds,
            features=request.sound_features,
            keywords=request.sound_keywords,
            copies=request.sound_copies,
        ),
        motion=MotionOptions(window=request.window, hop=request.hop),
        split=SplitOptions(validation=request.validation),
    )


def _data_problems(request: Request) -> list[str]:
    problems = [
        f"{name} is {getattr(request, name)!r}, allowed: {allowed}"
        for name, (is_allowed, allowed) in DATA_TYPES.items()
        if not is_allowed(getattr(request, name))
    ]
    if not request.data:
        problems.append("data is not given: a folder, an archive, or 'digits'")
    elif request.data != "digits" and not Path(request.data).exists():
        problems.append(f"data is {request.data!r}, there is no such file or folder")
    if not problems:
        _gather(problems, lambda: _load_options(request))
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
    "tensorboard": (lambda v: isinstance(v, bool), "true, false"),
}
"""Setting -> whether its type is right, and which one is; what reads the data checks the rest."""


def _model_problems(request: Request) -> list[str]:
    if not request.model:
        return ["model is not given: a name that `mote zoo` lists, or FILE.py:FUNCTION"]
    if not isinstance(request.model_arguments, Mapping):
        return [f"model_arguments is {request.model_arguments!r}, allowed: a table"]
    try:
        from mote.training.network import argument_problems
    except ImportError:
        return ["the package torch is not installed: pip install 'mote[torch]'"]
    return argument_problems(request.model, request.model_arguments)


def _gather(problems: list[str], make: Callable[[], T]) -> T | None:
    """What ``make`` returns, or None with its complaint among the problems."""
    try:
        return make()
    except MoteError as error:
        if error.details:
            problems += error.details
        else:
            problems.append(error.message().replace("\n", "; "))
        return None
