"""The learning rate as a function of the step: nothing to save, nothing to restore."""

import math

from mote.training.config import TrainingConfig


def learning_rate(config: TrainingConfig, step: int, steps_per_epoch: int) -> float:
    """The rate of a step, counted from 0.

    It rises linearly over the warm-up and then falls along half a cosine to nearly 0 (Loshchilov &
    Hutter 2017, eq. 5, without restarts), or stays.
    """
    warmup = round(config.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - warmup) / max(1, config.epochs * steps_per_epoch - warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
