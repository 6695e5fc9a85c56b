"""The training loop: from a network and a data set to a folder with the trained network."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mote.data.augment import augmentation
from mote.data.dataset import Dataset
from mote.errors import InputError, ToolError
from mote.training.config import TrainingConfig
from mote.training.distributed import World, join_world
from mote.training.evaluation import Evaluation, evaluate
from mote.training.export import save_exported
from mote.training.interrupt import deferred_interrupts
from mote.training.loop import Job, Watch, run_epochs
from mote.training.run_folder import MODEL, check_new, write_config, write_result
from mote.training.samples import Samples, put_on_device
from mote.training.state import Epoch, State, load_best, restore, save_last, start


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingResult:
    """A trained network and what is known about it.

    Attributes:
        module: With the best epoch's weights, on the CPU, in evaluation mode.
        directory: The folder of the run.
        history: One record per epoch, as in ``metrics.jsonl``.
        best_epoch: Counted from 1.
        validation: On the validation split; None without one.
        test: On the test split.
    """

    module: nn.Module
    directory: Path
    history: tuple[Epoch, ...]
    best_epoch: int
    validation: Evaluation | None
    test: Evaluation

    def as_mapping(self) -> dict[str, Any]:
        """The figures, in plain values, as ``result.json`` has them."""
        return {
            "best_epoch": self.best_epoch,
            "epochs": len(self.history),
            "validation": self.validation and self.validation.as_mapping(),
            "test": self.test.as_mapping(),
        }


def train(
    module: nn.Module,
    dataset: Dataset,
    config: TrainingConfig,
    directory: Path,
    *,
    resume: bool = False,
    description: Mapping[str, Any] | None = None,
    watch: Watch | None = None,
) -> TrainingResult:
    """Train a network on a data set; everything that comes of it is in ``directory``.

    The epoch that is best on the validation split is kept, the last one when there is no such
    split. Started by ``torchrun``, all processes train one network, each on its part of every
    batch; the first one alone writes.

    Args:
        module: Takes ``[N, C, H, W]`` for images, ``[N, C]`` for tables; changed in place.
        dataset: What to learn from.
        config: How.
        directory: New, or that of the run to resume.
        resume: Go on from the last checkpoint in ``directory``.
        description: More for ``config.json``: where module and data come from.
        watch: Whom to tell about progress.

    Raises:
        TrainingInterrupted: After Ctrl-C or SIGTERM, with the checkpoint written.
        InputError: The network does not fit the data, or the run to resume is another one.
        OutputError: The folder holds a run already, or cannot be written.
        MoteError: The loss became infinite or not a number.
    """
    with (
        threads(config.threads),
        join_world(uses_gpu=config.device != "cpu" and torch.cuda.is_available()) as world,
        torch.random.fork_rng(range(torch.cuda.device_count())),
        deferred_interrupts() as interrupted,
    ):
        device = choose_device(config.device, world)
        job = Job(
            config=config,
            world=world,
            device=device,
            directory=directory,
            train=put_on_device(dataset, dataset.train, device),
            validation=put_on_device(dataset, dataset.validation, device)
            if dataset.validation
            else None,
            classes=len(dataset.classes),
            augment=augmentation(dataset) if config.augment else None,
            watch=watch or Watch(),
        )
        module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        state = start(module, config, device)
        check_fit(job, module)
        check_share(job)
        if resume:
            restore(state, config, len(job.train), directory, world)
        else:
            world.from_first(lambda: prepare_folder(job, state, description or {}))
        run_epochs(job, state, interrupted)
        return finish(job, state, dataset)


def choose_device(name: str, world: World) -> torch.device:
    """Where to compute; with several processes each takes the GPU of its number."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ToolError(
            "device cuda",
            "PyTorch finds no GPU",
            hint="--device auto takes the CPU where there is none",
        )
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", world.local_rank)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """PyTorch on the CPU with so many threads; 0 leaves the number as it is."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def prepare_folder(job: Job, state: State, description: Mapping[str, Any]) -> None:
    """Make the folder, with a checkpoint from before the first step."""
    check_new(job.directory)
    write_config(job.directory, {**description, **job.config.as_mapping()})
    save_last(state, job.config, len(job.train), job.directory)


def check_fit(job: Job, module: nn.Module) -> None:
    """Try one sample, so that a network that does not fit the data is told before any training.

    Raises:
        InputError: It cannot read a sample, or gives something else than one score per class.
    """
    x = job.train.inputs(job.train.x[:1])
    shape = list(x.shape[1:])
    module.eval()
    try:
        with torch.no_grad():
            outputs = module(x)
    except Exception as error:
        raise InputError(
            "model",
            f"cannot read samples of shape {shape}",
            details=[str(error).partition("\n")[0]],
            hint="choose a model made for such inputs, or other options for the data",
        ) from error
    wanted = [1, job.classes] if job.config.task == "classification" else [1, *shape]
    if list(outputs.shape) != wanted:
        raise InputError(
            "model",
            f"gives outputs of shape {list(outputs.shape)}, "
            f"the task {job.config.task} on this data needs {wanted}",
            hint="num_classes follows from the data when it is not set"
            if job.config.task == "classification"
            else "an autoencoder gives back what it is given",
        )


def check_share(job: Job) -> None:
    """Every process needs a part of every batch.

    Raises:
        InputError: Batches are smaller than the number of processes.
    """
    smallest = len(job.train) // job.epoch_steps
    if smallest < job.world.size:
        raise InputError(
            "batch_size",
            f"gives batches of {smallest} samples for {job.world.size} processes",
            hint="a larger batch, or fewer processes",
        )


def finish(job: Job, state: State, dataset: Dataset) -> TrainingResult:
    """Take the best epoch's weights, evaluate them, and write the network for other tools."""
    config, world = job.config, job.world
    module = state.module
    best = load_best(module, job.directory, world)

    def measured(samples: Samples) -> Evaluation:
        return evaluate(module, samples, task=config.task, classes=job.classes, world=world)

    validation = measured(job.validation) if job.validation else None
    test = measured(put_on_device(dataset, dataset.test, job.device))
    module.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    result = TrainingResult(
        module=module,
        directory=job.directory,
        history=tuple(state.history),
        best_epoch=best["epoch"],
        validation=validation,
        test=test,
    )
    if world.writes:
        write_result(job.directory, result.as_mapping())
        save_exported(module, job.train.inputs(job.train.x[:1]), job.directory / MODEL)
    return result
