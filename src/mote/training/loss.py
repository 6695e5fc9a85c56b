"""What training makes small: the difference to the targets, and penalties on the weights."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mote.training.config import TrainingConfig


def data_loss(task: str, outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean over the batch: cross entropy against labels, squared error against real values."""
    if task == "classification":
        return functional.cross_entropy(outputs.float(), targets, label_smoothing=smoothing)
    return functional.mse_loss(outputs.float(), targets.reshape(outputs.shape))


def mixed_loss(
    module: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    config: TrainingConfig,
    generator: np.random.Generator,
) -> Tensor:
    """The loss on samples of which each is blended with another (Zhang et al. 2018)."""
    share = float(generator.beta(config.mixup, config.mixup))
    other = torch.from_numpy(generator.permutation(len(inputs))).to(inputs.device)
    outputs = module(share * inputs + (1 - share) * inputs[other])
    first = data_loss("classification", outputs, targets, config.label_smoothing)
    second = data_loss("classification", outputs, targets[other], config.label_smoothing)
    return share * first + (1 - share) * second


def l1_penalty(weights: Sequence[nn.Parameter], strength: float) -> Tensor:
    """``strength`` times the sum of the weights' magnitudes."""
    return strength * torch.stack([w.abs().sum() for w in weights]).sum()
