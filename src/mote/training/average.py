"""The exponential moving average of a network's weights."""

from copy import deepcopy

import torch
from torch import nn


class Average:
    """A copy of a network that follows it slowly.

    The decay rises from 2/11 to its final value, so that the first steps, far from any good
    weights, are soon forgotten. Statistics of batch norms are averaged like weights; counters are
    copied.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = deepcopy(module).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the weights that ``step`` optimizer steps have made."""
        decay = min(self.decay, (1 + step) / (10 + step))
        own, new = self.module.state_dict(), module.state_dict()
        real = [name for name, value in own.items() if value.is_floating_point()]
        torch._foreach_lerp_([own[n] for n in real], [new[n] for n in real], 1 - decay)
        for name in own.keys() - set(real):
            own[name].copy_(new[name])
