"""What a training run can be told: one frozen record, checked as a whole."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from mote.errors import InputError

TASKS = ("classification", "reconstruction")
OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "constant")
PRECISIONS = ("auto", "float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda")
MAY_CHANGE = ("device", "threads", "precision", "checkpoint_minutes", "checkpoint_steps")
"""Settings that a resumed run may have anew: they say where it runs, not what it computes."""

WHERE = "training configuration"


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained.

    Args:
        task: What the outputs are compared with: ``classification`` with the labels (cross
            entropy), ``reconstruction`` with the input itself (mean squared error), for
            autoencoders.
        epochs: Passes over the training samples.
        batch_size: Samples per step, over all processes together.
        optimizer: ``sgd`` (with Nesterov momentum), ``adam`` or ``adamw``.
        learning_rate: Its largest value.
        momentum: Of ``sgd``; the others do not read it.
        weight_decay: L2 penalty on weights of two or more dimensions, never on biases and norms;
            ``adamw`` decouples it (Loshchilov & Hutter 2019).
        l1: L1 penalty on the same weights.
        label_smoothing: Share of the target spread over all classes.
        mixup: Alpha of the Beta distribution (Zhang et al. 2018); 0 mixes nothing.
        augment: Whether the data set's augmentation is applied to training batches.
        input_noise: Standard deviation of Gaussian noise on the network's input in training.
        schedule: ``cosine`` falls from the largest rate to 0, ``constant`` stays.
        warmup_epochs: Epochs in which the rate first rises from 0, may be a fraction.
        ema_decay: Of the exponential moving average of the weights, which is then what is
            evaluated and kept; 0 keeps the weights themselves.
        clip_norm: Largest norm of the gradient; 0 does not clip.
        patience: Epochs without improvement on the validation split after which training stops;
            0 never stops early.
        precision: ``bfloat16`` computes in mixed precision; ``auto`` does so on a GPU that can.
        device: ``auto`` takes a GPU when there is one.
        threads: Of PyTorch on the CPU; 0 leaves its own choice. Bits are equal only between runs
            with the same number of threads.
        seed: Decides the order of the samples, the augmentation and dropout.
        checkpoint_minutes: Time between checkpoints within an epoch; 0 saves only after epochs.
        checkpoint_steps: Steps between such checkpoints; 0 leaves it to the minutes.
    """

    task: str = "classification"
    epochs: int = 20
    batch_size: int = 128
    optimizer: str = "adamw"
    learning_rate: float = 0.002
    momentum: float = 0.9
    weight_decay: float = 0.0
    l1: float = 0.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    augment: bool = True
    input_noise: float = 0.0
    schedule: str = "cosine"
    warmup_epochs: float = 0.0
    ema_decay: float = 0.0
    clip_norm: float = 0.0
    patience: int = 0
    precision: str = "auto"
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    checkpoint_minutes: float = 5.0
    checkpoint_steps: int = 0

    def __post_init__(self) -> None:
        problems = [
            f"{name} is {getattr(self, name)!r}, allowed: {allowed}"
            for name, (is_allowed, allowed) in RULES.items()
            if not is_allowed(getattr(self, name))
        ]
        if not problems and self.warmup_epochs > self.epochs:
            problems.append(f"warmup_epochs is {self.warmup_epochs:g} of {self.epochs} epochs")
        if not problems and self.task != "classification":
            problems += [
                f"{name} is {getattr(self, name):g}, it is for the task classification"
                for name in ("label_smoothing", "mixup")
                if getattr(self, name)
            ]
        if not problems and self.optimizer != "sgd" and self.momentum != type(self).momentum:
            problems.append(f"momentum is {self.momentum:g}, it is for the optimizer sgd")
        if problems:
            raise InputError(
                WHERE,
                f"{len(problems)} of its values cannot be used",
                details=problems,
            )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """The configuration with these values, and the defaults for all others.

        Raises:
            InputError: A name is unknown or a value is not allowed; lists every such thing.
        """
        known = {field.name for field in fields(cls)}
        problems = [f"there is no setting {name!r}" for name in values if name not in known]
        try:
            config = cls(**{name: value for name, value in values.items() if name in known})
        except InputError as error:
            problems += error.details
        if problems:
            raise InputError(WHERE, f"{len(problems)} problems", details=problems)
        return config

    def as_mapping(self) -> dict[str, Any]:
        """Every setting by name, in plain values."""
        return asdict(self)


Rule = tuple[Callable[[Any], bool], str]


def is_whole(value: Any) -> bool:
    """Whether it is an integer; ``true`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is a real number; infinities and NaN are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(least: int) -> Rule:
    return lambda value: is_whole(value) and value >= least, f"a whole number from {least}"


def _real(least: float, below: float = math.inf) -> Rule:
    upper = "" if below == math.inf else f" and below {below:g}"
    return (
        lambda value: is_number(value) and least <= value < below,
        f"a number from {least:g}{upper}",
    )


def _positive() -> Rule:
    return lambda value: is_number(value) and value > 0, "a number above 0"


def _one_of(names: tuple[str, ...]) -> Rule:
    return lambda value: value in names, ", ".join(names)


RULES: dict[str, Rule] = {
    "task": _one_of(TASKS),
    "epochs": _whole(1),
    "batch_size": _whole(1),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _positive(),
    "momentum": _real(0, 1),
    "weight_decay": _real(0),
    "l1": _real(0),
    "label_smoothing": _real(0, 1),
    "mixup": _real(0),
    "augment": (lambda value: isinstance(value, bool), "true, false"),
    "input_noise": _real(0),
    "schedule": _one_of(SCHEDULES),
    "warmup_epochs": _real(0),
    "ema_decay": _real(0, 1),
    "clip_norm": _real(0),
    "patience": _whole(0),
    "precision": _one_of(PRECISIONS),
    "device": _one_of(DEVICES),
    "threads": _whole(0),
    "seed": _whole(0),
    "checkpoint_minutes": _real(0),
    "checkpoint_steps": _whole(0),
}
"""Setting -> whether a value is allowed, and which ones are, in words."""
