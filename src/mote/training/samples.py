"""Samples on the device that trains: raw as they were read, a network's input batch by batch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mote.data.dataset import Dataset, Split


@dataclass(frozen=True, eq=False)
class Samples:
    """A split on a device.

    Attributes:
        x: As ``Split.x``: uint8 or float32, channels last.
        y: int64 labels.
        mean, std: float32, as ``Dataset`` has them.
    """

    x: Tensor
    y: Tensor
    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def inputs(self, raw: Tensor) -> Tensor:
        """What a network sees of raw samples: float32 ``(x - mean) / std``, channels second.

        Images keep their place in memory, so they arrive in PyTorch's channels-last format.
        """
        seen = (raw.float() - self.mean) / self.std
        return seen.movedim(-1, 1) if seen.ndim > 2 else seen


def put_on_device(dataset: Dataset, split: Split, device: torch.device) -> Samples:
    """A split with the constants that normalise it."""

    def tensor(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Tensor:
        return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)

    return Samples(tensor(split.x), tensor(split.y), tensor(dataset.mean), tensor(dataset.std))
