"""A run as it is asked for: which network on which data and how, in one flat set of names."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from mote.errors import InputError, MoteError
from mote.training.config import TrainingConfig
from mote.training.data_settings import DataSettings, data_problems, with_tuples

WHERE = "training"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request(DataSettings):
    """What `mote train` is asked for, and what ``config.json`` of a run says.

    Args:
        model: A name of ``mote.zoo``, or ``FILE.py:FUNCTION`` for a function that makes a module.
        model_arguments: For that function, beyond those that the data decide.
        tensorboard: Whether the run's folder gets event files for TensorBoard.
        training: How to train.
    """

    model: str
    model_arguments: Mapping[str, Any] = field(default_factory=dict)
    tensorboard: bool = False
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        problems = [*data_problems(self), *_model_problems(self)]
        if not isinstance(self.tensorboard, bool):
            problems.append(f"tensorboard is {self.tensorboard!r}, allowed: true, false")
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
        given = {"model": "", "data": "", **with_tuples(values)}
        given = {name: value for name, value in given.items() if name in own}
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
