"""Steps and epochs: forward, backward, average, checkpoint, until done or stopped."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mote.data.augment import Augment
from mote.errors import MoteError
from mote.training.batches import epoch_batches, seed_step, steps_per_epoch
from mote.training.config import TrainingConfig
from mote.training.distributed import World
from mote.training.evaluation import evaluate
from mote.training.loss import data_loss, l1_penalty, mixed_loss
from mote.training.optimizer import penalised
from mote.training.run_folder import write_metrics
from mote.training.samples import Samples
from mote.training.schedule import learning_rate
from mote.training.state import Epoch, State, save_best, save_last


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Whom the loop tells how far it is, in the process that writes.

    Attributes:
        on_step: Called with the steps done and their total, over all epochs.
        on_epoch: Called with an epoch's line of metrics.
    """

    on_step: Callable[[int, int], None] = lambda done, total: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """What stays the same while a network trains."""

    config: TrainingConfig
    world: World
    device: torch.device
    directory: Path
    train: Samples
    validation: Samples | None
    classes: int
    augment: Augment | None
    watch: Watch

    @property
    def epoch_steps(self) -> int:
        return steps_per_epoch(len(self.train), self.config.batch_size)

    @property
    def mixed_precision(self) -> bool:
        """Whether the forward pass is in bfloat16 where PyTorch holds that to be safe."""
        if self.config.precision == "auto":
            return self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        return self.config.precision == "bfloat16"


class TrainingInterrupted(KeyboardInterrupt):  # as KeyboardInterrupt is named
    """Someone stopped the run; its checkpoint is written, and resuming goes on from there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        super().__init__(f"stopped; {directory} can be resumed")


def run_epochs(job: Job, state: State, interrupted: Callable[[], bool]) -> None:
    """Train from where the state is until the last epoch, or until patience ends."""
    network: nn.Module = state.module
    if job.world.size > 1:
        network = DistributedDataParallel(network)
    while len(state.history) < job.config.epochs and not out_of_patience(job.config, state):
        run_epoch(job, state, network, interrupted)
        finish_epoch(job, state)


def out_of_patience(config: TrainingConfig, state: State) -> bool:
    """Whether the last epochs, as many as patience has, brought nothing better."""
    return 0 < config.patience <= len(state.history) - state.best_epoch


def run_epoch(job: Job, state: State, network: nn.Module, interrupted: Callable[[], bool]) -> None:
    """The steps that are left of the current epoch, with checkpoints between them."""
    config, world = job.config, job.world
    batches = epoch_batches(
        len(job.train),
        config.batch_size,
        seed=config.seed,
        epoch=len(state.history),
        world=world,
    )
    network.train()
    weights = penalised(state.module)
    before, saved = time.monotonic() - state.seconds, time.monotonic()
    for chosen in batches[state.step - len(state.history) * job.epoch_steps :]:
        run_step(job, state, network, chosen, weights)
        state.seconds = time.monotonic() - before
        if world.writes:
            job.watch.on_step(state.step, config.epochs * job.epoch_steps)
        stop = world.any(interrupted(), job.device)
        due = stop or is_due(config, state.step, time.monotonic() - saved)
        if due and world.writes and torch.isfinite(state.loss):  # never over a good one
            save_last(state, config, len(job.train), job.directory)
            saved = time.monotonic()
        if stop:
            raise TrainingInterrupted(job.directory)


def is_due(config: TrainingConfig, step: int, seconds: float) -> bool:
    """Whether a checkpoint within the epoch is due."""
    by_steps = config.checkpoint_steps > 0 and step % config.checkpoint_steps == 0
    return by_steps or 0 < config.checkpoint_minutes * 60 <= seconds


def run_step(
    job: Job, state: State, network: nn.Module, chosen: Tensor, weights: list[nn.Parameter]
) -> None:
    """One batch: this process's part of it, the gradient of all, one change of the weights."""
    config, world, train = job.config, job.world, job.train
    generator = seed_step(config.seed, state.step, world.rank, job.device)
    chosen = chosen.to(job.device)
    raw, labels = train.x[chosen], train.y[chosen]
    clean = train.inputs(raw)
    x = clean if job.augment is None else train.inputs(job.augment(raw, generator))
    if config.input_noise:
        x = x + config.input_noise * torch.randn_like(x)
    with torch.autocast(job.device.type, torch.bfloat16, enabled=job.mixed_precision):
        if config.mixup:
            loss = mixed_loss(network, x, labels, config, generator)
        else:
            targets = labels if config.task == "classification" else clean
            loss = data_loss(config.task, network(x), targets, config.label_smoothing)
    state.loss += loss.detach().double() * len(chosen)
    if world.size > 1:  # parts may differ by one sample; gradients are averaged over processes
        count = torch.tensor(float(len(chosen)), device=job.device)
        loss = loss * (len(chosen) * world.size / world.sum(count))
    if config.l1:
        loss = loss + l1_penalty(weights, config.l1)
    rate = learning_rate(config, state.step, job.epoch_steps)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if config.clip_norm:
        nn.utils.clip_grad_norm_(state.module.parameters(), config.clip_norm)
    state.optimizer.step()
    state.step += 1
    if state.average is not None:
        state.average.update(state.module, state.step)


def finish_epoch(job: Job, state: State) -> None:
    """Evaluate, remember, and write what came of the epoch.

    Raises:
        MoteError: The loss diverged; what was saved last is left as it is.
    """
    config, world = job.config, job.world
    loss = float(world.sum(state.loss.clone())) / len(job.train)
    if not math.isfinite(loss):
        raise MoteError(
            str(job.directory),
            f"the loss became infinite or not a number in epoch {len(state.history) + 1}",
            hint="a smaller learning rate, a warm-up, or clipping the gradient's norm at 1 helps",
        )
    world.spread(state.evaluated)
    epoch: Epoch = {
        "epoch": len(state.history) + 1,
        "step": state.step,
        "learning_rate": learning_rate(config, state.step - 1, job.epoch_steps),
        "train_loss": loss,
    }
    score = None
    if job.validation is not None:
        found = evaluate(
            state.evaluated, job.validation, task=config.task, classes=job.classes, world=world
        )
        score = found.score
        epoch["validation_loss"] = found.loss
        if found.accuracy is not None:
            epoch["validation_accuracy"] = found.accuracy
    epoch["seconds"] = round(state.seconds, 3)
    state.history.append(epoch)
    state.seconds = 0.0
    state.loss.zero_()
    if score is None or state.best_score is None or score > state.best_score:
        state.best_epoch, state.best_score = len(state.history), score
        last = len(state.history) == config.epochs
        if world.writes and (score is not None or last):  # without scores only the last is kept
            save_best(state, job.directory)
    if world.writes:  # the checkpoint last: until it is there, resuming repeats the epoch
        write_metrics(job.directory, state.history)
        save_last(state, config, len(job.train), job.directory)
        job.watch.on_epoch(epoch)
