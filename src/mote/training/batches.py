"""The order of the samples: every batch is a function of seed, epoch and step, nothing else."""

import math

import numpy as np
import torch
from torch import Tensor

from mote.training.distributed import World

ORDER, NUMBERS = 1, 2
"""Separate streams of random numbers from one seed."""


def steps_per_epoch(samples: int, batch_size: int) -> int:
    """Optimizer steps in one pass."""
    return math.ceil(samples / batch_size)


def epoch_batches(
    samples: int, batch_size: int, *, seed: int, epoch: int, world: World
) -> list[Tensor]:
    """This process's part of every batch of an epoch, as indices.

    Batches differ in size by at most one sample, so that none is too small for batch norm.
    """
    generator = torch.Generator().manual_seed(_seed(seed, ORDER, epoch))
    order = torch.randperm(samples, generator=generator)
    batches = order.tensor_split(steps_per_epoch(samples, batch_size))
    return [batch.tensor_split(world.size)[world.rank] for batch in batches]


def seed_step(seed: int, step: int, rank: int, device: torch.device) -> np.random.Generator:
    """Start PyTorch's random numbers of one step, and return a generator for the others.

    So a run that goes on from a checkpoint draws the numbers that it would have drawn.
    """
    number = _seed(seed, NUMBERS, step, rank)
    torch.default_generator.manual_seed(number)  # torch.manual_seed is slow without a GPU
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    return np.random.default_rng([seed, NUMBERS, step, rank])


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)
