"""What changes while a network trains, and its way into a checkpoint and back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mote.errors import InputError
from mote.training.average import Average
from mote.training.checkpoint import load_checkpoint, save_checkpoint
from mote.training.config import MAY_CHANGE, TrainingConfig
from mote.training.distributed import World
from mote.training.optimizer import make_optimizer
from mote.training.run_folder import BEST, LAST

Epoch = dict[str, Any]
"""One line of the metrics."""


@dataclass(kw_only=True)
class State:
    """A run between two steps.

    Attributes:
        module: The network, on the device.
        optimizer: With its moments.
        average: The averaged network, if the run has one.
        step: Optimizer steps done, over all epochs.
        loss: Sum over this epoch's samples so far, float64 on the device.
        seconds: Time that this epoch took so far.
        history: The epochs that are done.
        best_epoch: The one whose weights ``best.pt`` holds, counted from 1; 0 before the first.
        best_score: What made it the best.
    """

    module: nn.Module
    optimizer: torch.optim.Optimizer
    average: Average | None
    step: int = 0
    loss: Tensor
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best_score: tuple[float, float] | None = None

    @property
    def evaluated(self) -> nn.Module:
        """The network whose figures count: the average, if there is one."""
        return self.module if self.average is None else self.average.module


def start(module: nn.Module, config: TrainingConfig, device: torch.device) -> State:
    """A run before its first step."""
    return State(
        module=module,
        optimizer=make_optimizer(module, config),
        average=Average(module, config.ema_decay) if config.ema_decay else None,
        loss=torch.zeros((), dtype=torch.float64, device=device),
    )


def save_last(state: State, config: TrainingConfig, samples: int, directory: Path) -> None:
    """Everything that the run needs to go on."""
    save_checkpoint(
        directory / LAST,
        {
            "config": config.as_mapping(),
            "samples": samples,
            "module": state.module.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "average": None if state.average is None else state.average.module.state_dict(),
            "step": state.step,
            "loss": state.loss,
            "seconds": state.seconds,
            "history": state.history,
            "best_epoch": state.best_epoch,
            "best_score": state.best_score,
        },
    )


def save_best(state: State, directory: Path) -> None:
    """The weights that count, and the epoch that made them."""
    content = {"module": state.evaluated.state_dict(), "epoch": state.history[-1]}
    save_checkpoint(directory / BEST, content)


def restore(
    state: State, config: TrainingConfig, samples: int, directory: Path, world: World
) -> None:
    """Put a started run where the last checkpoint left it.

    Raises:
        ModelFileError: There is no whole checkpoint.
        InputError: It is of another network, data set or configuration; lists the differences.
    """
    path = directory / LAST
    saved = world.from_first(lambda: load_checkpoint(path))
    problems = _differences(saved, config, samples)
    if not problems:
        problems = _load(state, saved)
    if problems:
        raise InputError(
            str(path),
            "is of another run",
            details=problems,
            hint="resume with what it was started with, as config.json beside it says",
        )
    state.step, state.seconds = saved["step"], saved["seconds"]
    if world.rank == 0:  # other processes' sums were not saved; they only enter a displayed mean
        state.loss.copy_(saved["loss"])
    state.history, state.best_epoch = saved["history"], saved["best_epoch"]
    best = saved["best_score"]
    state.best_score = None if best is None else (best[0], best[1])


def load_best(module: nn.Module, directory: Path, world: World) -> Epoch:
    """Give a network the weights of the best epoch; returns that epoch's metrics."""
    saved = world.from_first(lambda: load_checkpoint(directory / BEST))
    module.load_state_dict(saved["module"])
    epoch: Epoch = saved["epoch"]
    return epoch


def _differences(saved: dict[str, Any], config: TrainingConfig, samples: int) -> list[str]:
    found = [
        f"{name} was {saved['config'].get(name)!r}, is {value!r}"
        for name, value in config.as_mapping().items()
        if name not in MAY_CHANGE and saved["config"].get(name) != value
    ]
    if saved["samples"] != samples:
        found.append(f"there were {saved['samples']:,} training samples, there are {samples:,}")
    return found


def _load(state: State, saved: dict[str, Any]) -> list[str]:
    """Copy weights and moments; what does not fit, in words."""
    try:
        state.module.load_state_dict(saved["module"])
        if state.average is not None:
            state.average.module.load_state_dict(saved["average"])
        state.optimizer.load_state_dict(saved["optimizer"])
    except (RuntimeError, ValueError, KeyError) as error:
        return [line.strip() for line in str(error).splitlines()[:6]]
    return []
