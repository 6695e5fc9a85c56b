"""What do layers save that write and read channels where they are joined or divided?

    python benchmarks/joined.py [--model fire] [--json]

Three small int8 networks of 32 x 32 pixels with random weights: two fire modules (SqueezeNet), a
block of four layers that each read all before them (DenseNet), and two blocks in which half of the
channels goes around two layers (CSPNet). Each with the copies that joining and dividing channels
otherwise take, and as `mote.compile` does it. Bytes are those of arena and scratch; "copied": bytes
that layers move and do not compute. "differing": bytes of the outputs of the C on the emulated
core, against the reference.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import click
import numpy as np
import torch
from torch import Tensor, nn

import mote
from memory import TARGET
from mote.build import Build
from mote.codegen import generate
from mote.ir import Graph
from mote.lower.join_channels import moves
from mote.lower.lower import lower
from mote.passes import optimize
from mote.plan import Options, make_plan, spare_scratch
from mote.target import resolve
from mote.zoo.squeezenet import Fire
from patches import differing
from report import Figure, options, progress, run, show

AIMS = ("time", "balanced", "ram")


class Dense(nn.Module):
    """Layers that each read what all before them have made (Huang et al. 2017, section 3)."""

    def __init__(self, channels: int, growth: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels + i * growth, 4 * growth, 1),
                nn.ReLU6(),
                nn.Conv2d(4 * growth, growth, 3, padding=1),
                nn.ReLU6(),
            )
            for i in range(layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class CrossStage(nn.Module):
    """Half of the channels goes around the layers (Wang et al. 2020, section 3.1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.layers = nn.Sequential(
            nn.Conv2d(half, half, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        a, b = torch.chunk(x, 2, 1)
        return torch.cat([a, self.layers(b)], 1)


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "fire": lambda: nn.Sequential(Fire(16, 16, 32), Fire(64, 16, 32)),
    "dense": lambda: Dense(16, 12, 4),
    "csp": lambda: nn.Sequential(CrossStage(16), CrossStage(16)),
}


def network(name: str) -> Graph:
    """A convolution, the blocks, and the mean of what they make."""
    torch.manual_seed(0)
    stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU6())
    tail = nn.Sequential(nn.LazyConv2d(16, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    module = nn.Sequential(stem, BLOCKS[name](), tail)
    module(torch.zeros(1, 3, 32, 32))
    for parameter in module.parameters():
        parameter.data *= 8  # all ReLU6 reach 6: tensors that are joined have one scale
    graph = mote.from_torch(module.eval(), torch.zeros(1, 3, 32, 32), name=name)
    rng = np.random.default_rng(0)
    return mote.quantize(graph, [rng.normal(size=(4, 32, 32, 3)).astype(np.float32)])


def with_copies(graph: Graph, aim: str) -> Build:
    """What is compiled when no kernel knows how far pixels lie from each other."""
    target = resolve(TARGET)
    graph = optimize(graph)
    program = lower(graph, target.core)
    plan = make_plan(program, Options(optimize=aim))
    program = spare_scratch(program, plan.frugal, plan.ample)
    return Build(graph, program, plan, target, generate(program, plan, target))


def copied(build: Build) -> int:
    """Bytes that layers move and do not compute."""
    graph = build.program.graph
    moved = (step.node for step in build.program.steps if moves(step.node.op))
    return sum(graph.result(node).bytes for node in moved)


def figures(name: str, seed: int) -> Iterator[Figure]:
    graph = network(name)

    def figure(what: str, value: float, bound: float | None = None, bar: str = "<=") -> Figure:
        is_bar = bar if bound is not None else ""
        return Figure(model=name, target=TARGET, name=what, value=value, bar=is_bar, bound=bound)

    for aim in AIMS:
        before, after = with_copies(graph, aim), mote.compile(graph, TARGET, optimize=aim)
        cycles = [build.profile(seed=seed).totals.cycles for build in (before, after)]
        yield figure(f"{aim}, with copies: bytes", before.plan.total_bytes)
        yield figure(f"{aim}, with copies: copied", copied(before))
        most = before.plan.total_bytes if aim != "time" else None
        yield figure(f"{aim}: bytes", after.plan.total_bytes, most)
        yield figure(f"{aim}: copied", copied(after), copied(before))
        slowest = 1 if aim == "time" else None
        yield figure(f"{aim}: cycles of those with copies", cycles[1] / cycles[0], slowest)
        yield figure(f"{aim}: differing", differing(after, graph, seed), 0, "=")


@click.command(help=__doc__)
@options(models=False)
@click.option(
    "--model",
    "names",
    type=click.Choice(tuple(BLOCKS)),
    multiple=True,
    default=tuple(BLOCKS),
    help="Only this one; may be repeated.",
)
def main(names: Sequence[str], seed: int, as_json: bool) -> int:
    measured = (figures(name, seed) for name in progress(names, "planning and running", len(names)))
    return show("joined", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
