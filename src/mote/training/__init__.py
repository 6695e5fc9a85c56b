"""Training of ordinary PyTorch modules: one function, one configuration, one folder per run."""

from typing import TYPE_CHECKING, Any

from mote.errors import ToolError
from mote.training.config import TrainingConfig

if TYPE_CHECKING:
    from mote.training.evaluation import Evaluation, evaluate
    from mote.training.loop import TrainingInterrupted, Watch
    from mote.training.run import TrainingResult, train

__all__ = [
    "Evaluation",
    "TrainingConfig",
    "TrainingInterrupted",
    "TrainingResult",
    "Watch",
    "evaluate",
    "train",
]

_HOMES = {
    "Evaluation": "mote.training.evaluation",
    "TrainingInterrupted": "mote.training.loop",
    "TrainingResult": "mote.training.run",
    "Watch": "mote.training.loop",
    "evaluate": "mote.training.evaluation",
    "train": "mote.training.run",
}
"""Names that need PyTorch, which is imported when one of them is first used."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mote.training' has no attribute {name!r}")
    from importlib import import_module

    try:
        home = import_module(_HOMES[name])
    except ImportError as error:
        raise ToolError(
            "PyTorch", "the package torch is not installed", hint="pip install 'mote[torch]'"
        ) from error
    return getattr(home, name)
