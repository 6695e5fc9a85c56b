"""The optimizer of a run, with penalties on weights only."""

import torch
from torch import nn

from mote.training.config import TrainingConfig


def make_optimizer(module: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimizer; its learning rate is set before every step."""
    trained = [p for p in module.parameters() if p.requires_grad]
    weights = penalised(module)
    chosen = {id(p) for p in weights}
    groups = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": [p for p in trained if id(p) not in chosen], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    match config.optimizer:
        case "sgd":
            return torch.optim.SGD(
                groups,
                config.learning_rate,
                momentum=config.momentum,
                nesterov=config.momentum > 0,
            )
        case "adam":
            return torch.optim.Adam(groups, config.learning_rate)
        case "adamw":
            return torch.optim.AdamW(groups, config.learning_rate)
    raise AssertionError(config.optimizer)


def penalised(module: nn.Module) -> list[nn.Parameter]:
    """Kernels and matrices: what L1 and L2 penalties hold small."""
    return [p for p in module.parameters() if p.requires_grad and p.ndim > 1]
