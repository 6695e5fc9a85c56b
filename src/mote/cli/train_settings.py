"""The options of `mote train`: one for every setting of a run, with what it does in a line."""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import click

from mote.data.sound_samples import FEATURE_NAMES
from mote.training.config import DEVICES, OPTIMIZERS, PRECISIONS, SCHEDULES, TASKS, TrainingConfig
from mote.training.request import Request

Command = Callable[..., Any]

DATA_SETTINGS = {
    "format": "Of the data, when it is not recognised.",
    "image_size": "Bring image files to this height and width, as 96 96.",
    "sound_features": "What the network hears of sound files.",
    "sound_seconds": "Length to which sound files are brought.",
    "sound_keywords": "Only these classes, as yes,no,up; and one for all others.",
    "sound_copies": "Changed copies of every training sound: moved, louder or softer, with noise.",
    "window": "Rows of a sample of motion.",
    "hop": "Rows from one such sample to the next.",
    "validation": "Share of the training samples held out to choose the best epoch by, when the "
    "data set has no validation split; 0 keeps the last epoch.",
}

TRAINING_SETTINGS = {
    "task": "reconstruction trains an autoencoder: the input is the target.",
    "epochs": "Passes over the training samples.",
    "batch_size": "Samples per step, over all processes together.",
    "optimizer": "sgd has Nesterov momentum; adamw decouples the weight decay.",
    "learning_rate": "Its largest value.",
    "momentum": "Of sgd.",
    "weight_decay": "L2 penalty on weights, not on biases and norms.",
    "l1": "L1 penalty on weights.",
    "label_smoothing": "Share of the target spread over all classes, such as 0.1.",
    "mixup": "Blend pairs of samples, with this alpha; such as 0.2.",
    "augment": "Change training samples at random: images move (in colour they also flip), sounds "
    "and motion move in time.",
    "input_noise": "Standard deviation of noise added to the (normalised) input.",
    "schedule": "cosine falls to 0, constant stays.",
    "warmup_epochs": "Epochs in which the learning rate rises from 0; may be 0.5.",
    "ema_decay": "Evaluate and keep a moving average of the weights; such as 0.999.",
    "clip_norm": "Largest norm of the gradient.",
    "patience": "Stop after so many epochs without improvement.",
    "precision": "bfloat16 is faster on processors that have it; auto uses it on GPUs.",
    "device": "auto takes a GPU when there is one.",
    "threads": "Of the CPU. Runs give the same bits with the same number.",
    "seed": "Same seed, same network.",
    "checkpoint_minutes": "Time between checkpoints within an epoch.",
    "checkpoint_steps": "Steps between checkpoints within an epoch.",
}

CHOICES = {
    "task": TASKS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "precision": PRECISIONS,
    "device": DEVICES,
    "sound_features": FEATURE_NAMES,
}

TYPES: dict[str, tuple[Any, str]] = {
    "image_size": ((int, int), "H W"),
    "sound_keywords": (str, "NAMES"),
    "window": (int, "N"),
    "hop": (int, "N"),
}
"""Of settings whose default does not tell."""

OFF = (
    "weight_decay l1 label_smoothing mixup input_noise warmup_epochs ema_decay clip_norm patience "
    "checkpoint_steps sound_copies"
)
AT_ZERO = {"threads": "PyTorch's choice", **dict.fromkeys(OFF.split(), "off")}
"""What a default of 0 means."""

DEFAULTS: dict[str, Any] = {
    f.name: None if f.default is MISSING else f.default
    for owner in (Request, TrainingConfig)
    for f in fields(owner)
}


def setting_options(command: Command) -> Command:
    """Add an option for every setting; one that is not given is None."""
    for name, text in reversed((DATA_SETTINGS | TRAINING_SETTINGS).items()):
        command = _option(name, text)(command)
    return command


def _option(name: str, text: str) -> Callable[[Command], Command]:
    flag, default = f"--{name.replace('_', '-')}", DEFAULTS[name]
    if isinstance(default, bool):
        return click.option(
            f"{flag}/--no-{name}", name, default=None, help=f"{text}  [default: on]"
        )
    kind, metavar = TYPES.get(name, (str, "NAME"))
    if isinstance(default, int | float):
        kind, metavar = type(default), "N" if isinstance(default, int) else "NUMBER"
    if name in CHOICES:
        metavar = "|".join(CHOICES[name])
    shown = default or AT_ZERO.get(name, default)
    told = text if default is None else f"{text}  [default: {shown}]"
    return click.option(flag, name, type=kind, default=None, metavar=metavar, help=told)


def model_argument(text: str) -> tuple[str, Any]:
    """``width_mult=0.5`` as name and value: a number, true, false, or else a word."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"--set {text}: write NAME=VALUE, such as width_mult=0.5")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
