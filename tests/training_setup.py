"""A data set and a network so small that a test can train them; also a program that does.

python training_setup.py DIRECTORY [--resume] [--slowly] [--plain]
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mote.data import Dataset, Split
from mote.training import TrainingConfig, Watch, train

CLASSES = 4
CONFIG = TrainingConfig(
    epochs=3,
    batch_size=30,
    learning_rate=0.01,
    weight_decay=0.01,
    l1=1e-5,
    label_smoothing=0.1,
    mixup=0.2,
    input_noise=0.05,
    warmup_epochs=0.5,
    ema_decay=0.9,
    clip_norm=5.0,
    threads=1,
    seed=7,
    checkpoint_steps=3,
)
"""With everything switched on that draws random numbers or keeps a state."""

PLAIN = TrainingConfig(
    epochs=2,
    batch_size=31,
    optimizer="sgd",
    learning_rate=0.1,
    augment=False,
    threads=1,
    ema_decay=0.9,
)
"""Without what depends on how a batch is shared."""


def dataset(count: int = 240) -> Dataset:
    """Grey images of 6 x 6, brightest in the quadrant that is their class."""
    return Dataset(
        name="quadrants",
        format="made",
        kind="image",
        classes=("nw", "ne", "sw", "se"),
        train=quadrants(count, 1),
        validation=quadrants(80, 2),
        test=quadrants(90, 3),
        mean=np.array([100], np.float32),
        std=np.array([50], np.float32),
    )


def quadrants(count: int, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    x = rng.integers(0, 200, (count, 6, 6, 1))
    for image, label in zip(x, labels, strict=True):
        row, column = 3 * (label // 2), 3 * (label % 2)
        image[row : row + 3, column : column + 3] += 55
    return Split(x.astype(np.uint8), labels)


def network(hidden: int = 8, *, plain: bool = False) -> nn.Module:
    """With batch norm and dropout; ``plain`` without, as one network on two processes needs."""
    torch.manual_seed(5)
    norm = nn.Identity() if plain else nn.BatchNorm2d(hidden)
    return nn.Sequential(
        nn.Conv2d(1, hidden, 3, padding=1),
        norm,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.0 if plain else 0.1),
        nn.Linear(hidden * 9, CLASSES),
    )


def main(directory: str, *options: str) -> None:
    """Train, and say every step."""

    def say(done: int, total: int) -> None:
        print("step", done, flush=True)
        if "--slowly" in options:
            time.sleep(0.02)

    plain = "--plain" in options
    train(
        network(plain=plain),
        dataset(),
        PLAIN if plain else CONFIG,
        Path(directory),
        resume="--resume" in options,
        watch=Watch(on_step=say),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
