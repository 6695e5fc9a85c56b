"""The network: three small convolution blocks and a linear layer, trained with PyTorch."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mote.demo.digits import Digits
from mote.ir.tensor import Array

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCH = 64
LEARNING_RATE = 0.01
CLASSES = 10

EpochDone = Callable[[int], None]


def train(digits: Digits, *, seed: int, epochs: int, epoch_done: EpochDone) -> "nn.Module":
    """The trained network, in evaluation mode; one thread, so that the seed decides all."""
    import torch
    from torch.nn.functional import cross_entropy

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build()
            images = torch.from_numpy(digits.train_images.transpose(0, 3, 1, 2).copy())
            labels = torch.from_numpy(digits.train_labels)
            optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.01)
            batches = -(-len(images) // BATCH)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, LEARNING_RATE, total_steps=epochs * batches
            )
            for epoch in range(epochs):
                for chosen in torch.split(torch.randperm(len(images)), BATCH):
                    scores = network(shifted(images[chosen]))
                    loss = cross_entropy(scores, labels[chosen], label_smoothing=0.05)
                    optimizer.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    schedule.step()
                epoch_done(epoch + 1)
    finally:
        torch.set_num_threads(threads)
    return network.eval()


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


def shifted(images: "Tensor") -> "Tensor":
    """Each image moved by at most one pixel in both directions: more digits from the same ones."""
    import torch
    from torch.nn.functional import pad

    count, _, height, width = images.shape
    rows = torch.randint(3, (count, 1)) + torch.arange(height)
    columns = torch.randint(3, (count, 1)) + torch.arange(width)
    image = torch.arange(count)[:, None, None]
    moved = pad(images, (1, 1, 1, 1))[image, 0, rows[:, :, None], columns[:, None, :]]
    return moved[:, None]


def predict(network: "nn.Module", images: Array) -> Array:
    """The network's digit for each image ``[count, 8, 8, 1]``."""
    import torch

    with torch.inference_mode():
        scores = network(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    return np.asarray(scores.argmax(1).numpy())
