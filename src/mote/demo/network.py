"""The network: three small convolution blocks and a linear layer, and how it is trained."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mote.data import Dataset
from mote.training.config import TrainingConfig

if TYPE_CHECKING:
    from torch import nn

    from mote.training import TrainingResult

CLASSES = 10

EpochDone = Callable[[int], None]


def train_network(
    digits: Dataset, *, seed: int, epochs: int, epoch_done: EpochDone
) -> "TrainingResult":
    """The trained network; one thread, so that the seed decides all."""
    import torch

    from mote.training import Watch, train

    config = TrainingConfig(
        epochs=epochs,
        batch_size=64,
        learning_rate=0.01,
        weight_decay=0.05,
        label_smoothing=0.05,
        warmup_epochs=epochs / 20,
        device="cpu",
        threads=1,
        seed=seed,
    )
    watch = Watch(on_epoch=lambda epoch: epoch_done(epoch["epoch"]))
    with TemporaryDirectory(prefix="mote-demo-") as folder, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return train(build(), digits, config, Path(folder) / "run", watch=watch)


def build() -> "nn.Module":
    """A plain, a strided and a depthwise separable convolution; ten scores, no softmax."""
    from torch import nn

    def block(
        inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> "nn.Module":
        padding = kernel // 2
        return nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
                norm=nn.BatchNorm2d(outputs),
                relu=nn.ReLU(),
            )
        )

    return nn.Sequential(
        OrderedDict(
            stem=block(1, 16, 3),
            halve=block(16, 24, 3, stride=2),
            depthwise=block(24, 24, 3, groups=24),
            pointwise=block(24, 32, 1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(0.2),
            scores=nn.Linear(32 * 4 * 4, CLASSES),
        )
    )
