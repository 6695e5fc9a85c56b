"""How good a network is on a split: loss, accuracy, and which classes it takes for which."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from mote.ir.tensor import Array
from mote.training.distributed import World
from mote.training.loss import data_loss
from mote.training.samples import Samples

BATCH = 500


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found.

    Attributes:
        samples: Their number.
        loss: Mean over them: cross entropy, or squared error of a reconstruction.
        confusion: int64 ``[true class, predicted class]``; None for a reconstruction.
    """

    samples: int
    loss: float
    confusion: Array | None

    @property
    def accuracy(self) -> float | None:
        """Share of samples whose class was recognised; None for a reconstruction."""
        return None if self.confusion is None else float(self.confusion.trace() / self.samples)

    def as_mapping(self) -> dict[str, Any]:
        """The same in plain values."""
        confusion = None if self.confusion is None else self.confusion.tolist()
        return {
            "samples": self.samples,
            "loss": self.loss,
            "accuracy": self.accuracy,
            "confusion": confusion,
        }

    @property
    def score(self) -> tuple[float, float]:
        """Larger is better: accuracy first, then a small loss."""
        return (self.accuracy or 0.0, -self.loss)


@torch.no_grad()
def evaluate(
    module: nn.Module, samples: Samples, *, task: str, classes: int, world: World | None = None
) -> Evaluation:
    """Run every sample through the network in evaluation mode, in float32.

    Several processes of a world share the samples.
    """
    world = world or World()
    was_training = module.training
    module.eval()
    size = classes if task == "classification" else 0
    device = samples.x.device
    loss = torch.zeros(1, dtype=torch.float64, device=device)
    pairs = torch.zeros(size * size, dtype=torch.int64, device=device)
    own = torch.arange(len(samples), device=device).tensor_split(world.size)[world.rank]
    for chosen in torch.split(own, BATCH):
        x, y = samples.inputs(samples.x[chosen]), samples.y[chosen]
        outputs = module(x)
        targets = y if size else x
        loss += data_loss(task, outputs, targets).double() * len(chosen)
        if size:
            found = outputs.argmax(1)
            pairs += torch.bincount(y * size + found, minlength=size * size)
    module.train(was_training)
    world.sum(loss)
    world.sum(pairs)
    confusion = np.asarray(pairs.cpu().numpy()).reshape(size, size) if size else None
    return Evaluation(len(samples), float(loss) / len(samples), confusion)
