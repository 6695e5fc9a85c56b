"""Several processes as one: how `torchrun` tells a process its part, and what they share."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn

from mote.errors import MoteError, ToolError

NEEDED = ("RANK", "MASTER_ADDR", "MASTER_PORT")
"""What `torchrun` tells every process, beside their number."""


@dataclass(frozen=True)
class World:
    """This process among all: its number, their number, and its GPU on this machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def writes(self) -> bool:
        """Whether this is the one process that writes files and reports."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def spread(self, module: nn.Module) -> None:
        """Give every process the buffers (batch norm statistics) of the first."""
        if self.size > 1:
            for buffer in module.buffers():
                distributed.broadcast(buffer, 0)

    def from_first(self, make: Callable[[], Any]) -> Any:
        """What ``make`` returns, or raises, in the first process; only that one calls it."""
        if self.size == 1:
            return make()
        box: list[Any] = [None, None]
        if self.rank == 0:
            try:
                box[0] = make()
            except MoteError as error:
                box[1] = (error.where, error.found, error.hint, error.details)
        distributed.broadcast_object_list(box)
        if box[1] is not None:
            where, found, hint, details = box[1]
            raise MoteError(where, found, hint=hint, details=details)
        return box[0]

    def any(self, here: bool, device: torch.device) -> bool:
        """Whether it is so in any process; all must ask."""
        if self.size == 1:
            return here
        return bool(self.sum(torch.tensor(float(here), device=device)) > 0)


@contextmanager
def join_world(*, uses_gpu: bool) -> Iterator[World]:
    """The world that `torchrun` describes in the environment; one process alone without it.

    Raises:
        ToolError: The description is incomplete.
    """
    if os.environ.get("WORLD_SIZE", "1") == "1":
        yield World()
        return
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise ToolError(
            "WORLD_SIZE",
            f"is {os.environ['WORLD_SIZE']}, but {', '.join(missing)} are not set",
            hint="start the processes with torchrun, or unset WORLD_SIZE",
        )
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    world = World(rank, size, int(os.environ.get("LOCAL_RANK", "0")))
    if uses_gpu:
        torch.cuda.set_device(world.local_rank)
    distributed.init_process_group("nccl" if uses_gpu else "gloo")
    try:
        yield world
        distributed.barrier()  # nobody leaves while another still speaks
    finally:
        distributed.destroy_process_group()
